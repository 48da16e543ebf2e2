/* SPDX-License-Identifier: Apache-2.0
 *
 * Six things, in as few lines as they take: define an async function, block on it,
 * give it a deadline, cancel it, iterate a stream of values, and make blocking code async.
 */
#include <stdio.h>
#include <synchronicity/short.h>

SYNCHRONIZER(demo);

/* 1. An async function. */
ASYNC(demo, int, square, (double, seconds), (int, x))
{
    co_begin;
    co_sleep(self->seconds);
    co_return(self->x * self->x);
    co_end;
}

/* 5. A stream of values. */
GENERATOR(demo, int, count, (int, n), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < self->n; self->i++)
        co_yield(self->i);
    co_end;
}

/* 6. Ordinary code that blocks or computes for long, on a pool of threads. */
BLOCKING(DEFAULT_POOL, long, sum, (long, n))
{
    long total = 0;

    for (long i = 1; i <= n; i++)
        total += i;
    return total;
}

int main(void)
{
    struct square_future slow;
    struct sum_future background = sum_future(1000000);
    syn_err err;
    long total;
    int y = 0;

    /* 2. Block on it. */
    if (square(0.1, 42, &y) != 0)
        return syn_perror("square"), 1;
    printf("square of 42: %d\n", y);

    /* 3. With a deadline. */
    if (call_by(syn_after(0.1), square(60, 42, &y)) == SYN_ETIMEDOUT)
        printf("too slow\n");

    /* 4. Cancel it. */
    slow = square_future(60, 42);
    printf("cancelled: %s\n", syn_strerror(future_cancel(slow)));

    channel_each (int, v, count(3), &err)
        printf("%d\n", v);
    if (future_get(background, &total) == 0)
        printf("sum: %ld\n", total);
    return 0;
}
