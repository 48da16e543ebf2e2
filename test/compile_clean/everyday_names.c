/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions and things with everyday names: whatever a user calls them, they compile clean, since
 * what declarations make for themselves is spelled as no user would. Each KIND is one way to
 * declare them; as C++ only what a caller needs. -DLONG: without the short names.
 */
#ifdef LONG
#include <synchronicity.h>
#include <synchronicity/method.h>
#include <synchronicity/pool_map.h>
#else
#include <synchronicity/short.h>
#endif

/* Words of the trade, and all that the library's own modules are called. */
#define NAMES(D)                                                                                   \
    D(await) D(blocking) D(body) D(by_name) D(call) D(cancel) D(channel) D(clock) D(close)         \
    D(combine) D(complete) D(connect) D(context) D(core) D(deadline) D(destroy) D(direct) D(done)  \
    D(drop) D(each) D(end) D(enter) D(error) D(fail) D(fetch) D(file) D(frame) D(function)         \
    D(future) D(generator) D(get) D(handle) D(home) D(item) D(job) D(join) D(listen) D(local)      \
    D(lock) D(map) D(me) D(method) D(methods) D(mutex) D(next) D(object) D(on) D(open) D(pass)     \
    D(pool) D(promise) D(query) D(read) D(release) D(report) D(result) D(run) D(say) D(scope)      \
    D(select) D(self) D(send) D(server) D(shared) D(sleep) D(slot) D(spawn) D(start) D(step)       \
    D(stop) D(stream) D(submit) D(sync) D(task) D(then) D(type) D(update) D(user) D(value)  \
    D(wait) D(watch) D(with) D(work) D(write) D(yield)

SYN_SYNCHRONIZER_DECLARE(demo);
SYN_POOL_DECLARE(workers);

#ifndef __cplusplus
static inline void let(int *it)
{
    *it = 0;
}

#define BODY                                                                                       \
    {                                                                                              \
        syn_co_begin;                                                                              \
        syn_co_sleep(1.0);                                                                         \
        syn_co_end;                                                                                \
    }
#define YIELDS                                                                                     \
    {                                                                                              \
        syn_co_begin;                                                                              \
        syn_co_yield(self->n);                                                                     \
        syn_co_end;                                                                                \
    }
#endif

#if KIND == 1
#define D(name) SYN_PROMISE(int, name, SYN_DESTROY((void)));
NAMES(D)
#elif KIND == 2
#define D(name) SYN_CHANNEL(int, name);
NAMES(D)
#elif KIND == 3
#define D(name) SYN_TASK_LOCAL(int, name);
NAMES(D)
#elif KIND == 4
#define D(name) SYN_ASYNC_DECLARE(int, name, SYN_COPY(const char *, s), SYN_TAKE(int *, n, let));
NAMES(D)
#elif KIND == 5
#define D(name) SYN_GENERATOR_DECLARE(int, name, (int, n), SYN_SENDS(int));
NAMES(D)
#elif KIND == 6
#define D(name) SYN_BLOCKING_DECLARE(int, name, (int, n), SYN_COPY_BYTES(const int *, a, 4));
NAMES(D)
#elif KIND == 7
#define D(name) SYN_BLOCKING_GENERATOR_DECLARE(int, name, (int, n));
NAMES(D)
#elif KIND == 8
#define D(name) SYN_CONTEXT_DECLARE(int, name, (int, n));
NAMES(D)
#elif KIND == 9
#define D(name) SYN_POOL_MAP_DECLARE(int, int, name);
NAMES(D)
#elif KIND == 10
/* The methods of one class, one for each kind of row. */
#define THING_METHODS(M, C)                                                                        \
    M(C, constructor, make, (int, n))                                                              \
    M(C, async, int, call, (int, n))                                                               \
    M(C, async, void, step)                                                                        \
    M(C, generator, int, each, (int, n))                                                           \
    M(C, blocking, int, job, (int, n))                                                             \
    M(C, direct, int, map, (int, n))                                                               \
    M(C, future, int, method, (int, n))                                                            \
    M(C, static, int, shared, (int, n))                                                            \
    M(C, context, int, with, (int, n))                                                             \
    M(C, get, int, next)                                                                           \
    M(C, set, int, next)
SYN_CLASS(thing, THING_METHODS);
#elif KIND == 11
/* Without the words of short.h. */
#define METHODS(M, C)                                                                              \
    M(C, constructor, make, (int, n))                                                             \
    M(C, destructor)                                                                               \
    M(C, async, int, weigh, (int, n))
#define D(name) SYN_CLASS(name, METHODS);
#ifdef LONG
NAMES(D)
#else
D(call) D(job) D(map) D(each) D(method) D(pool) D(task) D(future) D(next) D(with) D(get)
#endif
#elif KIND == 12
/* Arguments that are called as the headers call theirs. */
SYN_ASYNC_DECLARE(int, divide, (int, in), (int *, out_result), (int, err));
SYN_BLOCKING_DECLARE(int, divide_slowly, (int, in), (int *, out_result), (int, deadline));

