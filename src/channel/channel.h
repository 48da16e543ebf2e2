/* SPDX-License-Identifier: Apache-2.0
 *
 * Channels: a ring of items, the waiters for one, the waiters for room. See
 * <synchronicity/channel.h>.
 *
 * Everything about a channel happens under its lock; a thread that is about to touch one holds
 * a reference, from the handle's slot. A waiter is a PORT, which the waiter places: in
 * a task's frame, on a thread's stack. A port that was served is off its list, and is
 * woken; one that is still listed can be withdrawn, and then nothing was consumed.
 *
 * OWNED is a generator's channel that a task of its own loop asked first, or, if it has room for one at most, a
 * thread that drives that. Then that loop's driver takes items out and puts them in without the lock, and tasks of that
 * loop hold it without a reference. Any other thread or task leaves its port under `incoming`, or its wish to
 * close, and asks the driver by a job to give it up; see channel_own.c.
 *
 * FLOWING is a channel at which nobody waits, and which has room for two at least: then
 * items go in and out past the lock (ring.h); while its generator sleeps only out, until half was
 * fetched. A thread that takes the lock for more than a look stops that first, and lets it flow
 * again if it may.
 *
 * A generator is a task that the channel owns. It is started by the first consumer, and
 * runs while there is DEMAND: fewer items than capacity and waiting consumers together.
 */
#ifndef SYNI_CHANNEL_H
#define SYNI_CHANNEL_H

#include <synchronicity/generator.h>

#include "base/thread.h"
#include "channel/ring.h"
#include "loop/role.h"
#include "task/port.h"
#include "task/state.h"

enum { SYNI_CLOSE_LIMIT_S = 10 };

struct syni_channel {
    const struct syn_type *item;
    int made_line;                 /* where it was made, or its generator's: syni_channel_made_at() */
    const void *made_call; /* of a generator: to where its call returned; NULL: it is not known. Written before made_file */
    _Atomic(const char *) made_file; /* NULL: inside, or it is being made */
    struct syni_slot *slot;
    size_t bytes; /* of this struct and the ring behind it */
    struct syni_mutex lock;

    /* The loop that owns it; NULL: none. Set and cleared by its driver, under lock. */
    _Atomic(struct syni_loop *) owner;
    size_t n_own; /* of its tasks hold it; own */

    /* under lock, always */
    const struct syn_mailbox *mailbox; /* its drains take the items out; NULL: no mailbox */
    struct syni_list incoming; /* ports of others that came while it was owned */
    bool asked_for, close_wanted; /* the job is on its way; and shall close */
    bool tried; /* by one that did not wait for the job: its generator is to go on all the same; under the lock */
    struct syni_job upgrade; /* to the owner */

    /* the owner's; under lock, if there is none */
    size_t capacity;
    struct syni_ring ring; /* a generator without room has one place */
    struct syni_list receivers, senders, closers; /* receivers: only while it is empty */
    bool ended, closed;
    syn_err err; /* why it ended; 0: there is no more */
    enum syn_origin origin;
    struct syn_report *report;

    /* of a generator; NULL: made directly */
    struct syni_core *generator; /* what produces: a task, or a job; until it ended */
    struct syni_home *home;      /* of a task; its memory is held, since it may be freed before */
    const char *name;            /* its function's */
    void (*hear)(struct syn_task *task, const void *value); /* NULL: nobody talks back */
    syn_err thrown;              /* what its yield gives, as status, with its report */
    struct syn_report *thrown_report;
    void (*start)(struct syni_channel *channel);
    void (*go_on)(struct syni_core *generator); /* from a yield, once for each */
    struct syni_waiter end;      /* at its core */
    bool is_generator, started;
    bool yielded;                /* it waits for demand */
    bool told;                   /* why it ended was said to a consumer */

    union {
        long double number;
        void *pointer;
        long long integer;
    } places_behind[];
};

/* What is left to be done outside the lock: all that takes another one, or a system call. */
struct syni_channel_after {
    struct syni_loop *upgrade; /* pinned; asked to give the channel up */
    struct syni_port *served;  /* those to tell; see syni_port_serve() */
    struct syni_core *resume; /* the generator, which waited at its yield */
    bool waits;               /* the consumer waits for it */
    bool start;               /* the generator, which never ran */
};

/* --- making and holding --- */

/* CHANNEL is made, in FILE: what looks at all channels may read its name and home from here on. */
static inline void syni_channel_made_at(struct syni_channel *channel, const char *file, int line)
{
    channel->made_line = line;
    /* release: a thread that sees it (acquire) sees what was written before */
    atomic_store_explicit(&channel->made_file, file, memory_order_release);
}

