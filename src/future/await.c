/* SPDX-License-Identifier: Apache-2.0
 *
 * Awaits: a task waits for the result of a future, and perhaps cancels what produces it. What that
 * comes to is in await_collect.c.
 *
 * Driver only, but for wake_by_result(), which the completing thread calls.
 */
#include "future/await.h"

#include <stddef.h>

#include "base/report.h"
#include "circle/circle.h"
#include "circle/search.h"
#include "loop/loop_turn.h"
#include "task/deadline.h"
#include "task/engine_top.h"
#include "task/home.h"
#include "task/leave.h"
#include "task/place.h"
#include "task/task_cancel.h"
#include "task/task_resume.h"
#include "task/wait.h"

static void wake_by_result(struct syni_waiter *waiter)
{
    syni_task_wake_at_once(SYNI_CONTAINER(waiter, struct syni_task, on.result.waiter));
}

/* The same for a child of the same loop that nobody else knew: its driver tells. */
static void wake_by_own_result(struct syni_waiter *waiter)
{
    syni_task_transfer(SYNI_CONTAINER(waiter, struct syni_task, on.result.waiter));
}

bool syni_await_wakes(const struct syni_waiter *waiter)
{
    return waiter->wake == wake_by_result || waiter->wake == wake_by_own_result;
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
static void wait_ask_child(struct syni_task *task, enum syn_origin origin)
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

static void await_expires(struct syni_timer *timer)
{
    struct syni_task *task = SYNI_CONTAINER(timer, struct syni_task, timer);

    SYNI_DRIVEN_FOR(task);
    SYNI_SURE(syni_task_wait(task) == SYNI_WAIT_RESULT || task->queued);
    task->on.result.expired = true;
    wait_ask_child(task, SYN_BY_DEADLINE);
}

/* SYN_ECONSUMED and the like: there is nothing to collect. */
static void await_refused(struct syni_task *task, syn_err err)
{
    SYNI_DRIVEN_FOR(task);
    task->ops = NULL;
    task->status = err;
    task->heard = syni_report_new(err, SYN_BY_LIBRARY, syni_core_refusal(err));
    syni_task_resume(task);
}

static void interrupt_result(struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    if (!task->on.result.given_up)
        wait_ask_child(task, syni_task_asked_by(task));
}

static void forget_result(struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    SYNI_SURE(task->abandoned);
    if (!syni_core_stop_waiting(task->on.result.child, &task->on.result.waiter))
        task->queued = true;
}

/* The child runs on. */
static void drop_result(struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    syni_core_let_go(task->on.result.child);
}

/* For a step that blocks the child is cancelled; else not: it may await TASK, and would pass that on. */
static void give_up_refused(struct syni_task *task, struct syn_report *report, bool marked)
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

static void refuse_await(struct syni_task *task, struct syn_report *report)
{
    bool marked = atomic_load_explicit(&task->mark, memory_order_relaxed) != 0;

    SYNI_DRIVEN_FOR(task);
    if (syni_core_stop_waiting(task->on.result.child, &task->on.result.waiter))
        give_up_refused(task, report, marked);
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
        refuse_await(task, syni_search_say(search, "", ""));
}

static const struct syni_wait_ops result_ops = {interrupt_result, syni_await_collect, forget_result,
                                                drop_result,      NULL,               result_leads,
                                                result_refuse,    false,              syni_search_again, NULL};

/* Of a plain one (below). */
static const struct syni_wait_ops plain_ops = {interrupt_result, syni_await_collect_plainly,
                                               forget_result,    drop_result,
                                               NULL,             result_leads,
                                               result_refuse,    false, NULL, NULL};

static inline void await_init(struct syni_task *task, void *out, void (*wake)(struct syni_waiter *waiter),
                              const struct syni_wait_ops *ops)
{
    task->ops = ops;
    task->on.result.out = out;
    task->on.result.expired = false;
    task->on.result.given_up = false;
    task->on.result.refused = false;
    task->on.result.refuse = refuse_await;
    task->on.result.cancels = false;
    task->on.result.waiter.wake = wake;
}

static void begin_await(struct syni_task *task, void *out)
{
    SYNI_DRIVEN_FOR(task);
    syni_wait_enter_asked(task, SYNI_WAIT_RESULT, "a result");
    await_init(task, out, wake_by_result, &result_ops);
}

/* *OUT_NUMBER: as of syni_chain_closes(). */
static bool wait_closes_circle(struct syni_task *task, const struct syni_core *child,
                               unsigned *out_number)
{
    if (!syni_chain_may_close(child, task) || !syni_chain_closes(task, child, NULL, out_number))
        return false;
    give_up_refused(task, syni_chain_say(task, syni_core_name(child)), false);
    return true;
}

/* CHILD shall have ended by DEADLINE, and by that of TASK. */
static inline void wait_tighten(const struct syni_task *task, struct syni_core *child, int64_t deadline)
{
    int64_t others = syni_task_deadline_for_children(task), earliest = deadline < others ? deadline : others;

    SYNI_DRIVEN_FOR(task);
    if (earliest != SYNI_NEVER)
        syni_core_tighten(child, earliest);
}

/* TASK, which has begun, waits for CHILD, or is resumed as it is done. False: somebody else waits
 * for it. */
static bool wait_for(struct syni_task *task, struct syni_core *child, int64_t deadline)
{
    struct syn_report *report;
    unsigned number = 0;
    bool busy = false, late;
    /* relaxed: given later, a probe comes */
    uint64_t mark = atomic_load_explicit(&task->mark, memory_order_relaxed);

    SYNI_DRIVEN_FOR(task);
    task->on.result.child = child;
    task->live.waits_for = syni_core_name(child);
    if (mark && syni_circle_depend(mark, child, &report)) {
        give_up_refused(task, report, true);
        return true;
    }
    if (deadline == SYNI_NEVER && wait_closes_circle(task, child, &number))
        return true;
    wait_tighten(task, child, deadline);
    /* The timer first: once the waiter is known, another thread may post us. */
    late = deadline != SYNI_NEVER && syni_loop_now(&task->home->loop) >= deadline;
    if (deadline != SYNI_NEVER && !late)
        syni_timer_start(&task->home->loop, &task->timer, deadline, await_expires);
    if (syni_core_wait(child, &task->on.result.waiter, &busy)) {
        if (late) /* now, so that what has not begun does not */
            await_expires(&task->timer);
        else
            syni_task_begin_at_once(task->home, syni_core_task(child));
        if (deadline == SYNI_NEVER)
            syni_search_await(task, child, number);
        return true;
    }
    if (busy) {
        syni_timer_stop(&task->home->loop, &task->timer);
        return false;
    }
    syni_task_transfer(task);
    return true;
}

/* A wait of TASK for CHILD, of the same loop, is the usual one: there is no deadline, no request, no mark and no report. */
static inline bool waits_plainly(const struct syni_home *home, const struct syni_task *task,
                                 const struct syni_task *child, int64_t deadline)
{
    SYNI_DRIVEN_FOR(task);
    /* a mark that is given later sends a probe */
    return deadline == SYNI_NEVER && !task->leaving && !task->heard && !syni_task_request_of(task) &&
           syni_home_accepts(home) && home->current == task && syni_task_wait(task) == SYNI_WAIT_NOTHING &&
           /* relaxed: a moment, which is seen late at worst */
           atomic_load_explicit(&child->deadline, memory_order_relaxed) <=
               atomic_load_explicit(&task->deadline, memory_order_relaxed);
}

/* The same, and both are of one loop, nobody else knows CHILD, which has not ended, and is not TASK itself; there is no
 * circle to close. */
static inline bool wait_is_plain(const struct syni_home *home, const struct syni_task *task,
                                 const struct syni_task *child, int64_t deadline)
{
    return child && child != task && child->home == home && syni_task_wait(child) == SYNI_WAIT_NOTHING &&
           waits_plainly(home, task, child, deadline);
}

/* That one. */
static inline void wait_plainly(struct syni_home *home, struct syni_task *task, struct syni_task *child, void *out)
{
    SYNI_DRIVEN_FOR(task);
    SYNI_SURE(child->home == home && task->home == home);
    syni_task_set_wait(task, SYNI_WAIT_RESULT);
    task->live.waits_for = child->function->name;
    task->live.detail = -1;
    task->live.since = syni_loop_turn_time(&home->loop);
    await_init(task, out, wake_by_own_result, &plain_ops);
    task->on.result.child = &child->core;
    syni_core_wait_here(&child->core, &task->on.result.waiter);
}

/* There is nothing to wait for. */
static void await_nothing(struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    task->ops = NULL;
    task->status = SYN_OK;
    syni_task_resume(task);
}

bool syni_await_core(struct syni_task *task, struct syni_core *child, void *out, int64_t deadline)
{
    SYNI_DRIVEN_FOR(task);
    begin_await(task, out);
    if (wait_for(task, child, deadline))
        return true;
    await_nothing(task);
    syni_task_set_wait(task, SYNI_WAIT_TURN);
    return false;
}

/* The same for any future, with a DEADLINE; CHILD is its core if that was consumed already, or NULL. */
static __attribute__((noinline)) struct syn_step await_any(struct syni_task *task,
                                                           struct syni_core *child,
                                                           struct syn_future future, void *out,
                                                           int64_t deadline)
{
    syn_err err = child ? SYN_OK : syni_core_reserve(future, &child);

    SYNI_DRIVEN_FOR(task);
    begin_await(task, out);
    if (err) {
        await_refused(task, err);
    } else if (wait_for(task, child, deadline)) {
        syni_core_commit(child);
    } else {
        syni_core_restore(child);
        await_refused(task, SYN_EBUSY);
    }
    return syni_suspended;
}

/* The wait of TASK for the call that its step made last, if nobody else knows it. Its first step runs on top of this one,
 * unless something was made ready after it. */
static __attribute__((noinline)) struct syn_step await_on_top(struct syni_home *home, struct syni_task *task,
                                                              struct syn_future future, void *out)
{
    struct syni_task *child = home->newborn;

    SYNI_DRIVEN_FOR(task);
    if (!syni_core_consume_alone(future))
        return await_any(task, NULL, future, out, SYNI_NEVER);
    wait_plainly(home, task, child, out);
    if (!syni_task_take_newborn(home, child) || !syni_engine_run_on_top(home, task, child))
        return (struct syn_step){SYNI_SUSPENDED};
    if (child->core.err || syni_task_request_of(task) || !syni_home_may_transfer(home))
        return syni_wait_is_over(task);
    SYNI_INVARIANT(230, home->current == task && !task->interrupted && !task->leaving);
    syni_home_count_transfer(home);
    syni_task_set_wait(task, SYNI_WAIT_NOTHING);
    task->live.waits_for = "";
    task->ops = NULL;
    syni_await_take(task, &child->core);
    return (struct syn_step){SYNI_GOES_ON};
}

/* Any wait, where the result might go to the stack. */
static __attribute__((noinline)) struct syn_step await_near(struct syni_task *task, struct syn_future future,
                                                            void *out, int64_t deadline)
{
    SYNI_DRIVEN_FOR(task);
    syni_place_look(task, out, "its result");
    return await_any(task, NULL, future, out, deadline);
}

struct syn_step syni_step_await(struct syn_task *public_task, struct syn_future future, void *out,
                                struct syn_deadline deadline)
{
    struct syni_task *task = SYNI_TASK(public_task);
    struct syni_home *home = task->home;
    struct syni_core *core;
    struct syni_task *child;

    SYNI_DRIVEN_FOR(task);
    if (syni_place_is_near(out, home->stack))
        return await_near(task, future, out, deadline.ns);
    child = home->newborn;
    if (child && child->core.slot == future.slot && waits_plainly(home, task, child, deadline.ns) &&
        syni_engine_may_run_on_top(home, child, SYNI_STACK_HERE))
        return await_on_top(home, task, future, out);
    core = syni_core_consume_alone(future);
    child = core ? syni_core_task(core) : NULL;
    if (!wait_is_plain(home, task, child, deadline.ns))
        return await_any(task, core, future, out, deadline.ns);
    wait_plainly(home, task, child, out);
    syni_task_begin_at_once(home, child);
    return (struct syn_step){SYNI_SUSPENDED};
}

struct syn_step syni_step_cancel(struct syn_task *public_task, struct syn_future future)
{
    struct syni_task *task = SYNI_TASK(public_task);
    struct syni_core *child;
    syn_err err = syni_core_reserve(future, &child);

    SYNI_DRIVEN_FOR(task);
    begin_await(task, NULL);
    task->on.result.cancels = true;
    if (err == SYN_EINVAL || err == SYN_ECONSUMED) {
        await_nothing(task);
    } else if (err) {
        await_refused(task, err);
    } else if (wait_for(task, child, SYNI_NEVER)) {
        syni_core_commit(child);
        if (syni_task_wait(task) == SYNI_WAIT_RESULT || task->on.result.refused)
            wait_ask_child(task, SYN_BY_REQUEST);
    } else {
        syni_core_restore(child);
        await_refused(task, SYN_EBUSY);
    }
    return syni_suspended;
}
