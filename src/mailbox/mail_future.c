/* SPDX-License-Identifier: Apache-2.0
 *
 * Futures at a mailbox. mailbox.h has the protocol.
 *
 * Any thread. A mail is the one waiter of its core, so that a completion costs a push and no task. With a
 * deadline it needs a loop to keep that: then a callback (then.c) awaits the future on a loop, and hands
 * over what that comes to. Discarded: that for all, since the completion of a job or of a promise would
 * go through a loop that it does not need.
 */
#include "mailbox/mailbox.h"

#include "base/mem.h"
#include "base/report.h"
#include "call/call.h"
#include "future/future.h"
#include "life/home_refusal.h"
#include "life/synchronizer.h"
#include "task/deadline.h"
#include "task/home.h"

static struct syni_core *mail_core(struct syni_mail *mail)
{
    return SYNI_CONTAINER(mail, struct syni_core, mail);
}

static void core_is_done(struct syni_waiter *waiter)
{
    syni_mail_told(SYNI_CONTAINER(waiter, struct syni_mail, waiter));
}

static syn_err mail_list_at_core(struct syni_mail *mail)
{
    struct syni_core *core = mail_core(mail);
    bool busy, waits;

    mail->waiter.wake = core_is_done;
    waits = syni_core_wait(core, &mail->waiter, &busy);
    if (busy)
        return SYN_EBUSY;
    syni_core_commit(core);
    return waits ? SYN_OK : SYN_EALREADY;
}

static bool mail_withdraw_from_core(struct syni_mail *mail)
{
    struct syni_core *core = mail_core(mail);

    if (!syni_core_stop_waiting(core, &mail->waiter))
        return false;
    syni_core_ask(core, SYN_BY_REQUEST);
    return true;
}

static bool call_with_result(struct syni_mail *mail)
{
    struct syni_core *core = mail_core(mail);
    struct syn_report *report;
    syn_err err = SYN_ECANCELED;

    syni_mailbox_vacate(mail->mailbox);
    if (mail->cancelled) {
        syni_mailbox_note_cancelled();
    } else if ((err = core->err)) {
        report = core->report;
        core->report = NULL;
        core->seen = true;
        syni_report_keep(err, core->origin, report);
    } else {
        core->taken = true; /* the callback's to keep */
    }
    core->type->call(mail->fn, mail->user, err, err ? NULL : syni_core_value(core));
    return false;
}

static void let_go_core(struct syni_mail *mail)
{
    syni_core_let_go(mail_core(mail));
}

const struct syni_mail_ops syni_mail_future_ops = {mail_list_at_core, mail_withdraw_from_core,
                                                   call_with_result, NULL, NULL, let_go_core};

/* CORE is reserved, or consumed, and MAILBOX has a place for it. */
static syn_err register_core(struct syn_mailbox *mailbox, struct syni_core *core, void (*fn)(void),
                             void *user)
{
    syn_err err;

    syni_mail_init(&core->mail, SYNI_MAIL_OF_FUTURE, fn, user);
    err = syni_mail_register(&core->mail, &syni_mail_future_ops, mailbox);
    return err == SYN_EBUSY ? syni_core_refuse(err) : err;
}

/* --- a future with a deadline: then.c brings what it comes to --- */

struct relayed_mail {
    struct syni_mail mail;
    struct syn_future relay;
    struct syni_home *home; /* where that runs */
    const struct syn_type *type;
    struct syni_core *core; /* reserved, while it is registered */
    atomic_bool decided;    /* that it is handed over, or withdrawn */
    atomic_uint references; /* the relay's and the mailbox's */
    /* handed over: a reference to the core, which may not be done, is this mail's */
    syn_err err;
    enum syn_origin origin;
    struct syn_report *report;
};

static struct relayed_mail *relayed_mail(struct syni_mail *mail)
{
    return SYNI_CONTAINER(mail, struct relayed_mail, mail);
}

static void let_go_relayed(struct relayed_mail *here)
{
    /* acq_rel: the last one sees what the other did */
    if (atomic_fetch_sub_explicit(&here->references, 1, memory_order_acq_rel) == 1)
        syni_free(here, sizeof *here);
}

/* By the loop of the relay. */
static void hand_over(void *user, struct syni_core *core, syn_err err, enum syn_origin origin,
                      struct syn_report *report)
{
    struct relayed_mail *here = user;

    here->core = core;
    here->err = err;
    here->origin = origin;
    here->report = report;
    if (atomic_exchange(&here->decided, true)) {
        syni_report_free(report);
        syni_core_unpin(core);
    } else {
        syni_mail_told(&here->mail);
    }
    let_go_relayed(here);
}

static syn_err list_relayed(struct syni_mail *mail)
{
    struct relayed_mail *here = relayed_mail(mail);
    struct syni_hand hand = {hand_over, here};

    return syni_then_hand(here->home, here->core, &hand, &here->relay);
}

static bool withdraw_relayed(struct syni_mail *mail)
{
    struct relayed_mail *here = relayed_mail(mail);

    if (atomic_exchange(&here->decided, true))
        return false;
    syni_future_request_cancel(here->relay);
    return true;
}

