/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads that wait for the first of several things.
 *
 * Any thread. The choices lie on its stack, or wherever its array is.
 */
#include "facade/home.h"
#include "task/select.h"

#include "base/report.h"
#include "pool/pool.h"

struct thread_select {
    struct syni_select select;
    struct syni_thread_waiter waiter;
};

static void wake_thread(struct syni_select *select)
{
    struct thread_select *thread = SYNI_CONTAINER(select, struct thread_select, select);

    thread->waiter.waiter.wake(&thread->waiter.waiter);
}

/* Nothing happened by DEADLINE: then NUMBER is it, unless something does at this moment. */
static void wait_until(struct thread_select *thread, int64_t deadline, int number)
{
    bool decided;

    syni_worker_block();
    decided = syni_clock_sleep(&thread->waiter.done, deadline);
    syni_worker_unblock();
    SYNI_DELAY(deadline_passed);
    if (decided || syni_select_claim(&thread->select, number))
        return;
    syni_clock_sleep(&thread->waiter.done, SYNI_NEVER); /* it is being told */
}

/* On a thread that drives a loop only time that is up already is waited for. */
static void wait(struct thread_select *thread, struct syn_deadline *out_until)
{
    int time = syni_select_first_time(thread->select.choices, thread->select.n);
    int64_t at = time < 0 ? SYNI_NEVER : thread->select.choices[time].deadline.ns;
    struct syni_driving *drives = syni_driving_now();

    out_until->ns = syni_deadline_here(at);
    if (drives && at > syni_loop_now(drives->loop))
        out_until->ns = 0;
    wait_until(thread, out_until->ns, out_until->ns == at && at != SYNI_NEVER ? time
                                                                             : SYNI_GIVEN_UP);
}

static syn_err answer(struct syn_choice *choice)
{
    struct syni_chance *chance = syni_chance(choice);
    syn_err err = chance->port.status;
    enum syn_origin origin = SYN_BY_DEADLINE;
    struct syni_core *core = chance->core;
    struct syn_report *report;

    if (core) {
        chance->core = NULL;
        return syni_take_outcome(core, choice->item);
    }
    if (choice->on == SYNI_ON_TIME)
        return syni_report_keep(SYN_ETIMEDOUT, origin,
                                syni_report_new(SYN_ETIMEDOUT, origin, NULL));
    if (!err || err == SYN_EEND)
        return err ? syni_answer(err) : SYN_OK;
    if (choice->on == SYNI_ON_FUTURE)
        return syni_refuse_future(err);
    if (!chance->channel || err == SYN_ECLOSED ||
        (err == SYN_ENOTSUP && choice->on == SYNI_ON_SEND))
        return syni_refuse(err, "%s", syni_channel_refusal(err));
    report = syni_channel_report(chance->channel, err, &origin);
    return syni_report_keep(err, origin, report);
}

static syn_err gave_up(void)
{
    struct syni_driving *drives = syni_driving_now();

    if (!drives)
        return syni_report_keep(SYN_ETIMEDOUT, SYN_BY_DEADLINE,
                                syni_report_new(SYN_ETIMEDOUT, SYN_BY_DEADLINE, NULL));
    return syni_refuse(SYN_EDEADLK,
                       "a select on the thread that drives '%s' could wait for itself; write "
                       "co_select there",
                       drives->loop->name);
}

int syni_select(syn_err *out_err, struct syn_choice *choices, int n)
{
    struct thread_select thread;
    struct syn_deadline until;
    syn_err err;
    int chosen;

    if (n < 1 || n > SYN_SELECT_MAX) {
        err = syni_refuse(SYN_EINVAL, "a select of %d choices", n);
        if (out_err)
            *out_err = err;
        return -1;
    }
    syni_thread_waiter_init(&thread.waiter);
    if (!syni_select_begin(&thread.select, choices, n, wake_thread))
        wait(&thread, &until);
    chosen = atomic_load_explicit(&thread.select.chosen, memory_order_relaxed);
    syni_select_end(&thread.select);
    err = chosen < 0 ? gave_up() : answer(&choices[chosen]);
    syni_select_release(&thread.select);
    if (out_err)
        *out_err = err;
    return chosen < 0 ? -1 : chosen;
}
