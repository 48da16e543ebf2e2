/* SPDX-License-Identifier: Apache-2.0
 *
 * Promises made by hand: a core with room for the value behind it.
 *
 * Any thread, any number of them. A mark of the slot decides which thread is first; only that one writes, and has the
 * producer's reference.
 * The promise's own name is a handle with a generation like a future's, so that
 * completing long after everybody is gone is answered and not a use after free.
 */
#include "future/future.h"

#include <stdio.h>

#include "base/report.h"
#include "task/frame.h"

struct promise {
    struct syni_core core;
    const char *file;
    int line;
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

static const char *promise_site(const struct syni_core *core, int *out_line)
{
    const struct promise *promise = SYNI_CONTAINER(core, const struct promise, core);

    *out_line = promise->line;
    return promise->file;
}

static const struct syni_core_ops promise_ops = {.free = free_promise, .site = promise_site};
static const struct syni_core_ops refused_ops = {.free = free_promise};

/* NULL: there is no memory. FILE, LINE: where the program makes it; NULL, it does not. */
static struct promise *promise_make(const struct syn_type *type, const struct syni_core_ops *ops,
                                    const char *file, int line)
{
    struct syni_slot *slot;
    struct promise *promise = syni_frame_new(syni_self(), size_of(type), &slot);

    if (!promise)
        return NULL;
    promise->core.type = type;
    syni_core_place(&promise->core, promise->value);
    promise->core.ops = ops;
    promise->file = file;
    promise->line = line;
    syni_core_publish(&promise->core, slot, 2);
    return promise;
}

syn_err syni_promise_new(const struct syn_type *type, const char *file, int line,
                         struct syn_promise *out_promise, struct syn_future *out_future)
{
    bool ours = type->abi == SYNI_ABI_OF(syn_type);
    struct promise *promise = ours ? promise_make(type, &promise_ops, file, line) : NULL;
    syn_err err = ours ? SYN_ENOMEM : SYN_EABI;

    if (!promise) {
        *out_future = (struct syn_future){NULL, (uint32_t)err};
        *out_promise = (struct syn_promise){NULL, 0};
        return syni_refuse(err, ours ? "no memory for a promise"
                                     : "a promise: compiled against another version of the headers");
    }
    *out_future = syni_core_handle(&promise->core);
    out_promise->slot = out_future->slot;
    out_promise->generation = out_future->generation;
    return SYN_OK;
}

struct syn_future syni_promise_refused(const struct syn_type *type, syn_err err,
                                       struct syn_report *report)
{
    struct promise *promise = promise_make(type, &refused_ops, NULL, 0);
    struct syn_future future = {NULL, (uint32_t)err};

    if (!promise) {
        syni_report_free(report);
        return future;
    }
    future = syni_core_handle(&promise->core);
    promise->core.err = err;
    promise->core.origin = SYN_BY_LIBRARY;
    promise->core.report = report;
    syni_core_complete(&promise->core);
    return future;
}

syn_err syni_promise_use_up_refused(struct syni_core *core)
{
    struct syn_report *report;
    syn_err err;

    if (core->ops != &refused_ops)
        return SYN_OK; /* its producer may be writing the outcome at this moment */
    report = core->report;
    err = core->err;
    core->report = NULL;
    core->seen = true;
    syni_core_commit(core);
    syni_report_keep(err, core->origin, report);
    syni_core_let_go(core);
    return err;
}

syn_err syni_promise_look_at_refused(struct syni_core *core)
{
    if (core->ops != &refused_ops)
        return SYN_OK;
    return syni_report_keep(core->err, core->origin, syni_report_copy(core->report));
}

/* Claims it for the caller. */
static syn_err promise_claim(struct syn_promise promise, struct promise **out_promise)
{
    struct syni_core *core;

    if (!promise.slot)
        return syni_refuse(SYN_EINVAL, "the promise was never made");
    core = syni_slot_take(promise.slot, promise.generation, SYNI_SLOT_CLAIM);
    if (core) {
        *out_promise = SYNI_CONTAINER(core, struct promise, core);
        return SYN_OK;
    }
    if (syni_slot_refusal(promise.slot, SYN_OK))
        return syni_refuse(SYN_EFORKED,
                           "the promise is one of the parent process, which completes its own");
    return syni_answer(SYN_EALREADY);
}

/* The value stays the caller's. */
static syn_err refuse_unwanted(struct promise *promise)
{
    promise->core.taken = true;
    return syni_refuse(SYN_EUNWANTED, "nobody waits any more for the promise made at %s:%d",
                       promise->file, promise->line);
}

syn_err syni_promise_complete(struct syn_promise promise, const void *result)
{
    struct promise *p = NULL;
    syn_err err = promise_claim(promise, &p);

    if (err)
        return err;
    /* Before it is there: then its reader may be gone already, with it. */
    if (!syni_core_is_wanted(&p->core))
        err = refuse_unwanted(p);
    else if (p->core.type->size && result)
        syni_copy(syni_core_value(&p->core), result, p->core.type->size);
    syni_core_complete(&p->core);
    return err;
}

int syni_promise_is_wanted(struct syn_promise promise)
{
    return promise.slot && syni_slot_is_promised(promise.slot, promise.generation);
}

static void promise_fail(struct promise *promise, syn_err code, enum syn_origin origin,
                         const char *message)
{
    promise->core.err = code;
    promise->core.origin = origin;
    promise->core.report = syni_report_new(code, origin, message);
    syni_core_complete(&promise->core);
}

syn_err syni_promise_fail(struct syn_promise promise, syn_err code, const char *message)
{
    struct promise *p = NULL;
    syn_err err = promise_claim(promise, &p);

    if (err)
        return err;
    if (code)
        promise_fail(p, code, SYN_BY_TASK, message);
    else
        promise_fail(
            p, SYN_EINVAL, SYN_BY_TASK,
            "promise_fail was given 0, which is no error; to end it well write promise_complete");
    return SYN_OK;
}

syn_err syni_promise_drop(struct syn_promise promise)
{
    struct promise *p = NULL;
    syn_err err = promise_claim(promise, &p);
    char message[SYN_MESSAGE_MAX];

    if (err)
        return err;
    snprintf(message, sizeof message, "made at %s:%d", p->file, p->line);
    promise_fail(p, SYN_EBROKEN, SYN_BY_TASK, message);
    return SYN_OK;
}
