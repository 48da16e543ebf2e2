/* SPDX-License-Identifier: Apache-2.0
 *
 * The core of one result: what a promise writes and a future reads.
 *
 * A core is a field of what produces the result: of a task's frame, or of a promise
 * made by hand. Its producer holds one reference, its possible reader one; the last
 * one frees it. A task that has its frame on the stack of its blocking caller has no
 * slot and no references: its caller waits, and the wake is the last touch.
 *
 * One completer, one waiter: `waiter` is empty, or a waiter, or DONE, and moves
 * by one exchange (complete) or one compare-and-exchange (wait, stop waiting).
 *
 *     empty ── wait ──> waiter ── complete ──> DONE, and waiter->wake()
 *       │ ▲── stop waiting ──┘
 *       └───────────── complete ──────────────> DONE
 */
#ifndef SYNI_CORE_H
#define SYNI_CORE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <synchronicity/err.h>
#include <synchronicity/future.h>

#include "base/copy.h"
#include "base/list.h"
#include "loop/loop.h"
#include "task/mail.h"
#include "task/slot.h"

struct syni_task;
struct syni_core;
struct syni_scope;
struct syni_chain_ops;

/* The core as a child of a scope (scope.h); used by the scope that consumed the future. It lies in the core, so that a
 * scope takes any number and never fails for memory. */
struct syni_member {
    struct syni_waiter waiter;
    struct syni_list link;
    struct syni_scope *scope;
    union {
        void *out;
        struct syni_core *jump; /* of a failure that is collected: scope_failures.c */
    };
    union {
        syn_err *status;
        unsigned place; /* of such a failure */
    };
    unsigned number;
};

/* What a core is part of. */
struct syni_core_ops {
    void (*free)(struct syni_core *core); /* its memory */
    /* Asks a producer that is not a task to end, which completes the core; NULL: there is
     * nobody to ask. Any thread, with a reference. */
    void (*cancel)(struct syni_core *core, enum syn_origin origin);
    /* Its producer, which is no task, shall have ended by DEADLINE; NULL: never mind. */
    void (*tighten)(struct syni_core *core, int64_t deadline);
    /* What it is, for messages and dumps; NULL: "a promise". Static. */
    const char *(*name)(const struct syni_core *core);
    /* The blocked thread, and what carries its mark ID, depends on the producer, which is no task
     * (circle.h); SYN_EDEADLK, and a report: it must not. NULL: never mind. */
    syn_err (*implicate)(struct syni_core *core, uint64_t id, struct syn_report **out_report);
    /* The core that it copies its result from, if it is a copy; NULL: it is none. Any thread, with a reference. */
    const struct syni_core *(*source)(const struct syni_core *core);
    /* Where it was made, for one that nothing but the program completes; NULL: it is no such. */
    const char *(*site)(const struct syni_core *core, int *out_line);
    /* To where the call that made it returned, where its frame notes that; NULL: it has none such. */
    const void *(*call)(const struct syni_core *core);
    bool is_job; /* a thread of a pool produces it */
    const struct syni_chain_ops *chain; /* how that waits for others (chain.h); NULL: for nobody in particular */
    const void *(*owner)(const struct syni_core *core); /* that pool; NULL: none */
};

struct syni_core {
    /* The producer's while it runs (a task's arrival and every resume); afterwards the
     * consumer's, to bring the result to another loop. */
    struct syni_job job;
    union { /* its consumer's, if that is a scope or a mailbox */
        struct syni_member member;
        struct syni_mail mail;
    };

    const struct syn_type *type;
    struct syni_slot *slot; /* NULL: on a caller's stack */
    const struct syni_core_ops *ops; /* which say, too, whether a task produces it: syni_core_task() */
    _Atomic(struct syni_waiter *) waiter;

    /* written before DONE, read after it */
    syn_err err;
    enum syn_origin origin;
    struct syn_report *report; /* owned until somebody takes it */
    bool taken;                /* the value belongs to somebody by now */
    bool seen;                 /* the error was said to somebody */
    bool alone;                /* only its one reader knows it: invariants 142 and 640 */
    bool own_waiter; /* its waiter is of the loop that produces it: the driver wrote it, and no other
                        thread withdraws it */
    int32_t value_at; /* where the value is, type->size bytes in the same memory: so far from the core */
};

/* What `waiter` holds once the result is there. */
extern struct syni_waiter syni_core_waiter_done;

/* Where the value of CORE is, or will be. */
static inline void *syni_core_value(const struct syni_core *core)
{
    return (char *)(uintptr_t)core + core->value_at;
}

