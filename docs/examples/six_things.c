/* SPDX-License-Identifier: Apache-2.0
 *
 * Six things, in as few lines as they take: define an async function, block on it,
 * give it a deadline, cancel it; a stream of values and the pool follow with their
 * parts of the library.
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

int main(void)
{
    struct square_future slow;
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
    return 0;
}
