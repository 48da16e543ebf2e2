/* SPDX-License-Identifier: Apache-2.0
 *
 * Results of a wrong type: each MISTAKE must not compile clean.
 */
#include <synchronicity/short.h>
#include <synchronicity/step.h>

SYNCHRONIZER(demo);

ASYNC(demo, int, square, (int, x))
{
    return step_return(self, self->x * self->x);
}

ASYNC(demo, void, nothing)
{
    return step_done(self);
}

PROMISE(int, number);

static inline void done(void *user, syn_err err, int *result)
{
    (void)user;
    (void)err;
    (void)result;
}

static inline void done_wrongly(void *user, syn_err err, double *result)
{
    (void)user;
    (void)err;
    (void)result;
}

ASYNC(demo, int, awaits, SYN_LOCAL(int, y), SYN_LOCAL(double, d))
{
    co_begin;
    co_try(square_future(1), &self->y);
    co_try(nothing_future());
#if MISTAKE == 1
    co_await(square_future(1), &self->d);
#elif MISTAKE == 2
    co_await(nothing_future(), &self->y);
#elif MISTAKE == 3
    co_try(square_future(1)); /* a result that goes nowhere unseen */
#endif
    co_return(self->y);
    co_end;
}

int main(void)
{
    struct square_future f = square_future(1);
    struct number_promise p;
    struct number_future g;
    struct square_shared s;
    const int *peeked;
    double d = 0;
    int y = 0;

    (void)d;
    (void)done_wrongly;
    square(1, &y);
    future_get(f, &y);
    if (future_then(f, &demo, done, NULL) || future_share(f, &s))
        return 1;
    shared_get(s, &y);
    shared_peek(s, &peeked);
    promise_new(number, &p, &g);
    promise_complete(p, &y);
#if MISTAKE == 4
    square(1, &d);
#elif MISTAKE == 5
    future_get(f, &d);
#elif MISTAKE == 6
    future_get(f);
#elif MISTAKE == 7
    future_get_by(f, &d, syn_never());
#elif MISTAKE == 8
    if (future_then(f, &demo, done_wrongly, NULL))
        return 1;
#elif MISTAKE == 9
    promise_complete(p, &d);
#elif MISTAKE == 10
    promise_complete(p, 3);
#elif MISTAKE == 11
    promise_new(number, &p, &f);
#elif MISTAKE == 12
    shared_get(s, &d);
#elif MISTAKE == 13
    shared_peek(s, &p);
#elif MISTAKE == 14
    f = g;
#endif
    return awaits(&y);
}
