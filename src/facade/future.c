/* SPDX-License-Identifier: Apache-2.0
 *
 * The reading end of a result: get, wait, poll, cancel, detach.
 *
 * Any thread. Each begins by pinning or consuming the handle, which is where a
 * stale or used one is found out; from there on the core cannot go away. What would
 * wait for a task on the thread that drives it is refused before anything is
 * consumed.
 */
#include "facade/blocked.h"

#include "base/report.h"

/* The core of FUTURE with one reference more. */
static syn_err pin(struct syn_future future, bool used_up_too, struct syni_core **out_core)
{
    syn_err err = syni_core_pin(future, used_up_too, out_core);

    return err ? syni_refuse_future(err) : SYN_OK;
}

/* The same for who looks, and does not use it up: a call that was refused is an error at once. */
static syn_err pin_made(struct syn_future future, bool used_up_too, struct syni_core **out_core)
{
    syn_err err = pin(future, used_up_too, out_core);

    if (err)
        return err;
    err = syni_look_at_refused(*out_core);
    if (err)
        syni_core_unpin(*out_core);
    return err;
}

static syn_err refuse_own(struct syni_source source)
{
    syn_err err = syni_blocked_own(source.home, source.name);

    return err ? err
               : syni_refuse(SYN_EDEADLK,
                             "waiting for %s on the thread that drives its synchronizer '%s' would "
                             "wait for itself; write co_await(future) there",
                             source.name, source.home->loop.name);
}

/* Waiting for CORE on this thread would be for itself, or stop a loop that it may need: a job may
 * call back. */
static syn_err may_wait(const struct syni_core *core)
{
    struct syni_source source = syni_shared_source(core);

    if (syni_core_done(core))
        return SYN_OK;
    if (source.home && syni_drives(&source.home->loop))
        return refuse_own(source);
    if (source.is_job && syni_driving_now())
        return syni_refuse(SYN_EDEADLK,
                           "waiting for %s, which a pool runs, would stop '%s', which this thread "
                           "drives; write co_await(future) there",
                           source.name, syni_driving_now()->loop->name);
    return SYN_OK;
}

/* WAITER is told, if it WAITS, else it is done; if the caller had RESERVED it, it is used up. */
static syn_err begin_wait(struct syni_core *core, struct syni_waiter *waiter, bool reserved,
                          bool *out_waits)
{
    bool busy;

    *out_waits = syni_core_wait(core, waiter, &busy);
    if (!*out_waits && busy)
        return SYN_EBUSY;
    if (reserved)
        syni_core_commit(core);
    else if (*out_waits && syni_core_is_used_up(core) && syni_core_stop_waiting(core, waiter))
        return SYN_ECONSUMED; /* a moment ago: the place is for who uses it up */
    return SYN_OK;
}

static syn_err wait_blocking(struct syni_core *core, int64_t deadline, bool asks,
                             enum syn_origin origin)
{
    struct syni_thread_waiter waiter;
    syn_err err;
    bool waits;

    syni_thread_waiter_init(&waiter);
    err = begin_wait(core, &waiter.waiter, asks, &waits);
    if (err || !waits)
        return err;
    if (syni_clock_sleep(&waiter.done, deadline))
        return SYN_OK;
    SYNI_DELAY(deadline_passed);
    if (!(asks && syni_core_ask(core, origin)) && syni_core_stop_waiting(core, &waiter.waiter))
        return syni_code_of(origin);
    syni_clock_sleep(&waiter.done, SYNI_NEVER); /* also if it is being told at this moment */
    return SYN_OK;
}

/* Waits for CORE until DEADLINE. Then, if it ASKS, for which CORE was reserved, who produces it is asked to end, and the
 * wait goes on, since that cleans up; where nobody can be asked the wait is over. One waiter for both,
 * so that no other thread gets between them. SYN_EBUSY: somebody else waits already.
 * SYN_ECONSUMED: somebody has just used it up. SYN_EDEADLK: it could never end, and the report
 * says why. */
static syn_err wait_core(struct syni_core *core, int64_t deadline, bool asks,
                         enum syn_origin origin)
{
    struct syni_source source = syni_shared_source(core);
    struct syni_blocked blocked;
    struct syni_blocking blocking;
    struct syni_relay relay = {NULL, core};
    syn_err err;

    if (syni_core_done(core)) {
        if (asks)
            syni_core_commit(core);
        return SYN_OK;
    }
    err = syni_blocked_enter(&blocked, source.home, source.name);
    if (err)
        return err;
    if (asks)
        syni_relay_begin(&relay, core);
    blocking = syni_block(source.name);
    err = wait_blocking(core, deadline, asks, origin);
    syni_unblock(&blocking);
    syni_relay_end(&relay);
    syni_blocked_leave(&blocked);
    return err;
}

syn_err syni_take_outcome(struct syni_core *core, void *out_result)
{
    syn_err err = core->err;

    if (err) {
        struct syn_report *report = core->report;

        core->report = NULL;
        core->seen = true;
        syni_report_keep(err, core->origin, report);
    } else if (out_result) {
        syni_core_fetch(core, out_result);
    } else {
        syni_core_discard(core); /* before we return, whoever holds it longer */
    }
    syni_core_let_go(core);
    return err;
}

/* Uses FUTURE up, waiting until DEADLINE and then for its end. */
static syn_err end_future(struct syn_future future, int64_t deadline, enum syn_origin origin,
                          void *out_result)
{
    struct syni_core *core = NULL;
    syn_err err = syni_core_reserve(future, &core);

    if (err)
        return syni_refuse_future(err);
    err = may_wait(core);
    if (!err)
        err = wait_core(core, deadline, true, origin);
    if (!err)
        return syni_take_outcome(core, out_result);
    if (err == SYN_EBUSY || err == SYN_EDEADLK) {
        syni_core_restore(core);
        return err == SYN_EBUSY ? syni_refuse_future(SYN_EBUSY) : err;
    }
    syni_core_let_go(core);
    return syni_report_keep(err, origin, syni_report_new(err, origin, NULL));
}

syn_err syni_future_get_by(struct syn_future future, void *out_result,
                           struct syn_deadline deadline)
{
    return end_future(future, syni_deadline_here(deadline.ns), SYN_BY_DEADLINE, out_result);
}

syn_err syni_future_get(struct syn_future future, void *out_result)
{
    return syni_future_get_by(future, out_result, syn_never());
}

syn_err syni_future_wait_by(struct syn_future future, struct syn_deadline deadline)
{
    struct syni_core *core = NULL;
    syn_err err = pin_made(future, false, &core);

    if (err)
        return err;
    err = may_wait(core);
    if (err) {
        syni_core_unpin(core);
        return err;
    }
    err = wait_core(core, syni_deadline_here(deadline.ns), false, SYN_BY_DEADLINE);
    syni_core_unpin(core);
    if (err == SYN_EBUSY || err == SYN_ECONSUMED)
        return syni_refuse_future(err);
    if (err && err != SYN_EDEADLK)
        syni_report_keep(err, SYN_BY_DEADLINE, syni_report_new(err, SYN_BY_DEADLINE, NULL));
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

syn_err syni_future_detach(struct syn_future future)
{
    struct syni_core *core = NULL;
    syn_err err = syni_core_reserve(future, &core);

    if (err)
        return syni_refuse_future(err);
    err = syni_use_up_refused(core);
    if (err)
        return err;
    syni_core_commit(core);
    syni_core_let_go(core);
    return SYN_OK;
}
