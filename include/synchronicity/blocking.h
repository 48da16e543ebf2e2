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
 * Items are those of call.h: arguments (none called `job`), SYN_COPY, SYN_COPY_BYTES, SYN_TAKE,
 * SYN_DESTROY, SYN_DOC; and
 * SYN_STRAND(expression), a struct syn_strand * made of the arguments: its jobs run one at a
 * time and in order; SYN_URGENT: its jobs go ahead of those without; SYN_NEVER_ABANDONED: a
 * running job is never abandoned: its waiter blocks until it returns, however long that takes,
 * because the job uses memory or a descriptor that belongs to the caller; SYN_ABANDONED_AT_ONCE: it
 * cannot be interrupted, so that one that is cancelled is abandoned at once and not after the pool's grace time.
 *
 * ARGUMENTS are copied as a C call copies them. What a pointer points to must stay until
 * the future is done, and, where a job may be abandoned, until it really ends: use
 * SYN_COPY for strings, SYN_COPY_BYTES for buffers, and SYN_NEVER_ABANDONED for what is not
 * copied. The result is copied out;
 * one that nobody fetches is destroyed by SYN_DESTROY, exactly once.
 *
 * CANCELLING. A job that has not begun never begins. One that runs sees the request
 * by syn_pool_job_cancelled(), and by the hook that it set with syn_pool_on_cancel(); and if it
 * is in a blocking call or a future_get() of this library, what it waits for is cancelled as well. If it
 * fails with SYN_ECANCELED it ended by the request; what else it returns stands. If it has
 * not ended after the pool's grace time it is ABANDONED, unless it is SYN_NEVER_ABANDONED: its
 * waiter gets SYN_ECANCELED or SYN_ETIMEDOUT, and the report says so; the thread goes on and
 * counts no more; the late result is destroyed. Arguments live until it really ends.
 *
 * The body returns; one that ends its thread (pthread_exit(), a cancellation) ends the program
 * with a message, since its callers would wait for ever.
 *
 * A job inherits the deadline of the call that made it (syn_call_by()), or of the task that awaits it;
 * calls made in the job inherit that deadline, as they do task-local values.
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

#define SYN_BLOCKING_DECLARE(...)                                                                  \
    SYNI_HAS_NAME(SYNI_BLOCKING_DECLARE, __VA_ARGS__, SYNI_END, SYNI_END)
#define SYNI_BLOCKING_DECLARE(ret, name, ...)                                                      \
    SYNI_MAP(SYNI_VET_JOB, __VA_ARGS__)                                                            \
    SYNI_FRAME_TAG(name)                                                                           \
    SYNI_FUTURE_TYPES(ret, name);                                                                  \
    SYNI_PROTOTYPES(extern, ret, name, __VA_ARGS__);                                               \
    extern SYNI_HELD struct name##_future (name##_submit)(                                         \
        SYNI_LIST(~, struct syn_pool *syni_pool SYNI_MAP(SYNI_PARAM, __VA_ARGS__)))

/* syn_pool_submit(&pool, NAME, arguments ...): the future of NAME on that pool. */
#define syn_pool_submit(pool, ...)                                                                 \
    SYNI_CAT(SYNI_SUBMIT_, SYNI_ONE(__VA_ARGS__))(pool, __VA_ARGS__)
#define SYNI_SUBMIT_1(pool, name) (name##_submit)(pool)
#define SYNI_SUBMIT_0(pool, name, ...) (name##_submit)(pool, __VA_ARGS__)

/* FN(ARGUMENT) as a job, for code that is not declared as a blocking function: its result is the future's.
 * syn_pool_submit(&pool, syn_run, fn, argument) is what other pools of threads call "add". What
 * nobody fetches is not freed: FN's result is nobody's then. FN cannot fail; it may ask
 * syn_pool_job_cancelled(). docs/from-c-thread-pools.md has the table. */
#ifdef __cplusplus
extern "C" {
#endif
typedef void *syn_run_fn(void *argument);
SYN_BLOCKING_DECLARE(void *, syn_run, (syn_run_fn *, fn), (void *, argument));
#ifdef __cplusplus
}
#endif

/* --- what the author needs: C --- */

#ifndef __cplusplus

/* In place of a pool: the default one. */
#define SYN_DEFAULT_POOL (*(struct syn_pool *)NULL)

struct syn_job;

