/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocking generators: a thread that produces, for any consumer.
 *
 *     SYN_BLOCKING_GENERATOR(files, struct entry, entries, SYN_COPY(const char *, path))
 *     {
 *         DIR *dir = opendir(path);                    // ordinary C, on a worker's stack
 *         struct dirent *d;
 *
 *         if (!dir) {
 *             syn_job_fail(job, errno, path);
 *             return;
 *         }
 *         while ((d = readdir(dir)) && !syn_job_yield(job, entry_of(d)))
 *             ;
 *         closedir(dir);
 *     }
 *
 * gives, as if written out:
 *
 *     struct entries_channel entries(const char *path);
 *     struct entries_channel entries_submit(struct syn_pool *pool, const char *path);
 *         Makes the generator and starts nothing: its job is submitted when the channel is
 *         first asked. Never fails itself. The channel is like any other (channel.h), for
 *         threads and tasks, and is the caller's to close.
 *
 * Everything that blocking.h says of items, arguments and pools holds. SYN_DESTROY(fn) is for
 * items that nobody fetched.
 *
 * syn_job_yield(job, VALUE) gives one item and, with capacity 0, returns when the next one
 * is asked for. It returns nonzero when there is to be no more, because the channel was
 * closed or the job was cancelled: clean up and return. An item that is yielded after
 * that is destroyed. While it waits the job counts as waiting (pool.h); no deadline ends that, since
 * each consumer has its own.
 *
 * Its end ends the channel; its error is the channel's. A close cancels the job, also
 * while it blocks, as a cancellation asks any job (syn_pool_on_cancel()), and waits for
 * that; what has not ended after the pool's grace time is abandoned, and the close
 * returns SYN_EABANDONED. On a thread that drives a loop closing does not wait: SYN_EAGAIN,
 * or write co_close there.
 */
#ifndef SYNCHRONICITY_BLOCKING_GENERATOR_H
#define SYNCHRONICITY_BLOCKING_GENERATOR_H

#include <synchronicity/blocking.h>
#include <synchronicity/channel.h>

#define SYN_BLOCKING_GENERATOR_DECLARE(...)                                                        \
    SYNI_HAS_NAME(SYNI_BLOCKING_GENERATOR_DECLARE, __VA_ARGS__, SYNI_END, SYNI_END)
#define SYNI_BLOCKING_GENERATOR_DECLARE(type, name, ...)                                           \
    SYNI_MAP(SYNI_VET_JOB, __VA_ARGS__)                                                            \
    SYNI_FRAME_TAG(name)                                                                           \
    SYNI_TYPES_ARE(struct name##_channel, name) SYNI_CHANNEL_TYPES(type, name);                    \
    extern SYNI_HELD struct name##_channel name(SYNI_LIST(~SYNI_MAP(SYNI_PARAM, __VA_ARGS__)));    \
    extern SYNI_HELD struct name##_channel (name##_submit)(                                        \
        SYNI_LIST(~, struct syn_pool *syni_pool SYNI_MAP(SYNI_PARAM, __VA_ARGS__)))

#ifndef __cplusplus

/* A blocking generator, described once. */
struct syn_blocking_generator {
    struct syn_blocking blocking; /* of nothing: its end says only how */
    struct syn_type item;
};

/* The frame of one on POOL (NULL: its own) and its channel; NULL, and the handle says why. */
struct syn_job *syni_job_generator_new(const struct syn_blocking_generator *generator,
                                       struct syn_pool *pool, struct syn_channel *out_channel);
/* Its strand; it is started when it is asked. */
void syni_job_generator_ready(struct syn_job *job, struct syn_strand *strand);
SYNI_HELD int syni_job_yield(struct syn_job *job, void *item);

#define syn_job_yield(job, value)                                                                  \
    ((job)->syn_item = (value), syni_job_yield(&(job)->syn, &(job)->syn_item))

#define SYN_BLOCKING_GENERATOR_DEFINE(...)                                                         \
    SYNI_BOUND(SYNI_BLOCKING_GENERATOR_DEFINE, SYN_DEFAULT_POOL, __VA_ARGS__, SYNI_END, SYNI_END)
#define SYNI_BLOCKING_GENERATOR_DEFINE(pool, type, name, ...)                                      \
    SYNI_BLOCK_GENERATE(, pool, type, name, __VA_ARGS__)

