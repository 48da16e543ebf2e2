/* SPDX-License-Identifier: Apache-2.0
 *
 * Maps: one function over an array, by all threads of a pool.
 *
 *     SYN_POOL_MAP(numbers, double, float, root)       // pool, from, to, name
 *     {
 *         *out = (float)sqrt(*in);                      // in: const double *; out: float *
 *         return SYN_OK;
 *     }
 *
 * gives, as if written out:
 *
 *     syn_err root(const double *in, size_t n, float *out);
 *         BLOCKING. *out[i] is made of *in[i], for each of N. On a thread that drives a loop:
 *         SYN_EDEADLK.
 *     struct root_future root_future(const double *in, size_t n, float *out);
 *         FUTURE, and in a task AWAIT: a future of nothing. Never fails itself.
 *     struct root_future root_submit(struct syn_pool *pool, const double *in, size_t n, float *out);
 *
 * syn_pool_map(&pool, root, in, n, out) and syn_pool_submit(&pool, root, in, n, out) are the
 * blocking and the future face on another pool; syn_pool_map_all() and syn_pool_submit_all() go on
 * after an error, and report the result of each item.
 *
 * Threads take the items in pieces, one after the other, so that results are where they
 * belong, whichever thread makes them. The body runs in several threads at once. The first error
 * that any item returns is the map's, with its number in the report, and no further piece
 * begins; items that were made stay made. So it is when it is cancelled; code in the body may
 * look at syn_pool_job_cancelled(). A map is never abandoned, since it works in arrays that
 * are yours: they must stay until its future is done. Items without an array: SYN_EINVAL.
 */
#ifndef SYNCHRONICITY_POOL_MAP_H
#define SYNCHRONICITY_POOL_MAP_H

#include <stddef.h>

#include <synchronicity/future.h>
#include <synchronicity/pool.h>

#define SYN_POOL_MAP_DECLARE(from, to, name)                                                       \
    SYNI_FUTURE_TYPES(void, name);                                                                 \
    extern syn_err name(from const *in, size_t n, to *out);                                        \
    SYNI_NAMESAKE(name##_future, extern SYNI_HELD struct name##_future name##_future(              \
                                     from const *in, size_t n, to *out));                          \
    extern SYNI_HELD struct name##_future (name##_submit)(                                         \
        struct syn_pool *syni_pool, from const *in, size_t n, to *out);                            \
    extern SYNI_HELD struct name##_future (name##_submit_all)(                                     \
        struct syn_pool *syni_pool, from const *in, size_t n, to *out, syn_err *errs)

#ifdef __cplusplus
extern "C" {
#endif
/* The calling thread drives a loop: SYN_EDEADLK, said in words. */
syn_err syni_map_may_wait(void);
#ifdef __cplusplus
}
#endif

