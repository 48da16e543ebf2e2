/* SPDX-License-Identifier: Apache-2.0
 *
 * The libdispatch side of calls.c, with functions in place of blocks, so that any compiler takes it. Part of calls.c,
 * and apart only for its length.
 */
#ifndef BENCH_CALLS_DISPATCH_H
#define BENCH_CALLS_DISPATCH_H

struct dispatched {
    dispatch_semaphore_t done; /* NULL: a group knows */
    int x, y;
};

static dispatch_queue_t dispatch_serial(void)
{
    static dispatch_queue_t queue;

    if (!queue)
        queue = dispatch_queue_create("bench", NULL);
    return queue;
}

static void dispatch_run(void *argument)
{
    struct dispatched *call = argument;

    call->y = call->x;
    if (call->done)
        dispatch_semaphore_signal(call->done);
}

/* The caller's thread runs it, as with a loop that callers may drive. */
static double dispatch_driven(long n)
{
    dispatch_queue_t queue = dispatch_serial();
    double t = bench_now();

    for (long i = 0; i < n; i++) {
        struct dispatched call = {NULL, (int)i, -1};

        dispatch_sync_f(queue, &call, dispatch_run);
        if (call.y != (int)i)
            return NAN;
    }
    return ns_each(t, n);
}

static double dispatch_threaded(long n)
{
    dispatch_queue_t queue = dispatch_serial();
    dispatch_semaphore_t done = dispatch_semaphore_create(0);
    double t = bench_now();

    for (long i = 0; i < n; i++) {
        struct dispatched call = {done, (int)i, -1};

        dispatch_async_f(queue, &call, dispatch_run);
        dispatch_semaphore_wait(done, DISPATCH_TIME_FOREVER);
        if (call.y != (int)i)
            return NAN;
    }
    t = ns_each(t, n);
    __extension__ dispatch_release(done); /* its argument is a union of all */
    return t;
}

static double dispatch_futures(long n)
{
    static struct dispatched calls[WINDOW];
    dispatch_queue_t queue = dispatch_serial();
    dispatch_group_t group = dispatch_group_create();
    double t = bench_now();

    for (long done = 0; done < n; done += WINDOW) {
        for (int i = 0; i < WINDOW; i++) {
            calls[i] = (struct dispatched){NULL, i, -1};
            dispatch_group_async_f(group, queue, &calls[i], dispatch_run);
        }
        dispatch_group_wait(group, DISPATCH_TIME_FOREVER);
        for (int i = 0; i < WINDOW; i++)
            if (calls[i].y != i)
                return NAN;
    }
    t = ns_each(t, n);
    __extension__ dispatch_release(group);
    return t;
}

#endif
