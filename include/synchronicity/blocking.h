/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocking functions: ordinary C that blocks, exported as async; the opposite direction.
 *
 *     SYN_POOL(hashing, .max_threads = 4);            // static; started by the first job
 *
 *     SYN_BLOCKING(hashing, uint64_t, slow_hash, SYN_COPY(const char *, path))
 *     {
 *         FILE *file = fopen(path, "rb");             // ordinary C, on a worker's stack
 *         if (!file)
 *             return syn_job_fail(job, errno, path);
 *         ...
 *         return hash;
 *     }
 *
 * gives, as if written out:
 *
 *     syn_err slow_hash(const char *path, uint64_t *out_result);
 *         BLOCKING. Runs on the pool, too, and waits; so the pool's bound, deadlines and
 *         abandonment hold here as well. On a thread that drives a loop: SYN_EDEADLK, and
 *         nothing happened; write syn_co_await(slow_hash_future(...)) there.
 *     struct slow_hash_future slow_hash_future(const char *path);
 *         FUTURE, and in a task AWAIT. Never fails itself.
 *     struct slow_hash_future slow_hash_submit(struct syn_pool *pool, const char *path);
 *         The same on another pool: syn_pool_submit(&pool, slow_hash, path).
 *
 * In a library: SYN_BLOCKING_DECLARE(ret, name, items) in the header, and
 * SYN_BLOCKING_DEFINE(pool, ret, name, items) { } in a .c file. Instead of a pool one may
 * say SYN_DEFAULT_POOL.
 *
 * Items are those of call.h: arguments, SYN_COPY, SYN_DESTROY, SYN_DOC; and
 * SYN_STRAND(expression), a struct syn_strand * made of the arguments: its jobs run one at a
 * time and in order; SYN_URGENT: its jobs go ahead of those without; SYN_TO_THE_END: who
 * waits for one that runs waits for its end, however long that takes, since it works on what
 * he lent it: a buffer, a descriptor; SYN_LET_GO: it cannot be interrupted, so that one that is
 * asked to end is abandoned at once and not after the pool's grace time.
 *
 * ARGUMENTS are copied as a C call copies them. What a pointer points to must stay until
 * the future is done, and, where a job may be abandoned, until it really ends: use
 * SYN_COPY for strings, and SYN_TO_THE_END for what is not copied. The result is copied out;
 * one that nobody fetches is destroyed by SYN_DESTROY, exactly once.
 *
 * CANCELLING. A job that has not begun never begins. One that runs is told: by
 * syn_pool_job_cancelled(), and by the hook that it set with syn_pool_on_cancel(); and if it
 * is in a blocking call or a future_get() of this library, what it waits for is asked as well. If it
 * fails with SYN_ECANCELED it ended by the request; what else it returns stands. If it has
 * not ended after the pool's grace time it is ABANDONED, unless it is SYN_TO_THE_END: who
 * waits gets SYN_ECANCELED or SYN_ETIMEDOUT, whose report says so; the thread goes on and
 * counts no more; the late result is destroyed. Arguments live until it really ends.
 *
 * The body returns; one that ends its thread (pthread_exit(), a cancellation) ends the program
 * with a message, since its callers would wait for ever.
 *
 * A deadline reaches a job with the call that made it (syn_call_by()), or who awaits it, and
 * calls made in it inherit that, as they do task-local values.
 *
 * Thread: any, for everything here that does not say otherwise. C only, where it says so.
 */
#ifndef SYNCHRONICITY_BLOCKING_H
#define SYNCHRONICITY_BLOCKING_H

#include <stddef.h>

#include <synchronicity/call.h>
#include <synchronicity/future.h>
#include <synchronicity/map.h>
#include <synchronicity/pool.h>

/* --- blocking functions: what a caller needs, C and C++ --- */

#define SYN_BLOCKING_TYPES(ret, name) SYNI_FUTURE_TYPES(ret, name)
#define SYN_BLOCKING_DECLARE(...) SYNI_BLOCKING_DECLARE(__VA_ARGS__, SYNI_END)
#define SYNI_BLOCKING_DECLARE(ret, name, ...)                                                      \
    struct name; /* the frame */                                                                   \
    SYNI_FUTURE_TYPES(ret, name);                                                                  \
    SYNI_PROTOTYPES(extern, ret, name, __VA_ARGS__);                                               \
    extern SYNI_HELD struct name##_future name##_submit(                                           \
        SYNI_LIST(~, struct syn_pool *syni_pool SYNI_MAP(SYNI_PARAM, __VA_ARGS__)))