/* VALUE, in the same memory as CORE, is its place. */
static inline void syni_core_place(struct syni_core *core, const void *value)
{
    core->value_at = (int32_t)((const char *)value - (const char *)core);
    SYNI_SURE(syni_core_value(core) == value);
}

/* The core that has NODE as its member.link. */
static inline struct syni_core *syni_member_core(const struct syni_list *node)
{
    return SYNI_CONTAINER(node, struct syni_core, member.link);
}

/* Makes CORE's one slot point to it, with so many references: the reader's, the producer's,
 * and what more the producer needs. Returns its handle. */
static inline struct syn_future syni_core_publish(struct syni_core *core, struct syni_slot *slot,
                                                  unsigned references)
{
    core->slot = slot;
    return (struct syn_future){slot, syni_slot_publish(slot, SYNI_SLOT_CORE, core, references)};
}

/* The handle of it. */
struct syn_future syni_core_handle(struct syni_core *core);

/* Adds a reference to what FUTURE names. Fails: SYN_EINVAL, SYN_ECONSUMED, SYN_EFORKED,
 * or why the future could not be made. USED_UP_TOO: also when somebody has used it up. */
syn_err syni_core_pin(struct syn_future future, bool used_up_too, struct syni_core **out_core);

/* Uses FUTURE up: the reader's reference is the caller's from here on. Fails as pin(), and
 * with SYN_EBUSY while somebody has it reserved. */
syn_err syni_core_consume(struct syn_future future, struct syni_core **out_core);

/* The first half of a consume() by a caller that may find that it must not wait: others that would use
 * FUTURE up get SYN_EBUSY until commit() uses it up, or restore() leaves it as it was. */
syn_err syni_core_reserve(struct syn_future future, struct syni_core **out_core);
void syni_core_commit(struct syni_core *core);
void syni_core_restore(struct syni_core *core);

/* One reference more, by a holder of one. */
void syni_core_hold(struct syni_core *core);

/* As consume(), of a core that nobody else knows (slot.h); NULL: some may, or it does not serve. */
static inline struct syni_core *syni_core_consume_alone(struct syn_future future)
{
    return future.slot ? syni_slot_consume_alone(future.slot, future.generation) : NULL;
}

/* The same of one that has ended: the caller takes its outcome and gives it up. NULL: it may not have, some may
 * know it, or it does not serve. */
static inline struct syni_core *syni_core_consume_ended(struct syn_future future)
{
    struct syni_core *core =
        future.slot ? syni_slot_consume_ended(future.slot, future.generation) : NULL;

    if (core)
        core->alone = true;
    return core;
}

/* It is as it was before consume_alone(). */
static inline void syni_core_undo_consume(struct syni_core *core)
{
    syni_slot_undo_consume(core->slot);
}

/* consume_alone(), or reserve(). */
static inline syn_err syni_core_reserve_or_consume(struct syn_future future,
                                                   struct syni_core **out_core)
{
    struct syni_core *core = syni_core_consume_alone(future);

    if (!core)
        return syni_core_reserve(future, out_core);
    *out_core = core;
    return SYN_OK;
}

/* WAITER, of the loop that produces CORE, is told; CORE is not done, and was consumed alone. Driver. */
static inline void syni_core_wait_here(struct syni_core *core, struct syni_waiter *waiter)
{
    SYNI_INVARIANT(18, !atomic_load_explicit(&core->waiter, memory_order_relaxed));
    core->own_waiter = true;
    /* release: others may look at the waiter, while they hold a reference */
    atomic_store_explicit(&core->waiter, waiter, memory_order_release);
}

/* CORE, of a slot, which is about to be complete, has no reader, or one that waits here, and nobody else knows it.
 * True: from here on nobody will, and what follows is complete_alone(). Driver. */
