/* SPDX-License-Identifier: Apache-2.0
 *
 * Tasks that wait for the first of several things.
 *
 * Driver only, but for the wake. The choices lie in the frame.
 */
#include "channel/select.h"

#include <string.h>

#include "base/report.h"
#include "circle/circle.h"
#include "circle/search.h"
#include "task/place.h"
#include "task/task_cancel.h"
#include "task/task_resume.h"
#include "task/wait.h"

static void select_wait_wake_task(struct syni_select *select)
{
    syni_task_wake(SYNI_CONTAINER(select, struct syni_task, on.select));
}

static void select_wait_interrupt(struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    if (syni_select_claim(&task->on.select, SYNI_GIVEN_UP))
        syni_task_resume(task);
}

static void select_wait_time_is_up(struct syni_timer *timer)
{
    struct syni_task *task = SYNI_CONTAINER(timer, struct syni_task, timer);
    struct syni_select *select = &task->on.select;

    SYNI_DRIVEN_FOR(task);
    if (syni_select_claim(select, syni_select_first_time(select->choices, select->n)))
        syni_task_resume(task);
}

static void take_result(struct syni_task *task, struct syni_core *core, void *out)
{
    SYNI_INVARIANT(18, syni_core_done(core));
    task->status = core->err;
    if (!core->err) {
        syni_core_fetch(core, out);
        return;
    }
    task->heard = core->report;
    core->report = NULL;
    core->seen = true;
}

static void take_answer(struct syni_task *task, struct syn_choice *choice)
{
    struct syni_chance *chance = syni_chance(choice);
    enum syn_origin origin;

    if (chance->core) {
        take_result(task, chance->core, choice->item);
        return;
    }
    task->status = choice->on == SYNI_ON_TIME ? SYN_ETIMEDOUT : chance->port.status;
    if (!task->status || task->status == SYN_EEND)
        return;
    if (choice->on == SYNI_ON_TIME)
        task->heard = syni_report_new(SYN_ETIMEDOUT, SYN_BY_DEADLINE, NULL);
    else if (chance->channel && (choice->on == SYNI_ON_NEXT || task->status != SYN_ENOTSUP))
        task->heard = syni_channel_report(chance->channel, task->status, &origin);
    else
        task->heard = syni_report_new(task->status, SYN_BY_LIBRARY,
                                      choice->on == SYNI_ON_FUTURE
                                          ? syni_core_refusal(task->status)
                                          : syni_channel_refusal(task->status));
}

static bool select_wait_collect(struct syni_task *task)
{
    struct syni_select *select = &task->on.select;
    /* relaxed: it is ours since the wake */
    int chosen = atomic_load_explicit(&select->chosen, memory_order_relaxed);

    SYNI_DRIVEN_FOR(task);
    SYNI_INVARIANT(61, chosen != SYNI_OPEN);
    syni_timer_stop(&task->home->loop, &task->timer);
    syni_select_end(select);
    select->choices[0].chosen = chosen == SYNI_REFUSED ? -1 : chosen;
    if (chosen >= 0) {
        take_answer(task, &select->choices[chosen]);
    } else if (chosen == SYNI_REFUSED) {
        task->status = SYN_EDEADLK;
    } else {
        task->status = syni_task_code(syni_task_asked_by(task));
        task->heard = syni_report_new(task->status, syni_task_asked_by(task), NULL);
    }
    syni_select_release(select);
    return chosen == SYNI_GIVEN_UP;
}

static void select_wait_forget(struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    if (!syni_select_claim(&task->on.select, SYNI_GIVEN_UP))
        task->queued = true; /* the wake is on its way */
}

/* TASK was abandoned: an item that it was given is nobody's. */
static void select_wait_drop(struct syni_task *task)
{
    struct syni_select *select = &task->on.select;
    int chosen = atomic_load_explicit(&select->chosen, memory_order_relaxed);
    struct syni_chance *chance = chosen < 0 ? NULL : syni_chance(&select->choices[chosen]);

    SYNI_DRIVEN_FOR(task);
    SYNI_INVARIANT(61, chosen != SYNI_OPEN);
    syni_select_end(select);
    if (chance && chance->channel && chance->port.receives && !chance->port.status &&
        chance->channel->item->destroy)
        chance->channel->item->destroy(chance->port.item);
    syni_select_release(select);
}

/* --- circles: TASK waits for the first of several, and closes one if each of them does --- */

