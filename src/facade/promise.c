/* SPDX-License-Identifier: Apache-2.0
 *
 * Promises made by hand: a core with room for the value behind it.
 *
 * Any thread, any number of them. `claimed` decides who is first; only he writes.
 * The promise's own name is a handle with a generation like a future's, so that
 * completing long after everybody is gone is answered and not a use after free.
 */
#include "facade/home.h"

#include <stdio.h>
#include <string.h>

#include "base/report.h"

struct promise {
    struct syni_core core;
    const char *file;
    int line;
    atomic_bool claimed;
    union {
        long double number;
        void *pointer;
        long long integer;
    } value[]; /* core.type->size bytes, aligned for anything */
};

static size_t size_of(const struct syn_type *type)
{
    return sizeof(struct promise) + type->size;
}

static void free_promise(struct syni_core *core)
{
    struct promise *promise = SYNI_CONTAINER(core, struct promise, core);

    syni_frame_free(promise, size_of(core->type), core->slot);
}

static const struct syni_core_ops promise_ops = {.free = free_promise};

syn_err syni_promise_new(const struct syn_type *type, const char *file, int line,
                         struct syn_promise *out_promise, struct syn_future *out_future)
{
    struct syni_slot *slot;
    struct promise *promise = syni_frame_new(size_of(type), &slot);

    if (!promise) {
        *out_future = (struct syn_future){NULL, SYN_ENOMEM};
        *out_promise = (struct syn_promise){NULL, 0};
        return syni_refuse(SYN_ENOMEM, "no memory for a promise");
    }
    promise->core.type = type;
    promise->core.value = promise->value;
    promise->core.ops = &promise_ops;
    promise->file = file;
    promise->line = line;
    syni_core_publish(&promise->core, slot);
    *out_future = syni_core_handle(&promise->core);
    out_promise->slot = out_future->slot;
    out_promise->generation = out_future->generation;
    return SYN_OK;
}

/* Claims it for the caller, who holds a reference then. */
static syn_err claim(struct syn_promise promise, struct promise **out_promise)
{
    struct syn_future name = {promise.slot, promise.generation};
    struct syni_core *core;
    struct promise *p = NULL;

    if (!promise.slot)
        return syni_refuse(SYN_EINVAL, "the promise was never made");
    if (syni_core_pin(name, true, &core))
        return syni_answer(SYN_EALREADY);
    p = SYNI_CONTAINER(core, struct promise, core);
    if (atomic_exchange(&p->claimed, true)) {
        syni_core_unpin(core);
        return syni_answer(SYN_EALREADY);
    }
    *out_promise = p;
    return SYN_OK;
}

static void finish(struct promise *promise)
{
    syni_core_complete(&promise->core);
    syni_core_unpin(&promise->core);
}

syn_err syni_promise_complete(struct syn_promise promise, const void *result)
{
    struct promise *p = NULL;
    syn_err err = claim(promise, &p);

    if (err)
        return err;
    if (p->core.type->size && result)
        memcpy(p->core.value, result, p->core.type->size);
    finish(p);
    return SYN_OK;
}

static void fail(struct promise *promise, syn_err code, enum syn_origin origin,
                 const char *message)
{
    promise->core.err = code;
    promise->core.origin = origin;
    promise->core.report = syni_report_new(code, origin, message);
    finish(promise);
}

syn_err syni_promise_fail(struct syn_promise promise, syn_err code, const char *message)
{
    struct promise *p = NULL;
    syn_err err = claim(promise, &p);

    if (!err)
        fail(p, code ? code : SYN_EINVAL, SYN_BY_TASK, message);
    return err;
}

syn_err syni_promise_drop(struct syn_promise promise)
{
    struct promise *p = NULL;
    syn_err err = claim(promise, &p);
    char message[SYN_MESSAGE_MAX];

    if (err)
        return err;
    snprintf(message, sizeof message, "made at %s:%d", p->file, p->line);
    fail(p, SYN_EBROKEN, SYN_BY_TASK, message);
    return SYN_OK;
}
