/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls of methods: as other calls, but where the object lives, and holding it.
 *
 * Any thread. The reference is taken when the frame is made and given up at the task's end,
 * before anybody gets the outcome; so a waiter for the last call of an object finds
 * that its destructor was begun.
 */
#include "object/object.h"

#include <stdio.h>

#include "base/fork.h"
#include "base/mem.h"
#include "base/report.h"
#include "circle/circle.h"
#include "future/future.h"
#include "life/life.h"
#include "loop/role.h"
#include "task/engine.h"
#include "task/home.h"

syn_err syni_method_home(const struct syn_object *public_object, struct syni_home **out_home)
{
    const struct syni_object *object = (const struct syni_object *)(const void *)public_object;
    /* acquire: pairs with the lock's release; what a constructor made is there */
    enum syni_object_state state = atomic_load_explicit(&object->state, memory_order_acquire);
    struct syni_home *home = object->home;

    if (object->process != syni_process())
        return SYN_EFORKED;
    if (state == SYNI_OBJECT_ENDED) /* HOME may be gone */
        return object->refusal;
    if (syni_drives(&home->loop)) {
        *out_home = home;
        return SYN_OK;
    }
    if (!syni_home_accepts(home))
        return syni_life_refusal(home);
    if (state == SYNI_ENDING)
        return SYN_ECLOSED;
    *out_home = home;
    return SYN_OK;
}

static syn_err method_place(const struct syn_function *function, const struct syn_object *object,
                            struct syni_home **out_home)
{
    if (function->abi != SYNI_ABI_OF(syn_function) || function->task_size != sizeof(struct syn_task))
        return SYN_EABI;
    if (!object)
        return SYN_EINVAL;
    return syni_method_home(object, out_home);
}

/* Once more on the loop: the call may have been under way while that was stopped, its objects
 * ended, and started again. */
syn_err syni_method_begins(struct syn_task *public_frame)
{
    struct syni_method_frame *frame = (struct syni_method_frame *)(void *)public_frame;
    enum syni_object_state state;

    if (!frame->object) /* a destructor */
        return SYN_OK;
    state = SYNI_OBJECT(frame->object)->state;
    return state == SYNI_OBJECT_ENDED || (state == SYNI_ENDING && !SYNI_TASK(frame)->sheltered)
               ? SYN_ECLOSED
               : SYN_OK;
}

void syni_method_ended(struct syn_task *public_frame)
{
    struct syni_method_frame *frame = (struct syni_method_frame *)(void *)public_frame;
    struct syn_object *object = frame->object;

    frame->object = NULL;
    syn_object_release(object);
}

/* A job works to its end; if its task was abandoned before, the object must stay, for good. */
void syni_method_blocking_ended(struct syn_task *frame)
{
    if (!SYNI_TASK(frame)->abandoned)
        syni_method_ended(frame);
}

struct syn_strand *syni_object_strand(struct syn_object *object)
{
    return &SYNI_OBJECT(object)->strand;
}

static struct syn_report *refusal(const struct syn_function *function, syn_err err)
{
    const char *why = "its object has ended, or its synchronizer takes no calls";

    if (err == SYN_EINVAL)
        why = "there is no object";
    else if (err == SYN_EABI)
        why = "compiled against another version of the headers";
    else if (err == SYN_EFORKED)
        why = "the object is one of the parent process; make one here";
    else if (err == SYN_ELOOPDEAD)
        why = "its object was lost when the loop of its synchronizer died";
    return syni_report_format(err, SYN_BY_LIBRARY, "%s: %s", function->name, why);
}

static syn_err method_refuse(const struct syn_function *function, syn_err err)
{
    return syni_report_keep(err, SYN_BY_LIBRARY, refusal(function, err));
}

syn_err syni_method_call(struct syn_task *public_frame, struct syn_object *object,
                         void *out_result)
{
    struct syni_method_frame *frame = (struct syni_method_frame *)(void *)public_frame;
    const struct syn_function *function = public_frame->function;
    struct syni_home *home = NULL;
    syn_err err = method_place(function, object, &home);

    if (err == SYN_EABI)
        return method_refuse(function, err);
    if (err)
        syni_call_not_made(SYNI_TASK(frame));
    if (err == SYN_EINVAL) {
        syni_task_drop_arguments(SYNI_TASK(frame));
        return method_refuse(function, err);
    }
    syni_object_made_by(object, function);
    frame->object = syn_object_retain(object);
    err = err ? method_refuse(function, err) : syni_call_on(SYNI_TASK(frame), home, out_result);
    syni_task_drop_arguments(SYNI_TASK(frame));
    if (frame->object) { /* it never began */
        SYNI_TASK(frame)->core.err = err;
        function->ended(public_frame);
    }
    return err;
}

