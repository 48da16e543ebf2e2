/* SPDX-License-Identifier: Apache-2.0
 *
 * A synchronizer in a libuv loop.
 */
#define _GNU_SOURCE /* uv.h */
#include <stdio.h>
#include <uv.h>

#include <synchronicity/host.h>

#include "redis/redis.h"
#include "work.h"

/* --- glue: one handle for the descriptor, one for the time, one that sets the time before each wait --- */

static uv_poll_t readable;
static uv_timer_t timer;
static uv_prepare_t prepare;

static void on_readable(uv_poll_t *handle, int status, int events)
{
    (void)handle, (void)status, (void)events;
    syn_host_turn(&redis_synchronizer);
}

static void on_time(uv_timer_t *handle)
{
    (void)handle;
    syn_host_turn(&redis_synchronizer);
}

static void before_the_wait(uv_prepare_t *handle)
{
    int ms = syn_host_timeout_ms(&redis_synchronizer);

    (void)handle;
    ms < 0 ? uv_timer_stop(&timer) : uv_timer_start(&timer, on_time, (uint64_t)ms, 0);
}

static syn_err begin_hosting(uv_loop_t *loop)
{
    syn_err err = syn_host_begin(&redis_synchronizer);

    if (err || syn_host_fd(&redis_synchronizer) < 0) /* none: its backend is poll(2) */
        return err ? err : SYN_ENOTSUP;
    uv_poll_init(loop, &readable, syn_host_fd(&redis_synchronizer));
    uv_poll_start(&readable, UV_READABLE, on_readable);
    uv_timer_init(loop, &timer);
    uv_prepare_init(loop, &prepare);
    uv_prepare_start(&prepare, before_the_wait);
    return SYN_OK;
}

/* Before syn_host_end(), which work_end() says: the descriptor goes with the hosting. */
static void end_hosting(uv_loop_t *loop)
{
    uv_close((uv_handle_t *)&readable, NULL);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_close((uv_handle_t *)&prepare, NULL);
    uv_run(loop, UV_RUN_DEFAULT);
}

/* --- the program --- */

static void over(void)
{
    uv_stop(uv_default_loop());
}

int main(void)
{
    syn_err err = begin_hosting(uv_default_loop());

    if (err)
        return fprintf(stderr, "no hosting: %s\n", syn_strerror(err)), err == SYN_ENOTSUP ? 77 : 1;
    if (work_begin(NULL, over))
        return 1;
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    end_hosting(uv_default_loop());
    return work_end() || uv_loop_close(uv_default_loop()) != 0;
}
