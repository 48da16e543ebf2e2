/* SPDX-License-Identifier: Apache-2.0
 *
 * Mutexes and conditions of tasks. Driver only.
 *
 * Unlocking hands the mutex to the task that waits longest, which holds it from that moment; no task
 * that comes along meanwhile finds it free. A condition's waiter that is signalled, or has its
 * wait cut short, stands in the mutex's line next, and goes on when it holds that.
 */
#include "sync/sync.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/report.h"
#include "circle/circle.h"
#include "circle/search.h"
#include "task/engine.h"
#include "task/home.h"
#include "task/task_resume.h"
#include "task/wait.h"

#define MUTEX(pointer) ((struct syni_mutex_of_tasks *)(void *)(pointer))
#define CONDITION(pointer) ((struct syni_condition *)(void *)(pointer))

/* What a task of the parent process holds is free here. */
static struct syni_mutex_of_tasks *mutex_of(struct syn_mutex *public_mutex)
{
    struct syni_mutex_of_tasks *mutex = MUTEX(public_mutex);

    if (mutex->holder && mutex->holder->home->process != syni_process())
        memset(mutex, 0, sizeof *mutex);
    return mutex;
}

static struct syni_condition *condition_of(struct syn_condition *public_condition)
{
    struct syni_condition *condition = CONDITION(public_condition);

    syni_line_look(&condition->line, condition->home);
    return condition;
}

/* Where it is used; NULL: nowhere at this moment. */
static const struct syni_home *mutex_home_of(const struct syni_mutex_of_tasks *mutex)
{
    return mutex->holder ? mutex->holder->home : NULL;
}

static void mutexes_drop(struct syni_task *task);

static void mutex_hold(struct syni_mutex_of_tasks *mutex, struct syni_task *task)
{
    static const struct syni_open_ops ops = {.drop = mutexes_drop};

    SYNI_DRIVEN_FOR(task);
    SYNI_SURE(!mutex->holder);
    syni_open_register(SYNI_OPEN_MUTEXES, &ops);
    mutex->holder = task;
    mutex->next_held = task->held;
    mutex->place = &task->held;
    if (mutex->next_held)
        mutex->next_held->place = &mutex->next_held;
    task->held = mutex;
    task->owns = true;
}

static void unhold(struct syni_mutex_of_tasks *mutex)
{
    SYNI_SURE(mutex->holder && *(struct syni_mutex_of_tasks **)mutex->place == mutex);
    *(struct syni_mutex_of_tasks **)mutex->place = mutex->next_held;
    if (mutex->next_held)
        mutex->next_held->place = mutex->place;
    mutex->holder = NULL;
}

void syni_mutex_give_up(struct syni_mutex_of_tasks *mutex)
{
    struct syni_task *next = syni_line_take(&mutex->line);

    SYNI_DRIVEN_FOR(mutex->holder);
    unhold(mutex);
    if (!next)
        return;
    mutex_hold(mutex, next);
    syni_task_resume(next);
}

/* TASK ended: it must hold none. If it was abandoned, it was not its fault, and they are freed. */
static void mutexes_drop(struct syni_task *task)
{
    char message[SYN_MESSAGE_MAX];

    while (task->held && task->abandoned)
        syni_mutex_give_up(task->held);
    if (!task->held)
        return;
    snprintf(message, sizeof message, "%s ended while it held a mutex; unlock it in the clean-up",
             task->function->name);
    syni_panic(message);
}

void syni_mutex_queue(struct syni_mutex_of_tasks *mutex, struct syni_task *task,
                      struct syn_deadline deadline)
{
    SYNI_DRIVEN_FOR(task);
    if (mutex->holder) {
        syni_line_join(&mutex->line, task, deadline);
        return;
    }
    SYNI_INVARIANT(36, !mutex->line.first);
    mutex_hold(mutex, task);
    syni_task_resume(task);
}

static bool lock_collected(struct syni_task *task)
{
    bool leaves;

    SYNI_DRIVEN_FOR(task);
    if (syni_line_collect(task, &leaves) && leaves)
        syni_mutex_give_up(task->on.line.thing);
    return leaves;
}