struct syn_task *syni_method_new(const struct syn_function *function, struct syn_object *object,
                                 struct syn_future *out_future)
{
    struct syni_home *home = NULL;
    struct syni_task *task;
    syn_err err = method_place(function, object, &home);

    if (err) {
        *out_future = syni_promise_refused(&function->type, err, refusal(function, err));
        return NULL;
    }
    task = syni_call_new_on(function, home, out_future);
    if (!task)
        return NULL;
    syni_object_made_by(object, function);
    ((struct syni_method_frame *)(void *)task)->object = syn_object_retain(object);
    return (struct syn_task *)(void *)task;
}

struct syn_task *syni_method_new_generator(const struct syn_generator *generator,
                                           struct syn_object *object,
                                           struct syn_channel *out_channel,
                                           struct syni_channel **out_own)
{
    struct syni_home *home = NULL;
    struct syni_task *task;
    syn_err err = method_place(&generator->function, object, &home);

    if (!err)
        err = syni_generator_new_on(generator, home, out_channel, out_own, &task);
    if (err) {
        *out_channel = (struct syn_channel){NULL, (uint32_t)err, 0};
        return NULL;
    }
    ((struct syni_method_frame *)(void *)task)->object = syn_object_retain(object);
    return (struct syn_task *)(void *)task;
}

const struct syn_override *syni_override(const struct syn_object *object,
                                         const struct syn_class *base, void (*fn)(void))
{
    for (const struct syn_class *c = object->object_class; c && c != base; c = c->parent)
        for (size_t i = 0; i < c->n_overrides; i++)
            if (c->overrides[i].overridden == fn)
                return &c->overrides[i];
    return NULL;
}

void *syni_direct_me(struct syn_object *object, const char *name)
{
    char complaint[120];

    if (object)
        return object->implementation;
    snprintf(complaint, sizeof complaint, "%s was called on no object", name);
    syni_panic(complaint);
}

/* --- closing --- */

SYN_PROMISE(void, closed);

/* OBJECT, which ENDED or will, completes it. */
static syn_err add_closer(struct syni_object *object, struct syni_closer *closer)
{
    bool over;

    syni_mutex_lock(&syni_residents_lock);
    over = object->state == SYNI_OBJECT_ENDED;
    if (!over) {
        closer->next = object->closers;
        object->closers = closer;
    }
    syni_mutex_unlock(&syni_residents_lock);
    return over ? SYN_ECLOSED : SYN_OK;
}

struct syn_object_close_future syn_object_close_future(struct syn_object *object)
{
    struct syn_object_close_future future = {{{NULL, SYN_ENOMEM}}};
    struct syni_closer *closer;

    if (object && SYNI_OBJECT(object)->process != syni_process()) {
        syn_object_release(object);
        future.u.handle.generation = SYN_EFORKED;
        return future;
    }
    closer = syni_alloc(sizeof *closer);
    if (!closer)
        return future;
    if (syni_promise_new(&syni_type_of_closed, __FILE__, __LINE__, &closer->promise,
                         &future.u.handle) != SYN_OK) {
        syni_free(closer, sizeof *closer);
        return future;
    }
    if (!object || add_closer(SYNI_OBJECT(object), closer) != SYN_OK) {
        syni_promise_complete(closer->promise, NULL);
        syni_free(closer, sizeof *closer);
    }
    syn_object_release(object);
    return future;
}

syn_err syn_object_close(struct syn_object *object)
{
    struct syni_home *home = NULL;
    struct syn_object_close_future future;

    if (!object)
        return SYN_OK;
    if (syni_method_home(object, &home) == SYN_OK && syni_drives(&home->loop))
        return syni_refuse(SYN_EDEADLK,
                           "closing a %s on the thread that drives its synchronizer '%s' would "
                           "wait for itself; write co_await(..._close_future(...)) there",
                           object->object_class->name, home->loop.name);
    future = syn_object_close_future(object);
    return syn_future_get(future);
}