/* A blocking function, described once; made by the macros. */
struct syn_blocking {
    int abi;           /* SYNI_ABI_OF(syn_blocking) */
    unsigned job_size; /* of struct syn_job */
    size_t frame_size;
    size_t result_offset;
    struct syn_type type;
    const char *name, *file;
    int line;
    int library; /* 1: one of this library's own */
    unsigned made; /* where in the frame the place of the call is noted; 0: nowhere */
    int urgent, never_abandoned, abandoned_at_once;
    struct syn_pool *pool;               /* NULL: the default one */
    void (*run)(struct syn_job *job);    /* the body, and its result into the frame */
    void (*release)(struct syn_job *job); /* frees copied arguments, or NULL */
    void (*drop)(struct syn_job *job); /* it never begins: frees what it took over; or NULL */
};

/* More of the smaller ones: times and pthread's parts are as large there. */
enum { SYNI_JOB_WORDS = sizeof(void *) == 8 ? 58 : 76 };

/* The head of a job's frame. */
struct syn_job {
    const struct syn_blocking *function;
    union {
        _Alignas(8) long long align; /* see struct syn_task */
        void *words[SYNI_JOB_WORDS]; /* src/job/job.h */
    } engine;
};

/* A frame for a job on POOL (NULL: the function's own), and its handle; NULL, and the
 * handle says why. */
struct syn_job *syni_job_new(const struct syn_blocking *function, struct syn_pool *pool,
                             struct syn_future *out_future);
const char *syni_job_copy(struct syn_job *job, const char *text);
void *syni_job_copy_bytes(struct syn_job *job, const void *bytes, size_t size);
/* JOB is not the caller's any more. */
void syni_job_start(struct syn_job *job, struct syn_strand *strand);
/* A wait for a job of FUNCTION on this thread could be for itself: SYN_EDEADLK. */
syn_err syni_job_may_wait(const struct syn_blocking *function);
void syni_job_fail(struct syn_job *job, syn_err err, const char *message);

/* return syn_job_fail(job, err), return syn_job_fail(job, err, message): the job fails; the message
 * is copied; 0, which is no error, becomes SYN_EINVAL with a message that says so. In a function of
 * nothing a statement: syn_job_fail(job, err); return; */
#define syn_job_fail(...) SYNI_CAT(SYNI_JOB_FAIL_, SYNI_N(__VA_ARGS__))(__VA_ARGS__)
#define SYNI_JOB_FAIL_2(job, err) (syni_job_fail(&(job)->syn, (err), NULL), (job)->result)
#define SYNI_JOB_FAIL_3(job, err, message)                                                         \
    (syni_job_fail(&(job)->syn, (err), (message)), (job)->result)

#define SYN_BLOCKING_DEFINE(...)                                                                   \
    SYNI_BOUND(SYNI_BLOCKING_DEFINE, SYN_DEFAULT_POOL, __VA_ARGS__, SYNI_END, SYNI_END)