/* syn_pool_submit(&pool, NAME, arguments ...): the future of NAME on that pool. */
#define syn_pool_submit(pool, ...)                                                                 \
    SYNI_CAT(SYNI_SUBMIT_, SYNI_ONE(__VA_ARGS__))(pool, __VA_ARGS__)
#define SYNI_SUBMIT_1(pool, name) name##_submit(pool)
#define SYNI_SUBMIT_0(pool, name, ...) name##_submit(pool, __VA_ARGS__)

/* --- what the author needs: C --- */

#ifndef __cplusplus

/* In place of a pool: the default one. */
#define SYN_DEFAULT_POOL (*(struct syn_pool *)NULL)

struct syn_job;

/* A blocking function, described once; made by the macros. */
struct syn_blocking {
    int abi;
    unsigned job_size; /* of struct syn_job */
    size_t frame_size;
    size_t result_offset;
    struct syn_type type;
    const char *name, *file;
    int line;
    int library; /* 1: one of this library's own */
    int urgent, to_the_end, let_go;
    struct syn_pool *pool;               /* NULL: the default one */
    void (*run)(struct syn_job *job);    /* the body, and its result into the frame */
    void (*release)(struct syn_job *job); /* frees copied arguments, or NULL */
};

/* More of the smaller ones: times and pthread's parts are as large there. */
enum { SYNI_JOB_WORDS = sizeof(void *) == 8 ? 56 : 64 };

/* The head of a job's frame. */
struct syn_job {
    const struct syn_blocking *function;
    union {
        _Alignas(8) long long align; /* see struct syn_task */
        void *words[SYNI_JOB_WORDS]; /* src/facade/job.h */
    } engine;
};

/* A frame for a job on POOL (NULL: the function's own), and its handle; NULL, and the
 * handle says why. */
struct syn_job *syni_job_new(const struct syn_blocking *function, struct syn_pool *pool,
                             struct syn_future *out_future);
const char *syni_job_copy(struct syn_job *job, const char *text);
/* JOB is not the caller's any more. */
void syni_job_start(struct syn_job *job, struct syn_strand *strand);
/* A wait for a job of FUNCTION on this thread could be for itself: SYN_EDEADLK. */
syn_err syni_job_may_wait(const struct syn_blocking *function);
void syni_job_fail(struct syn_job *job, syn_err err, const char *message);

/* return syn_job_fail(job, err), return syn_job_fail(job, err, message): the job fails; the message
 * is copied; 0, which is no error, becomes SYN_EINVAL with a message that says so. In a function of nothing a statement: syn_job_fail(job, err); return; */
#define syn_job_fail(...) SYNI_CAT(SYNI_JOB_FAIL_, SYNI_N(__VA_ARGS__))(__VA_ARGS__)
#define SYNI_JOB_FAIL_2(job, err) (syni_job_fail(&(job)->syn, (err), NULL), (job)->result)
#define SYNI_JOB_FAIL_3(job, err, message)                                                         \
    (syni_job_fail(&(job)->syn, (err), (message)), (job)->result)

#define SYN_BLOCKING_DEFINE(...) SYNI_BLOCKING_DEFINE(__VA_ARGS__, SYNI_END)
#define SYNI_BLOCKING_DEFINE(pool, ret, name, ...) SYNI_BLOCK(, pool, ret, name, __VA_ARGS__)

#define SYN_BLOCKING(...) SYNI_BLOCKING(__VA_ARGS__, SYNI_END)
#define SYNI_BLOCKING(pool, ret, name, ...)                                                        \
    SYNI_FUTURE_TYPES(ret, name);                                                                  \
    SYNI_BLOCK(static inline SYNI_UNUSED, pool, ret, name, __VA_ARGS__)

/* What one definition makes; see SYNI_DEFINE in call.h. `result` is zero until the body
 * has returned: what a body that failed returns. */
