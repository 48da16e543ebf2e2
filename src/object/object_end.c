/* SPDX-License-Identifier: Apache-2.0
 *
 * Objects: holding them, letting go, and their destructors.
 *
 * A destructor is a task in the object's own memory, without a slot and without a reader: its
 * waiter is the object. It is begun by the last holder that let go, on whatever thread, or by a stop;
 * everything after that is the driver's. It is sheltered, so neither a stop nor anybody else
 * cancels it, and counts as clean-up for on_stuck.
 *
 * A home is not shut before its list of residents is empty, so a destructor that was begun
 * always finds it open; but for one that died, or gave up, and then it ends at once.
 */
#include "object/object.h"

#include <string.h>

#include "base/fork.h"
#include "base/mem.h"
#include "base/report.h"
#include "life/life.h"
#include "loop/role.h"
#include "task/engine.h"
#include "task/frame.h"
#include "task/home.h"
#include "task/shelter.h"

static void run_next(struct syni_object *object);

size_t syni_object_destructors_size(const struct syn_class *object_class)
{
    size_t most = 0;

    for (; object_class; object_class = object_class->parent)
        if (object_class->destructor && object_class->destructor->function.frame_size > most)
            most = object_class->destructor->function.frame_size;
    return most;
}

/* Others than its driver do not look at a loop, which may be started again at this moment. */
static bool object_end_by_death(struct syni_home *home)
{
    enum syni_life life = atomic_load_explicit(&home->life, memory_order_acquire);

    if (syni_drives(&home->loop))
        return home->loop.died != SYN_OK;
    if (life == SYNI_LIFE_ENDED || life == SYNI_LIFE_REAPING)
        return syni_life_refusal(home) == SYN_ELOOPDEAD;
    return life == SYNI_LIFE_DYING || life == SYNI_LIFE_DEAD;
}

/* It ended: takes it off all lists, and tells its closers. */
static void object_end_is_over(struct syni_object *object)
{
    struct syni_closer *closers;

    object->refusal = object_end_by_death(object->home) ? SYN_ELOOPDEAD : SYN_ECLOSED;
    syni_mutex_lock(&syni_residents_lock);
    SYNI_INVARIANT(40, object->state != SYNI_OBJECT_ENDED);
    object->state = SYNI_OBJECT_ENDED;
    syni_identity_remove(object);
    syni_list_remove(&object->resident.link);
    closers = object->closers;
    object->closers = NULL;
    syni_mutex_unlock(&syni_residents_lock);
    if (object->err && !closers)
        syni_core_unobserved(object->object.object_class->name, object->err, object->origin,
                             object->report);
    while (closers) {
        struct syni_closer *closer = closers;

        closers = closer->next;
        if (object->err)
            syni_promise_fail(closer->promise, object->err,
                              object->report ? object->report->message : NULL);
        else
            syni_promise_complete(closer->promise, NULL);
        syni_free(closer, sizeof *closer);
    }
}

/* Nothing is left to run. */
static void object_end_finish(struct syni_object *object)
{
    object_end_is_over(object);
    syn_object_release(&object->object); /* the destructor's */
}

/* The first error is the object's. */
static void object_end_note(struct syni_object *object, syn_err err, enum syn_origin origin,
                            struct syn_report *report)
{
    if (!err || object->err) {
        syni_report_free(report);
        return;
    }
    object->err = err;
    object->origin = origin;
    object->report = report;
}

/* By the driver, inside the end of the destructor's task: its last touch. */
static void destructor_ended(struct syni_waiter *waiter)
{
    struct syni_object *object = SYNI_CONTAINER(waiter, struct syni_object, waiter);
    struct syni_core *core = &object->frame->core;

    /* Abandoned: the parents' have nowhere to run either. */
    object->level = core->err && core->origin != SYN_BY_TASK ? NULL : object->level->parent;
    object_end_note(object, core->err, core->origin, core->report);
    run_next(object);
}

/* There is no loop for it any more. */
static void not_run(struct syni_object *object, syn_err err)
{
    syni_local_release(object->frame->locals);
    object_end_note(object, err, SYN_BY_LIBRARY, NULL);
    object_end_finish(object);
}

static void destructor_arrives(struct syni_job *job)
{
    struct syni_task *task = SYNI_CONTAINER(job, struct syni_task, core.job);

    if (syni_home_gave_up(task->home)) {
        not_run(SYNI_CONTAINER(task->core.waiter, struct syni_object, waiter), SYN_EABANDONED);
        return;
    }
    syni_home_watch_cleanup(task->home, task);
    job->run = syni_engine_run; /* at each resume, too */
    syni_engine_run(job);
}