/* A channel for ITEM with CAPACITY, and its handle; NULL and the handle says why. EXTRA
 * places lie beyond its capacity. */
struct syni_channel *syni_channel_make(const struct syn_type *item, size_t capacity, size_t extra,
                                       struct syn_channel *out_channel);

/* A reference to it. Fails: SYN_ECLOSED; SYN_EINVAL; why it could not be made. */
syn_err syni_channel_pin(struct syn_channel channel, struct syni_channel **out_channel);
void syni_channel_unpin(struct syni_channel *channel);

/* In words: why a handle did not serve, why nothing can be said to a generator. */
const char *syni_channel_refusal(syn_err err);
const char *syni_channel_say_refusal(syn_err err);

/* --- each takes the lock --- */

/* PORT asks for an item, or brings one: it is served now (true; its status says how), or
 * listed if it MAY_WAIT. */
bool syni_channel_pass(struct syni_channel *channel, struct syni_port *port, bool may_wait);

/* The same past the lock, where it flows; false: nothing happened. */
bool syni_channel_flow(struct syni_channel *channel, struct syni_port *port);

/* As pass(), for a consumer that would rather run the generator itself: PORT is served or not,
 * and not listed. STIR: the generator is wanted. */
bool syni_channel_take(struct syni_channel *channel, struct syni_port *port, bool *out_stir);
void syni_channel_stir(struct syni_channel *channel);
/* Its generator is there, and runs on a home, which may have ended by now. */
bool syni_channel_runs(struct syni_channel *channel);

/* --- channel_own.c --- */

/* LOOP's driver, in a step, is the first consumer. */
void syni_channel_own_locked(struct syni_channel *channel, struct syni_loop *loop);

/* The channel is everybody's from now on. By the owner's driver; by anybody if there is no owner,
 * or that has ended. True: the reference that went with it is the caller's to give up. */
bool syni_channel_disown_locked(struct syni_channel *channel);
/* The same, for good, with all that waits and wishes to close. By a thread that holds the channel, as above. */
void syni_channel_give_up(struct syni_channel *channel);

/* Wakes the port of a thread that waits for it alone, which may drive the owner. */
void syni_channel_wake_thread(struct syni_port *port);

/* It is owned, and not by the calling thread. Then the loop is to be asked to give it up. */
static inline bool syni_channel_is_anothers(const struct syni_channel *channel)
{
    /* relaxed: under the lock, where others see it; and the owner sees itself */
    const struct syni_loop *owner = atomic_load_explicit(&channel->owner, memory_order_relaxed);

    return owner && !syni_drives(owner);
}
void syni_channel_ask_for_locked(struct syni_channel *channel, struct syni_channel_after *after);

/* The channel of HANDLE, if it is LOOP's own; NULL. By its driver. */
static inline struct syni_channel *syni_channel_own(struct syn_channel handle, const struct syni_loop *loop)
{
    return handle.slot ? syni_slot_own_thing(handle.slot, handle.generation, loop) : NULL;
}

/* A task of its owner that held it without a reference, counted in n_own, does not any more; by that loop's driver. */
static inline void syni_channel_leave_own(struct syni_channel *channel)
{
    SYNI_INVARIANT(64, channel->n_own > 0);
    /* relaxed: on the thread that cleared it */
    if (--channel->n_own == 0 && !atomic_load_explicit(&channel->owner, memory_order_relaxed))
        syni_channel_unpin(channel);
}

/* It is LOOP's own. By its driver. */
static inline bool syni_channel_is_of(const struct syni_channel *channel, const struct syni_loop *loop)
{
    /* relaxed: the driver wrote it */
    return atomic_load_explicit(&channel->owner, memory_order_relaxed) == loop;
}

/* It is the calling thread's own: no lock is needed. */
static inline bool syni_channel_is_mine(const struct syni_channel *channel)
{
    const struct syni_driving *driving = syni_role_driving_now();

    /* relaxed: a thread that finds itself here wrote it */
    return driving && atomic_load_explicit(&channel->owner, memory_order_relaxed) == driving->loop;
}

/* SAYING reaches the generator at its yield, and PORT asks for the next item, as above. Fails,
 * and nothing was said or asked: SYN_ENOTSUP, SYN_EINVAL, SYN_EBUSY, as generator.h says. */
syn_err syni_channel_say(struct syni_channel *channel, const struct syni_saying *saying,
                         struct syni_port *port, bool *out_served);

/* PORT, which was listed, is not any more; false: it was served. */
bool syni_channel_withdraw(struct syni_channel *channel, struct syni_port *port);

