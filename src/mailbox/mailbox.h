/* SPDX-License-Identifier: Apache-2.0
 *
 * Mailboxes, see <synchronicity/mailbox.h>; and MAIL, the registrations in them.
 *
 * A mail waits at what brings it (a core, a channel, a scope), as threads and tasks do, and is told as
 * they are, by the thread that brings it, under no lock. Then it has COME, or is queued. `state` says which thread may
 * touch it:
 *
 *              list() says: not yet                told
 *     LISTING ─────────────────────> WAITS ───────────────> COMES ── popped ──> CALLING
 *      ▲ │ │                           │ a close           or QUEUED            │   │ the last call
 *      │ │ │ it is there already       ▼                    ▲  ▲                │   ▼
 *      │ │ │                          HELD ── withdrawn, ───┘  │ a close of a   │  freed
 *      │ │ └────────────────────────────│─ or told ────────────┤ channel's      │
 *      │ │                         told ▼                      │                │
 *      │ └─────── told ─────────────> TOLD ────────────────────┘                │
 *      └────────────────────────── a channel's, after an item ──────────────────┘
 *
 * In LISTING, HELD and TOLD it belongs to the one thread that lists or withdraws it, for a few instructions;
 * a thread that tells it then only notes that. The moves out of LISTING, WAITS and HELD are a
 * compare-and-exchange, since another thread may tell it; all others are made under the mailbox's lock.
 *
 * A drain takes several from the queue at a time, into its HAND, and calls for one after the other without the lock.
 * They are QUEUED there: whatever finds the queue empty, be it another thread or a loop that a callback runs, takes
 * what is left in the hands of others.
 *
 * A mail that is told while it WAITS is pushed onto `come`, a stack of all threads, and so a result takes no lock
 * of the thread that brings it, but for the first after a drain has taken what came. It stays on `waiting`
 * meanwhile; a thread that holds the lock and needs more takes what came, all at once, from there to the queue.
 */
#ifndef SYNI_MAILBOX_H
#define SYNI_MAILBOX_H

#include <synchronicity/mailbox.h>

#include <stdatomic.h>

#include "base/list.h"
#include "base/notice.h"
#include "base/stack.h"
#include "task/mail.h"
#include "thread/thread_waits.h"

struct syn_mailbox {
    char name[32];
    unsigned process; /* its process; in a child of that nothing else is looked at */
    void (*on_mail)(void *user);
    void *user;
    struct syn_channel room_handle;
    struct syni_channel *room; /* held */
    atomic_size_t placed;   /* bytes in ROOM */
    atomic_size_t spare;    /* of them, those that no registration has */
    atomic_uint handles;    /* of the program; the last one that goes closes it */
    atomic_uint references; /* one for the handles, for each thread that is inside */
    atomic_int telling; /* threads that are telling the host */
    struct syni_notice notice; /* behind the descriptor */
    atomic_bool has_descriptor;
    struct syni_stack come; /* of mail that was told; the holder of the lock owns it */

    struct syni_mutex lock;
    /* under lock */
    struct syni_list waiting, queue; /* of mail */
    struct syni_list hands;          /* of the drains under way */
    bool host_knows; /* it was told, and no drain has begun since */
    unsigned drains; /* under way */
    atomic_bool closed; /* others may look */
};

/* Of a drain, on its thread's stack. `next` decides which thread has a mail of it: the drain adds one, others exchange
 * it for SYNI_NO_HAND, and have the rest. */
enum { SYNI_HAND = 16, SYNI_NO_HAND = 1 << 30 };

struct syni_mail_hand {
    atomic_uint next;
    /* written under the mailbox's lock, by the drain */
    unsigned n;
    struct syni_mail *mail[SYNI_HAND];
    struct syni_list link; /* in `hands`; under that lock */
};

static inline unsigned syni_mail_hand_left(struct syni_mail_hand *hand)
{
    /* relaxed: the drain that has it may take one at this moment */
    unsigned next = atomic_load_explicit(&hand->next, memory_order_relaxed);

    return next < hand->n ? hand->n - next : 0;
}

struct syni_mail_ops {
    /* 0: from here on MAIL is told by syni_mail_told(), once. SYN_EALREADY: it is there already. Else
     * it is not registered; not for one that was listed before. */
    syn_err (*list)(struct syni_mail *mail);
    /* It is not told any more, its producer is cancelled, and CALL will say SYN_ECANCELED; false: it is
     * being told, or was. */
    bool (*withdraw)(struct syni_mail *mail);
    /* Calls back. True: there is more to come, and MAIL is to be listed again. By the draining thread. */
    bool (*call)(struct syni_mail *mail);
    /* After that: calls back for what else is there already, in a row, MAX times at most, and says how often; 0: MAIL is
     * to be listed again. NULL: there is never more. */
    unsigned (*row)(struct syni_mail *mail, unsigned max);
    /* A callback ended its thread, so that a call did not return: there is more to come all the same. NULL: never. */
    bool (*goes_on)(const struct syni_mail *mail);
    /* What CALL did not give away, and the memory. */
    void (*free)(struct syni_mail *mail);
};

/* By enum syni_mail_kind. */
extern const struct syni_mail_ops syni_mail_future_ops, syni_mail_relayed_ops, syni_mail_channel_ops,
    syni_mail_scope_ops;

