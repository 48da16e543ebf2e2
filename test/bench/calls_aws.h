/* SPDX-License-Identifier: Apache-2.0
 *
 * The aws-c-io side of calls.c: a task that is scheduled on an event loop from another thread, and a future that it
 * completes. Part of calls.c, and apart only for its length.
 *
 * A user writes the struct of a call, the function of its task, and both ends of its future.
 */
#ifndef BENCH_CALLS_AWS_H
#define BENCH_CALLS_AWS_H

struct aws_call {
    struct aws_task task; /* the loop's until its function runs */
    struct aws_future_size *done;
    size_t x;
};

static struct aws_event_loop *aws_loop(void)
{
    static struct aws_event_loop *loop; /* of a group with one thread, which the process keeps */
    const struct aws_event_loop_group_options options = {.loop_count = 1};

    if (!loop) {
        aws_io_library_init(aws_default_allocator());
        loop = aws_event_loop_group_get_next_loop(
            aws_event_loop_group_new(aws_default_allocator(), &options));
    }
    return loop;
}

static void aws_run(struct aws_task *task, void *argument, enum aws_task_status status)
{
    struct aws_call *call = argument;
    struct aws_future_size *done = call->done; /* what is done may be gone: its caller goes on */

    (void)task;
    if (status == AWS_TASK_STATUS_RUN_READY)
        aws_future_size_set_result(done, call->x);
    else
        aws_future_size_set_error(done, AWS_ERROR_UNKNOWN);
    aws_future_size_release(done);
}

static void aws_begin(struct aws_event_loop *loop, struct aws_call *call, size_t x)
{
    call->x = x;
    call->done = aws_future_size_new(aws_default_allocator());
    aws_future_size_acquire(call->done); /* the task's */
    aws_task_init(&call->task, aws_run, call, "bench");
    aws_event_loop_schedule_task_now(loop, &call->task);
}

/* -1: it failed. */
static long aws_result(struct aws_future_size *done)
{
    long y = -1;

    if (aws_future_size_wait(done, UINT64_MAX) && aws_future_size_get_error(done) == 0)
        y = (long)aws_future_size_get_result(done);
    aws_future_size_release(done);
    return y;
}

static double aws_blocking(long n)
{
    struct aws_event_loop *loop = aws_loop();
    double t = bench_now();

    for (long i = 0; i < n; i++) {
        struct aws_call call;

        aws_begin(loop, &call, (size_t)i);
        if (aws_result(call.done) != i)
            return NAN;
    }
    return ns_each(t, n);
}

static double aws_futures(long n)
{
    static struct aws_call calls[WINDOW];
    struct aws_event_loop *loop = aws_loop();
    double t = bench_now();

    for (long done = 0; done < n; done += WINDOW) {
        for (int i = 0; i < WINDOW; i++)
            aws_begin(loop, &calls[i], (size_t)i);
        for (int i = 0; i < WINDOW; i++)
            if (aws_result(calls[i].done) != i)
                return NAN;
    }
    return ns_each(t, n);
}

#endif
