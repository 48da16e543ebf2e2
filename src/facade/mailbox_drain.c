/* SPDX-License-Identifier: Apache-2.0
 *
 * Mail on its way through a mailbox: in, out by a drain, and the end by a close. mailbox.h has the states.
 *
 * Any thread. Mail comes in under no lock of what brings it, and callbacks run under none. A close
 * withdraws one after the other, each for itself while it is HELD: so it needs no lock of what they wait at
 * together with that of the mailbox.
 */
#include "facade/mailbox.h"

#include <limits.h>

#include "base/fork.h"
#include "base/report.h"
#include "task/channel.h"

static struct syni_mail *mail_of(struct syni_list *node)
{
    return SYNI_CONTAINER(node, struct syni_mail, link);
}

/* --- in --- */

/* MAIL is on no list. True: the caller must syni_mailbox_announce(), unlocked. */
static bool mailbox_queue_locked(struct syn_mailbox *mailbox, struct syni_mail *mail, bool *out_tells)
{
    bool was_empty = syni_list_empty(&mailbox->queue);

    SYNI_HOLDS(&mailbox->lock);
    SYNI_INVARIANT(252, mail->state != SYNI_MAIL_QUEUED && mail->state != SYNI_MAIL_CALLING);
    mail->state = SYNI_MAIL_QUEUED;
    syni_list_append(&mailbox->queue, &mail->link);
    *out_tells = was_empty && syni_mailbox_shall_tell_locked(mailbox);
    return was_empty;
}

void syni_mail_told(struct syni_mail *mail)
{
    struct syn_mailbox *mailbox = mail->mailbox;
    bool tells = false, first = false;

    syni_mutex_lock(&mailbox->lock);
    if (mail->state != SYNI_MAIL_WAITS) {
        SYNI_INVARIANT(251, mail->state == SYNI_MAIL_LISTING || mail->state == SYNI_MAIL_HELD);
        mail->told = true;
    } else {
        syni_list_remove(&mail->link);
        first = mailbox_queue_locked(mailbox, mail, &tells);
    }
    if (first)
        syni_mailbox_hold(mailbox);
    syni_mutex_unlock(&mailbox->lock);
    SYNI_DELAY(mail_told);
    if (!first)
        return;
    syni_mailbox_announce(mailbox, tells);
    syni_mailbox_let_go(mailbox);
}

/* MAIL is LISTING. A reference of the caller keeps the mailbox. Fails: MAIL is the caller's again. */
static syn_err mailbox_list(struct syn_mailbox *mailbox, struct syni_mail *mail)
{
    syn_err err = mail->ops->list(mail);
    bool tells = false, first = false;

    SYNI_DELAY(mail_listed);
    syni_mutex_lock(&mailbox->lock);
    if (!err && !mail->told) {
        mail->state = SYNI_MAIL_WAITS;
    } else {
        syni_list_remove(&mail->link);
        if (!err || err == SYN_EALREADY)
            first = mailbox_queue_locked(mailbox, mail, &tells);
    }
    syni_mutex_unlock(&mailbox->lock);
    if (first)
        syni_mailbox_announce(mailbox, tells);
    return err == SYN_EALREADY ? SYN_OK : err;
}

static bool mailbox_begin_listing(struct syn_mailbox *mailbox, struct syni_mail *mail)
{
    bool open;

    syni_mutex_lock(&mailbox->lock);
    open = !mailbox->closed;
    if (open) {
        mail->state = SYNI_MAIL_LISTING;
        mail->told = false;
        syni_list_append(&mailbox->waiting, &mail->link);
    }
    syni_mutex_unlock(&mailbox->lock);
    return open;
}

syn_err syni_mail_register(struct syni_mail *mail, struct syn_mailbox *mailbox)
{
    syn_err err;

    mail->mailbox = mailbox;
    if (!mailbox_begin_listing(mailbox, mail))
        return syni_mailbox_refuse_closed(mailbox);
    /* One for the mail; and one for us, since that may be gone as soon as it is listed. */
    atomic_fetch_add_explicit(&mailbox->references, 2, memory_order_relaxed);
    err = mailbox_list(mailbox, mail);
    if (err)
        syni_mailbox_let_go(mailbox);
    syni_mailbox_let_go(mailbox);
    return err;
}

