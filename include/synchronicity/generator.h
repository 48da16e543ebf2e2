/* SPDX-License-Identifier: Apache-2.0
 *
 * Generators: async functions that yield items, one after the other.
 *
 *     SYN_GENERATOR(demo, int, count, (int, n), SYN_LOCAL(int, i))
 *     {
 *         syn_co_begin;
 *         for (self->i = 0; self->i < self->n; self->i++) {
 *             syn_co_sleep(1.0);
 *             syn_co_yield(self->i);
 *         }
 *         syn_co_end;
 *     }
 *
 * gives, as if written out:
 *
 *     struct count_channel count(int n);
 *         Makes the generator and starts nothing: it begins when the channel is first
 *         asked. Never fails itself: SYN_ENOMEM comes out of the channel. The channel is
 *         the caller's, to iterate and to close (channel.h).
 *
 * and the type `struct count_channel`. Everything that call.h says of async functions holds:
 * the synchronizer or SYN_FREE, the items, declaring in a header (SYN_GENERATOR_DECLARE) and
 * defining in a .c file (SYN_GENERATOR_DEFINE). SYN_DESTROY(fn) is for items that nobody
 * fetched. In the frame, `result` is the item.
 *
 * The generator runs while there is demand. With capacity 0, the default, it and its
 * consumer alternate strictly: it goes on from a yield when the NEXT item is asked for.
 * syn_channel_prefetch() lets it run ahead.
 *
 * Its end ends the channel; its error is the channel's. When the channel is closed, or its
 * synchronizer stopped, the generator is asked to end at its yield (or wherever it waits),
 * once; its clean-up runs and may await. An item that it yields after that is destroyed.
 */
#ifndef SYNCHRONICITY_GENERATOR_H
#define SYNCHRONICITY_GENERATOR_H

#include <synchronicity/call.h>
#include <synchronicity/channel.h>

#define SYN_GENERATOR_TYPES(type, name) SYNI_CHANNEL_TYPES(type, name)
#define SYN_GENERATOR_DECLARE(...) SYNI_GENERATOR_DECLARE(__VA_ARGS__, SYNI_END)
#define SYNI_GENERATOR_DECLARE(type, name, ...)                                                    \
    struct name; /* the frame, for the steps of who defines it */                                  \
    SYNI_CHANNEL_TYPES(type, name);                                                                \
    extern struct name##_channel name(SYNI_LIST(~SYNI_MAP(SYNI_PARAM, __VA_ARGS__)))

#ifndef __cplusplus

/* A generator, described once. */
struct syn_generator {
    struct syn_function function; /* of nothing: its end says only how */
    struct syn_type item;
};

#define SYN_GENERATOR_DEFINE(...) SYNI_GENERATOR_DEFINE(__VA_ARGS__, SYNI_END)
#define SYNI_GENERATOR_DEFINE(synchronizer, type, name, ...)                                       \
    SYNI_GENERATE(, synchronizer, type, name, __VA_ARGS__)

#define SYN_GENERATOR(...) SYNI_GENERATOR(__VA_ARGS__, SYNI_END)
#define SYNI_GENERATOR(synchronizer, type, name, ...)                                              \
    SYNI_CHANNEL_TYPES(type, name);                                                                \
    SYNI_GENERATE(static inline SYNI_UNUSED, synchronizer, type, name, __VA_ARGS__)

struct syni_channel;

/* The frame of a generator and its channel; NULL, and the handle says why. */
struct syn_task *syni_generator_new(const struct syn_generator *generator,
                                    struct syn_channel *out_channel,
                                    struct syni_channel **out_own);

struct syn_step syni_step_yield(struct syn_task *task, struct syni_channel *channel, void *item);

/* NEXT runs when the item after this one is asked for. */
#define syn_step_yield(self, value, next)                                                          \
    (SYNI_NEXT(self, next), (self)->result = (value),                                              \
     syni_step_yield(&(self)->syn, (self)->syn_channel, &(self)->result))

/* The same in a coroutine. */
#define syn_co_yield(value)                                                                        \
    do {                                                                                           \
        self->result = (value);                                                                    \
        self->syn.line = self->syn.at = __LINE__;                                                  \
        return syni_step_yield(&self->syn, self->syn_channel, &self->result);                      \
    case SYNI_HERE:;                                                                               \
    } while (0)

/* What one definition makes; see SYNI_DEFINE in call.h. */
#define SYNI_GENERATE(linkage, bound, type, name, ...)                                             \
    struct name {                                                                                  \
        struct syn_task syn;                                                                       \
        struct syn_step (*syn_next)(struct name *);                                                \
        struct syn_step (*syn_finally)(struct name *);                                             \
        struct syni_channel *syn_channel;                                                          \
        type result;                                                                               \
        SYNI_MAP(SYNI_FIELD, __VA_ARGS__)                                                          \
    };                                                                                             \
    static struct syn_step syni_##name##_start(struct name *self);                                 \
    SYNI_RUN_AND_LEAVE(name)                                                                       \
    static SYNI_UNUSED void syni_##name##_destroy(void *result)                                    \
    {                                                                                              \
        SYNI_RESULT_AS(type) SYNI_MAP(SYNI_KILL, __VA_ARGS__)                                      \
    }                                                                                              \
    SYNI_RELEASE(name, __VA_ARGS__)                                                                \
    static const struct syn_generator syni_##name##_generator = {                                  \
        {SYN_ABI, sizeof(struct syn_task), sizeof(struct name), 0, {0, NULL, NULL}, #name,         \
         __FILE__, __LINE__, SYNI_IN_LIBRARY, &bound, syni_##name##_run, syni_##name##_leave,      \
         (0 SYNI_MAP(SYNI_COPIES, __VA_ARGS__)) ? syni_##name##_release : NULL},                   \
        {sizeof(type), (0 SYNI_MAP(SYNI_KILLS, __VA_ARGS__)) ? syni_##name##_destroy : NULL,       \
         NULL}};                                                                                   \
    linkage struct name##_channel name(SYNI_LIST(~SYNI_MAP(SYNI_PARAM, __VA_ARGS__)))              \
    {                                                                                              \
        struct name##_channel syni_channel;                                                        \
        struct syni_channel *syni_own;                                                             \
        struct name *syni_new = (struct name *)(void *)syni_generator_new(                         \
            &syni_##name##_generator, &syni_channel.u.handle, &syni_own);                          \
        if (!syni_new)                                                                             \
            return syni_channel;                                                                   \
        syni_new->syn_next = syni_##name##_start;                                                  \
        syni_new->syn_channel = syni_own;                                                          \
        SYNI_MAP(SYNI_KEEP, __VA_ARGS__)                                                           \
        return syni_channel;                                                                       \
    }                                                                                              \
    static struct syn_step syni_##name##_start(struct name *self SYNI_UNUSED)

#endif /* !__cplusplus */

#endif
