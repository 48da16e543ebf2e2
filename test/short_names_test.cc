/* SPDX-License-Identifier: Apache-2.0
 *
 * The caller's side in C++: everything that one does with calls, futures, shared
 * futures, promises, channels, scopes and task-local values. Compiled by lint.short_names_cxx17, not run.
 */
#include <synchronicity/short.h>
#include <synchronicity/testing.h>

struct point {
    double x, y;
};

ASYNC_DECLARE(int, square, (double, seconds), (int, x));
ASYNC_DECLARE(void, nothing, SYN_COPY(const char *, text));
ASYNC_DECLARE(struct point, where, (struct point, from), (const struct point *, to));
ASYNC_TYPES(char *, text);
SYNCHRONIZER_DECLARE(elsewhere);
SYNCHRONIZER_DECLARE(demo);

static void destroy(char *owned)
{
    delete[] owned;
}

PROMISE(int, number);
PROMISE(void, signal_only);
PROMISE(char *, owned, DESTROY(destroy));

CHANNEL(int, ints);
CHANNEL(char *, texts, DESTROY(destroy));
GENERATOR_DECLARE(struct point, walk, (int, n));
GENERATOR_DECLARE(double, average, SENDS(double));
GENERATOR_TYPES(char *, lines);

/* A row of each kind. */
#define ZOO(M, C)                                                                                  \
    M(C, constructor, open, (int, n))                                                              \
    M(C, async, int, feed, (int, n))                                                               \
    M(C, blocking, int, wash)                                                                      \
    M(C, future, int, later)                                                                       \
    M(C, generator, int, count)                                                                    \
    M(C, context, int, visit)                                                                      \
    M(C, enter, int)                                                                               \
    M(C, exit)                                                                                     \
    M(C, get, int, size)                                                                           \
    M(C, set, int, size)                                                                           \
    M(C, static, int, best, (int, a))                                                              \
    M(C, direct, int, now)                                                                         \
    M(C, destructor)
CLASS(zoo, ZOO);
BLOCKING_DECLARE(int, digest, (int, x));
BLOCKING_GENERATOR_DECLARE(int, lines_of, (int, x));
CONTEXT_DECLARE(int, lease, (int, x));
POOL_MAP_DECLARE(int, int, squares);
CHANNEL_MAP_DECLARE((int, ints), (int, ints), doubled);

static void done(void *, syn_err, int *)
{
}

static void ended(void *, syn_err)
{
}

static int futures()
{
    struct square_future f[10];
    struct nothing_future g = nothing_future("text");
    int y = 0;

    for (int i = 0; i < 10; i++)
        f[i] = square_future(1.0, i);
    for (int i = 0; i < 10; i++)
        future_get(f[i], &y);
    if (future_get_by(square_future(1.0, 42), &y, syn_after(0.2)) == SYN_ETIMEDOUT)
        syn_perror("square");
    if (call_by(syn_after(0.2), square(1.0, 42, &y)) != 0 || call_by(syn_never(), nothing("x")) != 0)
        return 1;
    future_wait(g);
    future_wait_by(g, syn_after(1));
    future_poll(g);
    future_request_cancel(g);
    future_get(g);
    future_cancel(square_future(1.0, 1));
    future_detach(square_future(1.0, 1));
    future_then(square_future(1.0, 1), &demo, done, nullptr);
    future_then(nothing_future("x"), nullptr, ended, &y);
    return y;
}

static int shared()
{
    struct square_shared s;
    struct square_future f;
    const int *peeked;
    int y = 0;

    if (future_share(square_future(1.0, 3), &s))
        return 1;
    shared_retain(s);
    shared_get(s, &y);
    shared_get_by(s, &y, syn_after(1));
    shared_peek(s, &peeked);
    syn_shared_future(s, &f);
    future_get(f, &y);
    shared_release(s);
    return y;
}