#define SYNI_BLOCK(linkage, pool, ret, name, ...)                                                  \
    struct name {                                                                                  \
        struct syn_job syn;                                                                        \
        SYNI_IF_VOID(ret, SYNI_NO_RESULT, SYNI_RESULT_FIELD)(ret)                                  \
        SYNI_MAP(SYNI_FIELD, __VA_ARGS__)                                                          \
    };                                                                                             \
    static ret syni_##name##_body(                                                                 \
        SYNI_LIST(~, struct name *job SYNI_MAP(SYNI_PARAM, __VA_ARGS__)));                         \
    static void syni_##name##_run(struct syn_job *syni_job)                                        \
    {                                                                                              \
        struct name *self = (struct name *)(void *)syni_job;                                       \
        SYNI_IF_VOID(ret, SYNI_NOTHING, SYNI_INTO_RESULT)(ret)                                     \
            syni_##name##_body(SYNI_LIST(~, self SYNI_MAP(SYNI_SPREAD, __VA_ARGS__)));             \
    }                                                                                              \
    static void syni_##name##_call(void (*fn)(void), void *user, syn_err err, void *result)        \
        SYNI_CALL_BACK(ret) static SYNI_UNUSED void syni_##name##_destroy(void *result)            \
    {                                                                                              \
        SYNI_IF_VOID(ret, SYNI_NOTHING, SYNI_RESULT_AS)(ret) SYNI_MAP(SYNI_KILL, __VA_ARGS__)      \
        (void)result;                                                                              \
    }                                                                                              \
    SYNI_JOB_RELEASE(name, __VA_ARGS__)                                                            \
    static const struct syn_blocking syni_##name##_blocking = {                                    \
        SYN_ABI,                                                                                   \
        sizeof(struct syn_job),                                                                    \
        sizeof(struct name),                                                                       \
        offsetof(struct name, result),                                                             \
        {SYNI_IF_VOID(ret, SYNI_SIZE_VOID, SYNI_SIZE_TYPED)(ret),                                  \
         (0 SYNI_MAP(SYNI_KILLS, __VA_ARGS__)) ? syni_##name##_destroy : NULL,                     \
         syni_##name##_call},                                                                      \
        #name,                                                                                     \
        __FILE__,                                                                                  \
        __LINE__,                                                                                  \
        SYNI_IN_LIBRARY,                                                                           \
        0 SYNI_MAP(SYNI_URGENT, __VA_ARGS__),                                                      \
        0 SYNI_MAP(SYNI_TO_THE_END, __VA_ARGS__),                                                  \
        0 SYNI_MAP(SYNI_LET_GO, __VA_ARGS__),                                                      \
        &pool,                                                                                     \
        syni_##name##_run,                                                                         \
        (0 SYNI_MAP(SYNI_COPIES, __VA_ARGS__)) ? syni_##name##_release : NULL};                    \
    linkage SYNI_HELD struct name##_future name##_submit(                                          \
        SYNI_LIST(~, struct syn_pool *syni_pool SYNI_MAP(SYNI_PARAM, __VA_ARGS__)))                \
    {                                                                                              \
        struct name##_future syni_future;                                                          \
        struct syn_strand *syni_strand = NULL;                                                     \
        struct name *syni_new = (struct name *)(void *)syni_job_new(                               \
            &syni_##name##_blocking, syni_pool, &syni_future.u.handle);                            \
        if (!syni_new)                                                                             \
            return syni_future;                                                                    \
        SYNI_MAP(SYNI_JOB_KEEP, __VA_ARGS__)                                                       \
        syni_job_start(&syni_new->syn, syni_strand);                                               \
        return syni_future;                                                                        \
    }                                                                                              \
    linkage SYNI_HELD struct name##_future name##_future(                                          \
        SYNI_LIST(~SYNI_MAP(SYNI_PARAM, __VA_ARGS__)))                                             \
    {                                                                                              \
        return name##_submit(SYNI_LIST(~, NULL SYNI_MAP(SYNI_PASS, __VA_ARGS__)));                 \
    }                                                                                              \
    linkage syn_err name(SYNI_LIST(~SYNI_MAP(SYNI_PARAM, __VA_ARGS__) SYNI_OUT(ret)))              \
    {                                                                                              \
        syn_err syni_err = syni_job_may_wait(&syni_##name##_blocking);                             \
        if (syni_err)                                                                              \
            return syni_err;                                                                       \
        return syni_future_get(                                                                    \
            name##_submit(SYNI_LIST(~, NULL SYNI_MAP(SYNI_PASS, __VA_ARGS__))).u.handle,           \
            SYNI_IF_VOID(ret, SYNI_OUT_PASS_VOID, SYNI_OUT_PASS)(ret));                            \
    }                                                                                              \
    static ret syni_##name##_body(                                                                 \
        SYNI_LIST(~, struct name *job SYNI_UNUSED SYNI_MAP(SYNI_PARAM, __VA_ARGS__)))

