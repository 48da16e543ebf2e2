/* SPDX-License-Identifier: Apache-2.0
 *
 * A future, or the channel of a generator, that nobody keeps: in a task mostly a forgotten
 * co_await(). And answers that say that something was not done, and would be lost.
 */
#include <synchronicity/short.h>

SYNCHRONIZER(demo);
POOL(pool);
CHANNEL(int, items);

static inline void done(void *user, syn_err err, int *result)
{
    (void)user;
    (void)err;
    (void)result;
}

ASYNC(demo, int, square, (int, x))
{
    return step_return(self, self->x * self->x);
}

BLOCKING(pool, int, slow_square, (int, x))
{
    return x * x;
}

POOL_MAP(pool, int, int, squares)
{
    *out = *in * *in;
    return SYN_OK;
}

GENERATOR(demo, int, count, (int, to), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < self->to; self->i++)
        co_yield(self->i);
    co_end;
}

ASYNC(demo, void, forgets)
{
    co_begin;
#if MISTAKE == 1
    square_future(2);
#endif
    co_end;
}

int main(void)
{
    struct count_channel ch = count(3);
    int in[2] = {1, 2}, out[2];
    struct square_shared shared;
    struct items_channel items;
    struct syn_mutex mutex = {{0}};
    struct syn_semaphore semaphore;

    syn_semaphore_init(&semaphore, 1);
    channel_new(items, 1, &items);
    if (future_then(square_future(2), &demo, done, NULL) ||
        future_share(square_future(2), &shared) || channel_try_send(items, &in[0]) ||
        syn_mutex_try(&mutex) || syn_semaphore_try(&semaphore))
        return 1;
    future_detach(square_future(2));
    future_detach(slow_square_future(2));
    future_detach(squares_future(in, 2, out));
    channel_close(ch);
    forgets();
#if MISTAKE == 2
    square_future(2);
#elif MISTAKE == 3
    slow_square_future(2);
#elif MISTAKE == 4
    pool_submit(&pool, slow_square, 2);
#elif MISTAKE == 5
    squares_future(in, 2, out);
#elif MISTAKE == 6
    count(3);
#elif MISTAKE == 7
    future_then(square_future(2), &demo, done, NULL);
#elif MISTAKE == 8
    future_share(square_future(2), &shared);
#elif MISTAKE == 9
    channel_try_send(items, &in[0]);
#elif MISTAKE == 10
    syn_mutex_try(&mutex);
#elif MISTAKE == 11
    syn_semaphore_try(&semaphore);
#endif
    return 0;
}
