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
 * fetched. A generator ends by syn_co_end, syn_co_done or syn_co_fail(); it has no result, and
 * syn_co_return() does not compile.
 *
 * The generator runs while there is demand. With capacity 0, the default, it and its
 * consumer alternate strictly: it goes on from a yield when the NEXT item is asked for.
 * syn_channel_prefetch() lets it run ahead.
 *
 * TALKING BACK is for generators that ask for it, by the item SYN_SENDS(type):
 *
 *     SYN_GENERATOR(demo, double, average, SYN_SENDS(double), SYN_LOCAL(double, sum),
 *                   SYN_LOCAL(int, n))
 *     {
 *         syn_co_begin;
 *         for (;;) {
 *             syn_co_yield(self->n ? self->sum / self->n : 0);
 *             syn_co_check;
 *             if (self->sent) {
 *                 self->sum += *self->sent;
 *                 self->n++;
 *             }
 *         }
 *         syn_co_end;
 *     }
 *
 *     syn_channel_next(ch, &a);                  // to its first yield
 *     syn_generator_send(ch, &(double){3}, &a);  // that yield gives 3; a: the next item
 *     syn_generator_throw(ch, SYN_EIO, "no more", &a);
 *
 * After a yield `self->sent` is what was sent, or NULL when the consumer only asked for
 * the next item. What was thrown is the status of the yield: the generator handles it and
 * yields again, or leaves with it, as syn_co_check does.
 *
 * Its end ends the channel; its error is the channel's. When the channel is closed, or its
 * synchronizer stopped, the generator is cancelled at its yield (or wherever it waits),
 * once; its clean-up runs and may await. An item that it yields after that is destroyed.
 */
#ifndef SYNCHRONICITY_GENERATOR_H
#define SYNCHRONICITY_GENERATOR_H

#include <synchronicity/call.h>
#include <synchronicity/channel.h>

/* SYN_GENERATOR_TYPES(type, name), SYN_GENERATOR_TYPES(type, name, SYN_SENDS(type)): only
 * the type, for a header that writes the prototype out. */
#define SYN_GENERATOR_TYPES(...) SYNI_GENERATOR_TYPES(__VA_ARGS__, SYNI_END)
#define SYNI_GENERATOR_TYPES(type, name, ...)                                                      \
    struct name##_channel;                                                                         \
    SYNI_TYPES_ARE(struct name##_channel, name)                                                    \
    struct name##_channel {                                                                        \
        union {                                                                                    \
            struct syn_channel handle;                                                             \
            syn_err (*item_is)(type *);                                                            \
            syn_err (*source_is)(type const *);                                                    \
            syn_err (*then_is)(void (*fn)(void *user, syn_err err, type *item));                   \
            SYNI_MAP(SYNI_SENT_IS, __VA_ARGS__)                                                    \
        } u;                                                                                       \
    }
#define SYNI_SENT_IS(item) SYNI_DO(SYNI_SENT_IS_, item)
#define SYNI_SENT_IS_SYN_SENDS(type) ~, (syn_err (*sent_is)(type const *);)

#define SYN_GENERATOR_DECLARE(...)                                                                 \
    SYNI_HAS_NAME(SYNI_GENERATOR_DECLARE, __VA_ARGS__, SYNI_END, SYNI_END)
#define SYNI_GENERATOR_DECLARE(type, name, ...)                                                    \
    SYNI_MAP(SYNI_VET_GENERATOR, __VA_ARGS__)                                                      \
    SYNI_FRAME_TAG(name)                                                                           \
    SYNI_GENERATOR_TYPES(type, name, __VA_ARGS__);                                                 \
    extern SYNI_HELD struct name##_channel name(SYNI_LIST(~SYNI_MAP(SYNI_PARAM, __VA_ARGS__)))