#define SYNI_BLOCKING_DEFINE(pool, ret, name, ...)                                                 \
    SYNI_BLOCK(#name, , pool, ret, name, __VA_ARGS__)

#define SYN_BLOCKING(...)                                                                          \
    SYNI_BOUND(SYNI_BLOCKING, SYN_DEFAULT_POOL, __VA_ARGS__, SYNI_END, SYNI_END)
#define SYNI_BLOCKING(pool, ret, name, ...)                                                        \
    SYNI_FUTURE_TYPES(ret, name);                                                                  \
    SYNI_BLOCK(#name, SYNI_STATIC_FACE, pool, ret, name, __VA_ARGS__)

/* Of a struct syn_blocking, the fields that every one has, as SYNI_DESCRIPTION in show.h. */
#define SYNI_JOB_DESCRIPTION(label, id, where, ...)                                                \
    .abi = SYNI_ABI_OF(syn_blocking), .job_size = sizeof(struct syn_job), .frame_size = sizeof(struct id),           \
    .result_offset = offsetof(struct id, result), .name = label, .file = __FILE__,                 \
    .line = __LINE__, .library = SYNI_IN_LIBRARY, .made = SYNI_MADE_OFFSET(id),                    \
    .urgent = 0 SYNI_MAP(SYNI_URGENT, __VA_ARGS__),                                                \
    .never_abandoned = 0 SYNI_MAP(SYNI_NEVER_ABANDONED, __VA_ARGS__),                              \
    .abandoned_at_once = 0 SYNI_MAP(SYNI_ABANDONED_AT_ONCE, __VA_ARGS__), .pool = &where,          \
    .run = syni_run_of_##id,                                                                       \
    .release = SYNI_RELEASE_OF(id, __VA_ARGS__),                                                   \
    .drop = (0 SYNI_MAP(SYNI_TAKES, __VA_ARGS__)) ? syni_drop_of_##id : NULL

/* What one definition makes; see SYNI_DEFINE in call.h. LABEL is how reports call it. `result` is
 * zero until the body has returned: what a body that failed returns. */
#define SYNI_BLOCK(label, linkage, pool, ret, name, ...)                                           \
    SYNI_DECLARED(name)                                                                            \
    struct name {                                                                                  \
        struct syn_job syn;                                                                        \
        SYNI_IF_VOID(ret, SYNI_NO_RESULT, SYNI_RESULT_FIELD)(ret)                                  \
        SYNI_MAP(SYNI_FIELD, __VA_ARGS__) SYNI_MADE_FIELD                                          \
    };                                                                                             \
    SYNI_MAP(SYNI_VET_JOB, __VA_ARGS__)                                                            \
    static ret syni_body_of_##name(                                                                \
        SYNI_LIST(~, struct name *job SYNI_MAP(SYNI_PARAM, __VA_ARGS__)));                         \
    static void syni_run_of_##name(struct syn_job *syni_job)                                       \
    {                                                                                              \
        struct name *self = (struct name *)(void *)syni_job;                                       \
        SYNI_IF_VOID(ret, SYNI_NOTHING, SYNI_INTO_RESULT)(ret)                                     \
            syni_body_of_##name(SYNI_LIST(~, self SYNI_MAP(SYNI_SPREAD, __VA_ARGS__)));            \
    }                                                                                              \
    static void syni_call_of_##name(void (*fn)(void), void *user, syn_err err, void *result)       \
        SYNI_CALL_BACK(ret) static SYNI_UNUSED void syni_destroy_of_##name(void *result)           \
    {                                                                                              \
        SYNI_IF_VOID(ret, SYNI_NOTHING, SYNI_RESULT_AS)(ret) SYNI_MAP(SYNI_KILL, __VA_ARGS__)      \
        (void)result;                                                                              \
    }                                                                                              \
    SYNI_JOB_RELEASE(name, __VA_ARGS__)                                                            \
    static const struct syn_blocking syni_blocking_of_##name = {                                   \
        SYNI_JOB_DESCRIPTION(label, name, pool, __VA_ARGS__),                                      \
        .type = SYNI_TYPE_OF_RESULT(ret, name, __VA_ARGS__)};                                      \
    linkage SYNI_FACE SYNI_HELD SYNI_MADE_TYPE(struct name##_future, name) (name##_submit)(        \
        SYNI_LIST(~, struct syn_pool *syni_pool SYNI_MAP(SYNI_PARAM, __VA_ARGS__)))                \
    {                                                                                              \
        SYNI_MADE_HERE                                                                             \
        SYNI_MADE_TYPE(struct name##_future, name) syni_future;                                    \
        struct syn_strand *syni_strand = NULL;                                                     \
        struct name *syni_new = (struct name *)(void *)syni_job_new(                               \
            &syni_blocking_of_##name, syni_pool, (struct syn_future *)(void *)&syni_future);       \
        if (!syni_new) {                                                                           \
            SYNI_MAP(SYNI_REFUSE, __VA_ARGS__)                                                     \
            return syni_future;                                                                    \
        }                                                                                          \
        SYNI_MAP(SYNI_JOB_KEEP, __VA_ARGS__)                                                       \
        syni_job_start(&syni_new->syn, syni_strand);                                               \
        return syni_future;                                                                        \
    }                                                                                              \
    linkage SYNI_FACE SYNI_HELD SYNI_MADE_TYPE(struct name##_future, name) name##_future(          \
        SYNI_LIST(~SYNI_MAP(SYNI_PARAM, __VA_ARGS__)))                                             \
    {                                                                                              \
        SYNI_MADE_HERE                                                                             \
        return (name##_submit)(SYNI_LIST(~, NULL SYNI_MAP(SYNI_PASS, __VA_ARGS__)));               \
    }                                                                                              \
    linkage SYNI_FACE syn_err name(SYNI_LIST(~SYNI_MAP(SYNI_PARAM, __VA_ARGS__) SYNI_OUT(ret)))    \
    {                                                                                              \
        SYNI_MADE_HERE                                                                             \
        syn_err syni_err = syni_job_may_wait(&syni_blocking_of_##name);                            \
        if (syni_err) {                                                                            \
            SYNI_MAP(SYNI_REFUSE, __VA_ARGS__)                                                     \
            return syni_err;                                                                       \
        }                                                                                          \
        SYNI_MADE_TYPE(struct name##_future, name) syni_future =                                   \
            (name##_submit)(SYNI_LIST(~, NULL SYNI_MAP(SYNI_PASS, __VA_ARGS__)));                  \
        return syni_future_get(                                                                    \
            *(struct syn_future *)(void *)&syni_future,                                            \
            SYNI_IF_VOID(ret, SYNI_OUT_PASS_VOID, SYNI_OUT_PASS)(ret));                            \
    }                                                                                              \
    static ret syni_body_of_##name(                                                                \
        SYNI_LIST(~, struct name *job SYNI_UNUSED SYNI_MAP(SYNI_BODY_PARAM, __VA_ARGS__)))

/* volatile: reading it is no statement without effect. */
#define SYNI_NO_RESULT(ret) volatile char result;
#define SYNI_INTO_RESULT(ret) self->result =
#define SYNI_JOB_RELEASE(name, ...)                                                                \
    static SYNI_UNUSED void syni_release_of_##name(struct syn_job *syni_job)                       \
    {                                                                                              \
        struct name *self = (struct name *)(void *)syni_job;                                       \
        (void)self;                                                                                \
        SYNI_MAP(SYNI_UNCOPY, __VA_ARGS__)                                                         \
    }                                                                                              \
    static SYNI_UNUSED void syni_drop_of_##name(struct syn_job *syni_job)                          \
    {                                                                                              \
        struct name *self = (struct name *)(void *)syni_job;                                       \
        (void)self;                                                                                \
        SYNI_MAP(SYNI_DROP, __VA_ARGS__)                                                           \
    }

/* What the body gets, and need not name: an argument may be for SYN_STRAND() alone. */
#define SYNI_BODY_PARAM(item) SYNI_DO(SYNI_BODY_PARAM_, item)
#define SYNI_BODY_PARAM_ARG(type, name) ~, (, SYNI_TYPE(type) name SYNI_UNUSED)
#define SYNI_BODY_PARAM_SYN_COPY(type, name) ~, (, SYNI_TYPE(type) name SYNI_UNUSED)
#define SYNI_BODY_PARAM_SYN_COPY_BYTES(type, name, size) ~, (, SYNI_TYPE(type) name SYNI_UNUSED)
#define SYNI_BODY_PARAM_SYN_TAKE(type, name, fn) ~, (, SYNI_TYPE(type) name SYNI_UNUSED)

/* Arguments of the frame, each with a comma before it. */
#define SYNI_SPREAD(item) SYNI_DO(SYNI_SPREAD_, item)
#define SYNI_SPREAD_ARG(type, name) ~, (, self->name)
#define SYNI_SPREAD_SYN_COPY(type, name) ~, (, self->name)
#define SYNI_SPREAD_SYN_COPY_BYTES(type, name, size) ~, (, self->name)
#define SYNI_SPREAD_SYN_TAKE(type, name, fn) ~, (, self->name)

/* Arguments into the frame, and the strand. */
#define SYNI_JOB_KEEP(item) SYNI_DO(SYNI_JOB_KEEP_, item)
#define SYNI_JOB_KEEP_ARG(type, name) ~, (SYNI_NO_ARRAY(name) syni_new->name = name;)
#define SYNI_JOB_KEEP_SYN_COPY(type, name)                                                         \
    ~, (syni_new->name = syni_job_copy(&syni_new->syn, name);)
#define SYNI_JOB_KEEP_SYN_COPY_BYTES(type, name, size)                                             \
    ~, (syni_new->name = syni_job_copy_bytes(&syni_new->syn, name, (size));)
#define SYNI_JOB_KEEP_SYN_TAKE(type, name, fn) ~, (syni_new->name = name;)
#define SYNI_JOB_KEEP_SYN_STRAND(strand) ~, (syni_strand = (strand);)

#define SYNI_URGENT(item) SYNI_DO(SYNI_URGENT_, item)
#define SYNI_URGENT_SYN_URGENT ~, (+1)
#define SYNI_NEVER_ABANDONED(item) SYNI_DO(SYNI_NEVER_ABANDONED_, item)
#define SYNI_NEVER_ABANDONED_SYN_NEVER_ABANDONED ~, (+1)
#define SYNI_ABANDONED_AT_ONCE(item) SYNI_DO(SYNI_ABANDONED_AT_ONCE_, item)
#define SYNI_ABANDONED_AT_ONCE_SYN_ABANDONED_AT_ONCE ~, (+1)

#endif /* !__cplusplus */

#endif
