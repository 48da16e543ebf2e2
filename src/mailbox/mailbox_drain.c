/* SPDX-License-Identifier: Apache-2.0
 *
 * Mail on its way out of a mailbox: by a drain, and the end by a close. mailbox.h has the states, mail_come.c
 * the way in.
 *
 * Any thread. Mail comes in under no lock of what brings it, and callbacks run under none. A close
 * withdraws one after the other, each for itself while it is HELD: so it needs no lock of what they wait at
 * together with that of the mailbox.
 */
#include "mailbox/mailbox.h"

#include <limits.h>

#include "base/fork.h"
#include "base/report.h"
#include "channel/channel.h"
#include "task/frame.h"

enum { MAILBOX_DRAIN = 128 };

static const struct syni_mail_ops *mail_ops_of(const struct syni_mail *mail)
{
    static const struct syni_mail_ops *const ops[] = {
        [SYNI_MAIL_OF_FUTURE] = &syni_mail_future_ops,
        [SYNI_MAIL_OF_RELAY] = &syni_mail_relayed_ops,
        [SYNI_MAIL_OF_CHANNEL] = &syni_mail_channel_ops,
        [SYNI_MAIL_OF_SCOPE] = &syni_mail_scope_ops,
    };

    return ops[mail->kind];
}

static struct syni_mail *mail_of(struct syni_list *node)
{
    return SYNI_CONTAINER(node, struct syni_mail, link);
}

/* --- hands --- */

/* What is in HAND is on the queue, before the rest. */
static void hand_empty_locked(struct syn_mailbox *mailbox, struct syni_mail_hand *hand)
{
    /* relaxed: what is in it was written under the lock */
    unsigned next = atomic_exchange_explicit(&hand->next, SYNI_NO_HAND, memory_order_relaxed);

    SYNI_HOLDS(&mailbox->lock);
    for (unsigned i = hand->n; i > next; i--)
        syni_list_append(mailbox->queue.next, &hand->mail[i - 1]->link);
}

static void hands_empty_locked(struct syn_mailbox *mailbox)
{
    struct syni_list *link;

    for (link = mailbox->hands.prev; link != &mailbox->hands; link = link->prev)
        hand_empty_locked(mailbox, SYNI_CONTAINER(link, struct syni_mail_hand, link));
}

/* HAND, which is empty, has what is there, at most MAX; the first of it is returned. */
static struct syni_mail *hand_fill_locked(struct syn_mailbox *mailbox, struct syni_mail_hand *hand, unsigned max)
{
    SYNI_HOLDS(&mailbox->lock);
    SYNI_INVARIANT(550, syni_mail_hand_left(hand) == 0);
    if (syni_list_empty(&mailbox->queue))
        hands_empty_locked(mailbox);
    if (syni_list_empty(&mailbox->queue))
        syni_mailbox_take_locked(mailbox);
    for (hand->n = 0; hand->n < SYNI_HAND && hand->n < max && !syni_list_empty(&mailbox->queue); hand->n++) {
        hand->mail[hand->n] = mail_of(mailbox->queue.next);
        syni_list_remove(&hand->mail[hand->n]->link);
    }
    /* relaxed: others look under the lock */
    atomic_store_explicit(&hand->next, hand->n > 0 ? 1 : SYNI_NO_HAND, memory_order_relaxed);
    return hand->n > 0 ? hand->mail[0] : NULL;
}

static struct syni_mail *hand_fill(struct syn_mailbox *mailbox, struct syni_mail_hand *hand, unsigned max)
{
    struct syni_mail *mail;
    bool tells;

    syni_mutex_lock(&mailbox->lock);
    mail = hand_fill_locked(mailbox, hand, max);
    tells = mail && !syni_mailbox_is_empty_locked(mailbox) && syni_mailbox_shall_tell_locked(mailbox);
    syni_mutex_unlock(&mailbox->lock);
    if (tells)
        syni_mailbox_tell(mailbox);
    return mail;
}