#define SYN_BLOCKING_GENERATOR(...)                                                                \
    SYNI_BOUND(SYNI_BLOCKING_GENERATOR, SYN_DEFAULT_POOL, __VA_ARGS__, SYNI_END, SYNI_END)
#define SYNI_BLOCKING_GENERATOR(pool, type, name, ...)                                             \
    SYNI_TYPES_ARE(struct name##_channel, name) SYNI_CHANNEL_TYPES(type, name);                    \
    SYNI_BLOCK_GENERATE(SYNI_STATIC_FACE, pool, type, name, __VA_ARGS__)

/* What one definition makes; see SYNI_BLOCK in blocking.h. */
#define SYNI_BLOCK_GENERATE(linkage, pool, type, name, ...)                                        \
    SYNI_DECLARED(name)                                                                            \
    struct name {                                                                                  \
        struct syn_job syn;                                                                        \
        type syn_item;                                                                             \
        SYNI_NO_RESULT(void)                                                                       \
        SYNI_MAP(SYNI_FIELD, __VA_ARGS__) SYNI_MADE_FIELD                                          \
    };                                                                                             \
    SYNI_MAP(SYNI_VET_JOB, __VA_ARGS__)                                                            \
    static void syni_body_of_##name(                                                               \
        SYNI_LIST(~, struct name *job SYNI_MAP(SYNI_PARAM, __VA_ARGS__)));                         \
    static void syni_run_of_##name(struct syn_job *syni_job)                                       \
    {                                                                                              \
        struct name *self = (struct name *)(void *)syni_job;                                       \
        syni_body_of_##name(SYNI_LIST(~, self SYNI_MAP(SYNI_SPREAD, __VA_ARGS__)));                \
    }                                                                                              \
    static SYNI_UNUSED void syni_destroy_of_##name(void *result)                                   \
    {                                                                                              \
        SYNI_RESULT_AS(type) SYNI_MAP(SYNI_KILL, __VA_ARGS__)                                      \
    }                                                                                              \
    SYNI_CALL_ITEM(type, name)                                                                     \
    SYNI_JOB_RELEASE(name, __VA_ARGS__)                                                            \
    static const struct syn_blocking_generator syni_generator_of_##name = {                        \
        {SYNI_JOB_DESCRIPTION(#name, name, pool, __VA_ARGS__)},                                    \
        SYNI_TYPED(syn_blocking_generator, sizeof(type),                                           \
                  (0 SYNI_MAP(SYNI_KILLS, __VA_ARGS__)) ? syni_destroy_of_##name : NULL,           \
                  syni_call_item_of_##name)};                                                      \
    linkage SYNI_FACE SYNI_HELD SYNI_MADE_TYPE(struct name##_channel, name) (name##_submit)(       \
        SYNI_LIST(~, struct syn_pool *syni_pool SYNI_MAP(SYNI_PARAM, __VA_ARGS__)))                \
    {                                                                                              \
        SYNI_MADE_HERE                                                                             \
        SYNI_MADE_TYPE(struct name##_channel, name) syni_channel;                                  \
        struct syn_strand *syni_strand = NULL;                                                     \
        struct name *syni_new = (struct name *)(void *)syni_job_generator_new(                     \
            &syni_generator_of_##name, syni_pool, (struct syn_channel *)(void *)&syni_channel);    \
        if (!syni_new) {                                                                           \
            SYNI_MAP(SYNI_REFUSE, __VA_ARGS__)                                                     \
            return syni_channel;                                                                   \
        }                                                                                          \
        SYNI_MAP(SYNI_JOB_KEEP, __VA_ARGS__)                                                       \
        syni_job_generator_ready(&syni_new->syn, syni_strand);                                     \
        return syni_channel;                                                                       \
    }                                                                                              \
    linkage SYNI_FACE SYNI_HELD SYNI_MADE_TYPE(struct name##_channel, name) name(SYNI_LIST(~SYNI_MAP(SYNI_PARAM, __VA_ARGS__))) \
    {                                                                                              \
        SYNI_MADE_HERE                                                                             \
        return (name##_submit)(SYNI_LIST(~, NULL SYNI_MAP(SYNI_PASS, __VA_ARGS__)));               \
    }                                                                                              \
    static void syni_body_of_##name(                                                               \
        SYNI_LIST(~, struct name *job SYNI_UNUSED SYNI_MAP(SYNI_BODY_PARAM, __VA_ARGS__)))

#endif /* !__cplusplus */

#endif
