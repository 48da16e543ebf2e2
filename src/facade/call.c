/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls: from a plain thread, by blocking, with a frame on its stack; and from
 * anywhere, as a future, with a frame from the store.
 *
 * A blocking call is posted and waited for: two hand-overs between threads and no
 * allocation. Where callers may drive and nobody does, the caller takes the role,
 * and there is no hand-over at all.
 */
#include "facade/blocked.h"
#include "facade/driver.h"

#include <string.h>

#include "base/mem.h"
#include "base/report.h"
#include "task/local.h"

/* Where FUNCTION runs if this thread calls it. */
static struct syn_synchronizer *synchronizer_of(const struct syn_function *function)
{
    struct syni_home *here = syni_home_now();

    if (function->synchronizer)
        return function->synchronizer;
    return here ? here->synchronizer : syn_default_synchronizer();
}

syn_err syni_home_for(const struct syn_function *function, struct syni_home **out_home)
{
    struct syni_home *here = syni_home_now();

    if (function->abi != SYN_ABI || function->task_size != sizeof(struct syn_task))
        return SYN_EABI;
    if (function->synchronizer || !here)
        return syni_home_find(synchronizer_of(function), out_home);
    *out_home = here;
    return SYN_OK;
}

struct syn_report *syni_call_report(const struct syn_function *function, syn_err err)
{
    return syni_home_report(synchronizer_of(function), err, function->name);
}

bool syni_launch(struct syni_task *task)
{
    if (!syni_drives(&task->home->loop))
        return syni_loop_post(&task->home->loop, &task->core.job);
    syni_shelter_launched(task);
    syni_loop_ready(&task->home->loop, &task->core.job);
    return true;
}

static void wake_thread(struct syni_waiter *waiter)
{
    struct syni_thread_waiter *w = SYNI_CONTAINER(waiter, struct syni_thread_waiter, waiter);

    if (w->parker) {
        syni_parker_wake(w->parker, &w->done);
        return;
    }
    /* relaxed: it is this thread that looks */
    atomic_store_explicit(&w->done, true, memory_order_relaxed);
    w->loop->hurry = true;
}

void syni_thread_waiter_init(struct syni_thread_waiter *waiter)
{
    waiter->waiter.wake = wake_thread;
    atomic_init(&waiter->done, false);
    waiter->parker = syni_parker_mine();
    waiter->loop = NULL;
}

/* Waits in this thread for TASK, whose driver is another one. */
static void park(struct syni_task *task, struct syni_thread_waiter *waiter, int64_t deadline)
{
    if (syni_clock_sleep(&waiter->done, deadline))
        return;
    SYNI_DELAY(deadline_passed);
    syni_task_request(task, SYN_BY_DEADLINE);
    syni_clock_sleep(&waiter->done, SYNI_NEVER);
}

static void turn_until_done(struct syni_task *task, struct syni_thread_waiter *waiter,
                            int64_t deadline)
{
    struct syni_loop *loop = waiter->loop;

    while (!waiter->done && !loop->died) {
        syni_loop_turn(loop, deadline);
        if (deadline != SYNI_NEVER && !waiter->done && syni_loop_now(loop) >= deadline) {
            syni_task_request(task, SYN_BY_DEADLINE);
            deadline = SYNI_NEVER;
        }
    }
}

/* Runs TASK by driving its loop, whose role this thread just took. */
static void drive(struct syni_task *task, struct syni_thread_waiter *waiter, int64_t deadline)
{
    struct syni_drive drive;

    waiter->parker = NULL;
    waiter->loop = &task->home->loop;
    syni_drive_begin(&drive, waiter->loop);
    syni_loop_ready(waiter->loop, &task->core.job);
    turn_until_done(task, waiter, deadline);
    if (!waiter->done) /* the loop died: its own thread will end our task */
        waiter->parker = syni_parker_mine();
    syni_drive_end(&drive);
    if (!waiter->done)
        syni_clock_sleep(&waiter->done, SYNI_NEVER);
}

static syn_err outcome(struct syni_core *core, void *out_result)
{
    struct syn_report *report = core->report;
    syn_err err = core->err;

    core->report = NULL;
    core->seen = true;
    if (!err)
        syni_core_fetch(core, out_result);
    else
        syni_report_keep(err, core->origin, report);
    syni_core_dispose(core);
    return err;
}