/* The first, for the caller; NULL: nothing is there. MAX: so many callbacks are to come. */
static struct syni_mail *mailbox_pop(struct syn_mailbox *mailbox, struct syni_mail_hand *hand, unsigned max)
{
    /* relaxed: only which thread has it is decided here */
    unsigned i = atomic_fetch_add_explicit(&hand->next, 1, memory_order_relaxed);
    struct syni_mail *mail = i < hand->n ? hand->mail[i] : hand_fill(mailbox, hand, max);

    if (mail)
        syni_mail_begin_call(mail);
    return mail;
}

/* --- out --- */

/* Nothing waits for its turn but what a drain has called for. */
static bool mailbox_has_no_other(struct syn_mailbox *mailbox)
{
    bool has_none;

    syni_mutex_lock(&mailbox->lock);
    has_none = syni_mailbox_is_empty_locked(mailbox);
    syni_mutex_unlock(&mailbox->lock);
    return has_none;
}

/* Calls back MAX times at most, for one thing after the other that is there, and says how often. After a hand full it is
 * another's turn, if there is one: then MAIL is to be listed again. out_more: as CALL said. */
static unsigned mailbox_call(struct syni_mail *mail, const struct syni_mail_ops *ops, unsigned max, bool *out_more)
{
    unsigned n = 1, end = 0, row, called;

    *out_more = ops->call(mail);
    if (!*out_more)
        return n;
    do {
        end += SYNI_HAND;
        row = (end < max ? end : max) - n;
        called = ops->row(mail, row);
        n += called;
    } while (called == row && n < max && syni_mailbox_goes_on(mail->mailbox) &&
             mailbox_has_no_other(mail->mailbox));
    return n;
}

/* Calls back, as often as said above, and lists or frees MAIL, which is CALLING. */
static unsigned mailbox_deliver(struct syni_mail *mail, unsigned max)
{
    const struct syni_mail_ops *ops = mail_ops_of(mail);
    unsigned process = syni_process(), n;
    bool more;

    n = mailbox_call(mail, ops, max, &more);
    if (process != syni_process())
        return n; /* this is a child, and it is the parent's */
    if (more && syni_mail_list_again(mail, ops))
        return n;
    if (more) { /* it was closed meanwhile */
        mail->cancelled = true;
        ops->call(mail);
    }
    ops->free(mail);
    return n;
}

static syn_err mailbox_refuse_inside(const struct syn_mailbox *mailbox, const char *what)
{
    return syni_refuse(SYN_EDEADLK,
                       "%s('%s') inside its on_mail; wake the loop there, and call it in the loop", what,
                       mailbox->name);
}

/* A drain or a close of a mailbox, on the stack of its thread. */
struct mailbox_visit {
    struct syn_mailbox *mailbox;
    struct syni_self *self;
    struct syni_draining here;
    struct syni_mail_hand hand;
    struct syni_mail *mail; /* that it calls for; NULL: none */
    unsigned max;
    bool drains;   /* it is a drain, counted in `drains` */
    bool releases; /* it is the close of the last release */
};

/* It begins, or is refused. */
static syn_err mailbox_begin(struct mailbox_visit *visit, struct syn_mailbox *mailbox, const char *what)
{
    struct syni_self *self = syni_self();

    if (mailbox->process != syni_process())
        return syni_refuse(SYN_EFORKED, "%s: the mailbox '%s' is one of the parent process", what,
                           mailbox->name);
    if (syni_mailbox_is_inside(self->draining, mailbox, true))
        return mailbox_refuse_inside(mailbox, what);
    *visit = (struct mailbox_visit){.mailbox = mailbox, .self = self};
    atomic_init(&visit->hand.next, SYNI_NO_HAND);
    syni_mailbox_hold(mailbox);
    syni_mailbox_enter(self, &visit->here, mailbox, false);
    return SYN_OK;
}

/* Once, before the first callback: what is there is found by it, and what it has by others. */
static void mailbox_begin_locked(struct mailbox_visit *visit)
{
    hands_empty_locked(visit->mailbox);
    syni_list_append(&visit->mailbox->hands, &visit->hand.link);
}

static void mailbox_end_locked(struct mailbox_visit *visit)
{
    hand_empty_locked(visit->mailbox, &visit->hand);
    syni_list_remove(&visit->hand.link);
}

