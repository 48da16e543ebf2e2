/* SPDX-License-Identifier: Apache-2.0
 *
 * Results: completed once, waited for by one, fetched or destroyed once. Any thread.
 */
#include "task/core.h"

#include <stddef.h>
#include <string.h>

#include "base/report.h"
#include "task/deadline.h"
#include "task/frame.h"
#include "task/task_cancel.h"

struct syni_waiter syni_core_waiter_done;

struct syn_future syni_core_handle(struct syni_core *core)
{
    struct syn_future future = {core->slot, syni_slot_generation(core->slot)};

    return future;
}

static syn_err core_take(struct syn_future future, enum syni_slot_take what,
                         struct syni_core **out_core)
{
    struct syni_core *core;

    if (!future.slot)
        return future.generation ? (syn_err)future.generation : SYN_EINVAL;
    core = syni_slot_take(future.slot, future.generation, what);
    if (!core)
        return syni_slot_refusal(future.slot,
                                 syni_slot_is_reserved(future.slot, future.generation)
                                     ? SYN_EBUSY
                                     : SYN_ECONSUMED);
    *out_core = core;
    return SYN_OK;
}

syn_err syni_core_pin(struct syn_future future, bool used_up_too, struct syni_core **out_core)
{
    return core_take(future, used_up_too ? SYNI_SLOT_PIN_ANY : SYNI_SLOT_PIN, out_core);
}

syn_err syni_core_consume(struct syn_future future, struct syni_core **out_core)
{
    return core_take(future, SYNI_SLOT_CONSUME, out_core);
}

syn_err syni_core_reserve(struct syn_future future, struct syni_core **out_core)
{
    return core_take(future, SYNI_SLOT_RESERVE, out_core);
}

void syni_core_commit(struct syni_core *core)
{
    syni_slot_commit(core->slot);
}

void syni_core_restore(struct syni_core *core)
{
    syni_slot_restore(core->slot);
}

const char *syni_core_refusal(syn_err err)
{
    switch (err) {
    case SYN_EINVAL:
        return "the future was never made: its struct is all zero, or was never assigned";
    case SYN_ECONSUMED:
        return "the future was used up before: got, awaited, cancelled, detached, shared or given "
               "a callback";
    case SYN_EFORKED:
        return "the future is one of the parent process, where its call runs on; make the call again "
               "here";
    case SYN_EBUSY:
        return "another task or thread waits for this future; share it with future_share()";
    case SYN_ENOMEM:
        return "the future was not made: there was no memory for the call";
    case SYN_EABI:
        return "the future was not made: its function was compiled against another version of the "
               "headers";
    default:
        return "the future was not made: the call was refused";
    }
}

syn_err syni_core_refuse(syn_err err)
{
    return syni_refuse(err, "%s", syni_core_refusal(err));
}

static void (*_Atomic on_unobserved)(void *user, const char *function, syn_err err,
                                     const struct syn_report *report);
static void *_Atomic unobserved_user;

void syn_on_unobserved(void (*fn)(void *user, const char *function, syn_err err,
                                  const struct syn_report *report),
                       void *user)
{
    atomic_store(&on_unobserved, NULL);
    atomic_store(&unobserved_user, user);
    atomic_store(&on_unobserved, fn);
}

void syni_core_unobserved(const char *name, syn_err err, enum syn_origin origin,
                          const struct syn_report *report)
{
    void (*fn)(void *, const char *, syn_err, const struct syn_report *) =
        atomic_load(&on_unobserved);

    if (fn && !syni_task_origin_is_request(origin))
        fn(atomic_load(&unobserved_user), name, err, report);
}

void syni_core_discard(struct syni_core *core)
{
    if (!syni_core_done(core) || core->err || core->taken || !core->type->destroy)
        return;
    core->taken = true;
    core->type->destroy(syni_core_value(core));
}

void syni_core_unobserved_end(const char *name, syn_err err, enum syn_origin origin,
                              const struct syn_report *report)
{
    const struct syn_report *late = syni_report_of_clean_up(report);

    if (syni_task_origin_is_request(origin) && late)
        syni_core_unobserved(name, late->code, SYN_BY_TASK, late);
    else
        syni_core_unobserved(name, err, origin, report);
}