/* What carries the mark ID is refused a wait for CHOICE alone. */
static bool choice_is_closed(struct syn_choice *choice, uint64_t id, struct syn_report **out_report)
{
    struct syni_chance *chance = syni_chance(choice);
    syn_err err = SYN_OK;

    if (chance->core)
        err = syni_circle_look_at(id, chance->core, out_report);
    else if (chance->channel && choice->on == SYNI_ON_NEXT)
        err = syni_channel_look_at(chance->channel, id, out_report);
    return err != SYN_OK;
}

static void select_wait_refuse(struct syni_task *task, struct syn_report *report)
{
    SYNI_DRIVEN_FOR(task);
    if (!syni_select_claim(&task->on.select, SYNI_REFUSED)) {
        syni_report_free(report); /* it is decided */
        return;
    }
    syni_report_free(task->heard);
    task->heard = report;
    syni_task_resume(task);
}

static void select_wait_implicate(struct syni_task *task, uint64_t id)
{
    struct syni_select *select = &task->on.select;
    struct syn_report *report = NULL;

    SYNI_DRIVEN_FOR(task);
    for (int i = 0; i < select->n; i++) {
        syni_report_free(report);
        report = NULL;
        if (!choice_is_closed(&select->choices[i], id, &report))
            return;
    }
    select_wait_refuse(task, report);
}

static bool choice_leads(struct syn_choice *choice, struct syni_walk *walk)
{
    struct syni_chance *chance = syni_chance(choice);

    if (chance->core)
        return syni_chain_core_leads(chance->core, walk);
    return chance->channel && choice->on == SYNI_ON_NEXT &&
           syni_channel_leads(chance->channel, walk);
}

bool syni_select_leads(const struct syni_select *select, struct syni_walk *walk)
{
    walk->first = true;
    for (int i = 0; i < select->n; i++)
        if (!choice_leads(&select->choices[i], walk))
            return false;
    return select->n > 0;
}

static bool select_wait_leads(const struct syni_task *task, struct syni_walk *walk)
{
    return syni_select_leads(&task->on.select, walk);
}

/* TASK has begun to wait. */
static void select_wait_refuse_circles(struct syni_task *task)
{
    struct syni_walk walk = SYNI_WALK_TO(task);
    /* relaxed: given later, a probe comes */
    uint64_t mark = atomic_load_explicit(&task->mark, memory_order_relaxed);

    SYNI_DRIVEN_FOR(task);
    if (mark)
        select_wait_implicate(task, mark);
    if (!syni_chain_holds(task))
        return;
    if (select_wait_leads(task, &walk))
        select_wait_refuse(task, syni_chain_say(task, "the first of several"));
    else if (walk.far)
        syni_search_begin(task, walk.number);
}

static void select_wait_refused(struct syni_task *task, const struct syni_search *search)
{
    select_wait_refuse(task, syni_search_say(search, "", ""));
}

static const struct syni_wait_ops select_ops = {select_wait_interrupt, select_wait_collect,
                                                select_wait_forget,    select_wait_drop,
                                                select_wait_implicate, select_wait_leads,
                                                select_wait_refused, false, syni_search_again, NULL};

static void check_places(const struct syni_task *task, const struct syn_choice *store,
                         const struct syn_choice *from, int n)
{
    syni_place_check(task, store, "the choices of a select");
    for (int i = 0; i < n; i++)
        syni_place_check(task, from[i].item, "a choice's item or result");
}

struct syn_step syni_step_select(struct syn_task *public_task, struct syn_choice *store,
                                 const struct syn_choice *from, int n)
{
    struct syni_task *task = SYNI_TASK(public_task);
    int first_time = syni_select_first_time(from, n);

    SYNI_DRIVEN_FOR(task);
    if (n > SYN_SELECT_MAX)
        syni_panic("a select has more choices than SYN_SELECT_MAX");
    check_places(task, store, from, n);
    if (!syni_wait_begin(task, SYNI_WAIT_OTHER, "the first of several"))
        return syni_suspended;
    memcpy(store, from, (size_t)n * sizeof *store);
    task->ops = &select_ops;
    /* Before it begins: from then on another thread may decide it. */
    if (first_time >= 0 && from[first_time].deadline.ns != SYNI_NEVER)
        syni_timer_start(&task->home->loop, &task->timer, from[first_time].deadline.ns,
                         select_wait_time_is_up);
    if (syni_select_begin(&task->on.select, store, n, select_wait_wake_task))
        syni_task_resume(task);
    else
        select_wait_refuse_circles(task);
    return syni_suspended;
}