/* It is over. Fails: SYN_EFORKED, a callback forked, and this is the child, which has other frames. */
static syn_err mailbox_end(struct mailbox_visit *visit, const char *what)
{
    visit->self->draining = visit->here.outer;
    if (visit->mailbox->process != syni_process())
        return syni_refuse(SYN_EFORKED, "%s: a callback forked, and this is the child", what);
    return SYN_OK;
}

/* The end of a drain, or of a close that does not get to its own: what is left, and of that the host is told. */
static syn_err mailbox_what_is_left(struct mailbox_visit *visit)
{
    struct syn_mailbox *mailbox = visit->mailbox;
    bool is_empty, tells;
    syn_err err;

    syni_mutex_lock(&mailbox->lock);
    mailbox_end_locked(visit);
    is_empty = syni_mailbox_is_empty_locked(mailbox);
    tells = !is_empty && syni_mailbox_shall_tell_locked(mailbox);
    if (visit->drains)
        mailbox->drains--;
    /* relaxed: a thread that is about to tell was counted before it pushed what others found, and set that under the lock */
    SYNI_INVARIANT(254, syni_list_empty(&mailbox->queue) || mailbox->host_knows ||
                            mailbox->drains > 0 || mailbox->closed ||
                            atomic_load_explicit(&mailbox->telling, memory_order_relaxed) > 0);
    err = !is_empty ? SYN_EAGAIN : mailbox->closed ? SYN_ECLOSED : SYN_OK;
    syni_mutex_unlock(&mailbox->lock);
    if (is_empty)
        syni_mailbox_show_level(mailbox);
    else
        syni_mailbox_announce(mailbox, tells);
    return err == SYN_ECLOSED ? syni_mailbox_refuse_closed(mailbox) : err ? syni_answer(err) : SYN_OK;
}

/* A callback ended the thread: what others find is as if it had returned. Unless it goes on, the mail that it was called
 * for is lost, since nobody knows what it did with that. */
static void mailbox_unwind(void *of)
{
    struct mailbox_visit *visit = of;

    if (mailbox_end(visit, "a callback"))
        return;
    if (visit->mail)
        syni_mail_was_left(visit->mail, mail_ops_of(visit->mail));
    if (visit->releases) /* relaxed: what gave the last one up has it again */
        atomic_fetch_add_explicit(&visit->mailbox->handles, 1, memory_order_relaxed);
    mailbox_what_is_left(visit);
    syni_mailbox_let_go(visit->mailbox);
}

/* What is there, at most visit->max times. */
static void mailbox_drain(void *of)
{
    struct mailbox_visit *visit = of;
    struct syn_mailbox *mailbox = visit->mailbox;
    unsigned process = syni_process(), n = 0;
    struct syni_mail *mail;

    while (n < visit->max && (mail = mailbox_pop(mailbox, &visit->hand, visit->max - n))) {
        visit->mail = mail;
        n += mailbox_deliver(mail, visit->max - n);
        visit->mail = NULL;
        if (process != syni_process())
            return;
    }
}

syn_err syn_mailbox_drain(struct syn_mailbox *mailbox, unsigned max)
{
    struct mailbox_visit visit;
    syn_err err = mailbox_begin(&visit, mailbox, "syn_mailbox_drain");

    if (err)
        return err;
    visit.max = max ? max : MAILBOX_DRAIN;
    visit.drains = true;
    syni_mutex_lock(&mailbox->lock);
    mailbox->host_knows = false;
    mailbox->drains++;
    mailbox_begin_locked(&visit);
    syni_mutex_unlock(&mailbox->lock);
    syni_thread_guard(mailbox_drain, &visit, mailbox_unwind);
    err = mailbox_end(&visit, "syn_mailbox_drain");
    if (err)
        return err;
    err = mailbox_what_is_left(&visit);
    syni_mailbox_let_go(mailbox);
    return err;
}

/* --- the end --- */

/* One that waits, for the caller, which holds it then; NULL: none does. */
static struct syni_mail *mailbox_hold_waiting(struct syn_mailbox *mailbox)
{
    struct syni_mail *mail;
    bool is_held;

