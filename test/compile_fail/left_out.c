/* SPDX-License-Identifier: Apache-2.0
 *
 * A thread that leaves out where a result goes, or says where of one that has none: one sentence.
 */
#include <synchronicity/short.h>
#include <synchronicity/step.h>

SYNCHRONIZER(demo);
PROMISE(int, answer);
PROMISE(void, nod);

ASYNC(demo, int, square, (int, x))
{
    return step_return(self, self->x * self->x);
}

ASYNC(demo, void, nothing)
{
    return step_done(self);
}

GENERATOR(demo, double, mean, SENDS(double), SYN_LOCAL(double, x))
{
    co_begin;
    co_yield(self->x);
    co_end;
}

CONTEXT(demo, int, session)
{
    return step_done(self);
}

/* Each as it is written, so that without a mistake all of it compiles clean. */
ASYNC(demo, int, sums, (struct mean_channel, ch), SYN_LOCAL(double, v))
{
    co_begin;
    co_next(self->ch, &self->v);
    co_next_by(self->ch, &self->v, syn_never());
#if MISTAKE == 1 /* says: say where it goes, co_next(ch, &self->v) */
    co_next(self->ch);
#elif MISTAKE == 2 /* says: say where it goes, co_next_by(ch, &self->v, deadline) */
    co_next_by(self->ch, syn_never());
#endif
    co_return((int)self->v);
    co_end;
}

static syn_err of_futures(struct square_shared s, struct nothing_shared t, int *y,
                          struct syn_scope *scope, struct square_future *f)
{
    const int *p;
    syn_err err = future_get(square_future(1), y);

    err = err ? err : future_get(square_future(1), NULL);
    err = err ? err : future_get(nothing_future());
    err = err ? err : future_get_by(square_future(1), y, syn_never());
    err = err ? err : future_get_by(nothing_future(), syn_never());
    err = err ? err : shared_get(s, y);
    err = err ? err : shared_get(t);
    err = err ? err : shared_get_by(s, y, syn_never());
    err = err ? err : shared_get_by(t, syn_never());
    err = err ? err : shared_peek(s, &p);
    err = err ? err : scope_spawn(scope, square_future(1), y);
    err = err ? err : scope_spawn(scope, square_future(1), NULL);
    err = err ? err : scope_spawn(scope, nothing_future());
    err = err ? err : syn_all(scope, (square_future(1), y), (nothing_future()));
    err = err ? err : syn_all_of(scope, 1, f, y);
    channel_select(&err, ON_FUTURE(*f, y), ON_FUTURE(nothing_future()));
#if MISTAKE == 3 /* says: this future has a result: say where it goes, future_get(f, &y) */
    err = future_get(square_future(1));
#elif MISTAKE == 4 /* says: this future has a result: say where it goes, future_get(f, &y) */
    err = future_get_by(square_future(1), syn_never());
#elif MISTAKE == 5 /* says: this future has no result, only a status: future_get(f) */
    err = future_get(nothing_future(), y);
#elif MISTAKE == 6 /* says: this future has no result, only a status: future_get(f) */
    err = future_get_by(nothing_future(), y, syn_never());
#elif MISTAKE == 7 /* says: this is a blocking call, or no call: a thread gets its future, future_get */
    err = future_get(square(1, y), y);
#elif MISTAKE == 8 /* says: this future has a result: say where it goes, shared_get(s, &y) */
    err = shared_get(s);
#elif MISTAKE == 9 /* says: this future has a result: say where it goes, shared_get(s, &y) */
    err = shared_get_by(s, syn_never());
#elif MISTAKE == 10 /* says: only a status: shared_get(s) */
    err = shared_get(t, y);
#elif MISTAKE == 11 /* says: say where it goes, shared_peek(s, &pointer) */
    err = shared_peek(s);
#elif MISTAKE == 19 /* says: this future has a result: say where it goes, scope_spawn(&scope, f, &y) */
    err = scope_spawn(scope, square_future(1));
#elif MISTAKE == 20 /* says: only a status: scope_spawn(&scope, f) */
    err = scope_spawn(scope, nothing_future(), y);
#elif MISTAKE == 21 /* says: this future has a result: say where it goes, scope_spawn(&scope, f, &y) */
    err = syn_all(scope, (square_future(1)), (nothing_future()));
#elif MISTAKE == 22 /* says: these futures have results: say where they go, all_of(&scope, n, f, y) */
    err = syn_all_of(scope, 1, f);
#elif MISTAKE == 23 /* says: this future has a result: say where it goes, ON_FUTURE(f, &y) */
    channel_select(&err, ON_FUTURE(*f));
#elif MISTAKE == 24 /* says: only a status: ON_FUTURE(f) */
    channel_select(&err, ON_FUTURE(nothing_future(), y));
#endif
    return err;
}

static syn_err of_channels(struct mean_channel ch, struct session_context inside, double *v)
{
    syn_err err = channel_next(ch, v);
    int y;

    err = err ? err : channel_next_by(ch, v, syn_never());
    err = err ? err : channel_try_next(ch, v);
    err = err ? err : generator_send(ch, &(double){1}, v);
    err = err ? err : context_enter(inside, &y);
#if MISTAKE == 12 /* says: say where it goes, channel_next(ch, &v) */
    err = channel_next(ch);
#elif MISTAKE == 13 /* says: say where it goes, channel_next_by(ch, &v, deadline) */
    err = channel_next_by(ch, syn_never());
#elif MISTAKE == 14 /* says: say where it goes, channel_try_next(ch, &v) */
    err = channel_try_next(ch);
#elif MISTAKE == 15 /* says: say where it goes, generator_send(ch, &value, &v) */
    err = generator_send(ch, &(double){1});
#elif MISTAKE == 16 /* says: say where it goes, context_enter(context, &v) */
    err = context_enter(inside);
#endif
    return err;
}

static void of_promises(struct answer_promise p, struct nod_promise q)
{
    promise_complete(p, &(int){1});
    promise_complete(q);
#if MISTAKE == 17 /* says: this promise has a value: say which, promise_complete(p, &y) */
    promise_complete(p);
#elif MISTAKE == 18 /* says: this promise has no value: promise_complete(p) */
    promise_complete(q, &(int){1});
#endif
}

int main(void)
{
    (void)of_futures;
    (void)of_channels;
    (void)of_promises;
    (void)sums;
    return 0;
}
