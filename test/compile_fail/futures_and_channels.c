/* SPDX-License-Identifier: Apache-2.0
 *
 * A channel where a future is expected, a future where a channel is, and what is neither: one sentence each, in
 * tasks and in threads. And a yield in what is no generator.
 */
#include <synchronicity/short.h>
#include <synchronicity/step.h>

SYNCHRONIZER(demo);
CHANNEL(int, ints);

ASYNC(demo, int, square, (int, x))
{
    return step_return(self, self->x * self->x);
}

GENERATOR(demo, int, count, (int, n))
{
    co_begin;
    co_yield(self->n);
    co_end;
}

struct box {
    int size;
};

/* Each as it is written, so that without a mistake all of it compiles clean. */
ASYNC(demo, int, waits, (struct ints_channel, ch), (struct square_future, f), (struct box, box), SYN_LOCAL(int, y))
{
    co_begin;
    co_await(self->f, &self->y);
    co_next(self->ch, &self->y);
    co_send(self->ch, &self->y);
    co_each (self->ch, &self->y)
        co_pass;
#if MISTAKE == 1 /* says: this is no future: an item comes out of a channel by co_next(ch, &self->v) */
    co_await(self->ch, &self->y);
#elif MISTAKE == 2 /* says: this is no future: an item comes out of a channel by co_next(ch, &self->v) */
    co_await(self->ch);
#elif MISTAKE == 3 /* says: this is no future: an item comes out of a channel by co_next(ch, &self->v) */
    co_try(count(3), &self->y);
#elif MISTAKE == 4 /* says: this is no channel: the result of a future comes by co_await(f, &self->y) */
    co_next(self->f, &self->y);
#elif MISTAKE == 5 /* says: this is no channel: the result of a future comes by co_await(f, &self->y) */
    co_next(square_future(1), &self->y);
#elif MISTAKE == 6 /* says: this is no channel: the result of a future comes by co_await(f, &self->y) */
    co_each (self->f, &self->y)
        co_pass;
#elif MISTAKE == 7 /* says: this is no channel: the result of a future comes by co_await(f, &self->y) */
    co_each_open (self->f, &self->y)
        co_pass;
#elif MISTAKE == 8 /* says: this is no channel: the result of a future comes by co_await(f, &self->y) */
    co_send(self->f, &self->y);
#elif MISTAKE == 9 /* says: this is no channel: the result of a future comes by co_await(f, &self->y) */
    co_next_by(self->y, &self->y, syn_never());
#elif MISTAKE == 10 /* says: this is no channel: the result of a future comes by co_await(f, &self->y) */
    co_next(&self->ch, &self->y);
#elif MISTAKE == 11 /* says: this is a blocking call, or no call: a task awaits its future */
    co_await(&self->f, &self->y);
#elif MISTAKE == 12 /* says: no member named */
    co_await(self->box, &self->y);
#elif MISTAKE == 13 /* says: this is no generator, and yields nothing */
    co_yield(1);
#elif MISTAKE == 14 /* says: this is no generator, and yields nothing */
    return step_yield(self, 1, NULL);
#elif MISTAKE == 15 /* says, in 4 errors: co_each_TAKES_A_CHANNEL_IN_THE_FRAME */
    co_each (count(3), &self->y)
        co_pass;
#elif MISTAKE == 16 /* says, in 5 errors: this is no channel: the result of a future comes by co_await(f, &self->y) */
    co_each (square(1, &self->y), &self->y)
        co_pass;
#endif
    co_return(self->y);
    co_end;
}

static syn_err of_threads(struct ints_channel ch, struct square_future f, struct square_shared s)
{
    int y = 0;
    syn_err err = channel_next(ch, &y);

    err = err ? err : channel_try_next(ch, &y);
    err = err ? err : channel_send(ch, &y);
    err = err ? err : channel_send(ch, &(int){1});
    err = err ? err : future_get(f, &y);
    err = err ? err : shared_get(s, &y);
    channel_each (int, v, ch, &err)
        y += v;
#if MISTAKE == 20 /* says: this is no channel: the result of a future comes by co_await(f, &self->y) */
    err = channel_next(f, &y);
#elif MISTAKE == 21 /* says: this is no channel: the result of a future comes by co_await(f, &self->y) */
    err = channel_try_next(f, &y);
#elif MISTAKE == 22 /* says: this is no channel: the result of a future comes by co_await(f, &self->y) */
    err = channel_send(f, &y);
#elif MISTAKE == 23 /* says: this is no channel: the result of a future comes by co_await(f, &self->y) */
    channel_each (int, v, f, &err)
        y += v;
#elif MISTAKE == 24 /* says: this is no future: an item comes out of a channel by co_next(ch, &self->v) */
    err = future_get(ch, &y);
#elif MISTAKE == 25 /* says: this is no future: an item comes out of a channel by co_next(ch, &self->v) */
    err = future_get(count(3), &y);
#elif MISTAKE == 26 /* says: this is no future: an item comes out of a channel by co_next(ch, &self->v) */
    err = future_get(s, &y);
#endif
    return err;
}

int main(void)
{
    (void)of_threads;
    (void)waits;
    (void)count;
    return 0;
}