/* --- out --- */

/* The first, for the caller; NULL: nothing is there. LOOKED: the descriptor is right for an empty one. */
static struct syni_mail *mailbox_pop(struct syn_mailbox *mailbox, bool looked)
{
    struct syni_mail *mail = NULL;
    bool tells = false, last = true;

    syni_mutex_lock(&mailbox->lock);
    if (!syni_list_empty(&mailbox->queue)) {
        mail = mail_of(mailbox->queue.next);
        syni_list_remove(&mail->link);
        mail->state = SYNI_MAIL_CALLING;
        last = syni_list_empty(&mailbox->queue);
        tells = !last && syni_mailbox_shall_tell_locked(mailbox);
    }
    syni_mutex_unlock(&mailbox->lock);
    if (tells)
        syni_mailbox_tell(mailbox);
    if (last && (mail || !looked))
        syni_mailbox_show_level(mailbox);
    return mail;
}

/* Calls back, and lists or frees MAIL, which is CALLING. */
static void mailbox_deliver(struct syn_mailbox *mailbox, struct syni_mail *mail)
{
    unsigned process = syni_process();
    bool more = mail->ops->call(mail);

    if (process != syni_process())
        return; /* this is a child, and it is the parent's */
    if (more && mailbox_begin_listing(mailbox, mail)) {
        mailbox_list(mailbox, mail);
        return;
    }
    if (more) { /* it was closed meanwhile */
        mail->cancelled = true;
        mail->ops->call(mail);
    }
    mail->ops->free(mail);
    syni_mailbox_let_go(mailbox);
}

/* What is there, at most MAX times. The caller has a reference. */
static void mailbox_drain(struct syn_mailbox *mailbox, unsigned max)
{
    unsigned process = syni_process();
    struct syni_mail *mail;

    for (unsigned n = 0; n < max && (mail = mailbox_pop(mailbox, n > 0)); n++) {
        mailbox_deliver(mailbox, mail);
        if (process != syni_process())
            return;
    }
}

static syn_err mailbox_refuse_inside(const struct syn_mailbox *mailbox, const char *what)
{
    return syni_refuse(SYN_EDEADLK,
                       "%s('%s') inside its on_mail; wake the loop there, and say it in the loop", what,
                       mailbox->name);
}

/* A drain or a close begins, or is refused. */
static syn_err mailbox_begin(struct syn_mailbox *mailbox, struct syni_self *self, struct syni_draining *here,
                     const char *what)
{
    if (mailbox->process != syni_process())
        return syni_refuse(SYN_EFORKED, "%s: the mailbox '%s' is one of the parent process", what,
                           mailbox->name);
    if (syni_mailbox_is_inside(self->draining, mailbox, true))
        return mailbox_refuse_inside(mailbox, what);
    syni_mailbox_hold(mailbox);
    syni_mailbox_enter(self, here, mailbox, false);
    return SYN_OK;
}

static syn_err mailbox_what_is_left(struct syn_mailbox *mailbox)
{
    syn_err err;

    syni_mutex_lock(&mailbox->lock);
    mailbox->drains--;
    SYNI_INVARIANT(254, syni_list_empty(&mailbox->queue) || mailbox->host_knows ||
                            mailbox->drains > 0 || mailbox->closed);
    err = !syni_list_empty(&mailbox->queue) ? SYN_EAGAIN : mailbox->closed ? SYN_ECLOSED : SYN_OK;
    syni_mutex_unlock(&mailbox->lock);
    return err == SYN_ECLOSED ? syni_mailbox_refuse_closed(mailbox) : err ? syni_answer(err) : SYN_OK;
}

syn_err syn_mailbox_drain(struct syn_mailbox *mailbox, unsigned max)
{
    struct syni_self *self = syni_self();
    struct syni_draining here;
    syn_err err = mailbox_begin(mailbox, self, &here, "syn_mailbox_drain");

    if (err)
        return err;
    syni_mutex_lock(&mailbox->lock);
    mailbox->host_knows = false;
    mailbox->drains++;
    syni_mutex_unlock(&mailbox->lock);
    mailbox_drain(mailbox, max ? max : SYN_MAILBOX_DRAIN);
    self->draining = here.outer;
    if (mailbox->process != syni_process())
        return syni_refuse(SYN_EFORKED, "syn_mailbox_drain: a callback forked, and this is the child");
    err = mailbox_what_is_left(mailbox);
    syni_mailbox_let_go(mailbox);
    return err;
}