#define syn_pool_map(pool, name, in, n, out)                                                       \
    (syni_map_may_wait() ? SYN_EDEADLK                                                             \
                         : syni_future_get((name##_submit)((pool), (in), (n), (out)).u.handle, NULL))

/* The same, going on after an error: ERRS, an array of N, gets the result of each item, and
 * SYN_ECANCELED where a cancel or a stop came before it. The map's result is the first error, with the
 * number of those that failed in its report. POOL may be NULL: the map's own. */
#define syn_pool_map_all(pool, name, in, n, out, errs)                                             \
    (syni_map_may_wait()                                                                           \
         ? SYN_EDEADLK                                                                             \
         : syni_future_get((name##_submit_all)((pool), (in), (n), (out), (errs)).u.handle, NULL))
#define syn_pool_submit_all(pool, name, in, n, out, errs)                                          \
    ((name##_submit_all)((pool), (in), (n), (out), (errs)))

#ifndef __cplusplus

/* A map, described once. */
struct syn_pool_map {
    int abi; /* SYNI_ABI_OF(syn_pool_map) */
    const char *name;
    struct syn_pool *pool; /* NULL: the default one */
    struct syn_type nothing;
    /* Items from FIRST up to, not with, END; returns the number of the one that failed, or END. */
    size_t (*piece)(const void *in, void *out, size_t first, size_t end, syn_err *out_err);
};

struct syni_map_arrays {
    const void *in;
    void *out;
    size_t n;
    syn_err *errs; /* NULL: the first error ends the map */
};

struct syn_future syni_map_start(const struct syn_pool_map *map, struct syn_pool *pool,
                                 struct syni_map_arrays arrays);

#define SYN_POOL_MAP_DEFINE(pool, from, to, name) SYNI_POOL_MAP(, pool, from, to, name)
#define SYN_POOL_MAP(pool, from, to, name)                                                         \
    SYNI_FUTURE_TYPES(void, name);                                                                 \
    SYNI_POOL_MAP(static inline SYNI_UNUSED, pool, from, to, name)

#define SYNI_POOL_MAP(linkage, pool, from, to, name)                                               \
    SYNI_DECLARED(name)                                                                            \
    static inline syn_err syni_one_of_##name(from const *in, to *out);                             \
    static size_t syni_piece_of_##name(const void *syni_in, void *syni_out, size_t syni_first,     \
                                       size_t syni_end, syn_err *syni_err)                         \
    {                                                                                              \
        from const *in = (from const *)syni_in;                                                    \
        to *out = (to *)syni_out;                                                                  \
        for (size_t syni_i = syni_first; syni_i < syni_end; syni_i++) {                            \
            *syni_err = syni_one_of_##name(&in[syni_i], &out[syni_i]);                             \
            if (*syni_err)                                                                         \
                return syni_i;                                                                     \
        }                                                                                          \
        return syni_end;                                                                           \
    }                                                                                              \
    static void syni_call_of_##name(void (*fn)(void), void *user, syn_err err, void *result)       \
        SYNI_CALL_BACK(void) static const struct syn_pool_map syni_map_of_##name = {               \
            SYNI_ABI_OF(syn_pool_map), #name, &pool,                                               \
            SYNI_TYPED(syn_type, 0, NULL, syni_call_of_##name), syni_piece_of_##name};             \
    linkage SYNI_HELD SYNI_MADE_TYPE(struct name##_future, name) (name##_submit_all)(              \
        struct syn_pool *syni_pool, from const *in, size_t n, to *out, syn_err *errs)              \
    {                                                                                              \
        SYNI_MADE_TYPE(struct name##_future, name) syni_future;                                    \
        struct syni_map_arrays syni_arrays = {in, out, n, errs};                                   \
        *(struct syn_future *)(void *)&syni_future = syni_map_start(&syni_map_of_##name, syni_pool, syni_arrays); \
        return syni_future;                                                                        \
    }                                                                                              \
    linkage SYNI_HELD SYNI_MADE_TYPE(struct name##_future, name) (name##_submit)(                  \
        struct syn_pool *syni_pool, from const *in, size_t n, to *out)                             \
    {                                                                                              \
        return (name##_submit_all)(syni_pool, in, n, out, NULL);                                   \
    }                                                                                              \
    linkage SYNI_HELD SYNI_MADE_TYPE(struct name##_future, name) name##_future(from const *in, size_t n, to *out) \
    {                                                                                              \
        return (name##_submit)(NULL, in, n, out);                                                  \
    }                                                                                              \
    linkage syn_err name(from const *in, size_t n, to *out)                                        \
    {                                                                                              \
        SYNI_MADE_TYPE(struct name##_future, name) syni_future;                                    \
        if (syni_map_may_wait())                                                                   \
            return SYN_EDEADLK;                                                                    \
        syni_future = (name##_submit)(NULL, in, n, out);                                           \
        return syni_future_get(*(struct syn_future *)(void *)&syni_future, NULL);                  \
    }                                                                                              \
    static inline syn_err syni_one_of_##name(from const *in, to *out)

#endif /* !__cplusplus */

#endif
