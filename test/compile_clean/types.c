/* SPDX-License-Identifier: Apache-2.0
 *
 * Arguments, results, items and what is sent, of every sort of type: also where the compiler is
 * asked to watch over const (-Wcast-qual).
 */
#ifdef LONG
#include <synchronicity.h>
#include <synchronicity/method.h>
#include <synchronicity/pool_map.h>
#else
#include <synchronicity/short.h>
#endif
#include <synchronicity/step.h>

SYN_SYNCHRONIZER_DECLARE(demo);
SYN_POOL_DECLARE(workers);

struct point {
    int x, y;
};
typedef int (*row)[4];
typedef int (*compare_fn)(const void *, const void *);
typedef const struct point *place;
typedef struct point *const *way;

#define TYPES(T)                                                                                   \
    T(int, number)                                                                                 \
    T(unsigned long long, big)                                                                     \
    T(struct point, point)                                                                         \
    T(struct point *, pointer)                                                                     \
    T(const struct point *, looked_at)                                                             \
    T(struct point *const *, through)                                                              \
    T(const char *, text)                                                                          \
    T(const char *const *, words)                                                                  \
    T(void *, anything)                                                                            \
    T(const void *, bytes)                                                                         \
    T(row, row_of_4)                                                                               \
    T(compare_fn, compare)                                                                         \
    T(place, place)                                                                                \
    T(way, way)                                                                                    \
    T(enum syn_origin, origin)