#elif KIND == 20
#define D(name) SYN_ASYNC(demo, int, name, (int, x), SYN_LOCAL(int, y), SYN_TAKE(int, z, (void))) BODY
NAMES(D)
#elif KIND == 21
#define D(name) SYN_ASYNC(SYN_FREE, void, name, SYN_COPY(const char *, s)) BODY
NAMES(D)
#elif KIND == 22
#define D(name) SYN_GENERATOR(demo, int, name, (int, n), SYN_SENDS(int), SYN_DESTROY((void))) YIELDS
NAMES(D)
#elif KIND == 23
#define D(name) SYN_BLOCKING(workers, int, name, (int, n), SYN_URGENT) { return n + (job != NULL); }
NAMES(D)
#elif KIND == 24
#define D(name) SYN_BLOCKING_GENERATOR(workers, int, name, (int, n)) { if (syn_job_yield(job, n)) return; }
NAMES(D)
#elif KIND == 25
#define D(name) SYN_CONTEXT(demo, int, name, (int, n)) YIELDS
NAMES(D)
#elif KIND == 26
#define D(name) SYN_POOL_MAP(workers, int, int, name) { *out = *in; return SYN_OK; }
NAMES(D)
#elif KIND == 27
/* A method of each kind with each of the names. */
SYN_OBJECT(thing);
struct thing_impl {
    int n;
};
#define D(name)                                                                                    \
    SYN_ASYNC_TYPES(int, thing_a_##name);                                                          \
    SYN_METHOD(thing, int, a_##name, (int, n)) BODY                                                \
    SYN_GENERATOR_TYPES(int, thing_g_##name);                                                      \
    SYN_METHOD_GENERATOR(thing, int, g_##name, (int, n)) YIELDS                                    \
    SYN_ASYNC_TYPES(int, thing_b_##name);                                                          \
    SYN_METHOD_BLOCKING(workers, thing, int, b_##name, (int, n)) { return n + me->n; }             \
    SYN_METHOD_DIRECT(thing, int, d_##name, (int, n)) { return n + me->n; }
NAMES(D)
#elif KIND == 28
/* One class of each name, whole. */
#define METHODS(M, C)                                                                              \
    M(C, constructor, make, (int, n))                                                             \
    M(C, destructor)                                                                               \
    M(C, async, int, weigh, (int, n))                                                                \
    M(C, direct, int, size)
#define D(C)                                                                                       \
    SYN_CLASS(C, METHODS);                                                                         \
    struct C##_impl {                                                                              \
        int n;                                                                                     \
    };                                                                                             \
    SYN_CONSTRUCTOR(C, make, (int, n)) BODY                                                       \
    SYN_DESTRUCTOR(C) BODY                                                                         \
    SYN_METHOD(C, int, weigh, (int, n)) BODY                                                         \
    SYN_METHOD_DIRECT(C, int, size) { return me->n; }                                              \
    SYN_CLASS_TABLE(demo, C, METHODS, NULL);
#ifdef LONG
NAMES(D)
#else
D(call) D(job) D(map) D(each) D(method) D(pool) D(task) D(future) D(next) D(with) D(get)
#endif
#elif KIND == 30
/* Arguments that are called as the headers call theirs. */
SYN_ASYNC(demo, int, divide, (int, in), (int *, out_result), (int, err)) BODY
SYN_BLOCKING(workers, int, divide_slowly, (int, in), (int *, out_result)) { return in + *out_result; }
#define METHODS(M, C)                                                                              \
    M(C, constructor, make, (int *, out_result))                                                   \
    M(C, destructor)                                                                               \
    M(C, async, int, weigh, (int *, out_result))                                                   \
    M(C, blocking, int, lift, (int *, out_result))
SYN_CLASS(thing, METHODS);
struct thing_impl {
    int n;
};
SYN_CONSTRUCTOR(thing, make, (int *, out_result)) BODY
SYN_DESTRUCTOR(thing) BODY
SYN_METHOD(thing, int, weigh, (int *, out_result)) BODY
SYN_METHOD_BLOCKING(workers, thing, int, lift, (int *, out_result)) { return me->n + *out_result; }
SYN_CLASS_TABLE(demo, thing, METHODS, NULL);
#elif KIND == 29
/* Used as well as declared: the words of short.h that end as a face does. */
SYN_BLOCKING(workers, int, pool, (int, n)) { return n; }
SYN_ASYNC(demo, int, shared, (int, n)) BODY
SYN_CONTEXT(demo, int, with, (int, n)) YIELDS
static inline int uses(void)
{
    struct shared_future f = shared_future(3);
    struct with_context c = with(3);
    int y = 0;

    (void)c;
    syn_future_detach(syn_pool_submit(&workers, pool, 3));
    return syn_future_get(f, &y) + shared(3, &y) + pool(3, &y);
}
#endif

extern int one_thing_at_least;
