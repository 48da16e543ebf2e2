/* SPDX-License-Identifier: Apache-2.0
 *
 * Mail on its way into a mailbox: it is listed at what brings it, and told. mailbox.h has the states.
 *
 * Any thread. Mail comes in under no lock of what brings it. A thread that tells one takes no lock of the mailbox,
 * unless it is the first since a drain took what had come: then it may have to tell the host. Discarded: the lock for
 * each, at which the threads that bring results and the one that drains stood in line.
 */
#include "mailbox/mailbox.h"

bool syni_mailbox_queue_locked(struct syn_mailbox *mailbox, struct syni_mail *mail)
{
    bool was_empty = syni_mailbox_is_empty_locked(mailbox);

    SYNI_INVARIANT(252, syni_mail_state(mail) != SYNI_MAIL_QUEUED && syni_mail_state(mail) != SYNI_MAIL_CALLING);
    if (!was_empty)
        syni_mailbox_take_locked(mailbox); /* else what is always there would overtake it for ever */
    syni_mail_set_locked(mail, SYNI_MAIL_QUEUED);
    syni_list_append(&mailbox->queue, &mail->link);
    return was_empty;
}

void syni_mailbox_take_locked(struct syn_mailbox *mailbox)
{
    struct syni_link *came = syni_stack_take(&mailbox->come);

    SYNI_HOLDS(&mailbox->lock);
    while (came) {
        struct syni_mail *mail = SYNI_CONTAINER(came, struct syni_mail, come);

        came = came->next;
        SYNI_INVARIANT(252, syni_mail_state(mail) == SYNI_MAIL_COMES);
        syni_list_remove(&mail->link);
        syni_mail_set_locked(mail, SYNI_MAIL_QUEUED);
        syni_list_append(&mailbox->queue, &mail->link);
    }
}

/* MAIL, which COMES, does so as the first, or nearly. Until it is there the mailbox stays, since a close waits for
 * it; then by a reference, and the close waits for the host to be told. */
static void mail_comes_first(struct syn_mailbox *mailbox, struct syni_mail *mail)
{
    bool first, tells = false;

    syni_mailbox_hold(mailbox);
    /* relaxed: the push comes after it, and the thread that takes MAIL sees it */
    atomic_fetch_add_explicit(&mailbox->telling, 1, memory_order_relaxed);
    first = syni_stack_push(&mailbox->come, &mail->come) == SYNI_PUSHED_FIRST;
    SYNI_DELAY(mail_told);
    if (first) {
        syni_mutex_lock(&mailbox->lock);
        tells = syni_mailbox_shall_tell_locked(mailbox);
        syni_mutex_unlock(&mailbox->lock);
        syni_mailbox_announce(mailbox, tells);
    }
    /* release: as in syni_mailbox_tell() */
    atomic_fetch_sub_explicit(&mailbox->telling, 1, memory_order_release);
    syni_mailbox_let_go(mailbox);
}

void syni_mail_told(struct syni_mail *mail)
{
    struct syn_mailbox *mailbox = mail->mailbox;

    for (;;) {
        enum syni_mail_state state = syni_mail_state(mail);

        SYNI_INVARIANT(251, state == SYNI_MAIL_WAITS || state == SYNI_MAIL_LISTING || state == SYNI_MAIL_HELD);
        if (state != SYNI_MAIL_WAITS && syni_mail_move(mail, state, SYNI_MAIL_TOLD))
            return;
        if (state == SYNI_MAIL_WAITS && syni_mail_move(mail, SYNI_MAIL_WAITS, SYNI_MAIL_COMES))
            break;
    }
    SYNI_DELAY(mail_comes);
    if (syni_stack_push_behind(&mailbox->come, &mail->come) == SYNI_PUSH_ALONE)
        mail_comes_first(mailbox, mail);
}

/* MAIL is LISTING. Fails: MAIL is the caller's again. Once it WAITS it may be called, and the mailbox be gone. DRAINS: the
 * caller finds it if it is there already. */
static syn_err mailbox_list(struct syn_mailbox *mailbox, struct syni_mail *mail,
                            const struct syni_mail_ops *ops, bool drains)
{
    syn_err err = ops->list(mail);
    bool tells = false, first = false;

    SYNI_DELAY(mail_listed);
    if (!err && syni_mail_move(mail, SYNI_MAIL_LISTING, SYNI_MAIL_WAITS))
        return SYN_OK;
    syni_mutex_lock(&mailbox->lock);
    syni_list_remove(&mail->link);
    if (!err || err == SYN_EALREADY)
        first = syni_mailbox_queue_locked(mailbox, mail) && !drains;
    if (first) {
        syni_mailbox_hold(mailbox);
        tells = syni_mailbox_shall_tell_locked(mailbox);
    }
    syni_mutex_unlock(&mailbox->lock);
    if (first) {
        syni_mailbox_announce(mailbox, tells);
        syni_mailbox_let_go(mailbox);
    }
    return err == SYN_EALREADY ? SYN_OK : err;
}

static bool mailbox_begin_listing(struct syn_mailbox *mailbox, struct syni_mail *mail)
{
    bool open;

    syni_mutex_lock(&mailbox->lock);
    open = !mailbox->closed;
    if (open) {
        syni_mail_set_locked(mail, SYNI_MAIL_LISTING);
        syni_list_append(&mailbox->waiting, &mail->link);
    }
    syni_mutex_unlock(&mailbox->lock);
    return open;
}

syn_err syni_mail_register(struct syni_mail *mail, const struct syni_mail_ops *ops,
                           struct syn_mailbox *mailbox)
{
    mail->mailbox = mailbox;
    return mailbox_begin_listing(mailbox, mail) ? mailbox_list(mailbox, mail, ops, false)
                                                : syni_mailbox_refuse_closed(mailbox);
}

bool syni_mail_list_again(struct syni_mail *mail, const struct syni_mail_ops *ops)
{
    bool listed = mailbox_begin_listing(mail->mailbox, mail);

    if (listed)
        mailbox_list(mail->mailbox, mail, ops, true);
    return listed;
}

void syni_mail_was_left(struct syni_mail *mail, const struct syni_mail_ops *ops)
{
    /* False: it was closed meanwhile, and nobody may call it a last time; so it is lost, as what does not go on is. */
    if (ops->goes_on && ops->goes_on(mail))
        syni_mail_list_again(mail, ops);
}
