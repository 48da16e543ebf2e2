/* SPDX-License-Identifier: Apache-2.0
 *
 * Scopes of threads at a mailbox; the mail waits for the last child in their place. mailbox.h has the
 * protocol.
 *
 * Any thread, in the scope's section.
 */
#include "mailbox/mailbox.h"

#include "base/mem.h"
#include "base/report.h"
#include "scope/scope.h"

struct scope_mail {
    struct syni_mail mail;
    struct syni_scope *scope;
};

static struct scope_mail *scope_mail(struct syni_mail *mail)
{
    return SYNI_CONTAINER(mail, struct scope_mail, mail);
}

static void scope_is_empty(struct syni_waiter *waiter)
{
    syni_mail_told(SYNI_CONTAINER(waiter, struct syni_mail, waiter));
}

static syn_err mail_list_at_scope(struct syni_mail *mail)
{
    struct scope_mail *here = scope_mail(mail);
    struct syni_section section;
    syn_err err = SYN_OK;

    syni_scope_enter(here->scope, &section);
    if (here->scope->sleeper) {
        err = SYN_EBUSY;
    } else if (!here->scope->bound || syni_scope_satisfied(here->scope, SYNI_SCOPE_END)) {
        err = SYN_EALREADY;
    } else {
        here->scope->sleeper = &mail->waiter;
        here->scope->awaited = SYNI_SCOPE_END;
    }
    syni_scope_leave(here->scope, &section);
    return err;
}

static bool mail_withdraw_from_scope(struct syni_mail *mail)
{
    struct scope_mail *here = scope_mail(mail);
    struct syni_section section;
    bool listed;

    syni_scope_enter(here->scope, &section);
    listed = here->scope->sleeper == &mail->waiter;
    if (listed) {
        here->scope->sleeper = NULL;
        here->scope->awaited = SYNI_SCOPE_NOTHING;
        syni_scope_ask(here->scope, SYN_BY_REQUEST, &section);
    }
    syni_scope_leave(here->scope, &section);
    return listed;
}

static bool call_with_outcome(struct syni_mail *mail)
{
    struct syni_scope *scope = scope_mail(mail)->scope;
    struct syn_report *report;
    enum syn_origin origin;
    syn_err err;

    syni_mailbox_vacate(mail->mailbox);
    if (mail->cancelled) {
        err = syni_mailbox_note_cancelled();
    } else {
        err = scope->bound ? syni_scope_settle(scope, &origin, &report) : SYN_OK;
        if (err)
            syni_report_keep(err, origin, report);
    }
    ((void (*)(void *, syn_err))mail->fn)(mail->user, err);
    return false;
}

static void free_scope_mail(struct syni_mail *mail)
{
    struct scope_mail *here = scope_mail(mail);

    syni_free(here, sizeof *here);
}

const struct syni_mail_ops syni_mail_scope_ops = {mail_list_at_scope, mail_withdraw_from_scope,
                                                  call_with_outcome, NULL, NULL, free_scope_mail};

static syn_err register_scope(struct syn_mailbox *mailbox, struct syni_scope *scope,
                              void (*fn)(void), void *user)
{
    struct scope_mail *here;
    syn_err err;

    syni_scope_look(scope);
    if (scope->home)
        return syni_refuse(SYN_EWRONGLOOP, "the scope belongs to a task; write co_join there");
    here = syni_alloc(sizeof *here);
    if (!here)
        return syni_mailbox_refuse_memory();
    syni_mail_init(&here->mail, SYNI_MAIL_OF_SCOPE, fn, user);
    here->mail.waiter.wake = scope_is_empty;
    here->scope = scope;
    err = syni_mail_register(&here->mail, &syni_mail_scope_ops, mailbox);
    if (err)
        syni_free(here, sizeof *here);
    return err == SYN_EBUSY ? syni_refuse(err, "the scope was registered at a mailbox before") : err;
}

syn_err syn_scope_then(struct syn_scope *scope, struct syn_mailbox *mailbox,
                       void (*fn)(void *user, syn_err err), void *user)
{
    syn_err err = fn ? syni_mailbox_place(mailbox) : syni_mailbox_refuse_no_function();

    if (err)
        return err;
    err = register_scope(mailbox, SYNI_SCOPE(scope), (void (*)(void))fn, user);
    if (err)
        syni_mailbox_vacate(mailbox);
    return err;
}
