/* SPDX-License-Identifier: Apache-2.0
 *
 * The kinds of an await's wait: what tells the task, and how the wait is left before the result is there. And the wait for a call
 * that runs its first step on top of the awaiting one, which becomes one of them only if that did not end it.
 *
 * Driver only, but for syni_await_wake(), which the completing thread calls.
 */
#include "future/await.h"

#include <stddef.h>

#include "circle/circle.h"
#include "circle/search.h"
#include "task/task_cancel.h"

void syni_await_wake(struct syni_waiter *waiter)
{
    syni_task_wake_at_once(SYNI_CONTAINER(waiter, struct syni_task, on.result.waiter));
}

/* The same for a child of the same loop that nobody else knew: its driver tells. */
void syni_await_wake_by_own(struct syni_waiter *waiter)
{
    syni_task_transfer(SYNI_CONTAINER(waiter, struct syni_task, on.result.waiter));
}

bool syni_await_wakes(const struct syni_waiter *waiter)
{
    return waiter->wake == syni_await_wake || waiter->wake == syni_await_wake_by_own;
}

void syni_await_refused(struct syni_task *task, syn_err err)
{
    SYNI_DRIVEN_FOR(task);
    task->ops = NULL;
    task->status = err;
    task->heard = syni_report_new(err, SYN_BY_LIBRARY, syni_core_refusal(err));
    syni_task_resume(task);
}

bool syni_await_attach_known(struct syni_task *task, struct syni_task *child)
{
    struct syni_core *core;
    bool busy, waits;
    syn_err err = syni_core_reserve(syni_core_handle(&child->core), &core);

    SYNI_DRIVEN_FOR(task);
    if (err) {
        syni_await_refused(task, err);
        return false;
    }
    task->ops = &syni_await_result_ops;
    task->on.result.waiter.wake = syni_await_wake;
    waits = syni_core_wait(core, &task->on.result.waiter, &busy);
    if (waits) {
        syni_core_commit(core);
    } else {
        syni_core_restore(core);
        syni_await_refused(task, SYN_EBUSY);
    }
    return waits;
}

/* TASK is about to be taken out of its wait. False: it was by this. */
static bool wait_is_attached(struct syni_task *task)
{
    struct syni_task *child = syni_core_task(task->on.result.child);

    SYNI_DRIVEN_FOR(task);
    return !child || !child->on_top || syni_await_attach(task, child);
}

/* TASK waits no more, unless the result is there. */
static void wait_give_up(struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    if (task->on.result.given_up ||
        !syni_core_stop_waiting(task->on.result.child, &task->on.result.waiter))
        return;
    task->on.result.given_up = true;
    syni_task_resume(task);
}

/* A request that went round, from one to the next of tasks that await each other, meets none that would end:
 * TASK, which receives it again, gives up. If others than those of this loop are among them, a search says. */
void syni_await_ask_child(struct syni_task *task, enum syn_origin origin)
{
    struct syni_core *child = task->on.result.child;
    bool far = false;

    SYNI_DRIVEN_FOR(task);
    if ((syni_chain_is_asked(child) && syni_chain_is_closed(task, child, &far)) ||
        !syni_core_ask(child, origin)) /* a promise made by hand */
        wait_give_up(task);
    else if (far || (child->ops->chain && syni_chain_may_lead(child)))
        syni_search_asked(task);
}

static void interrupt_result(struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    if (!task->on.result.given_up)
        syni_await_ask_child(task, syni_task_asked_by(task));
}

static void forget_result(struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    SYNI_SURE(task->abandoned);
    if (wait_is_attached(task) && !syni_core_stop_waiting(task->on.result.child, &task->on.result.waiter))
        task->queued = true;
}

/* The child runs on. */
static void drop_result(struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    syni_core_let_go(task->on.result.child);
}

/* For a step that blocks the child is cancelled; else not: it may await TASK, and would pass that on. */
void syni_await_give_up(struct syni_task *task, struct syn_report *report, bool marked)
{
    SYNI_DRIVEN_FOR(task);
    SYNI_SURE(!task->on.result.given_up);
    task->on.result.given_up = true;
    task->on.result.refused = true;
    task->on.result.refusal = report;
    if (marked)
        syni_core_ask(task->on.result.child, SYN_BY_REQUEST);
    syni_task_resume(task);
}

void syni_await_refuse(struct syni_task *task, struct syn_report *report)
{
    bool marked = atomic_load_explicit(&task->mark, memory_order_relaxed) != 0;

    SYNI_DRIVEN_FOR(task);
    if (wait_is_attached(task) && syni_core_stop_waiting(task->on.result.child, &task->on.result.waiter))
        syni_await_give_up(task, report, marked);
    else
        syni_report_free(report); /* it is there */
}

static bool result_leads(const struct syni_task *task, struct syni_walk *walk)
{
    return !task->on.result.given_up && syni_chain_core_leads(task->on.result.child, walk);
}

static void result_refuse(struct syni_task *task, const struct syni_search *search)
{
    bool asked = task->on.result.expired || (syni_task_is_asked(task) && !task->leaving);

    SYNI_DRIVEN_FOR(task);
    if (asked || syni_search_is_of_asked(search))
        wait_give_up(task);
    else
        syni_await_refuse(task, syni_search_say(search, "", ""));
}

const struct syni_wait_ops syni_await_result_ops = {.interrupt = interrupt_result,
                                                    .collect = syni_await_collect,
                                                    .forget = forget_result,
                                                    .drop = drop_result,
                                                    .leads = result_leads,
                                                    .refuse = result_refuse,
                                                    .again = syni_search_again};

/* Of a plain one: waits_plainly() in await.c. */
const struct syni_wait_ops syni_await_plain_ops = {.interrupt = interrupt_result,
                                                   .collect = syni_await_collect_plainly,
                                                   .forget = forget_result,
                                                   .drop = drop_result,
                                                   .leads = result_leads,
                                                   .refuse = result_refuse};