/* MAIL is ready to be registered, but for what it waits at. */
static inline void syni_mail_init(struct syni_mail *mail, enum syni_mail_kind kind, void (*fn)(void), void *user)
{
    mail->fn = fn;
    mail->user = user;
    mail->kind = (unsigned char)kind;
    mail->cancelled = false;
}

/* --- mailbox_make.c --- */

/* A drain or a close of it, or, TELLS, its on_mail, is on the calling thread's stack. */
bool syni_mailbox_is_inside(const struct syni_draining *innermost, const struct syn_mailbox *mailbox,
                            bool tells);
void syni_mailbox_enter(struct syni_self *self, struct syni_draining *here,
                        struct syn_mailbox *mailbox, bool tells);

/* A reference more; one less, and the last one frees it. */
void syni_mailbox_hold(struct syn_mailbox *mailbox);
void syni_mailbox_let_go(struct syn_mailbox *mailbox);

/* True: the host is to be told that something is there, by syni_mailbox_tell(), under no lock. */
bool syni_mailbox_shall_tell_locked(struct syn_mailbox *mailbox);
void syni_mailbox_tell(struct syn_mailbox *mailbox);

/* The first mail came: the descriptor is readable; and the host is told, if it TELLS. Under no lock. */
void syni_mailbox_announce(struct syn_mailbox *mailbox, bool tells);

/* Nothing is there. */
bool syni_mailbox_is_empty_locked(struct syn_mailbox *mailbox);

/* A drain found the queue empty: the descriptor is readable, or not, as is right. Under no lock. */
void syni_mailbox_show_level(struct syn_mailbox *mailbox);

syn_err syni_mailbox_refuse_closed(const struct syn_mailbox *mailbox);

/* A place in MAILBOX for one registration. Fails, with a report: SYN_EAGAIN, SYN_ECLOSED, SYN_EFORKED,
 * SYN_EINVAL. Given back by syni_mailbox_vacate(), or with the mail. */
syn_err syni_mailbox_place(struct syn_mailbox *mailbox);
/* The caller has one, from syni_step_mailbox(). */
void syni_mailbox_placed(struct syn_mailbox *mailbox);
void syni_mailbox_vacate(struct syn_mailbox *mailbox);

/* The report of a callback after its mail was withdrawn; of one after its registration failed. */
syn_err syni_mailbox_note_cancelled(void);
syn_err syni_mailbox_refuse_memory(void);
syn_err syni_mailbox_refuse_no_function(void);

/* Acquire: what was done before it was moved without the lock. */
static inline enum syni_mail_state syni_mail_state(const struct syni_mail *mail)
{
    return atomic_load_explicit(&mail->state, memory_order_acquire);
}

/* relaxed: the lock orders it */
static inline void syni_mail_set_locked(struct syni_mail *mail, enum syni_mail_state state)
{
    SYNI_HOLDS(&mail->mailbox->lock);
    atomic_store_explicit(&mail->state, state, memory_order_relaxed);
}

/* By the drain that has MAIL in its hand: the caller's from here on. relaxed: nobody else moves it */
static inline void syni_mail_begin_call(struct syni_mail *mail)
{
    SYNI_INVARIANT(252, syni_mail_state(mail) == SYNI_MAIL_QUEUED);
    atomic_store_explicit(&mail->state, SYNI_MAIL_CALLING, memory_order_relaxed);
}

/* One of the moves that two threads may be about to make. acq_rel: whichever of the two comes second sees what the
 * other one did before. */
static inline bool syni_mail_move(struct syni_mail *mail, enum syni_mail_state from, enum syni_mail_state to)
{
    return atomic_compare_exchange_strong_explicit(&mail->state, &from, to, memory_order_acq_rel,
                                                   memory_order_acquire);
}

/* A close that began meanwhile is seen between two callbacks, and so is it that one of them forked. relaxed: a close by
 * another thread does not wait for a callback of this one */
static inline bool syni_mailbox_goes_on(const struct syn_mailbox *mailbox)
{
    return mailbox->process == syni_process() && !atomic_load_explicit(&mailbox->closed, memory_order_relaxed);
}

/* --- mail_come.c --- */

/* MAIL, which is on no list, is queued. True: nothing else was there, and the host must be told, or the caller drains. */
bool syni_mailbox_queue_locked(struct syn_mailbox *mailbox, struct syni_mail *mail);
/* All that came is queued, behind what is. */
void syni_mailbox_take_locked(struct syn_mailbox *mailbox);

/* MAIL, which is CALLING, is listed again, and not the drain's any more, which looks for more before it ends; false: the
 * mailbox is closed. */
bool syni_mail_list_again(struct syni_mail *mail, const struct syni_mail_ops *ops);

/* MAIL, which is CALLING, is left by its thread, which a callback ended: it is listed again, if it goes on. */
void syni_mail_was_left(struct syni_mail *mail, const struct syni_mail_ops *ops);

/* MAIL, of a kind that OPS serve, with fn and user set, has a place: it is listed, and the mailbox's from here on. Fails,
 * and MAIL and its place are still the caller's: SYN_ECLOSED; as its LIST does. */
syn_err syni_mail_register(struct syni_mail *mail, const struct syni_mail_ops *ops,
                           struct syn_mailbox *mailbox);

/* What MAIL waits for is there. By any thread, under no lock, once; the last touch. */
void syni_mail_told(struct syni_mail *mail);

#endif
