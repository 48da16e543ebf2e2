/* SPDX-License-Identifier: Apache-2.0
 *
 * Channels: typed queues between any number of producers and consumers.
 *
 * One type for everybody: tasks on any synchronizer, plain threads, in any mixture.
 * A channel is made directly (below), or by calling a generator (generator.h), which
 * then is its producer.
 *
 *     SYN_CHANNEL(int, ints);                       // the type struct ints_channel
 *
 *     struct ints_channel ch;
 *     syn_channel_new(ints, 16, &ch);               // room for 16; SYN_ENOMEM
 *     syn_channel_send(ch, &(int){42});             // a producer ...
 *     syn_channel_end(ch);                          // ... has no more
 *     syn_channel_next(ch, &v);                     // a consumer
 *     syn_channel_close(ch);                        // it is not needed any more
 *
 * or, the consumer as a loop:
 *
 *     syn_channel_each (int, v, ch, &err)           // a plain loop: break and continue
 *         printf("%d\n", v);                        // do what they should
 *
 * CAPACITY is how many items may wait in it. 0: none, producer and consumer meet. A full
 * one suspends (or blocks) a producer, an empty one a consumer. Each item goes to exactly
 * one consumer; those of one producer come in its order; waiters are served in FIFO order.
 *
 * THREE ANSWERS, besides an item (0): SYN_EEND, the producers said that there is no more,
 * and all was fetched; an error that a producer said instead (it stays, each consumer
 * gets it, with its report); SYN_ECLOSED, it was closed.
 *
 * CLOSING is for whichever side is through with it: what is in it is destroyed as
 * SYN_DESTROY says, every waiter gets SYN_ECLOSED, and so does every later call,
 * since the name stays good for asking. Closing twice is fine. A channel lives
 * until it is closed, and must be, once; syn_channel_each() does it.
 *
 * A handle is a small value; copy it freely.
 * Thread: any, for everything here, unless it says otherwise. Blocking forms are refused
 * with SYN_EDEADLK on a thread that drives a loop (in a step, a callback) where they would
 * have to wait: write co_next, co_send there.
 */
#ifndef SYNCHRONICITY_CHANNEL_H
#define SYNCHRONICITY_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

#include <synchronicity/err.h>
#include <synchronicity/future.h>
#include <synchronicity/map.h>
#include <synchronicity/synchronizer.h>
#include <synchronicity/task.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An untyped channel; what the typed ones hold. `slot` is NULL for one that could not be
 * made, and then `generation` is the error. */
struct syn_channel {
    struct syni_slot *slot;
    uint32_t generation;
    unsigned each; /* syn_co_each()'s */
};

/* Stands for what should be a channel and is not; see check.h. */
struct syni_no_channel {
    union {
        struct syn_channel handle;
        syn_err (*item_is)(const void *);
        syn_err (*source_is)(const void *);
    } u;
};

/* struct NAME_channel for items of TYPE. */
#define SYNI_CHANNEL_TYPES(type, name)                                                             \
    struct name##_channel {                                                                        \
        union {                                                                                    \
            struct syn_channel handle;                                                             \
            syn_err (*item_is)(type *);                                                            \
            syn_err (*source_is)(type const *);                                                    \
            syn_err (*then_is)(void (*fn)(void *user, syn_err err, type *item));                   \
        } u;                                                                                       \
    }

/* SYN_CHANNEL(type, name), SYN_CHANNEL(type, name, SYN_DESTROY(fn)): the type, and what
 * syn_channel_new() needs. FN is called with an item that nobody fetched. */
