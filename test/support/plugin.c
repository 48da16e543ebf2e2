/* SPDX-License-Identifier: Apache-2.0
 *
 * A plug-in that has a copy of the library inside: every kind of thing is used, left running, and
 * stopped by one call.
 */
#include <signal.h>
#include <synchronicity/short.h>

SYNCHRONIZER(demo);
SYNCHRONIZER(hosted);
SYNCHRONIZER(driven, .caller_may_drive = 1);
POOL(pool);
CHANNEL(int, ints);
SYN_TASK_LOCAL(int, depth);
static int place;

int plugin_use(int x);
int plugin_host(int x);
int plugin_stop(void);
unsigned long plugin_memory(void);

ASYNC(demo, int, square, (double, seconds), (int, x))
{
    co_begin;
    co_sleep(self->seconds);
    co_return(self->x * self->x);
    co_end;
}

ASYNC(driven, int, square_driven, (int, x))
{
    co_begin;
    co_return(self->x * self->x);
    co_end;
}

ASYNC(hosted, int, square_hosted, (int, x))
{
    co_begin;
    co_pass;
    co_return(self->x * self->x);
    co_end;
}

BLOCKING(pool, int, cube, (int, x))
{
    return x * x * x;
}

int plugin_use(int x)
{
    struct ints_channel ch;
    int y = 0, z = 0, w = 0;

    depth_set(&place);
    if (square(0.0, x, &y) || square_driven(x, &z) || cube(x, &w) || channel_new(ints, 1, &ch))
        return -1;
    channel_close(ch);
    if (future_get_by(square_future(60.0, 1), NULL, syn_after(0.0001)) != SYN_ETIMEDOUT)
        return -1; /* which leaves this thread a report */
    future_detach(square_future(3600.0, 2));
    return y == x * x && z == y && w == y * x ? y : -1;
}

/* The calling thread hosts, and a signal is caught, until all is stopped. */
int plugin_host(int x)
{
    int y = 0;

    if (syn_catch_interrupt(SIGUSR2) || syn_host_begin(&hosted) || square_hosted(x, &y))
        return -1;
    future_detach(square_hosted_future(x));
    return y;
}

int plugin_stop(void)
{
    return syn_stop_everything(syn_after(10));
}

unsigned long plugin_memory(void)
{
    return syn_memory_use().outstanding;
}