static bool call_relayed(struct syni_mail *mail)
{
    struct relayed_mail *here = relayed_mail(mail);
    const struct syn_type *type = here->type;
    syn_err err = mail->cancelled ? SYN_ECANCELED : here->err;
    void *value = NULL;

    syni_mailbox_vacate(mail->mailbox);
    if (mail->cancelled) {
        syni_mailbox_note_cancelled();
    } else if (err) {
        syni_report_keep(err, here->origin, here->report);
    } else {
        here->core->taken = true;
        value = syni_core_value(here->core);
    }
    type->call(mail->fn, mail->user, err, value);
    if (!mail->cancelled)
        syni_core_unpin(here->core);
    return false;
}

static void free_relayed(struct syni_mail *mail)
{
    let_go_relayed(relayed_mail(mail));
}

const struct syni_mail_ops syni_mail_relayed_ops = {list_relayed, withdraw_relayed, call_relayed, NULL,
                                                    NULL, free_relayed};

/* A registration under way. */
struct relaying {
    struct syn_mailbox *mailbox;
    struct syni_core *core;
    void (*fn)(void);
    void *user;
    syn_err err;
};

static syn_err relay_on(struct syn_synchronizer *where, const struct relaying *what)
{
    struct relayed_mail *here;
    struct syni_home *home;
    syn_err err = syni_synchronizer_home(where, &home);

    if (err)
        return syni_home_refuse(where, err, "a callback");
    here = syni_alloc(sizeof *here);
    if (!here)
        return syni_mailbox_refuse_memory();
    syni_mail_init(&here->mail, SYNI_MAIL_OF_RELAY, what->fn, what->user);
    here->home = home;
    here->type = what->core->type;
    here->core = what->core;
    atomic_init(&here->references, 2);
    err = syni_mail_register(&here->mail, &syni_mail_relayed_ops, what->mailbox);
    if (err)
        syni_free(here, sizeof *here);
    return err;
}

static void relay_there(struct syni_counted *counted, void *user)
{
    struct relaying *what = user;

    what->err = relay_on(SYNI_CONTAINER(counted, struct syni_home, counted)->synchronizer, what);
}

/* Where the task runs; that may have ended by now, and its home be gone. */
static syn_err register_relayed(struct syn_mailbox *mailbox, struct syni_core *core,
                                void (*fn)(void), void *user)
{
    struct relaying what = {mailbox, core, fn, user, SYN_OK};
    const struct syni_task *task = syni_core_task(core);

    if (task && syni_census_visit_one(&syni_homes, &task->home->counted, relay_there, &what))
        return what.err;
    return relay_on(syn_default_synchronizer(), &what);
}

static bool has_deadline(void)
{
    return syni_deadline_here(SYNI_NEVER) != SYNI_NEVER;
}

/* Uses CORE up if it is a refused one: its error. */
static syn_err register_reserved(struct syn_mailbox *mailbox, struct syni_core *core,
                                 void (*fn)(void), void *user)
{
    syn_err err = syni_promise_use_up_refused(core);

    if (err)
        return err;
    if (syni_core_is_awaited(core))
        err = syni_core_refuse(SYN_EBUSY);
    else if (!has_deadline() || syni_core_done(core))
        err = register_core(mailbox, core, fn, user);
    else
        err = register_relayed(mailbox, core, fn, user);
    if (err)
        syni_core_restore(core);
    return err;
}

/* CORE was consumed, and is known to nobody but its producer: so it is neither awaited nor refused. */
static syn_err register_alone(struct syn_mailbox *mailbox, struct syni_core *core, void (*fn)(void),
                              void *user)
{
    syn_err err = register_core(mailbox, core, fn, user);

    if (err)
        syni_core_undo_consume(core);
    return err;
}

/* MAILBOX has a place for it. */
static syn_err register_future(struct syn_mailbox *mailbox, struct syn_future future,
                               void (*fn)(void), void *user)
{
    struct syni_core *core = has_deadline() ? NULL : syni_core_consume_alone(future);
    syn_err err;

    if (core)
        err = register_alone(mailbox, core, fn, user);
    else if ((err = syni_core_reserve(future, &core)))
        err = syni_core_refuse(err);
    else
        err = register_reserved(mailbox, core, fn, user);
    if (err)
        syni_mailbox_vacate(mailbox);
    return err;
}

SYNI_FACE syn_err syni_future_then_mail(struct syn_future future, struct syn_mailbox *mailbox,
                                        void (*fn)(void), void *user)
{
    SYNI_MADE_HERE
    syn_err err = fn ? syni_mailbox_place(mailbox) : syni_mailbox_refuse_no_function();

    return err ? err : register_future(mailbox, future, fn, user);
}

SYNI_FACE syn_err syni_then_with_room(struct syn_future future, struct syn_mailbox *mailbox,
                                      void (*fn)(void), void *user)
{
    SYNI_MADE_HERE

    syni_mailbox_placed(mailbox);
    if (fn)
        return register_future(mailbox, future, fn, user);
    syni_mailbox_vacate(mailbox);
    return syni_mailbox_refuse_no_function();
}