/* Also of a condition's waiter, which waits for the mutex again. */
static bool leads_by_holder(const struct syni_task *task, struct syni_walk *walk)
{
    const struct syni_mutex_of_tasks *mutex = task->on.line.thing;

    return task->on.line.listed && mutex->holder && syni_chain_leads(mutex->holder, walk);
}

static void lock_refuse(struct syni_task *task, const struct syni_search *search)
{
    SYNI_DRIVEN_FOR(task);
    if (syni_line_leave(task->on.line.thing, task))
        syni_line_refuse(task, SYN_EDEADLK, syni_search_say(search, "a mutex that ", " holds"));
}

/* The holder and the tasks in line before TASK, which carries the mark ID, get that: each has the mutex first,
 * and may wait for others then. SYN_EDEADLK, and a report: TASK must not wait for them. */
static syn_err mark_by_holder(struct syni_task *task, uint64_t id, struct syn_report **out_report)
{
    struct syni_mutex_of_tasks *mutex = task->on.line.thing;
    syn_err err = mutex->holder ? syni_circle_depend_here(id, mutex->holder, out_report) : SYN_OK;

    for (struct syni_task *before = task->on.line.before; before && !err; before = before->on.line.before)
        err = syni_circle_depend_here(id, before, out_report);
    return err;
}

static void lock_implicate(struct syni_task *task, uint64_t id)
{
    struct syn_report *report;

    SYNI_DRIVEN_FOR(task);
    if (!task->on.line.listed || !mark_by_holder(task, id, &report))
        return;
    syni_line_leave(task->on.line.thing, task);
    syni_line_refuse(task, SYN_EDEADLK, report);
}

static const struct syni_wait_ops lock_ops = {syni_line_interrupt, lock_collected,
                                              syni_line_forget,    NULL,
                                              lock_implicate,      leads_by_holder,
                                              lock_refuse, false, syni_search_again, NULL};

struct syn_step syni_step_lock(struct syn_task *public_task, struct syn_mutex *public_mutex,
                               struct syn_deadline deadline)
{
    struct syni_task *task = SYNI_TASK(public_task);
    struct syni_mutex_of_tasks *mutex = mutex_of(public_mutex);
    unsigned number = 0;
    /* relaxed: given later, a probe comes */
    uint64_t mark = atomic_load_explicit(&task->mark, memory_order_relaxed);

    SYNI_DRIVEN_FOR(task);
    if (!syni_line_begin(task, mutex, &lock_ops, "a mutex"))
        return syni_suspended;
    if (mutex->holder && mutex->holder->home != task->home)
        return syni_line_refuse_home(task, mutex->holder->home);
    if (mutex->holder == task)
        return syni_line_refuse_own(task);
    if (deadline.ns == SYNI_NEVER && mutex->holder &&
        syni_chain_closes(task, NULL, mutex->holder, &number))
        return syni_line_refuse_circle(task, mutex->holder);
    syni_mutex_queue(mutex, task, deadline);
    if (mark)
        lock_implicate(task, mark);
    if (number)
        syni_search_begin(task, number);
    return syni_suspended;
}

syn_err syn_mutex_try(struct syn_mutex *public_mutex)
{
    struct syni_mutex_of_tasks *mutex = mutex_of(public_mutex);
    struct syni_task *task = syni_line_here(mutex_home_of(mutex), mutex->holder != NULL);

    if (!task)
        return syni_refuse(SYN_EWRONGLOOP, "a mutex of tasks is locked in a step of a task of its "
                                           "synchronizer");
    if (mutex->holder)
        return syni_answer(SYN_EBUSY);
    mutex_hold(mutex, task);
    return SYN_OK;
}

int syn_mutex_is_mine(const struct syn_mutex *public_mutex)
{
    const struct syni_mutex_of_tasks *mutex = MUTEX((uintptr_t)public_mutex);

    return mutex->holder && mutex->holder == syni_line_here(mutex_home_of(mutex), true);
}

