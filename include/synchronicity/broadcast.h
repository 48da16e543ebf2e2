/* SPDX-License-Identifier: Apache-2.0
 *
 * Broadcasts and watched values: every observer gets each item, and sending never waits.
 *
 *     SYN_BROADCAST(struct price, prices);       // struct prices_broadcast, struct prices_observer
 *
 *     struct prices_broadcast b;
 *     struct prices_observer o;
 *
 *     syn_broadcast_new(prices, 64, &b);                   // keeps the last 64
 *     syn_broadcast_observe(b, &o);                        // from here on; any number of these
 *     syn_broadcast_send(b, &(struct price){1, 2});
 *     syn_broadcast_next(o, &price, &missed);              // waits; missed: how many it lost before
 *     syn_broadcast_leave(o);
 *     syn_broadcast_close(b);                              // no more: observers get SYN_EEND at last
 *
 * An observer that is slower than the sender loses the oldest items, and the next one it gets says how
 * many were lost: once, and exactly. (A channel instead makes its producer wait, and gives each
 * item to one consumer.)
 *
 * A WATCHED VALUE is a broadcast that keeps 1: an observer gets the newest value, whatever was between
 * is missed, and syn_broadcast_latest() gives it without waiting.
 *
 *     co_try(syn_broadcast_next_future(self->o, &self->level, NULL));
 *
 * Items are copied, to each observer: values, or pointers to what outlives them.
 * Thread: any, for everything here. Each observer is for one task or thread at a time.
 * syn_broadcast_next() is a free async function (call.h): blocking, with a deadline, as a future, awaited.
 */
#ifndef SYNCHRONICITY_BROADCAST_H
#define SYNCHRONICITY_BROADCAST_H

#include <stddef.h>
#include <stdint.h>

#include <synchronicity/call.h>

#ifdef __cplusplus
extern "C" {
#endif

struct syni_broadcast;
struct syni_observer;

/* struct NAME_broadcast and struct NAME_observer for items of TYPE. */
#define SYN_BROADCAST(type, name)                                                                  \
    struct name##_broadcast {                                                                      \
        union {                                                                                    \
            struct syni_broadcast *handle;                                                         \
            syn_err (*item_is)(type *);                                                            \
            syn_err (*source_is)(type const *);                                                    \
        } u;                                                                                       \
    };                                                                                             \
    struct name##_observer {                                                                       \
        union {                                                                                    \
            struct syni_observer *handle;                                                          \
            type *(*item_is)(type *);                                                              \
            struct name##_broadcast (*of)(void);                                                   \
        } u;                                                                                       \
    };                                                                                             \
    enum { syni_item_size_of_##name = sizeof(type) }

/* syn_broadcast_new(NAME, KEEPS, &BROADCAST): one that keeps the last KEEPS items, 1 or more.
 * Owner: its maker, until the close. Fails: SYN_EINVAL, SYN_ENOMEM. */
#define syn_broadcast_new(name, keeps, out_broadcast)                                              \
    ((void)(0 ? (out_broadcast) : (struct name##_broadcast *)NULL),                                \
     syni_broadcast_new(syni_item_size_of_##name, (keeps), &(out_broadcast)->u.handle))

/* A new observer, of what is sent after this; of a watched value (KEEPS is 1) also of the one
 * that is there. Owner: the caller, until it leaves; it may outlive the broadcast's close.
 * Fails: SYN_ENOMEM. */
#define syn_broadcast_observe(broadcast, out_observer)                                             \
    ((void)(0 ? (out_observer)->u.of() : (broadcast)),                                             \
     syni_broadcast_observe((broadcast).u.handle, &(out_observer)->u.handle))

/* Sends *ITEM, copied, to all observers. Never waits and never fails. */
#define syn_broadcast_send(broadcast, ...)                                                         \
    ((void)(0 ? (broadcast).u.source_is(__VA_ARGS__) : SYN_OK),                                    \
     syni_broadcast_send((broadcast).u.handle, (__VA_ARGS__)))

/* The newest item into *OUT. SYN_EAGAIN: nothing was sent yet. */
#define syn_broadcast_latest(broadcast, out)                                                       \
    (0 ? (broadcast).u.item_is(out) : syni_broadcast_latest((broadcast).u.handle, (out)))

/* The observer's next item into *OUT, and into *OUT_MISSED, unless that is NULL, how many were lost
 * before it. SYN_EEND: the broadcast was closed, and all was had; then these are untouched.
 * For a future they must stay until it is done, and be no C locals of a task.
 * try: never waits; SYN_EAGAIN. Fails: SYN_ENOMEM; SYN_EBUSY: this observer waits already. */
#define syn_broadcast_next(observer, out, out_missed)                                              \
    syni_broadcast_next((observer).u.handle, SYNI_ITEM_FOR(observer, out), (out_missed))
#define syn_broadcast_next_future(observer, out, out_missed)                                       \
    syni_broadcast_next_future((observer).u.handle, SYNI_ITEM_FOR(observer, out), (out_missed))
#define syn_broadcast_try_next(observer, out, out_missed)                                          \
    syni_broadcast_try_next((observer).u.handle, SYNI_ITEM_FOR(observer, out), (out_missed))
#define SYNI_ITEM_FOR(observer, out) (0 ? (observer).u.item_is(out) : (out))

/* The observer is not needed any more; nobody may wait by it. NULL inside is fine. */
#define syn_broadcast_leave(observer) syni_broadcast_leave((observer).u.handle)

/* No more is sent, and BROADCAST is not used any more: observers get what is kept for them, and then
 * SYN_EEND. NULL inside is fine. */
#define syn_broadcast_close(broadcast) syni_broadcast_close((broadcast).u.handle)

syn_err syni_broadcast_new(size_t item_size, size_t keeps, struct syni_broadcast **out_broadcast);
syn_err syni_broadcast_observe(struct syni_broadcast *broadcast,
                               struct syni_observer **out_observer);
void syni_broadcast_send(struct syni_broadcast *broadcast, const void *item);
syn_err syni_broadcast_latest(struct syni_broadcast *broadcast, void *out_item);
syn_err syni_broadcast_try_next(struct syni_observer *observer, void *out_item,
                                uint64_t *out_missed);
void syni_broadcast_leave(struct syni_observer *observer);
void syni_broadcast_close(struct syni_broadcast *broadcast);
SYN_ASYNC_DECLARE(void, syni_broadcast_next, (struct syni_observer *, observer),
                  (void *, out_item), (uint64_t *, out_missed));

#ifdef __cplusplus
}
#endif

#endif
