/* SPDX-License-Identifier: Apache-2.0
 *
 * A synchronizer in a libev loop.
 */
#include <ev.h>
#include <stdio.h>

#include <synchronicity/host.h>

#include "redis/redis.h"
#include "work.h"

/* --- glue: the descriptor, and the time, which is set before each wait --- */

static ev_io readable;
static ev_timer timer;
static ev_prepare prepare;

static void on_readable(struct ev_loop *loop, ev_io *io, int events)
{
    (void)loop, (void)io, (void)events;
    syn_host_turn(&redis_synchronizer);
}

static void on_time(struct ev_loop *loop, ev_timer *t, int events)
{
    (void)loop, (void)t, (void)events;
    syn_host_turn(&redis_synchronizer);
}

static void before_the_wait(struct ev_loop *loop, ev_prepare *p, int events)
{
    int ms = syn_host_timeout_ms(&redis_synchronizer);

    (void)p, (void)events;
    ev_timer_stop(loop, &timer);
    ev_timer_set(&timer, ms / 1000.0, 0.0);
    ms >= 0 ? ev_timer_start(loop, &timer) : (void)0;
}

static syn_err begin_hosting(struct ev_loop *loop)
{
    syn_err err = syn_host_begin(&redis_synchronizer);

    if (err || syn_host_fd(&redis_synchronizer) < 0) /* none: its backend is poll(2) */
        return err ? err : SYN_ENOTSUP;
    ev_init(&readable, on_readable);
    ev_io_set(&readable, syn_host_fd(&redis_synchronizer), EV_READ);
    ev_io_start(loop, &readable);
    ev_init(&timer, on_time);
    ev_init(&prepare, before_the_wait);
    ev_prepare_start(loop, &prepare);
    return SYN_OK;
}

static void end_hosting(struct ev_loop *loop)
{
    ev_io_stop(loop, &readable);
    ev_timer_stop(loop, &timer);
    ev_prepare_stop(loop, &prepare);
}

/* --- the program --- */

static void over(void)
{
    ev_break(EV_DEFAULT, EVBREAK_ALL);
}

int main(void)
{
    struct ev_loop *loop = ev_default_loop(0);
    syn_err err = begin_hosting(loop);

    if (err)
        return fprintf(stderr, "no hosting: %s\n", syn_strerror(err)), err == SYN_ENOTSUP ? 77 : 1;
    if (work_begin(NULL, over))
        return 1;
    ev_run(loop, 0);
    end_hosting(loop);
    return work_end();
}