#define SYN_CHANNEL(...) SYNI_CHANNEL(__VA_ARGS__, SYNI_END)
#define SYNI_CHANNEL(type, name, ...)                                                              \
    SYNI_CHANNEL_TYPES(type, name);                                                                \
    static inline SYNI_UNUSED void syni_destroy_item_of_##name(void *result)                       \
    {                                                                                              \
        SYNI_RESULT_AS(type) SYNI_MAP(SYNI_KILL, __VA_ARGS__)                                      \
    }                                                                                              \
    SYNI_CALL_ITEM(type, name)                                                                     \
    SYNI_MAP(SYNI_VET_THING, __VA_ARGS__)                                                          \
    static const struct syn_type syni_items_of_##name SYNI_UNUSED =                                \
        SYNI_TYPED(syn_type, sizeof(type),                                                         \
                  (0 SYNI_MAP(SYNI_KILLS, __VA_ARGS__)) ? syni_destroy_item_of_##name : NULL,      \
                  syni_call_item_of_##name)
/* Calls what syn_channel_then() (mailbox.h) registers. */
#define SYNI_CALL_ITEM(type, name)                                                                 \
    static inline SYNI_UNUSED void syni_call_item_of_##name(void (*fn)(void), void *user,          \
                                                            syn_err err, void *result)             \
        SYNI_CALL_BACK_TYPED(type)

struct syni_channel_site {
    const char *file;
    int line;
};
syn_err syni_channel_new(const struct syn_type *item, size_t capacity, struct syni_channel_site site,
                         struct syn_channel *out_channel);
syn_err syni_channel_next(struct syn_channel channel, void *out_item, struct syn_deadline deadline);
syn_err syni_channel_try_next(struct syn_channel channel, void *out_item);
SYNI_HELD syn_err syni_channel_send(struct syn_channel channel, const void *item,
                          struct syn_deadline deadline);
SYNI_HELD syn_err syni_channel_try_send(struct syn_channel channel, const void *item);
syn_err syni_channel_end(struct syn_channel channel, syn_err err, const char *message);
syn_err syni_channel_fail(struct syn_channel channel, syn_err err, const char *message);
syn_err syni_channel_prefetch(struct syn_channel channel, size_t capacity);
syn_err syni_channel_close(struct syn_channel channel, struct syn_deadline deadline);
void syni_channel_drop(struct syn_channel channel);
/* What its items are. Fails: SYN_ECLOSED; why it could not be made. */
syn_err syni_channel_look(struct syn_channel channel, const struct syn_type **out_item);

/* syn_channel_new(NAME, CAPACITY, &CHANNEL): NAME as in SYN_CHANNEL(). Fails: SYN_ENOMEM,
 * which then also comes out of the channel. */