static inline bool syni_core_close_alone(struct syni_core *core)
{
    /* relaxed: the driver wrote it, and no other thread does while nobody else has a reference */
    struct syni_waiter *waiter = atomic_load_explicit(&core->waiter, memory_order_relaxed);

    if (waiter && !core->own_waiter)
        return false;
    return syni_slot_end_alone(core->slot, SYNI_SLOT_USED_UP +
                                               (waiter ? 2 : SYNI_SLOT_LET_GO + 1));
}
/* It was not true: somebody had come and gone. */
void syni_core_reopen(struct syni_core *core);
/* As complete(), of which its waiter knows. */
static inline void syni_core_end_alone(struct syni_core *core)
{
    SYNI_INVARIANT(142, !(syni_slot_life(core->slot) & SYNI_SLOT_REFERENCES) && !core->alone);
    core->alone = true;
    /* relaxed: only this thread looks from here on */
    atomic_store_explicit(&core->waiter, &syni_core_waiter_done, memory_order_relaxed);
}
/* The same, which tells its waiter. False: it has no reader, and the caller frees it. */
static inline bool syni_core_complete_alone(struct syni_core *core)
{
    struct syni_waiter *waiter = atomic_load_explicit(&core->waiter, memory_order_relaxed);

    syni_core_end_alone(core);
    if (waiter)
        waiter->wake(waiter); /* which gives it up, now or later */
    return waiter;
}

/* Gives one reference up; the last destroys what nobody fetched and frees all. */
void syni_core_unpin(struct syni_core *core);

/* The same for the reader's reference. */
void syni_core_let_go(struct syni_core *core);

/* The reader's reference was not given up: somebody may still read the result. */
bool syni_core_is_wanted(const struct syni_core *core);

/* The result is there: tells the waiter and gives the producer's reference up.
 * CORE may be gone afterwards. */
void syni_core_complete(struct syni_core *core);

/* A failure that nobody was told of: NAME is that of the function, or what it was. */
void syni_core_unobserved(const char *name, syn_err err, enum syn_origin origin,
                          const struct syn_report *report);

/* The same for the end of something: of one that was cancelled, its clean-up may have failed. */
void syni_core_unobserved_end(const char *name, syn_err err, enum syn_origin origin,
                              const struct syn_report *report);

/* To where the call that made it returned; NULL: it is not known. By a holder of a reference. */
static inline const void *syni_core_call(const struct syni_core *core)
{
    return core->ops->call ? core->ops->call(core) : NULL;
}

static inline bool syni_core_done(const struct syni_core *core)
{
    /* acquire: the result, see complete() */
    return atomic_load_explicit(&core->waiter, memory_order_acquire) == &syni_core_waiter_done;
}

/* Cancels its producer, which will complete it, or has; false: there is nobody to
 * cancel. Any thread, with a reference. */
bool syni_core_ask(struct syni_core *core, enum syn_origin origin);

/* Its producer shall have ended by DEADLINE, if it did not have to earlier. */
void syni_core_tighten(struct syni_core *core, int64_t deadline);

/* --- core.c --- */

/* The name of the function that produces it. */
const char *syni_core_name(const struct syni_core *core);

/* Why a future does not serve, in words: the code of pin(), consume() or a busy wait(). */
const char *syni_core_refusal(syn_err err);
/* As the calling thread's report; returns ERR. */
syn_err syni_core_refuse(syn_err err);

/* Somebody waits for it now, though it is not done. */
bool syni_core_is_awaited(const struct syni_core *core);

/* It was used up; by a holder of a reference. */
bool syni_core_is_used_up(const struct syni_core *core);

/* WAITER is told. False: it is done already (and WAITER is not told), or, if BUSY
 * comes back true, somebody else waits. */
bool syni_core_wait(struct syni_core *core, struct syni_waiter *waiter, bool *out_busy);

/* WAITER is not called any more; false: it is being called now, or was. */
bool syni_core_stop_waiting(struct syni_core *core, struct syni_waiter *waiter);

/* Moves the value to OUT (NULL: leaves it to be destroyed). Only when it is done,
 * well, and by its consumer. */
static inline void syni_core_fetch(struct syni_core *core, void *out_value)
{
    if (!out_value)
        return;
    SYNI_INVARIANT(22, !core->taken && !core->err && syni_core_done(core));
    /* Optimized at link time gcc would see a user's int, and warn that 8 bytes do not fit there. */
    __asm__("" : "+r"(out_value));
    syni_copy(out_value, (char *)core + core->value_at, core->type->size);
    core->taken = true;
}

/* Destroys the value if it is there and nobody fetched it. By its consumer, when that
 * goes on as if it were gone: the producer may hold CORE a little longer. */
void syni_core_discard(struct syni_core *core);

/* Destroys what was not fetched, frees the report: the end of a core that has no
 * slot, or no reader left. */
void syni_core_dispose(struct syni_core *core);

/* The same, but for the usual end, of a value that was taken, or that none destroys. */
static inline void syni_core_clear(struct syni_core *core)
{
    if (core->err || core->report || !(core->taken || !core->type->destroy))
        syni_core_dispose(core);
}

#endif