#if KIND == 1
#define T(type, id)                                                                                \
    SYN_PROMISE(type, p_##id);                                                                     \
    static inline int promises_##id(type value)                                                    \
    {                                                                                              \
        struct p_##id##_promise p;                                                                 \
        struct p_##id##_future f;                                                                  \
        struct p_##id##_shared s;                                                                  \
        type const *peeked;                                                                        \
        type got;                                                                                  \
                                                                                                   \
        if (syn_promise_new(p_##id, &p, &f) || syn_promise_complete(p, &value))                    \
            return syn_future_get(f, &got);                                                        \
        return syn_future_share(f, &s) || syn_shared_get(s, &got) || syn_shared_peek(s, &peeked);  \
    }
TYPES(T)
#elif KIND == 2
#define T(type, id)                                                                                \
    SYN_CHANNEL(type, c_##id);                                                                     \
    static inline int channels_##id(type value)                                                    \
    {                                                                                              \
        struct c_##id##_channel c;                                                                 \
        type got = value;                                                                          \
        syn_err err = syn_channel_new(c_##id, 3, &c);                                              \
                                                                                                   \
        syn_channel_each (type, each, c, &err)                                                     \
            (void)each;                                                                            \
        return syn_channel_send(c, &got) || syn_channel_next(c, &got) ||                           \
               syn_channel_select(&err, SYN_ON_NEXT(c, &got), SYN_ON_SEND(c, &value));             \
    }
TYPES(T)
#elif KIND == 3
#define T(type, id)                                                                                \
    SYN_ASYNC_DECLARE(type, a_##id, (type, value));                                                \
    SYN_GENERATOR_DECLARE(type, g_##id, (type, value), SYN_SENDS(type));                           \
    SYN_BLOCKING_DECLARE(type, b_##id, (type, value));                                             \
    SYN_CONTEXT_DECLARE(type, x_##id, (type, value));                                              \
    static inline int calls_##id(type value)                                                       \
    {                                                                                              \
        struct g_##id##_channel ch = g_##id(value);                                                \
        type got;                                                                                  \
        syn_err err;                                                                               \
                                                                                                   \
        syn_with_context (type, inside, x_##id(value), &err)                                       \
            (void)inside;                                                                          \
        return a_##id(value, &got) || syn_future_get(b_##id##_future(value), &got) ||              \
               syn_generator_send(ch, &value, &got);                                               \
    }
TYPES(T)

#elif KIND == 20
#define T(type, id)                                                                                \
    SYN_ASYNC(demo, type, a_##id, (type, value), SYN_LOCAL(type, local))                           \
    {                                                                                              \
        syn_co_begin;                                                                              \
        syn_co_sleep(1.0);                                                                         \
        self->local = self->value;                                                                 \
        syn_co_return(self->local);                                                                \
        syn_co_end;                                                                                \
    }                                                                                              \
    SYN_BLOCKING(workers, type, b_##id, (type, value))                                             \
    {                                                                                              \
        return job ? value : syn_job_fail(job, 1);                                                 \
    }                                                                                              \
    SYN_POOL_MAP(workers, type, type, m_##id)                                                      \
    {                                                                                              \
        *out = *in;                                                                                \
        return SYN_OK;                                                                             \
    }
TYPES(T)
#elif KIND == 21
#define T(type, id)                                                                                \
    SYN_GENERATOR(demo, type, g_##id, (type, value), SYN_SENDS(type), SYN_LOCAL(type, local))      \
    {                                                                                              \
        syn_co_begin;                                                                              \
        self->local = self->value;                                                                 \
        for (;;) {                                                                                 \
            syn_co_yield(self->local);                                                         \
            syn_co_check;                                                                      \
            if (self->sent)                                                                        \
                self->local = *self->sent;                                                         \
        }                                                                                          \
        syn_co_end;                                                                                \
    }                                                                                              \
    SYN_ASYNC(demo, type, s_##id, (type, value), SYN_LOCAL(type, local),                           \
              SYN_LOCAL(struct g_##id##_channel, ch))                                              \
    {                                                                                              \
        syn_co_begin;                                                                              \
        self->ch = g_##id(self->value);                                                            \
        syn_co_generator_send(self->ch, &self->value, &self->local);                               \
        syn_co_return(self->local);                                                                \
        syn_co_end;                                                                                \
    }                                                                                              \
    SYN_ASYNC(demo, type, n_##id, SYN_LOCAL(struct g_##id##_channel, ch))                          \
    {                                                                                              \
        syn_co_begin;                                                                              \
        syn_co_next(self->ch, &self->result);                                                      \
        syn_co_end;                                                                                \
    }                                                                                              \
    SYN_CONTEXT(demo, type, x_##id, (type, value))                                                 \
    {                                                                                              \
        syn_co_begin;                                                                              \
        syn_co_yield(self->value);                                                                 \
        syn_co_end;                                                                                \
    }                                                                                              \
    SYN_BLOCKING_GENERATOR(workers, type, y_##id, (type, value))                                   \
    {                                                                                              \
        if (syn_job_yield(job, value))                                                             \
            return;                                                                                \
    }
TYPES(T)
#elif KIND == 22
#define THING_METHODS(M, C)                                                                        \
    M(C, async, const char *, text, (const char *, value))                                         \
    M(C, async, struct point *, pointer, (struct point *, value))                                  \
    M(C, async, struct point, point, (struct point, value))                                        \
    M(C, direct, place, place, (place, value))                                                     \
    M(C, generator, row, row_of_4, (row, value))                                                   \
    M(C, set, const char *, label)                                                                 \
    M(C, get, const char *, label)
SYN_CLASS(thing, THING_METHODS);
struct thing_impl {
    const char *label;
};
SYN_METHOD(thing, const char *, text, (const char *, value))
{
    return syn_step_return(self, self->value);
}
SYN_METHOD(thing, struct point *, pointer, (struct point *, value))
{
    return syn_step_return(self, self->value);
}
SYN_METHOD(thing, struct point, point, (struct point, value))
{
    return syn_step_return(self, self->value);
}
SYN_METHOD_DIRECT(thing, place, place, (place, value))
{
    return value;
}
SYN_METHOD_GENERATOR(thing, row, row_of_4, (row, value))
{
    return syn_step_done(self);
}
SYN_METHOD_SET(thing, const char *, label)
{
    me->label = self->value;
    return syn_step_done(self);
}
SYN_METHOD_GET(thing, const char *, label)
{
    return syn_step_return(self, me->label);
}
SYN_CLASS_TABLE(demo, thing, THING_METHODS, NULL);
#elif KIND == 23 /* an argument that only the strand needs, and no body names */
struct database {
    struct syn_strand strand;
};
static struct syn_pool store;
SYN_BLOCKING(store, int, vacuum, (struct database *, db), SYN_STRAND(&db->strand))
{
    return 1;
}
SYN_BLOCKING_GENERATOR(store, int, row_numbers, (struct database *, db), SYN_STRAND(&db->strand))
{
    for (int i = 0; !syn_job_yield(job, i); i++)
        ;
}
#endif

extern int one_thing_at_least;