#define syn_channel_new(name, capacity, out_channel)                                               \
    ((void)(0 ? (out_channel) : (struct name##_channel *)NULL),                                    \
     syni_channel_new(&syni_items_of_##name, (capacity), SYNI_CHANNEL_HERE,                        \
                      &(out_channel)->u.handle))
#ifdef __cplusplus
#define SYNI_CHANNEL_HERE                                                                          \
    syni_channel_site { __FILE__, __LINE__ }
#else
#define SYNI_CHANNEL_HERE                                                                          \
    (struct syni_channel_site) { __FILE__, __LINE__ }
#endif

/* --- for consumers --- */

/* The next item into *OUT, waiting for it; with a deadline, SYN_ETIMEDOUT, and then no
 * item was consumed; try: SYN_EAGAIN where it would have to wait, also for a loop that
 * alone has used the channel so far. A generator is started by the first of these; a try
 * only starts it, or lets it go on. */
#define syn_channel_next(...) SYNI_CAT(SYNI_CHANNEL_NEXT_, SYNI_N(__VA_ARGS__))(__VA_ARGS__)
#define SYNI_CHANNEL_NEXT_1(ch)                                                                    \
    (SYNI_NO_OUT("channel_next(ch, &v)"), syni_channel_next((ch).u.handle, NULL, syn_never()))
#define SYNI_CHANNEL_NEXT_2(ch, out) SYNI_CHANNEL_NEXT_BY_3(ch, out, syn_never())
#define syn_channel_next_by(...) SYNI_CAT(SYNI_CHANNEL_NEXT_BY_, SYNI_N(__VA_ARGS__))(__VA_ARGS__)
#define SYNI_CHANNEL_NEXT_BY_2(ch, deadline)                                                       \
    (SYNI_NO_OUT("channel_next_by(ch, &v, deadline)"),                                             \
     syni_channel_next((ch).u.handle, NULL, (deadline)))
#define SYNI_CHANNEL_NEXT_BY_3(ch, out, deadline)                                                  \
    syni_channel_next(SYNI_CHANNEL_HANDLE(ch, item_is, out), (out), (deadline))
#define syn_channel_try_next(...) SYNI_CAT(SYNI_TRY_NEXT_, SYNI_N(__VA_ARGS__))(__VA_ARGS__)
#define SYNI_TRY_NEXT_1(ch)                                                                        \
    (SYNI_NO_OUT("channel_try_next(ch, &v)"), syni_channel_try_next((ch).u.handle, NULL))
#define SYNI_TRY_NEXT_2(ch, out)                                                                   \
    syni_channel_try_next(SYNI_CHANNEL_HANDLE(ch, item_is, out), (out))

/* --- for producers --- */

/* Puts *ITEM (copied; &(struct job){1, 2} is fine) in, waiting for room, or, with capacity 0,
 * for a consumer. With 0 the item is not yours any more; with anything else it still is.
 * SYN_ECLOSED when the channel was closed, or ended; SYN_ENOTSUP when it is a generator's;
 * try: SYN_EAGAIN where it would have to wait. Not in a signal handler (signal.h has what is): one
 * that interrupts its thread inside a channel gets SYN_EDEADLK, without a report. */
#define syn_channel_send(ch, ...)                                                                  \
    syni_channel_send(SYNI_CHANNEL_HANDLE(ch, source_is, (__VA_ARGS__)), (__VA_ARGS__), syn_never())
#define syn_channel_send_by(ch, item, deadline)                                                    \
    syni_channel_send(SYNI_CHANNEL_HANDLE(ch, source_is, item), (item), (deadline))
#define syn_channel_try_send(ch, ...)                                                              \
    syni_channel_try_send(SYNI_CHANNEL_HANDLE(ch, source_is, (__VA_ARGS__)), (__VA_ARGS__))

/* There is no more; or, it broke, with ERR (0, which is no error, becomes SYN_EINVAL) and
 * MESSAGE (copied; NULL: none). What is in it can still be fetched. The first of the two counts; the others, and
 * those after a close, get SYN_EALREADY. A generator does this by its own end: SYN_ENOTSUP. */
#define syn_channel_end(ch) syni_channel_end((ch).u.handle, SYN_OK, NULL)
#define syn_channel_fail(ch, err, message) syni_channel_fail((ch).u.handle, (err), (message))

/* --- for both --- */

/* Closes it. If a generator produces, it is cancelled, and the close waits for its clean-up,
 * at most for 10 s, or until DEADLINE. Returns 0, or the error that the clean-up failed
 * with, or SYN_ETIMEDOUT when it had not ended by then (it goes on by itself, and on_stuck
 * reports it). On the thread that drives the generator's loop it does not wait and returns
 * SYN_EAGAIN: write co_close there if the end matters. */
#define syn_channel_close(ch) syni_channel_close((ch).u.handle, syn_after(10.0))
#define syn_channel_close_by(ch, deadline) syni_channel_close((ch).u.handle, (deadline))

/* The same and never waits. A function with a channel as its result declares:
 * SYN_DESTROY(syn_channel_drop). */
#define syn_channel_drop(ch) syni_channel_drop((ch).u.handle)

/* A generator that was not asked yet may run CAPACITY items ahead; when it has, it goes on
 * as soon as half of them are fetched. (A thread that drives the generator's loop while it
 * asks, see caller_may_drive, lets it run for some 20 us more; what is left then is the
 * dedicated thread's.) Also gives any channel that nobody has used yet another
 * capacity. Fails: SYN_ENOMEM, SYN_EBUSY; SYN_ENOTSUP for a generator that asks. */
#define syn_channel_prefetch(ch, capacity) syni_channel_prefetch((ch).u.handle, (capacity))

/* syn_channel_each (TYPE, VARIABLE, CHANNEL, &ERR) STATEMENT: a loop over what is left of
 * it, which closes it at the end, also after `break`. Then ERR is 0, or why it ended
 * otherwise (&ERR may be NULL); after a break, the result of the close. CHANNEL is evaluated
 * once. `return` and `goto` out of the loop close it too where the compiler knows the cleanup
 * attribute (gcc, clang), without waiting for more than the close does; elsewhere do not leave
 * so.
 *
 * syn_channel_each_open(): the same, and never closes. After a break the next loop goes on
 * where this one stopped; the end closes nothing either. So a call of a generator is an
 * ITERABLE, each loop over count(3) begins anew, and the channel that it returned is an
 * ITERATOR, for as many loops as one likes. */
#define syn_channel_each(type, variable, ch, err) SYNI_EACH_ITEM(type, variable, ch, err, 0)
#define syn_channel_each_open(type, variable, ch, err) SYNI_EACH_ITEM(type, variable, ch, err, 1)
/* By the line, so that a loop inside a loop hides nothing of the other. */
#define SYNI_EACH_ITEM(type, variable, ch, err, open)                                              \
    SYNI_EACH_AS(type, variable, ch, err, open, SYNI_CAT(syni_each_, __LINE__))
#define SYNI_EACH_AS(type, variable, ch, err, open, each)                                          \
    for (SYNI_EACH_GUARD struct syni_each each = syni_each_begin(                                  \
             SYNI_CHANNEL_HANDLE(ch, item_is, (type *)NULL), (err), (open));                       \
         syni_each_goes_on(&each);)                                                                \
        for (type variable; syni_each_next(&each, &variable);)

struct syni_each {
    struct syn_channel channel;
    syn_err *out_err;
    int open;
    int state; /* 0: before the loop; 1: in it; 2: ran to its end; 3: closed */
};
struct syni_each syni_each_begin(struct syn_channel channel, syn_err *out_err, int open);
int syni_each_goes_on(struct syni_each *each);
int syni_each_next(struct syni_each *each, void *out_item);
void syni_each_leave(struct syni_each *each);
#if defined(__GNUC__)
#define SYNI_EACH_GUARD __attribute__((cleanup(syni_each_leave)))
#else
#define SYNI_EACH_GUARD
#endif

/* --- in a task --- */

#ifndef __cplusplus

struct syn_step syni_step_next(struct syn_task *task, struct syn_channel channel, void *out_item,
                               struct syn_deadline deadline);
struct syn_step syni_step_send(struct syn_task *task, struct syn_channel channel,
                               const void *item, struct syn_deadline deadline);
struct syn_step syni_step_close(struct syn_task *task, struct syn_channel channel,
                                struct syn_deadline deadline);

/* As syn_channel_next() and so on, in a coroutine; the status is in syn_co_status. *ITEM lies in the frame. A task
 * that is cancelled while it waits consumed nothing. */
#define syn_co_next(...) SYNI_CAT(SYNI_CO_NEXT_, SYNI_N(__VA_ARGS__))(__VA_ARGS__)
#define SYNI_CO_NEXT_1(ch) SYNI_CO_SUSPEND(SYNI_NO_NEXT(ch, "co_next(ch, &self->v)"))
#define SYNI_CO_NEXT_2(ch, out) SYNI_CO_NEXT_BY_3(ch, out, syn_never())
#define syn_co_next_by(...) SYNI_CAT(SYNI_CO_NEXT_BY_, SYNI_N(__VA_ARGS__))(__VA_ARGS__)
#define SYNI_CO_NEXT_BY_2(ch, deadline)                                                            \
    SYNI_CO_SUSPEND(((void)(deadline), SYNI_NO_NEXT(ch, "co_next_by(ch, &self->v, deadline)")))
#define SYNI_NO_NEXT(ch, call)                                                                     \
    (SYNI_NO_OUT(call), syni_step_next(&self->syn, (ch).u.handle, NULL, syn_never()))
#define SYNI_CO_NEXT_BY_3(ch, out, deadline)                                                       \
    SYNI_CO_SUSPEND_OR_GO_ON(                                                                      \
        syni_step_next(&self->syn, SYNI_CHANNEL_HANDLE(ch, item_is, out), (out), (deadline)))
#define syn_co_send(ch, item) syn_co_send_by(ch, item, syn_never())
#define syn_co_send_by(ch, item, deadline)                                                         \
    SYNI_CO_SUSPEND_OR_GO_ON(                                                                      \
        syni_step_send(&self->syn, SYNI_CHANNEL_HANDLE(ch, source_is, item), (item), (deadline)))
#define syn_co_close(ch)                                                                           \
    SYNI_CO_SUSPEND(syni_step_close(&self->syn, (ch).u.handle, syn_after(10.0)))

/* One round of either loop: waits for an item and goes on to the statement; when there is none
 * AT_END is done and the loop is left. */
#define SYNI_CO_ROUND(n, ch, out, at_end)                                                          \
    if (0) {                                                                                       \
    case SYNI_A_WAIT_IS_BEHIND_co_begin_AND_IN_NO_SWITCH(n):                                       \
        SYNI_CAT(syni_round_, n) : if (self->syn.status)                                           \
        {                                                                                          \
            at_end;                                                                                \
            break;                                                                                 \
        }                                                                                          \
        goto SYNI_CAT(syni_body_, n);                                                              \
    } else if (1) {                                                                                \
        struct syn_step syni_step;                                                                 \
        SYNI_COMES_BACK(n);                                                                        \
        syni_step = syni_step_next(&self->syn, SYNI_CHANNEL_HANDLE(ch, item_is, out), (out), syn_never());\
        if (SYNI_WAITS(syni_step))                                                                 \
            return syni_step;                                                                      \
        goto SYNI_CAT(syni_round_, n);                                                             \
    } else                                                                                         \
        SYNI_CAT(syni_body_, n) :

/* syn_co_each (CHANNEL, &self->v) STATEMENT: as syn_channel_each(); CHANNEL is a variable
 * of the frame. Afterwards the status is 0 for the end, else why it ended; after a break,
 * the result of the close. When the task leaves from inside (return, failure, cancel) the
 * loop does not close: say syn_co_close(self->channel) in the clean-up, which is fine also
 * for one that is closed or was never made. */
#define SYNI_co_each_TAKES_A_CHANNEL_IN_THE_FRAME(ch) ((struct syn_channel *)(void *)&(ch))
#define SYNI_EACH_OF(ch) SYNI_co_each_TAKES_A_CHANNEL_IN_THE_FRAME(ch) /* what it is, SYNI_CO_ROUND() looks */
#define syn_co_each(ch, out) SYNI_QUIET SYNI_CO_EACH_AT(SYNI_UNIQUE, ch, out)
#define SYNI_CO_EACH_AT(n, ch, out)                                                                \
    for (SYNI_EACH_OF(ch)->each = 0;;)                                                             \
        SYNI_LOUD if (SYNI_EACH_OF(ch)->each++) {                                                  \
            self->syn.line = -2 - (n);                                                             \
            return syni_step_each_ends(&self->syn, SYNI_EACH_OF(ch));                              \
        case SYNI_WIDE - 2 - (n):                                                                  \
            break;                                                                                 \
        } else                                                                                     \
            for (;;)                                                                               \
                SYNI_CO_ROUND(n, ch, out, SYNI_EACH_OF(ch)->each = 2)

/* Never closes, as syn_channel_each_open(). Afterwards the status is 0 for the end, else why
 * it ended; after a break it says nothing. */
#define syn_co_each_open(ch, out) SYNI_QUIET SYNI_CO_EACH_OPEN_AT(SYNI_UNIQUE, ch, out)
#define SYNI_CO_EACH_OPEN_AT(n, ch, out)                                                           \
    for (;;)                                                                                       \
        SYNI_LOUD SYNI_CO_ROUND(n, ch, out, self->syn.status = self->syn.status == SYN_EEND        \
                                                                   ? SYN_OK                        \
                                                                   : self->syn.status)

/* Closes after a loop, and keeps its result. */
struct syn_step syni_step_each_ends(struct syn_task *task, struct syn_channel *channel);

#endif /* !__cplusplus */

#ifdef __cplusplus
}
#endif

#endif
