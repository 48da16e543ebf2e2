/* SPDX-License-Identifier: Apache-2.0
 *
 * A program that uses a little of everything, leaves some of it running, and stops what it started.
 * For valgrind, which must have nothing to say: see test/lint/valgrind.cmake.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <synchronicity/short.h>

SYNCHRONIZER(demo);
SYNCHRONIZER(other, .caller_may_drive = 1);
POOL(disk, .max_threads = 2);

ASYNC(demo, int, square, (double, seconds), (int, x))
{
    co_begin;
    co_sleep(self->seconds);
    if (self->x < 0)
        co_fail(SYN_EIO, "there is no such square");
    co_return(self->x * self->x);
    co_end;
}

ASYNC(other, char *, text, DESTROY(free))
{
    co_begin;
    co_pass;
    co_return(calloc(1, 100));
    co_end;
}

BLOCKING(disk, int, answer)
{
    (void)job;
    return 42;
}

/* More futures at once than the first chunk of slots has room for. */
static int many(void)
{
    enum { N = 600 };
    static struct square_future f[N];
    int y, sum = 0;

    for (int i = 0; i < N; i++)
        f[i] = square_future(0.01, 1);
    for (int i = 0; i < N; i++)
        if (future_get(f[i], &y) == SYN_OK)
            sum += y;
    return sum != N;
}

static int some(void)
{
    int y;

    if (square(0.0, -1, &y) != SYN_EIO || answer(&y) != SYN_OK || y != 42)
        return 1;
    future_detach(square_future(1000.0, 3));
    future_detach(text_future());
    return text(NULL) != SYN_OK || future_get(answer_future(), &y) != SYN_OK;
}

static int stop(void)
{
#ifdef BY_ONE_CALL
    return syn_stop_everything(syn_after(60)) != SYN_OK;
#else
    int failed = synchronizer_stop(&demo, syn_after(60)) != SYN_OK;

    failed += synchronizer_stop(&other, syn_after(60)) != SYN_OK;
    return failed + (pool_stop(&disk, syn_after(60)) != SYN_OK);
#endif
}

int main(void)
{
    int failed = many() + some();

    failed += stop();
    puts(failed ? "failed" : "clean");
    return failed;
}