/* TASK was not taken: what it inherited goes, and who waits for its end hears of it. */
static bool not_taken(struct syni_task *task)
{
    syni_task_withdraw(task);
    syni_bindings_release(task->locals);
    task->core.err = syni_home_refusal(task->home);
    if (task->function->ended)
        task->function->ended((struct syn_task *)(void *)task);
    return false;
}

/* TASK, whose frame lies on this stack, begins and ends. False: it was not taken. */
static bool run_and_wait(struct syni_task *task)
{
    int64_t deadline = syni_deadline_here(SYNI_NEVER);
    struct syni_thread_waiter waiter;
    struct syni_blocking blocking;
    struct syni_relay relay;
    bool taken = true;

    syni_thread_waiter_init(&waiter);
    task->core.waiter = &waiter.waiter;
    syni_relay_begin(&relay, &task->core);
    blocking = syni_block(task->function->name);
    if (syni_loop_try_drive(&task->home->loop))
        drive(task, &waiter, deadline);
    else if (syni_launch(task))
        park(task, &waiter, deadline);
    else
        taken = not_taken(task);
    syni_unblock(&blocking);
    syni_relay_end(&relay);
    return taken;
}

static syn_err refuse_own(const struct syn_function *function, struct syni_home *home)
{
    syn_err err = syni_blocked_own(home, function->name);

    return err ? err
               : syni_refuse(SYN_EDEADLK,
                             "%s: a blocking call on the thread that drives its synchronizer '%s' "
                             "would wait for itself; write co_await(%s_future(...)) there",
                             function->name, home->loop.name, function->name);
}

syn_err syni_call_on(struct syni_task *task, struct syni_home *home, void *out_result)
{
    const struct syn_function *function = task->function;
    struct syni_blocked blocked;
    syn_err err;

    if (syni_drives(&home->loop))
        return refuse_own(function, home);
    err = syni_blocked_enter(&blocked, home, function->name);
    if (err)
        return err;
    syni_task_init(task, home);
    if (run_and_wait(task))
        err = outcome(&task->core, out_result);
    else
        err = syni_refuse_home(home->synchronizer, task->core.err, function->name);
    syni_blocked_leave(&blocked);
    return err;
}

syn_err syni_call(const struct syn_function *function, struct syn_task *frame, void *out_result)
{
    struct syni_home *home;
    syn_err err = syni_home_for(function, &home);

    if (err)
        return syni_report_keep(err, SYN_BY_LIBRARY, syni_call_report(function, err));
    return syni_call_on(SYNI_TASK(frame), home, out_result);
}

struct syni_task *syni_call_new_on(const struct syn_function *function, struct syni_home *home,
                                   struct syn_future *out_future)
{
    struct syni_slot *slot;
    struct syni_task *task = syni_frame_new(function->frame_size, &slot);

    if (!task) {
        *out_future = (struct syn_future){NULL, SYN_ENOMEM};
        return NULL;
    }
    task->function = function;
    syni_task_init(task, home);
    syni_core_publish(&task->core, slot, 2);
    *out_future = syni_core_handle(&task->core);
    return task;
}

struct syn_task *syni_call_new(const struct syn_function *function, struct syn_future *out_future)
{
    struct syni_home *home;
    syn_err err = syni_home_for(function, &home);

    if (err) {
        *out_future = syni_future_refused(&function->type, err, syni_call_report(function, err));
        return NULL;
    }
    return (struct syn_task *)(void *)syni_call_new_on(function, home, out_future);
}

const char *syni_text_copy(const char *text)
{
    char *copy = text ? syni_alloc(strlen(text) + 1) : NULL;

    if (copy)
        memcpy(copy, text, strlen(text) + 1);
    return copy;
}

const char *syni_call_copy(struct syn_task *frame, const char *text)
{
    const char *copy = syni_text_copy(text);

    if (text && !copy)
        SYNI_TASK(frame)->copy_failed = true;
    return copy;
}

void syni_call_free_copy(const char *text)
{
    if (text)
        syni_free((void *)(uintptr_t)text, strlen(text) + 1);
}

void syni_call_start(struct syn_task *frame)
{
    struct syni_task *task = SYNI_TASK(frame);

    if (!syni_launch(task))
        syni_call_refused(task);
}

void syni_call_refused(struct syni_task *task)
{
    task->core.err = syni_home_refusal(task->home);
    task->core.origin = SYN_BY_LIBRARY;
    task->core.report = syni_home_report(task->home->synchronizer, task->core.err,
                                         task->function->name);
    syni_task_withdraw(task);
    if (task->function->ended)
        task->function->ended((struct syn_task *)(void *)task);
    syni_core_complete(&task->core);
}
