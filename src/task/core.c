/* SPDX-License-Identifier: Apache-2.0
 *
 * Results and their references. Any thread.
 *
 * The reference count and the generation share one word, so that "is this handle
 * still good, and if so hold the thing" is one atomic step.
 */
#include "task/core.h"

#include <stddef.h>
#include <string.h>

#include "base/report.h"

#define GENERATION_SHIFT 32
#define USED_UP ((uint64_t)1 << 31)
#define REFERENCES (USED_UP - 1)

/* What `waiter` holds once the result is there. */
static struct syni_waiter done;

void syni_core_publish(struct syni_core *core, struct syni_slot *slot)
{
    uint64_t life = atomic_load_explicit(&slot->life, memory_order_relaxed);

    core->slot = slot;
    slot->core = core;
    /* release: who pins sees the core; the generation goes on from the last one */
    atomic_store_explicit(&slot->life,
                          (((life >> GENERATION_SHIFT) + 1) << GENERATION_SHIFT) + 2,
                          memory_order_release);
}

struct syn_future syni_core_handle(struct syni_core *core)
{
    struct syn_future future = {
        core->slot,
        (uint32_t)(atomic_load_explicit(&core->slot->life, memory_order_relaxed) >>
                   GENERATION_SHIFT),
    };
    return future;
}

/* Moves FUTURE's life by ADD, if none of REFUSED is set. */
static syn_err take(struct syn_future future, uint64_t refused, uint64_t add,
                    struct syni_core **out_core)
{
    uint64_t life;

    if (!future.slot)
        return future.generation ? (syn_err)future.generation : SYN_EINVAL;
    life = atomic_load_explicit(&future.slot->life, memory_order_relaxed);
    do {
        if (life >> GENERATION_SHIFT != future.generation || !(life & REFERENCES) ||
            (life & refused))
            return SYN_ECONSUMED;
        /* acquire: pairs with the release in publish() */
    } while (!atomic_compare_exchange_weak_explicit(&future.slot->life, &life, life + add,
                                                    memory_order_acquire, memory_order_relaxed));
    *out_core = future.slot->core;
    return SYN_OK;
}

syn_err syni_core_pin(struct syn_future future, bool used_up_too, struct syni_core **out_core)
{
    return take(future, used_up_too ? 0 : USED_UP, 1, out_core);
}

syn_err syni_core_consume(struct syn_future future, struct syni_core **out_core)
{
    return take(future, USED_UP, USED_UP, out_core);
}

void syni_core_restore(struct syni_core *core)
{
    atomic_fetch_sub_explicit(&core->slot->life, USED_UP, memory_order_relaxed);
}

void syni_core_dispose(struct syni_core *core)
{
    if (!core->err && !core->taken && core->type->destroy && syni_core_done(core)) {
        core->taken = true;
        core->type->destroy(core->value);
    }
    syni_report_free(core->report);
    core->report = NULL;
}

void syni_core_unpin(struct syni_core *core)
{
    /* acq_rel: the last one sees what the others did with it */
    uint64_t before = atomic_fetch_sub_explicit(&core->slot->life, 1, memory_order_acq_rel);

    if ((before & REFERENCES) != 1)
        return;
    syni_core_dispose(core);
    core->free(core);
}

void syni_core_complete(struct syni_core *core)
{
    struct syni_slot *slot = core->slot;
    /* release: the result; acquire: the waiter's own fields */
    struct syni_waiter *waiter =
        atomic_exchange_explicit(&core->waiter, &done, memory_order_acq_rel);

    if (waiter)
        waiter->wake(waiter);
    /* Without a slot CORE lay on the stack of that waiter, and is gone. */
    if (slot)
        syni_core_unpin(core);
}

bool syni_core_done(const struct syni_core *core)
{
    /* acquire: the result, see complete() */
    return atomic_load_explicit(&core->waiter, memory_order_acquire) == &done;
}

bool syni_core_wait(struct syni_core *core, struct syni_waiter *waiter, bool *out_busy)
{
    struct syni_waiter *nobody = NULL;
    /* release: the waiter's fields; acquire on failure: the result */
    bool waits = atomic_compare_exchange_strong_explicit(
        &core->waiter, &nobody, waiter, memory_order_release, memory_order_acquire);

    *out_busy = !waits && nobody != &done;
    return waits;
}

bool syni_core_stop_waiting(struct syni_core *core, struct syni_waiter *waiter)
{
    return atomic_compare_exchange_strong_explicit(&core->waiter, &waiter, NULL,
                                                   memory_order_acquire, memory_order_acquire);
}

void syni_core_fetch(struct syni_core *core, void *out_value)
{
    if (!out_value)
        return;
    if (core->type->size)
        memcpy(out_value, core->value, core->type->size);
    core->taken = true;
}
