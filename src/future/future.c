/* SPDX-License-Identifier: Apache-2.0
 *
 * The reading end of a result: get, wait, poll, cancel, detach.
 *
 * Any thread. Each begins by pinning or consuming the handle, which is where a
 * stale or used one is found out; from there on the core cannot go away.
 */
#include "future/future.h"

#include "base/report.h"
#include "loop/role_keep.h"
#include "task/deadline.h"
#include "task/home.h"
#include "thread/thread_waits.h"

/* The core of FUTURE with one reference more. */
static syn_err pin(struct syn_future future, bool used_up_too, struct syni_core **out_core)
{
    syn_err err = syni_core_pin(future, used_up_too, out_core);

    return err ? syni_core_refuse(err) : SYN_OK;
}

/* The same for a caller that looks, and does not use it up: a call that was refused is an error at once. */
static syn_err pin_made(struct syn_future future, bool used_up_too, struct syni_core **out_core)
{
    syn_err err = pin(future, used_up_too, out_core);

    if (err)
        return err;
    err = syni_promise_look_at_refused(*out_core);
    if (err)
        syni_core_unpin(*out_core);
    return err;
}

/* A thread that waits for a core. */
struct core_wait {
    struct syni_thread_wait wait;
    struct syni_core *core;
    bool reserved; /* it is used up when the thread is listed */
    syn_err err;   /* why it was not listed */
};

static struct core_wait *core_wait_of(struct syni_thread_wait *wait)
{
    return SYNI_CONTAINER(wait, struct core_wait, wait);
}

static bool list_at_core(struct syni_thread_wait *wait)
{
    struct core_wait *here = core_wait_of(wait);
    bool busy, waits = syni_core_wait(here->core, &wait->waiter.waiter, &busy);

    if (!waits && busy) {
        here->err = SYN_EBUSY;
    } else if (here->reserved) {
        syni_core_commit(here->core);
    } else if (waits && syni_core_is_used_up(here->core) &&
               syni_core_stop_waiting(here->core, &wait->waiter.waiter)) {
        here->err = SYN_ECONSUMED; /* a moment ago: the place is for the caller that uses it up */
        return false;
    }
    return waits;
}

static bool withdraw_from_core(struct syni_thread_wait *wait, enum syn_origin origin)
{
    (void)origin;
    return syni_core_stop_waiting(core_wait_of(wait)->core, &wait->waiter.waiter);
}

static bool ask_producer(struct syni_thread_wait *wait, enum syn_origin origin)
{
    return syni_core_ask(core_wait_of(wait)->core, origin);
}

static const struct syni_thread_wait_ops look_ops = {list_at_core, withdraw_from_core, NULL, NULL};
static const struct syni_thread_wait_ops get_ops = {list_at_core, withdraw_from_core, ask_producer, NULL};

/* The home on which the thread called for CORE, where callers may drive: held, since it may be freed when CORE is done; or
 * NULL. */
static struct syni_home *home_to_drive(struct syni_self *self, const struct syni_core *core)
{
    struct syni_home *home = syni_core_task(core) ? syni_core_task(core)->home : NULL;

    if (!home || self->driving || !syni_role_gets(self, &home->loop) || !syni_home_find(home))
        return NULL;
    return home;
}

/* As wait_core(), of one that was not done a moment ago. */
static __attribute__((noinline)) syn_err block_on_core(struct syni_core *core, int64_t deadline, bool reserved,
                                                       enum syn_origin reason)
{
    struct syni_self *self = syni_self();
    struct syni_home *home = home_to_drive(self, core);
    struct core_wait here = {.wait = {.ops = reserved ? &get_ops : &look_ops,
                                      .deadline = syni_deadline_here(deadline),
                                      .reason = reason,
                                      .instead = reason == SYN_BY_REQUEST ? "co_cancel(future)"
                                                                             : "co_await(future)",
                                      .may_drive = home != NULL,
                                      .may_follow = home != NULL,
                                      .runs_ahead = home != NULL}, /* it gets the next */
                             .core = core,
                             .reserved = reserved};
    syn_err err;

    here.wait.source = syni_share_source(core);
    here.wait.source.core = core;
    err = syni_thread_wait(self, &here.wait);
    if (home)
        syni_home_let_go(home);
    if (here.err)
        return syni_core_refuse(here.err);
    return err ? err : syni_job_overdue(self);
}