static int promises()
{
    struct number_promise p;
    struct number_future f;
    struct signal_only_promise q;
    struct signal_only_future g;
    int y = 42;

    if (promise_new(number, &p, &f) || promise_new(signal_only, &q, &g))
        return 1;
    promise_complete(p, &y);
    promise_complete(q);
    promise_fail(p, SYN_EIO, "too late");
    promise_drop(p);
    future_get(f, &y);
    return future_get(g);
}

TASK_LOCAL(struct point, origin);

static int scopes()
{
    SYN_SCOPE_GUARD struct syn_scope scope = SYN_SCOPE;
    struct square_future f[2] = {square_future(1.0, 1), square_future(1.0, 2)};
    struct nothing_future g[2] = {nothing_future("a"), nothing_future("b")};
    struct syn_failure failure;
    struct point here = {0, 0}, result;
    syn_err status;
    int out[2], y;

    if (origin_set(&here) || origin_get() != &here)
        return 1;
    scope_limit(&scope, 3);
    scope_keep_going(&scope);
    scope_collect(&scope);
    scope_deadline(&scope, syn_after(1));
    if (scope_spawn(&scope, nothing_future("x")) || scope_spawn(&scope, square_future(1.0, 2), &y) ||
        scope_spawn(&scope, where_future(here, &here), &result, &status))
        scope_cancel(&scope);
    scope_join(&scope);
    scope_failure(&scope, 0, &failure);
    syn_all(&scope, (nothing_future("x")), (square_future(1.0, 2), &y));
    syn_any(&scope, (square_future(1.0, 2), &y, &status), (where_future(here, &here), &result));
    syn_race(&scope, (nothing_future("x")));
    syn_race_of(&scope, 2, f, out);
    syn_all_of(&scope, 2, g);
    syn_any_of(&scope, 0, g);
    scope_close(&scope);
    return scope_winner(&scope) + static_cast<int>(scope_live(&scope));
}

static int channels()
{
    struct ints_channel ch;
    struct texts_channel words;
    struct average_channel talks = average();
    struct number_future f = {};
    syn_err err;
    double a = 3;
    int v = 1, sum = 0;

    if (channel_new(ints, 16, &ch) || channel_new(texts, 0, &words))
        return 1;
    channel_send(ch, &v);
    channel_send_by(ch, &v, syn_after(1));
    channel_try_send(ch, &v);
    channel_next(ch, &v);
    channel_next_by(ch, &v, syn_after(1));
    channel_try_next(ch, &v);
    channel_prefetch(walk(3), 8);
    channel_end(ch);
    channel_fail(words, SYN_EIO, "broke");
    generator_send(talks, &a, &a);
    generator_send_by(talks, &a, &a, syn_after(1));
    generator_throw(talks, SYN_EIO, "no more", &a);
    channel_each (struct point, p, walk(3), &err)
        channel_each (struct point, q, walk(3), &err) {
            if (q.x > 1)
                continue;
            sum += static_cast<int>(p.x + q.y);
            break;
        }
    channel_each_open (int, i, ch, &err)
        sum += i;
    switch (channel_select(&err, ON_NEXT(ch, &v), ON_SEND(ch, &v), ON_FUTURE(f, &v),
                           ON_TIME(syn_after(1)))) {
    case 0:
        sum++;
        break;
    default:
        break;
    }
    channel_close_by(ch, syn_after(1));
    channel_drop(words);
    channel_close(talks);
    return sum;
}

int main()
{
    struct syn_synchronizer *s;
    struct point p = {1, 2};
    int y;

    if (square(1.0, 42, &y) || nothing("x") || where(p, &p, &p))
        return 1;
    if (synchronizer_new(nullptr, &s) || synchronizer_start(s))
        return 1;
    if (synchronizer_stop(&elsewhere, syn_after(1)) || synchronizer_stats(s).started)
        return 1;
    synchronizer_free(s);
    return futures() + shared() + promises() + scopes() + channels();
}