void syn_mutex_unlock(struct syn_mutex *mutex)
{
    if (!syn_mutex_is_mine(mutex))
        syni_panic("a mutex was unlocked by a task that does not hold it");
    syni_mutex_give_up(MUTEX(mutex));
}

/* Invariant 37. */

/* --- conditions --- */

/* Once it waits for the mutex again it cannot be refused that. */
static void condition_implicate(struct syni_task *task, uint64_t id)
{
    struct syn_report *report;

    if (task->on.line.thing == task->on.line.mutex && task->on.line.listed &&
        mark_by_holder(task, id, &report))
        syni_report_free(report);
}

/* Cut short, or signalled: the mutex comes first. */
static void relock(struct syni_task *task)
{
    struct syni_mutex_of_tasks *mutex = task->on.line.mutex;

    SYNI_DRIVEN_FOR(task);
    SYNI_INVARIANT(35, !task->on.line.listed);
    /* relaxed: as below */
    uint64_t mark = atomic_load_explicit(&task->mark, memory_order_relaxed);

    syni_timer_stop(&task->home->loop, &task->timer);
    task->on.line.thing = mutex;
    task->live.waits_for = "a mutex";
    syni_mutex_queue(mutex, task, syn_never());
    if (mark)
        condition_implicate(task, mark);
    if (task->on.line.listed) /* what waits for TASK is refused (search.h) */
        syni_search_again(task);
}

static void condition_interrupted(struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    if (task->on.line.thing == task->on.line.mutex)
        return; /* it has the mutex soon */
    syni_line_leave(task->on.line.thing, task);
    task->on.line.left = true;
    relock(task);
}

static bool condition_collected(struct syni_task *task)
{
    struct syni_condition *condition = task->on.line.condition;
    bool leaves;

    SYNI_DRIVEN_FOR(task);
    if (syni_line_collect(task, &leaves) && leaves)
        syn_condition_signal((struct syn_condition *)(void *)condition);
    return leaves;
}

static bool condition_leads(const struct syni_task *task, struct syni_walk *walk)
{
    return task->on.line.thing == task->on.line.mutex && leads_by_holder(task, walk);
}

static const struct syni_wait_ops condition_ops = {condition_interrupted, condition_collected,
                                                   syni_line_forget, NULL, condition_implicate,
                                                   condition_leads, NULL, true, syni_search_again, NULL};

struct syn_step syni_step_condition(struct syn_task *public_task,
                                    struct syn_condition *public_condition,
                                    struct syn_mutex *public_mutex, struct syn_deadline deadline)
{
    struct syni_task *task = SYNI_TASK(public_task);
    struct syni_condition *condition = condition_of(public_condition);

    SYNI_DRIVEN_FOR(task);
    if (!syni_line_begin(task, condition, &condition_ops, "a condition"))
        return syni_suspended;
    if (condition->line.first && condition->home != task->home)
        return syni_line_refuse_home(task, condition->home);
    if (!syn_mutex_is_mine(public_mutex))
        syni_panic("a condition is waited for without its mutex");
    condition->home = task->home;
    task->on.line.mutex = MUTEX(public_mutex);
    task->on.line.condition = condition;
    syni_line_join(&condition->line, task, deadline);
    syni_mutex_give_up(task->on.line.mutex);
    return syni_suspended;
}

static void check_here(const struct syni_condition *condition)
{
    if (condition->line.first && condition->home != syni_home_now())
        syni_panic("a condition was signalled on another synchronizer than that of its waiters");
}

void syn_condition_signal(struct syn_condition *public_condition)
{
    struct syni_condition *condition = condition_of(public_condition);
    struct syni_task *task;

    check_here(condition);
    task = syni_line_take(&condition->line);
    if (task)
        relock(task);
}

void syn_condition_broadcast(struct syn_condition *public_condition)
{
    struct syni_condition *condition = condition_of(public_condition);
    struct syni_task *task;

    check_here(condition);
    while ((task = syni_line_take(&condition->line)))
        relock(task);
}
