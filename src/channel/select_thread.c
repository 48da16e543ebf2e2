/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads that wait for the first of several things.
 *
 * Any thread. The choices lie on its stack, or wherever its array is.
 */
#include "thread/thread_waits.h"
#include "channel/select.h"

#include "base/report.h"
#include "future/future.h"
#include "task/deadline.h"

struct thread_select {
    struct syni_thread_wait wait;
    struct syni_select select;
    struct syn_choice *choices;
    int n, time; /* the number of the first choice of time, or -1 */
};

static void select_call_wake_thread(struct syni_select *select)
{
    syni_thread_told(&SYNI_CONTAINER(select, struct thread_select, select)->wait.waiter);
}

static bool select_call_list(struct syni_thread_wait *wait)
{
    struct thread_select *thread = SYNI_CONTAINER(wait, struct thread_select, wait);

    return !syni_select_begin(&thread->select, thread->choices, thread->n, select_call_wake_thread);
}

/* Nothing happened: then the choice of time is it, if that is the deadline, unless something
 * does at this moment. */
static bool select_call_withdraw(struct syni_thread_wait *wait, enum syn_origin origin)
{
    struct thread_select *thread = SYNI_CONTAINER(wait, struct thread_select, wait);
    int64_t at = thread->time < 0 ? SYNI_NEVER : thread->choices[thread->time].deadline.ns;
    bool is_time = origin == SYN_BY_DEADLINE && thread->time >= 0 && at <= wait->deadline;

    return syni_select_claim(&thread->select, is_time ? thread->time : SYNI_GIVEN_UP);
}

static bool select_call_leads(struct syni_thread_wait *wait, struct syni_walk *walk)
{
    return syni_select_leads(&SYNI_CONTAINER(wait, struct thread_select, wait)->select, walk);
}

static const struct syni_thread_wait_ops select_call_ops = {select_call_list, select_call_withdraw,
                                                            NULL, NULL};

/* On a thread that drives a loop only time that is up already is waited for. */
static syn_err look_in_step(struct syni_self *self, struct thread_select *thread)
{
    int64_t at = thread->time < 0 ? SYNI_NEVER : thread->choices[thread->time].deadline.ns;
    bool is_time = at != SYNI_NEVER && at <= syni_deadline_now(self);

    syni_thread_waiter_init(self, &thread->wait.waiter);
    if (!select_call_list(&thread->wait) ||
        syni_select_claim(&thread->select, is_time ? thread->time : SYNI_GIVEN_UP))
        return SYN_EDEADLK;
    while (!thread->wait.waiter.done) /* it is being told: a few instructions */
        syni_thread_yield();
    return SYN_OK;
}

/* A deadline around it has passed: what is there is taken, and nothing begins. (A choice of time is
 * none: it polls.) */
static syn_err select_call_look(struct syni_self *self, struct thread_select *thread)
{
    if (syni_select_begin(&thread->select, thread->choices, thread->n, NULL))
        return SYN_OK;
    syni_select_claim(&thread->select, SYNI_GIVEN_UP);
    return syni_job_timed_out(self);
}

static syn_err select_call_answer(struct syn_choice *choice)
{
    struct syni_chance *chance = syni_chance(choice);
    syn_err err = chance->port.status;
    enum syn_origin origin = SYN_BY_DEADLINE;
    struct syni_core *core = chance->core;
    struct syn_report *report;

    if (core) {
        chance->core = NULL;
        return syni_future_take_outcome(core, choice->item);
    }
    if (choice->on == SYNI_ON_TIME)
        return syni_report_keep(SYN_ETIMEDOUT, origin,
                                syni_report_new(SYN_ETIMEDOUT, origin, NULL));
    if (!err || err == SYN_EEND)
        return err ? syni_answer(err) : SYN_OK;
    if (choice->on == SYNI_ON_FUTURE)
        return syni_core_refuse(err);
    if (!chance->channel || err == SYN_ECLOSED ||
        (err == SYN_ENOTSUP && choice->on == SYNI_ON_SEND))
        return syni_refuse(err, "%s", syni_channel_refusal(err));
    report = syni_channel_report(chance->channel, err, &origin);
    return syni_report_keep(err, origin, report);
}

static syn_err refuse_in_step(const struct syni_self *self)
{
    return syni_refuse(SYN_EDEADLK,
                       "a select on the thread that drives '%s' could wait for itself; write "
                       "co_select there",
                       self->driving->loop->name);
}

static syn_err select_call_begin(struct syni_self *self, struct thread_select *thread)
{
    int64_t at = thread->time < 0 ? SYNI_NEVER : thread->choices[thread->time].deadline.ns;
    syn_err err;

    if (self->driving)
        return look_in_step(self, thread);
    err = syni_job_heeds(self);
    if (err) {
        syni_select_begin(&thread->select, thread->choices, 0, select_call_wake_thread);
        return err;
    }
    thread->wait.deadline = syni_deadline_of(self, at);
    if (thread->wait.deadline < at && syni_deadline_passed(self, thread->wait.deadline))
        return select_call_look(self, thread);
    return syni_thread_wait(self, &thread->wait);
}

int syni_select(syn_err *out_err, struct syn_choice *choices, int n)
{
    struct thread_select thread = {.wait = {.ops = &select_call_ops,
                                            .source = {.name = "a select"},
                                            .leads = select_call_leads,
                                            .reason = SYN_BY_DEADLINE},
                                   .choices = choices,
                                   .n = n};
    struct syni_self *self = syni_self();
    syn_err err;
    int chosen;

    if (n < 1 || n > SYN_SELECT_MAX) {
        err = syni_refuse(SYN_EINVAL, "a select of %d choices", n);
        if (out_err)
            *out_err = err;
        return -1;
    }
    thread.time = syni_select_first_time(choices, n);
    err = select_call_begin(self, &thread);
    chosen = atomic_load_explicit(&thread.select.chosen, memory_order_relaxed);
    syni_select_end(&thread.select);
    if (chosen >= 0)
        err = select_call_answer(&choices[chosen]);
    else if (self->driving)
        err = refuse_in_step(self);
    syni_select_release(&thread.select);
    if (out_err)
        *out_err = err;
    return chosen < 0 ? -1 : chosen;
}
