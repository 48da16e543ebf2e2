/* SPDX-License-Identifier: Apache-2.0
 *
 * Items of a wrong type, at channels, generators and in a select: each MISTAKE must not
 * compile clean.
 */
#include <synchronicity/short.h>
#include <synchronicity/step.h>

SYNCHRONIZER(demo);
CHANNEL(int, ints);
CHANNEL(char *, words);
PROMISE(int, number);

GENERATOR(demo, int, count, (int, n))
{
#if MISTAKE == 17
    return step_return(self, self->n); /* it has items, and no result */
#endif
    return step_fail(self, SYN_EEND);
}

GENERATOR(demo, int, hears, SENDS(double))
{
    return step_fail(self, SYN_EEND);
}

ASYNC(demo, int, consumes, SYN_LOCAL(struct count_channel, ch), SYN_LOCAL(int, v),
      SYN_LOCAL(double, d), SYN_LOCAL(struct syn_choice, on[2]))
{
    co_begin;
    self->ch = count(1);
    co_next(self->ch, &self->v);
    co_select(self->on, ON_NEXT(self->ch, &self->v), ON_TIME(syn_never()));
#if MISTAKE == 1
    co_next(self->ch, &self->d);
#elif MISTAKE == 2
    co_select(self->on, ON_NEXT(self->ch, &self->d));
#elif MISTAKE == 3
    co_select(self->on, ON_NEXT(self->ch, &self->v), ON_TIME(syn_never()), ON_TIME(syn_never()));
#elif MISTAKE == 4
    co_generator_send(self->ch, &self->v, &self->v); /* it does not ask */
#endif
    co_end;
}

/* What a consumer gets is a variable's first value; no compiler may take it for none. */
static inline int first_of_two(struct ints_channel ch, struct number_future f)
{
    struct hears_channel h = hears();
    syn_err err;
    int a, b, c;

    if (channel_select(&err, ON_NEXT(ch, &a), ON_FUTURE(f, &b)) == 0 && !err)
        return a;
    if (!err)
        return b;
    return channel_try_next(h, &c) ? 0 : c;
}

int main(void)
{
    struct ints_channel ch;
    struct hears_channel h = hears();
    struct number_promise p;
    struct number_future f;
    syn_err err;
    double d = 0;
    int v = 0;

    (void)first_of_two;
    channel_new(ints, 1, &ch);
    if (channel_send(ch, &v))
        return 1;
    channel_next(ch, &v);
    promise_new(number, &p, &f);
    generator_send(h, &d, &v);
    generator_throw(h, SYN_EIO, NULL, &v);
    channel_select(&err, ON_NEXT(ch, &v), ON_SEND(ch, &v), ON_FUTURE(f, &v));
    channel_each (int, w, ch, &err)
        v += w;
#if MISTAKE == 5
    channel_next(ch, &d);
#elif MISTAKE == 6
    channel_send(ch, &d);
#elif MISTAKE == 7
    channel_each (double, w, ch, &err)
        d += w;
#elif MISTAKE == 8
    generator_send(h, &v, &v);
#elif MISTAKE == 9
    generator_send(h, &d, &d);
#elif MISTAKE == 10
    generator_throw(h, SYN_EIO, NULL, &d);
#elif MISTAKE == 11
    generator_throw(count(1), SYN_EIO, NULL, &v);
#elif MISTAKE == 12
    channel_select(&err, ON_NEXT(ch, &d));
#elif MISTAKE == 13
    channel_select(&err, ON_SEND(ch, &d));
#elif MISTAKE == 14
    channel_select(&err, ON_FUTURE(f, &d));
#elif MISTAKE == 15
    channel_select(&err, ON_FUTURE(f));
#elif MISTAKE == 16
    channel_new(words, 1, &ch);
#endif
    return consumes(&v) + (int)d;
}