/* volatile: reading it is no statement without effect. */
#define SYNI_NO_RESULT(ret) volatile char result;
#define SYNI_INTO_RESULT(ret) self->result =
#define SYNI_JOB_RELEASE(name, ...)                                                                \
    static SYNI_UNUSED void syni_##name##_release(struct syn_job *syni_job)                        \
    {                                                                                              \
        struct name *self = (struct name *)(void *)syni_job;                                       \
        (void)self;                                                                                \
        SYNI_MAP(SYNI_UNCOPY, __VA_ARGS__)                                                         \
    }

/* Arguments, each with a comma before it: of the frame, and passed on. */
#define SYNI_SPREAD(item) SYNI_DO(SYNI_SPREAD_, item)
#define SYNI_SPREAD_ARG(type, name) , self->name
#define SYNI_SPREAD_SYN_COPY(type, name) , self->name
#define SYNI_SPREAD_SYN_DESTROY(fn)
#define SYNI_SPREAD_SYN_DOC(text)
#define SYNI_SPREAD_SYN_STRAND(strand)
#define SYNI_SPREAD_SYN_URGENT
#define SYNI_SPREAD_SYN_TO_THE_END
#define SYNI_SPREAD_SYN_LET_GO
#define SYNI_SPREAD_SYNI_END
#define SYNI_PASS(item) SYNI_DO(SYNI_PASS_, item)
#define SYNI_PASS_ARG(type, name) , name
#define SYNI_PASS_SYN_COPY(type, name) , name
#define SYNI_PASS_SYN_DESTROY(fn)
#define SYNI_PASS_SYN_DOC(text)
#define SYNI_PASS_SYN_STRAND(strand)
#define SYNI_PASS_SYN_URGENT
#define SYNI_PASS_SYN_TO_THE_END
#define SYNI_PASS_SYN_LET_GO
#define SYNI_PASS_SYNI_END

/* Arguments into the frame, and the strand. */
#define SYNI_JOB_KEEP(item) SYNI_DO(SYNI_JOB_KEEP_, item)
#define SYNI_JOB_KEEP_ARG(type, name) SYNI_NO_ARRAY(name) syni_new->name = name;
#define SYNI_JOB_KEEP_SYN_COPY(type, name) syni_new->name = syni_job_copy(&syni_new->syn, name);
#define SYNI_JOB_KEEP_SYN_DESTROY(fn)
#define SYNI_JOB_KEEP_SYN_DOC(text)
#define SYNI_JOB_KEEP_SYN_STRAND(strand) syni_strand = (strand);
#define SYNI_JOB_KEEP_SYN_URGENT
#define SYNI_JOB_KEEP_SYN_TO_THE_END
#define SYNI_JOB_KEEP_SYN_LET_GO
#define SYNI_JOB_KEEP_SYNI_END

#define SYNI_URGENT(item) SYNI_DO(SYNI_URGENT_, item)
#define SYNI_URGENT_ARG(type, name)
#define SYNI_URGENT_SYN_COPY(type, name)
#define SYNI_URGENT_SYN_DESTROY(fn)
#define SYNI_URGENT_SYN_DOC(text)
#define SYNI_URGENT_SYN_STRAND(strand)
#define SYNI_URGENT_SYN_URGENT +1
#define SYNI_URGENT_SYN_TO_THE_END
#define SYNI_URGENT_SYN_LET_GO
#define SYNI_URGENT_SYNI_END

#define SYNI_TO_THE_END(item) SYNI_DO(SYNI_TO_THE_END_, item)
#define SYNI_TO_THE_END_ARG(type, name)
#define SYNI_TO_THE_END_SYN_COPY(type, name)
#define SYNI_TO_THE_END_SYN_DESTROY(fn)
#define SYNI_TO_THE_END_SYN_DOC(text)
#define SYNI_TO_THE_END_SYN_STRAND(strand)
#define SYNI_TO_THE_END_SYN_URGENT
#define SYNI_TO_THE_END_SYN_TO_THE_END +1
#define SYNI_TO_THE_END_SYN_LET_GO
#define SYNI_TO_THE_END_SYNI_END

#define SYNI_LET_GO(item) SYNI_DO(SYNI_LET_GO_, item)
#define SYNI_LET_GO_ARG(type, name)
#define SYNI_LET_GO_SYN_COPY(type, name)
#define SYNI_LET_GO_SYN_DESTROY(fn)
#define SYNI_LET_GO_SYN_DOC(text)
#define SYNI_LET_GO_SYN_STRAND(strand)
#define SYNI_LET_GO_SYN_URGENT
#define SYNI_LET_GO_SYN_TO_THE_END
#define SYNI_LET_GO_SYN_LET_GO +1
#define SYNI_LET_GO_SYNI_END

#endif /* !__cplusplus */

#endif