void syni_core_dispose(struct syni_core *core)
{
    if (core->err && !core->seen && syni_core_done(core))
        syni_core_unobserved_end(syni_core_name(core), core->err, core->origin, core->report);
    syni_core_discard(core);
    syni_report_free(core->report);
    core->report = NULL;
}

void syni_core_hold(struct syni_core *core)
{
    syni_slot_take(core->slot, syni_slot_generation(core->slot), SYNI_SLOT_PIN_ANY);
}

static void core_end(struct syni_core *core)
{
    syni_core_clear(core);
    core->ops->free(core);
}

void syni_core_unpin(struct syni_core *core)
{
    if (syni_slot_unpin(core->slot))
        core_end(core);
}

void syni_core_let_go(struct syni_core *core)
{
    if (core->alone || syni_slot_let_go(core->slot))
        core_end(core);
}

bool syni_core_is_wanted(const struct syni_core *core)
{
    return syni_slot_is_wanted(core->slot);
}

void syni_core_complete(struct syni_core *core)
{
    struct syni_slot *slot = core->slot;
    /* release: the result; acquire: the waiter's own fields */
    struct syni_waiter *waiter =
        atomic_exchange_explicit(&core->waiter, &syni_core_waiter_done, memory_order_acq_rel);

    SYNI_INVARIANT(18, waiter != &syni_core_waiter_done);
    SYNI_INVARIANT(23, slot || waiter);
    SYNI_DELAY(core_done);
    if (waiter)
        waiter->wake(waiter);
    SYNI_DELAY(core_unpin);
    /* Without a slot CORE lay on the stack of that waiter, and is gone. */
    if (slot)
        syni_core_unpin(core);
}

void syni_core_reopen(struct syni_core *core)
{
    bool awaited = atomic_load_explicit(&core->waiter, memory_order_relaxed);

    SYNI_INVARIANT(142, !core->alone);
    syni_slot_undo_end_alone(core->slot, awaited ? 2 : 1);
}

bool syni_core_is_awaited(const struct syni_core *core)
{
    /* relaxed: a hint; to wait is to find out */
    struct syni_waiter *waiter = atomic_load_explicit(&core->waiter, memory_order_relaxed);

    return waiter && waiter != &syni_core_waiter_done;
}

bool syni_core_is_used_up(const struct syni_core *core)
{
    return syni_slot_is_used_up(core->slot);
}

bool syni_core_ask(struct syni_core *core, enum syn_origin origin)
{
    if (syni_core_task(core))
        syni_task_request(syni_core_task(core), origin);
    else if (core->ops->cancel)
        core->ops->cancel(core, origin);
    else
        return false;
    return true;
}

void syni_core_tighten(struct syni_core *core, int64_t deadline)
{
    if (syni_core_task(core))
        syni_task_tighten(syni_core_task(core), deadline);
    else if (core->ops->tighten)
        core->ops->tighten(core, deadline);
}

const char *syni_core_name(const struct syni_core *core)
{
    while (!syni_core_task(core) && core->ops->source)
        core = core->ops->source(core);
    if (syni_core_task(core))
        return syni_core_task(core)->function->name;
    return core->ops->name ? core->ops->name(core) : "a promise";
}

bool syni_core_wait(struct syni_core *core, struct syni_waiter *waiter, bool *out_busy)
{
    struct syni_waiter *nobody = NULL;
    /* release: the waiter's fields; acquire on failure: the result */
    bool waits = atomic_compare_exchange_strong_explicit(
        &core->waiter, &nobody, waiter, memory_order_release, memory_order_acquire);

    *out_busy = !waits && nobody != &syni_core_waiter_done;
    return waits;
}

bool syni_core_stop_waiting(struct syni_core *core, struct syni_waiter *waiter)
{
    return atomic_compare_exchange_strong_explicit(&core->waiter, &waiter, NULL,
                                                   memory_order_acquire, memory_order_acquire);
}