#ifdef __cplusplus
extern "C" {
#endif

/* What a consumer says to a generator. */
struct syni_saying {
    const void *value;
    syn_err err; /* thrown; 0: VALUE is sent */
    const char *message;
};

/* Sends *VALUE (copied; it owns nothing, since a generator that is cancelled never
 * looks at it) as what the yield gives, and waits for the next item, as
 * syn_channel_next() does. Throws ERR (0, no error, becomes SYN_EINVAL) with MESSAGE (copied; NULL: none)
 * at the yield, and waits for the item that the generator yields after handling it; or
 * gets what it ended with.
 *
 * A consumer talks to the yield that gave it its item. Fails, and nothing was sent:
 * SYN_EINVAL before the first item was asked for; SYN_EBUSY when another consumer waits,
 * or when the answer to a consumer that gave up is still to be fetched (channel_next). When
 * the deadline passes the generator has received it, and the answer stays to be fetched. Such
 * a generator has capacity 0, always: SYN_ENOTSUP from syn_channel_prefetch(). */
#define syn_generator_send(...) SYNI_CAT(SYNI_GENERATOR_SEND_, SYNI_N(__VA_ARGS__))(__VA_ARGS__)
#define SYNI_GENERATOR_SEND_2(ch, value)                                                           \
    (SYNI_NO_OUT("generator_send(ch, &value, &v)"),                                                \
     syni_generator_say((ch).u.handle, syni_say((value), SYN_OK, NULL), NULL, syn_never()))
#define SYNI_GENERATOR_SEND_3(ch, value, out) syn_generator_send_by(ch, value, out, syn_never())
#define syn_generator_send_by(ch, value, out, deadline)                                            \
    (0 ? ((void)(ch).u.sent_is(value), (ch).u.item_is(out))                                        \
       : syni_generator_say((ch).u.handle, syni_say((value), SYN_OK, NULL), (out), (deadline)))
#define syn_generator_throw(ch, err, message, out)                                                 \
    (0 ? ((void)(ch).u.sent_is(NULL), (ch).u.item_is(out))                                         \
       : syni_generator_say((ch).u.handle, syni_say_error((err), (message)), (out), syn_never()))

syn_err syni_generator_say(struct syn_channel channel, struct syni_saying saying, void *out_item,
                           struct syn_deadline deadline);

static inline struct syni_saying syni_say(const void *value, syn_err err, const char *message)
{
    struct syni_saying saying = {value, err, message};

    return saying;
}

static inline struct syni_saying syni_say_error(syn_err err, const char *message)
{
    struct syni_saying saying = {SYNI_NULL, err, message};

    if (!err) {
        saying.err = SYN_EINVAL;
        saying.message = "generator_throw was given 0, which is no error";
    }
    return saying;
}

#ifdef __cplusplus
}
#endif

#ifndef __cplusplus

/* A generator, described once. */
struct syn_generator {
    struct syn_function function; /* of nothing: its end says only how */
    struct syn_type item;
    /* Makes *VALUE, or NULL, what its yield gives; NULL: it does not ask. */
    void (*hear)(struct syn_task *task, const void *value);
};

#define SYN_GENERATOR_DEFINE(...)                                                                  \
    SYNI_BOUND(SYNI_GENERATOR_DEFINE, SYN_FREE, __VA_ARGS__, SYNI_END, SYNI_END)
#define SYNI_GENERATOR_DEFINE(synchronizer, type, name, ...)                                       \
    SYNI_GENERATE(, synchronizer, type, name, __VA_ARGS__)

#define SYN_GENERATOR(...) SYNI_BOUND(SYNI_GENERATOR, SYN_FREE, __VA_ARGS__, SYNI_END, SYNI_END)
#define SYNI_GENERATOR(synchronizer, type, name, ...)                                              \
    SYNI_GENERATOR_TYPES(type, name, __VA_ARGS__);                                                 \
    SYNI_GENERATE(SYNI_STATIC_FACE, synchronizer, type, name, __VA_ARGS__)

struct syni_channel;

/* The frame of a generator and its channel; NULL, and the handle says why. */
struct syn_task *syni_generator_new(const struct syn_generator *generator,
                                    struct syn_channel *out_channel,
                                    struct syni_channel **out_own);

struct syn_step syni_step_yield(struct syn_task *task, struct syni_channel *channel, void *item);

/* Waits until the item after this one is asked for; what was thrown there is in syn_co_status. */
#define syn_co_yield(...) SYNI_CO_SUSPEND_OR_GO_ON(SYNI_YIELD(__VA_ARGS__))
#define SYNI_YIELD(...)                                                                            \
    (SYNI_HAS_ITEM(self), SYNI_ITEM_OF(self) = (__VA_ARGS__),                                      \
     syni_step_yield(&self->syn, self->syn_channel, &self->syn_item))

/* Talking back in a task: waits until there is the next item in *OUT, or an answer in the status. */
struct syn_step syni_step_say(struct syn_task *task, struct syn_channel channel,
                              struct syni_saying saying, void *out_item);
#define SYNI_SENT(ch, value, out)                                                                  \
    (0 ? ((void)(ch).u.sent_is(value), (void)(ch).u.item_is(out), (ch).u.handle) : (ch).u.handle)
#define syn_co_generator_send(ch, value, out)                                                      \
    SYNI_CO_SUSPEND(syni_step_say(&self->syn, SYNI_SENT(ch, value, out),                           \
                                  syni_say((value), SYN_OK, NULL), (out)))
#define syn_co_generator_throw(ch, err, message, out)                                              \
    SYNI_CO_SUSPEND(syni_step_say(&self->syn, SYNI_SENT(ch, NULL, out),                            \
                                  syni_say_error((err), (message)), (out)))

/* What was sent, into the frame. */
#define SYNI_HEAR(item) SYNI_DO(SYNI_HEAR_, item)
#define SYNI_HEAR_SYN_SENDS(type)                                                                  \
    ~, (if (value) self->syn_sent = *(type const *)value;                                          \
        self->sent = value ? &self->syn_sent : NULL;)