/* --- the end --- */

/* One that waits, for the caller, who holds it then; NULL: none does. */
static struct syni_mail *mailbox_hold_waiting(struct syn_mailbox *mailbox)
{
    struct syni_mail *mail;
    bool is_listed;

    for (;;) {
        syni_mutex_lock(&mailbox->lock);
        mail = syni_list_empty(&mailbox->waiting) ? NULL : mail_of(mailbox->waiting.next);
        is_listed = mail && mail->state == SYNI_MAIL_LISTING;
        if (mail && !is_listed) {
            syni_list_remove(&mail->link);
            mail->state = SYNI_MAIL_HELD;
        }
        syni_mutex_unlock(&mailbox->lock);
        if (!is_listed)
            return mail;
        syni_thread_yield(); /* who lists it is through in a moment */
    }
}

/* MAIL, which is being told: until that has happened. */
static void mailbox_await_told(struct syn_mailbox *mailbox, const struct syni_mail *mail)
{
    bool told;

    for (;;) {
        syni_mutex_lock(&mailbox->lock);
        told = mail->told;
        syni_mutex_unlock(&mailbox->lock);
        if (told)
            return;
        SYNI_DELAY(mailbox_awaits);
        syni_thread_yield();
    }
}

/* MAIL, which is HELD, comes to an end, and is queued. */
static void mailbox_withdraw(struct syn_mailbox *mailbox, struct syni_mail *mail)
{
    bool tells;

    if (mail->ops->withdraw(mail))
        mail->cancelled = true;
    else
        mailbox_await_told(mailbox, mail);
    syni_mutex_lock(&mailbox->lock);
    mailbox->host_knows = true; /* the caller, who drains it */
    mailbox_queue_locked(mailbox, mail, &tells);
    syni_mutex_unlock(&mailbox->lock);
}

/* Ends all there is. A callback may have closed it, or another thread: then there is less to do. */
static void mailbox_end_all(struct syn_mailbox *mailbox)
{
    struct syni_mail *mail;

    syni_mutex_lock(&mailbox->lock);
    mailbox->closed = true;
    syni_mutex_unlock(&mailbox->lock);
    syni_channel_shut(mailbox->room, NULL); /* who waits for room leaves */
    while ((mail = mailbox_hold_waiting(mailbox)))
        mailbox_withdraw(mailbox, mail);
    mailbox_drain(mailbox, UINT_MAX);
    if (mailbox->process != syni_process()) /* a callback forked */
        return;
    syni_mutex_lock(&mailbox->lock);
    SYNI_INVARIANT(253, syni_list_empty(&mailbox->waiting));
    syni_mutex_unlock(&mailbox->lock);
    /* acquire: see tell() */
    while (atomic_load_explicit(&mailbox->telling, memory_order_acquire) > 0)
        syni_thread_yield();
}

syn_err syn_mailbox_close(struct syn_mailbox *mailbox)
{
    struct syni_self *self = syni_self();
    struct syni_draining here;
    syn_err err = mailbox_begin(mailbox, self, &here, "syn_mailbox_close");

    if (err)
        return err;
    mailbox_end_all(mailbox);
    self->draining = here.outer;
    if (mailbox->process != syni_process())
        return syni_refuse(SYN_EFORKED, "syn_mailbox_close: a callback forked, and this is the child");
    syni_mailbox_let_go(mailbox);
    return SYN_OK;
}

void syn_mailbox_release(struct syn_mailbox *mailbox)
{
    if (!mailbox || mailbox->process != syni_process() ||
        /* acq_rel: the last one sees what the others did */
        atomic_fetch_sub_explicit(&mailbox->handles, 1, memory_order_acq_rel) > 1)
        return;
    if (syn_mailbox_close(mailbox) == SYN_EDEADLK)
        syni_panic("syn_mailbox_release() of the last reference, inside its on_mail");
    if (mailbox->process == syni_process())
        syni_mailbox_let_go(mailbox);
}