static void run_next(struct syni_object *object)
{
    const struct syn_destructor *destructor;
    struct syni_task *task = object->frame;

    while (object->level && !object->level->destructor)
        object->level = object->level->parent;
    if (!object->level) {
        object_end_finish(object);
        return;
    }
    destructor = object->level->destructor;
    memset(task, 0, destructor->function.frame_size);
    task->function = &destructor->function;
    destructor->begin((struct syn_task *)(void *)task, &object->object);
    syni_frame_init(task, object->home, NULL, syni_heritage_of(syni_self(), syni_home_now()));
    SYNI_FRAME_MADE(syni_self(), task);
    task->core.job.run = destructor_arrives;
    syni_shelter_begin(task);
    task->deadline = SYNI_NEVER;
    object->waiter.wake = destructor_ended;
    /* relaxed: nobody knows the task yet */
    atomic_store_explicit(&task->core.waiter, &object->waiter, memory_order_relaxed);
    if (!syni_call_launch(task))
        not_run(object, syni_life_refusal(object->home));
}

void syni_object_destroy(struct syni_object *object, const struct syn_class *level)
{
    object->level = level;
    run_next(object);
}

/* --- references --- */

void syni_object_free(struct syni_object *object)
{
    syni_object_uncount(object);
    syni_report_free(object->report);
    syni_free(object, object->bytes);
}

struct syn_object *syn_object_retain(struct syn_object *object)
{
    /* relaxed: the caller holds one, or the lock under which the last one is given up */
    if (object)
        atomic_fetch_add_explicit(&SYNI_OBJECT(object)->references, 1, memory_order_relaxed);
    return object;
}

/* Gives up what looks like the last reference. Under the lock, so that a look-up, which holds it too,
 * finds no object alive that nobody holds: neither to make a second wrapper beside it, nor to bring
 * back one that is ending (invariant 44). */
static void release_last(struct syni_object *object)
{
    bool last, ends;

    SYNI_DELAY(object_unheld);
    if (object->process != syni_process()) { /* its destructor is the parent's to run */
        if (atomic_fetch_sub_explicit(&object->references, 1, memory_order_acq_rel) == 1)
            syni_object_free(object);
        return;
    }
    syni_mutex_lock(&syni_residents_lock);
    /* acq_rel: the last one sees what the others did to it before they let go */
    last = atomic_fetch_sub_explicit(&object->references, 1, memory_order_acq_rel) == 1;
    ends = last && object->state == SYNI_ALIVE;
    if (ends) {
        object->references = 1; /* the destructor's */
        object->state = SYNI_ENDING;
        syni_identity_remove(object);
    }
    syni_mutex_unlock(&syni_residents_lock);
    SYNI_DELAY(object_ending);
    if (ends)
        syni_object_destroy(object, object->object.object_class);
    else if (last)
        syni_object_free(object);
}

void syn_object_release(struct syn_object *public_object)
{
    struct syni_object *object = SYNI_OBJECT(public_object);
    long n;

    if (!object)
        return;
    n = atomic_load_explicit(&object->references, memory_order_relaxed);
    while (n > 1)
        /* release: pairs with the last one's acquire */
        if (atomic_compare_exchange_weak_explicit(&object->references, &n, n - 1,
                                                  memory_order_release, memory_order_relaxed))
            return;
    release_last(object);
}

/* --- as a resident --- */

static bool object_end_claim(struct syni_resident *resident, bool *out_wait)
{
    struct syni_object *object = SYNI_CONTAINER(resident, struct syni_object, resident);

    if (object->state == SYNI_ALIVE) {
        syn_object_retain(&object->object); /* the destructor's */
        object->state = SYNI_ENDING;
        syni_identity_remove(object);
        return true;
    }
    /* ENDING: the last holder that let go posts the destructor; without one it only frees it, and tells
     * nobody. */
    *out_wait = object->frame != NULL;
    return false;
}

static void object_end_end(struct syni_resident *resident, bool may_run)
{
    struct syni_object *object = SYNI_CONTAINER(resident, struct syni_object, resident);

    syni_object_destroy(object, may_run ? object->object.object_class : NULL);
}

const struct syni_resident_ops syni_object_residence = {object_end_claim, object_end_end};