    for (;;) {
        syni_mutex_lock(&mailbox->lock);
        syni_mailbox_take_locked(mailbox);
        mail = syni_list_empty(&mailbox->waiting) ? NULL : mail_of(mailbox->waiting.next);
        is_held = mail && syni_mail_move(mail, SYNI_MAIL_WAITS, SYNI_MAIL_HELD);
        if (is_held)
            syni_list_remove(&mail->link);
        syni_mutex_unlock(&mailbox->lock);
        if (!mail || is_held)
            return mail;
        SYNI_DELAY(mailbox_holds);
        syni_thread_yield(); /* the thread that lists or tells it is through in a moment */
    }
}

/* MAIL, which is being told: until that has happened. */
static void mailbox_await_told(const struct syni_mail *mail)
{
    while (syni_mail_state(mail) != SYNI_MAIL_TOLD) {
        SYNI_DELAY(mailbox_awaits);
        syni_thread_yield();
    }
}

/* MAIL, which is HELD, comes to an end, and is queued. */
static void mailbox_withdraw(struct syn_mailbox *mailbox, struct syni_mail *mail)
{
    if (mail_ops_of(mail)->withdraw(mail))
        mail->cancelled = true;
    else
        mailbox_await_told(mail);
    syni_mutex_lock(&mailbox->lock);
    syni_mailbox_queue_locked(mailbox, mail); /* for the caller, which drains it */
    syni_mutex_unlock(&mailbox->lock);
}

/* Ends all there is. A callback may have closed it, or another thread: then there is less to do. */
static void mailbox_end_all(struct mailbox_visit *visit)
{
    struct syn_mailbox *mailbox = visit->mailbox;
    struct syni_mail *mail;

    syni_mutex_lock(&mailbox->lock);
    atomic_store_explicit(&mailbox->closed, true, memory_order_relaxed);
    mailbox_begin_locked(visit);
    syni_mutex_unlock(&mailbox->lock);
    syni_channel_shut(mailbox->room, NULL); /* a waiter for room leaves */
    while ((mail = mailbox_hold_waiting(mailbox)))
        mailbox_withdraw(mailbox, mail);
    visit->max = UINT_MAX;
    syni_thread_guard(mailbox_drain, visit, mailbox_unwind);
    if (mailbox->process != syni_process()) /* a callback forked */
        return;
    syni_mutex_lock(&mailbox->lock);
    mailbox_end_locked(visit);
    syni_mutex_unlock(&mailbox->lock);
    syni_mailbox_show_level(mailbox);
    syni_mutex_lock(&mailbox->lock);
    SYNI_INVARIANT(253, syni_list_empty(&mailbox->waiting));
    syni_mutex_unlock(&mailbox->lock);
    /* acquire: see tell() */
    while (atomic_load_explicit(&mailbox->telling, memory_order_acquire) > 0) {
        SYNI_DELAY(mailbox_closed);
        syni_thread_yield();
    }
}

static syn_err mailbox_close(struct syn_mailbox *mailbox, bool releases)
{
    struct mailbox_visit visit;
    syn_err err = mailbox_begin(&visit, mailbox, "syn_mailbox_close");

    if (err)
        return err;
    visit.releases = releases;
    mailbox_end_all(&visit);
    err = mailbox_end(&visit, "syn_mailbox_close");
    if (!err)
        syni_mailbox_let_go(mailbox);
    return err;
}

syn_err syn_mailbox_close(struct syn_mailbox *mailbox)
{
    return mailbox ? mailbox_close(mailbox, false) : SYN_OK;
}

void syn_mailbox_release(struct syn_mailbox *mailbox)
{
    if (!mailbox || mailbox->process != syni_process() ||
        /* acq_rel: the last one sees what the others did */
        atomic_fetch_sub_explicit(&mailbox->handles, 1, memory_order_acq_rel) > 1)
        return;
    if (mailbox_close(mailbox, true) == SYN_EDEADLK)
        syni_panic("syn_mailbox_release() of the last reference, inside its on_mail");
    if (mailbox->process == syni_process())
        syni_mailbox_let_go(mailbox);
}