#define SYNI_HEARS(item) SYNI_DO(SYNI_HEARS_, item)
#define SYNI_HEARS_SYN_SENDS(type) ~, (+1)
#define SYNI_HEARS_SYNI_ANSWER ~, (+1)

#define SYNI_DESTROY_AND_HEAR(type, name, ...)                                                     \
    static SYNI_UNUSED void syni_destroy_of_##name(void *result)                                   \
    {                                                                                              \
        SYNI_RESULT_AS(type) SYNI_MAP(SYNI_KILL, __VA_ARGS__)                                      \
    }                                                                                              \
    SYNI_CALL_ITEM(type, name)                                                                     \
    static SYNI_UNUSED void syni_hear_of_##name(struct syn_task *task, const void *value)          \
    {                                                                                              \
        struct name *self = (struct name *)(void *)task;                                           \
        (void)self;                                                                                \
        (void)value;                                                                               \
        SYNI_MAP(SYNI_HEAR, __VA_ARGS__)                                                           \
    }

/* How the channel is handed out; a context (context.h) has a shape of its own. */
#define SYNI_CHANNEL_TAG(name) SYNI_MADE_TYPE(struct name##_channel, name)
#define SYNI_CHANNEL_FIELD(type)
#define SYNI_CHANNEL_CHANNEL(typed) (*(struct syn_channel *)(void *)&(typed))
#define SYNI_CHANNEL_NOTE(typed, frame)

/* What one definition makes; see SYNI_DEFINE in call.h. */
#define SYNI_GENERATE(...) SYNI_GENERATE_AS(CHANNEL, __VA_ARGS__)
#define SYNI_GENERATE_AS(shape, linkage, bound, type, name, ...)                                   \
    SYNI_DECLARED(name)                                                                            \
    struct name {                                                                                  \
        struct syn_task syn;                                                                       \
        struct syn_step (*syn_next)(struct name *);                                                \
        SYNI_FINALLY_AND_NO_RESULT(name)                                                           \
        struct syni_channel *syn_channel;                                                          \
        type syn_item;                                                                             \
        SYNI_##shape##_FIELD(type) SYNI_MAP(SYNI_FIELD, __VA_ARGS__)                               \
        SYNI_MADE_FIELD                                                                            \
    };                                                                                             \
    SYNI_MAP(SYNI_VET_##shape, __VA_ARGS__)                                                        \
    static SYNI_COROUTINE struct syn_step syni_start_of_##name(struct name *self);                 \
    SYNI_RUN_AND_LEAVE(name)                                                                       \
    SYNI_DESTROY_AND_HEAR(type, name, __VA_ARGS__)                                                 \
    SYNI_RELEASE(name, __VA_ARGS__)                                                                \
    SYNI_SHOWN_TABLE(name, __VA_ARGS__)                                                            \
    static const struct syn_generator syni_generator_of_##name = {                                 \
        {SYNI_DESCRIPTION(name, __VA_ARGS__), .synchronizer = &bound,                              \
         .release = SYNI_RELEASE_OF(name, __VA_ARGS__)},                                           \
        SYNI_TYPED(syn_generator, sizeof(type),                                                    \
                  (0 SYNI_MAP(SYNI_KILLS, __VA_ARGS__)) ? syni_destroy_of_##name : NULL,           \
                  syni_call_item_of_##name),                                                       \
        (0 SYNI_MAP(SYNI_HEARS, __VA_ARGS__)) ? syni_hear_of_##name : NULL};                       \
    linkage SYNI_FACE SYNI_HELD SYNI_##shape##_TAG(name) name(                                     \
        SYNI_LIST(~SYNI_MAP(SYNI_PARAM, __VA_ARGS__)))                                             \
    {                                                                                              \
        SYNI_MADE_HERE                                                                             \
        SYNI_##shape##_TAG(name) syni_handle;                                                      \
        struct syni_channel *syni_own;                                                             \
        struct name *syni_new = (struct name *)(void *)syni_generator_new(                         \
            &syni_generator_of_##name, &SYNI_##shape##_CHANNEL(syni_handle), &syni_own);           \
        SYNI_##shape##_NOTE(syni_handle, syni_new) if (!syni_new)                                  \
        {                                                                                          \
            SYNI_MAP(SYNI_REFUSE, __VA_ARGS__)                                                     \
            return syni_handle;                                                                    \
        }                                                                                          \
        syni_new->syn_next = syni_start_of_##name;                                                 \
        syni_new->syn_channel = syni_own;                                                          \
        SYNI_MAP(SYNI_KEEP, __VA_ARGS__)                                                           \
        return syni_handle;                                                                        \
    }                                                                                              \
    static struct syn_step syni_start_of_##name(struct name *self SYNI_UNUSED)

#endif /* !__cplusplus */

#endif