/* Another capacity, while nobody uses it. Fails: SYN_EBUSY, SYN_ENOMEM. */
syn_err syni_channel_resize(struct syni_channel *channel, size_t capacity);

/* No more items; false: that was said before, or it is closed. Takes REPORT. */
bool syni_channel_finish(struct syni_channel *channel, syn_err err, enum syn_origin origin,
                         struct syn_report *report);

/* Closes it. True: its generator still runs, and PORT, if there is one, is told when that
 * ended; else PORT has its status. */
bool syni_channel_shut(struct syni_channel *channel, struct syni_port *port);

/* The report and the origin of STATUS, an answer that a port got. */
struct syn_report *syni_channel_report(struct syni_channel *channel, syn_err status,
                                       enum syn_origin *out_origin);

/* --- generators --- */

/* GENERATOR, which was made and not launched, produces; START launches it; GO_ON resumes it
 * when there is demand again. */
void syni_channel_adopt(struct syni_channel *channel, struct syni_core *generator,
                        void (*start)(struct syni_channel *channel),
                        void (*go_on)(struct syni_core *generator));

/* The same for TASK, as GENERATOR says. */
void syni_channel_adopt_task(struct syni_channel *channel, struct syni_task *task,
                             const struct syn_generator *generator,
                             void (*start)(struct syni_channel *channel));

/* It was closed: what a generator yields is lost. */
bool syni_channel_is_closed(struct syni_channel *channel);

/* From the generator's step: ITEM goes in; or is lost, if it was ASKED: cancelled. True: there is
 * demand for the next. */
bool syni_channel_yield(struct syni_channel *channel, void *item, bool asked);

/* A waiter for an item of CHANNEL, or for its close, goes on only when the task of WALK does (chain.h). */
bool syni_channel_leads(struct syni_channel *channel, struct syni_walk *walk);

/* TASK would wait for the generator of CHANNEL, if it has one: SYN_EDEADLK, and a report, if that
 * closed a circle (circle.h). */
syn_err syni_channel_depend(struct syni_channel *channel, uint64_t mark,
                            struct syn_report **out_report);

/* The same for a wait by PORT: for an item or a close; or, if it sends, for room, if only drains of a
 * mailbox make that. */
syn_err syni_channel_depend_by(struct syni_channel *channel, const struct syni_port *port,
                               uint64_t mark, struct syn_report **out_report);

/* From here on a mailbox consumes it, on any thread: it is nobody's own any more, or soon. The caller
 * holds it. */
void syni_channel_open_to(struct syni_channel *channel, const struct syn_mailbox *mailbox);

/* The mailbox that consumes it; NULL: none does. */
const struct syn_mailbox *syni_channel_mailbox(struct syni_channel *channel);

/* The same for one of several that are waited for: nothing is marked. */
syn_err syni_channel_look_at(struct syni_channel *channel, uint64_t mark,
                          struct syn_report **out_report);

/* The generator waits no more for demand; false: it did not. */
bool syni_channel_stop_yielding(struct syni_channel *channel);

/* --- under the lock, for the files of this module --- */

/* All waiters learn that it is closed. */
void syni_channel_close_locked(struct syni_channel *channel, struct syni_channel_after *after);

/* Serves the waiters for items that are there. */
void syni_channel_settle_locked(struct syni_channel *channel, struct syni_channel_after *after);

/* What is under the lock may be touched here: it is held, or the channel is the driver's own. */
#define SYNI_HOLDS_CHANNEL(channel)                                                                \
    SYNI_INVARIANT(63, syni_channel_is_mine(channel) || syni_mutex_is_held(&(channel)->lock))

/* For whatever touches items, decides which port waits, or ends: it does not flow meanwhile. */
void syni_channel_lock(struct syni_channel *channel);
void syni_channel_unlock(struct syni_channel *channel);

static inline size_t syni_channel_count(const struct syni_channel *channel)
{
    return syni_ring_count(&channel->ring);
}

/* PORT is served; is listed. */
bool syni_channel_serve_locked(struct syni_channel *channel, struct syni_port *port,
                               struct syni_channel_after *after);
void syni_channel_list_locked(struct syni_channel *channel, struct syni_port *port,
                              struct syni_channel_after *after);
void syni_channel_do_after(struct syni_channel *channel, const struct syni_channel_after *after);

/* Why it ended, as the status of a consumer. */
static inline syn_err syni_channel_tell_end(struct syni_channel *channel)
{
    channel->told = true;
    return channel->err ? channel->err : SYN_EEND;
}

/* Destroys what is in it; when nobody else touches the ring any more, without the lock. */
void syni_channel_empty(struct syni_channel *channel);

#endif
