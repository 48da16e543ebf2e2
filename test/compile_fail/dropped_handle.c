/* SPDX-License-Identifier: Apache-2.0
 *
 * A future, or the channel of a generator, that nobody keeps: in a task mostly a forgotten
 * co_await(). And answers that say that something was not done, and would be lost.
 */
#include <synchronicity/retry.h>
#include <synchronicity/short.h>
#include <synchronicity/child.h>
#include <synchronicity/step.h>

#include <stdlib.h>

SYNCHRONIZER(demo);
POOL(pool);
CHANNEL(int, items);
PROMISE(int, number);

static inline void destroy_text(char *text)
{
    free(text);
}
PROMISE(char *, text, DESTROY(destroy_text));

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

CONTEXT(demo, int, session)
{
    return step_done(self);
}

BLOCKING_GENERATOR(pool, int, squares_of_all)
{
#if MISTAKE == 12
    job_yield(job, 1);
#endif
    for (int i = 0; !job_yield(job, i * i); i++)
        ;
}

ASYNC(demo, void, forgets)
{
    co_begin;
#if MISTAKE == 1
    square_future(2);
#endif
    co_end;
}

/* With none of the mistakes each answer is looked at. */
static int in_many_ways(struct number_promise number, struct text_promise text, struct syn_rate *rate,
                        struct syn_writer *writer, struct syn_child *child)
{
    struct session_context inside = session();
    struct square_future f = square_future(2);
    struct syn_stream *stream = syn_child_take_stream(child, 0);
    char *hello = calloc(1, 6);
    int one = 1;

    promise_complete(number, &one); /* nothing is lost when nobody wants it */
    if (!stream || promise_complete(text, &hello) || syn_rate_try(rate, 1) ||
        context_enter(inside, &one) || syn_writer_put(writer, "1", 1) ||
        syn_writer_printf(writer, "%d", one) || future_cancel(f))
        return 1;
#if MISTAKE == 13
    promise_complete(text, &hello);
#elif MISTAKE == 14
    syn_rate_try(rate, 1);
#elif MISTAKE == 15
    context_enter(inside, &one);
#elif MISTAKE == 16
    syn_writer_put(writer, "1", 1);
#elif MISTAKE == 17
    syn_writer_printf(writer, "%d", one);
#elif MISTAKE == 18
    syn_child_take_stream(child, 0);
#elif MISTAKE == 19
    future_cancel(f);
#elif MISTAKE == 20
    synchronizer_free(&demo);
#elif MISTAKE == 21
    pool_free(&pool);
#elif MISTAKE == 22
    squares_of_all();
#endif
    return synchronizer_free(&demo) || pool_free(&pool);
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
        future_share(square_future(2), &shared) || channel_send(items, &in[0]) ||
        channel_send_by(items, &in[0], syn_never()) || channel_try_send(items, &in[0]) ||
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
#elif MISTAKE == 23
    channel_send(items, &in[0]);
#elif MISTAKE == 24
    channel_send_by(items, &in[0], syn_never());
#endif
    channel_close(squares_of_all());
    (void)in_many_ways;
    return 0;
}
