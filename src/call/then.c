/* SPDX-License-Identifier: Apache-2.0
 *
 * Callbacks: future_then() is a small task that awaits the future and then calls.
 *
 * So a callback has everything a task has: it runs on the loop it was asked for,
 * never inside the call that registered it, it shows in a dump, and stopping its
 * synchronizer ends it. It is called exactly once: at the end of the task, or, when
 * that never began, when its frame is freed. Discarded: a node in every future for
 * the rare one that gets a callback.
 */
#include "call/call.h"

#include "base/fork.h"
#include "base/report.h"
#include "future/await.h"
#include "future/future.h"
#include "life/home_refusal.h"
#include "life/home_start.h"
#include "life/life.h"
#include "life/synchronizer.h"
#include "task/deadline.h"
#include "task/task_cancel.h"
#include "task/wait.h"

struct then {
    struct syn_task syn;
    struct syni_core *core; /* two references: the reader's, and one for the value */
    int64_t deadline;       /* then its producer is cancelled */
    void (*fn)(void);
    void *user;
    struct syni_hand hand; /* has the outcome, in place of FN; take NULL: it has not */
    bool awaits, called;
    SYNI_MADE_FIELD
};

/* Calls back, with REPORT as this thread's latest, as after a future_get() that failed. */
static void call(struct then *then, syn_err err, enum syn_origin origin, struct syn_report *report)
{
    struct syni_core *core = then->core;
    void *value = err ? NULL : syni_core_value(core);
    unsigned process = syni_process();

    then->called = true;
    if (syni_core_done(core))
        core->seen = true;
    if (then->hand.take) { /* with the reference for the value */
        then->hand.take(then->hand.user, core, err, origin, report);
        return;
    }
    if (!err)
        core->taken = true; /* the callback's to keep */
    if (err)
        syni_report_keep(err, origin, report);
    core->type->call(then->fn, then->user, err, value);
    syni_fork_returned(process, "a callback");
    syni_core_unpin(core);
}

static struct syn_step then_run(struct syn_task *public_task)
{
    struct then *then = (struct then *)(void *)public_task;
    struct syni_task *task = SYNI_TASK(public_task);

    if (then->awaits)
        return syni_step_leave(public_task, public_task->status, NULL);
    syni_core_commit(then->core);
    then->awaits = syni_await_core(task, then->core, NULL, then->deadline);
    /* A waiter for it at this moment sees that it is used up, and leaves. */
    return syni_suspended;
}

/* The origin of the error that OWN, the callback's task, ends with. */
static enum syn_origin origin_of(const struct syni_core *own, const struct syni_core *awaited)
{
    if (syni_task_origin_is_request(own->origin))
        return own->origin;
    return syni_core_done(awaited) ? awaited->origin : SYN_BY_DEADLINE; /* a promise has no task */
}

static struct syn_step then_leave(struct syn_task *public_task)
{
    struct then *then = (struct then *)(void *)public_task;
    struct syni_core *own = &SYNI_TASK(public_task)->core;
    struct syn_report *report = syni_report_copy(own->report);
    enum syn_origin origin = origin_of(own, then->core);

    if (report)
        report->origin = origin;
    call(then, own->err, origin, report);
    own->seen = true;
    return syni_step_end(public_task);
}

/* TASK goes; if it never began, or was abandoned, it calls here. */
static void then_release(struct syn_task *task)
{
    struct then *then = (struct then *)(void *)task;

    if (then->called || !then->core)
        return;
    if (!then->awaits) { /* nobody gave the reader's reference up */
        syni_core_commit(then->core);
        syni_core_let_go(then->core);
    }
    call(then, SYN_ECANCELED, SYN_BY_STOP,
         syni_report_new(SYN_ECANCELED, SYN_BY_STOP,
                         "the synchronizer of the callback was stopped before it could run"));
}

static void ignore(void (*fn)(void), void *user, syn_err err, void *result)
{
    (void)fn;
    (void)user;
    (void)err;
    (void)result;
}

static const struct syn_function function = {
    .abi = SYNI_ABI_OF(syn_function),
    .task_size = sizeof(struct syn_task),
    .frame_size = sizeof(struct then),
    .type = {.call = ignore},
    .name = "callback",
    .file = __FILE__,
    .line = __LINE__,
    .library = 1,
    .made = SYNI_MADE_OFFSET(then),
    .run = then_run,
    .leave = then_leave,
    .release = then_release,
};

/* The frame of a callback on HOME, or NULL. */
static struct then *new_then(struct syni_home *home, struct syn_future *out_own)
{
    return (struct then *)(void *)syni_call_frame_on(&function, home, out_own);
}

/* CORE, which is reserved, is what THEN awaits. Another reference keeps it until the caller, too,
 * has used it up. */
static bool launch(struct then *then, struct syni_core *core)
{
    struct syni_task *task = SYNI_TASK(&then->syn);

    syni_core_hold(core);
    syni_core_hold(core); /* for the value */
    then->core = core;
    if (syni_call_launch(task)) {
        syni_core_commit(core);
        syni_core_unpin(core);
        return true;
    }
    then->core = NULL;
    syni_core_unpin(core);
    syni_core_unpin(core);
    syni_core_complete(&task->core);
    return false;
}

/* THEN, which was made on HOME with the handle OWN (NULL: there was no memory), for CORE. */
static syn_err then_begin(struct then *then, struct syn_future own, struct syni_core *core)
{
    struct syni_home *home = then ? SYNI_TASK(&then->syn)->home : NULL;

    if (!then)
        return syni_refuse(SYN_ENOMEM, "no memory for a callback");
    then->deadline = syni_deadline_here(SYNI_NEVER);
    /* Before it is launched: the last reference must be the loop's, or a task that ends
     * at once, unstarted, would call back inside this call. */
    syni_future_detach(own);
    return launch(then, core) ? SYN_OK
                              : syni_home_refuse(home->synchronizer, syni_life_refusal(home),
                                                 "a callback");
}

/* CORE is reserved. */
static syn_err call_later(struct syni_home *home, struct syni_core *core, void (*fn)(void),
                          void *user)
{
    struct syn_future own;
    struct then *then;

    if (syni_core_is_awaited(core))
        return syni_core_refuse(SYN_EBUSY);
    then = new_then(home, &own);
    if (then) {
        then->fn = fn;
        then->user = user;
    }
    return then_begin(then, own, core);
}

syn_err syni_then_hand(struct syni_home *home, struct syni_core *core, const struct syni_hand *hand,
                       struct syn_future *out_relay)
{
    struct then *then = new_then(home, out_relay);

    if (then)
        then->hand = *hand;
    return then_begin(then, *out_relay, core);
}

SYNI_FACE syn_err syni_future_then(struct syn_future future, struct syn_synchronizer *where,
                                   void (*fn)(void), void *user)
{
    SYNI_MADE_HERE
    struct syni_home *home;
    struct syni_core *core;
    syn_err err;

    if (!fn)
        return syni_refuse(SYN_EINVAL, "there is no function to call back");
    where = where ? where : syn_default_synchronizer();
    err = syni_synchronizer_home(where, &home);
    if (!err)
        err = syni_home_keep_thread(home);
    if (err)
        return syni_home_refuse(where, err, "a callback");
    err = syni_core_reserve(future, &core);
    if (err)
        return syni_core_refuse(err);
    err = syni_promise_use_up_refused(core);
    if (err)
        return err;
    err = call_later(home, core, fn, user);
    if (err)
        syni_core_restore(core);
    return err;
}