/* Waits for CORE until DEADLINE, which has the reason REASON. If it is RESERVED, its producer is
 * cancelled then, and the wait goes on, since that cleans up; where there is no such task or job the wait is
 * over. Fails as syni_thread_wait() does; SYN_EBUSY: another waits already; SYN_ECONSUMED:
 * somebody has just used it up. With these two and SYN_EDEADLK it is still reserved. */
static syn_err wait_core(struct syni_core *core, int64_t deadline, bool reserved,
                         enum syn_origin reason)
{
    if (!syni_core_done(core))
        return block_on_core(core, deadline, reserved, reason);
    if (reserved)
        syni_core_commit(core);
    syni_job_served(syni_self());
    return syni_job_overdue(syni_self());
}

syn_err syni_future_take_outcome(struct syni_core *core, void *out_result)
{
    syn_err err = core->err;

    if (err) {
        struct syn_report *report = core->report;

        core->report = NULL;
        core->seen = true;
        syni_job_note_outcome(syni_self(), core->origin);
        syni_report_keep(err, core->origin, report);
    } else if (out_result) {
        syni_core_fetch(core, out_result);
    } else {
        syni_core_discard(core); /* before we return, even if others hold it longer */
    }
    syni_core_let_go(core);
    return err;
}

/* Uses FUTURE up, waiting until DEADLINE and then for its end. */
static syn_err end_future(struct syn_future future, int64_t deadline, enum syn_origin origin,
                          void *out_result)
{
    /* a job that was cancelled may have to see that by this wait */
    struct syni_core *core = syni_self()->worker ? NULL : syni_core_consume_ended(future);
    syn_err err;

    if (core)
        return syni_future_take_outcome(core, out_result);
    err = syni_core_reserve(future, &core);
    if (err)
        return syni_core_refuse(err);
    err = wait_core(core, deadline, true, origin);
    if (!err)
        return syni_future_take_outcome(core, out_result);
    if ((err == SYN_EBUSY || err == SYN_EDEADLK) && !syni_core_is_used_up(core))
        syni_core_restore(core);
    else
        syni_core_let_go(core);
    return err;
}

syn_err syni_future_get_by(struct syn_future future, void *out_result,
                           struct syn_deadline deadline)
{
    return end_future(future, deadline.ns, SYN_BY_DEADLINE, out_result);
}

syn_err syni_future_get(struct syn_future future, void *out_result)
{
    return end_future(future, SYNI_NEVER, SYN_BY_DEADLINE, out_result);
}

syn_err syni_future_wait_by(struct syn_future future, struct syn_deadline deadline)
{
    struct syni_core *core = NULL;
    syn_err err = pin_made(future, false, &core);

    if (err)
        return err;
    err = wait_core(core, deadline.ns, false, SYN_BY_DEADLINE);
    syni_core_unpin(core);
    return err;
}

syn_err syni_future_poll(struct syn_future future)
{
    struct syni_core *core = NULL;
    syn_err err = pin_made(future, false, &core);

    if (err)
        return err;
    err = syni_core_done(core) ? SYN_OK : syni_answer(SYN_EAGAIN);
    syni_core_unpin(core);
    return err;
}

syn_err syni_future_request_cancel(struct syn_future future)
{
    struct syni_core *core = NULL;
    syn_err err = pin_made(future, true, &core);

    if (err)
        return err;
    syni_core_ask(core, SYN_BY_REQUEST);
    syni_core_unpin(core);
    return SYN_OK;
}

syn_err syni_future_cancel(struct syn_future future)
{
    return end_future(future, 0, SYN_BY_REQUEST, NULL);
}

static syn_err leave_to_itself(struct syn_future future, bool asks)
{
    struct syni_core *core = NULL;
    syn_err err = syni_core_reserve_or_consume(future, &core);

    if (err)
        return syni_core_refuse(err);
    err = syni_promise_use_up_refused(core);
    if (err)
        return err;
    syni_core_commit(core);
    if (asks)
        syni_core_ask(core, SYN_BY_REQUEST);
    syni_core_let_go(core);
    return SYN_OK;
}

syn_err syni_future_detach(struct syn_future future)
{
    /* mostly one that nobody else knows, and that runs: so it was not refused */
    if (future.slot && syni_slot_detach_alone(future.slot, future.generation))
        return SYN_OK;
    return leave_to_itself(future, false);
}

syn_err syni_future_drop(struct syn_future future)
{
    return leave_to_itself(future, true);
}
