/* SPDX-License-Identifier: Apache-2.0
 *
 * Mailboxes: the beginning, references, telling the host, the bound. mailbox.h has the states of a mail,
 * mail_come.c and mailbox_drain.c how they are moved, mail_future.c, mail_channel.c and mail_scope.c the kinds of mail.
 *
 * Any thread. The lock is held for a few instructions, and nobody is called, told or woken under it.
 *
 * The bound is a channel of bytes, ROOM, with as many places: a registration puts one in, its last
 * callback takes one out. So tasks wait for room as they do at any channel, in their turn among themselves, and can be
 * cancelled. Discarded: a bound on what was completed and not called back. It would bound nothing, since
 * the frames are there from the registration on.
 */
#include "mailbox/mailbox.h"

#include <stdio.h>

#include "base/fork.h"
#include "base/mem.h"
#include "base/notice.h"
#include "base/report.h"
#include "base/reserved.h"
#include "channel/channel.h"

enum { DEFAULT_CAPACITY = 1024 };

static const char token;
static const struct syn_type token_type = {.abi = SYNI_ABI_OF(syn_type), .size = 1};

/* --- threads inside --- */

bool syni_mailbox_is_inside(const struct syni_draining *here, const struct syn_mailbox *mailbox, bool tells)
{
    for (; here; here = here->outer)
        if (here->mailbox == mailbox && here->tells == tells)
            return true;
    return false;
}

void syni_mailbox_enter(struct syni_self *self, struct syni_draining *here, struct syn_mailbox *mailbox,
                  bool tells)
{
    here->mailbox = mailbox;
    here->name = mailbox->name;
    here->tells = tells;
    here->outer = self->draining;
    self->draining = here;
}

/* --- references --- */

void syn_mailbox_retain(struct syn_mailbox *mailbox)
{
    if (mailbox->process == syni_process())
        atomic_fetch_add_explicit(&mailbox->handles, 1, memory_order_relaxed);
}

void syni_mailbox_hold(struct syn_mailbox *mailbox)
{
    atomic_fetch_add_explicit(&mailbox->references, 1, memory_order_relaxed);
}

void syni_mailbox_let_go(struct syn_mailbox *mailbox)
{
    /* acq_rel: the last one sees what the others did */
    if (atomic_fetch_sub_explicit(&mailbox->references, 1, memory_order_acq_rel) > 1)
        return;
    SYNI_INVARIANT(250, syni_list_empty(&mailbox->waiting) && syni_list_empty(&mailbox->queue) &&
                            syni_list_empty(&mailbox->hands) && syni_stack_is_empty(&mailbox->come));
    syni_channel_drop(mailbox->room_handle);
    syni_channel_unpin(mailbox->room);
    syni_notice_close(&mailbox->notice);
    syni_mutex_fini(&mailbox->lock);
    syni_free(mailbox, sizeof *mailbox);
}

/* --- telling the host --- */

bool syni_mailbox_is_empty_locked(struct syn_mailbox *mailbox)
{
    struct syni_list *link;

    SYNI_HOLDS(&mailbox->lock);
    for (link = mailbox->hands.next; link != &mailbox->hands; link = link->next)
        if (syni_mail_hand_left(SYNI_CONTAINER(link, struct syni_mail_hand, link)) > 0)
            return false;
    return syni_list_empty(&mailbox->queue) && syni_stack_is_empty(&mailbox->come);
}

/* Under no lock; TELLING was counted under it. */
void syni_mailbox_tell(struct syn_mailbox *mailbox)
{
    struct syni_self *self = syni_self();
    struct syni_draining here;

    if (mailbox->on_mail) {
        syni_mailbox_enter(self, &here, mailbox, true);
        mailbox->on_mail(mailbox->user);
        self->draining = here.outer;
    }
    /* release: a close that finds 0 has on_mail behind it */
    atomic_fetch_sub_explicit(&mailbox->telling, 1, memory_order_release);
}

/* True: the caller must tell() when it has unlocked. */
bool syni_mailbox_shall_tell_locked(struct syn_mailbox *mailbox)
{
    SYNI_HOLDS(&mailbox->lock);
    if (mailbox->host_knows)
        return false;
    mailbox->host_knows = true;
    atomic_fetch_add_explicit(&mailbox->telling, 1, memory_order_relaxed);
    return true;
}

/* The descriptor is readable, if something is there; once a drain, not once for each time that the queue runs
 * empty in it: while it is under way what comes finds the descriptor readable, and makes no system call. */
void syni_mailbox_show_level(struct syn_mailbox *mailbox)
{
    bool is_there;

    /* relaxed: the thread that makes the descriptor looks into the queue afterwards, under the lock */
    if (!atomic_load_explicit(&mailbox->has_descriptor, memory_order_relaxed))
        return;
    SYNI_DELAY(mailbox_empties);
    syni_notice_take(&mailbox->notice);
    SYNI_DELAY(mailbox_level);
    syni_mutex_lock(&mailbox->lock);
    is_there = !syni_mailbox_is_empty_locked(mailbox);
    syni_mutex_unlock(&mailbox->lock);
    if (is_there)
        syni_notice_send(&mailbox->notice);
}

int syn_mailbox_fd(struct syn_mailbox *mailbox)
{
    syn_err err = SYN_OK;
    bool made, is_there;

    if (mailbox->process != syni_process()) {
        syni_refuse(SYN_EFORKED, "syn_mailbox_fd: the mailbox '%s' is one of the parent process",
                    mailbox->name);
        return -1;
    }
    syni_mutex_lock(&mailbox->lock);
    made = !mailbox->has_descriptor;
    if (made)
        err = syni_notice_open(&mailbox->notice);
    if (!err)
        mailbox->has_descriptor = true;
    /* Nobody has said so yet; later the descriptor is right by itself. */
    is_there = made && !syni_mailbox_is_empty_locked(mailbox);
    syni_mutex_unlock(&mailbox->lock);
    if (err) {
        syni_refuse(err, "syn_mailbox_fd: no descriptor for the mailbox '%s': %s", mailbox->name,
                    syn_strerror(err));
        return -1;
    }
    if (is_there)
        syni_notice_send(&mailbox->notice);
    return syni_notice_descriptor(&mailbox->notice);
}

/* The first mail came. A reference, or TELLING, keeps the mailbox. */
void syni_mailbox_announce(struct syn_mailbox *mailbox, bool tells)
{
    /* seq_cst, after the push: the thread that makes the descriptor writes this, and then looks into the queue */
    if (atomic_load(&mailbox->has_descriptor))
        syni_notice_send(&mailbox->notice);
    if (tells)
        syni_mailbox_tell(mailbox);
}

syn_err syni_mailbox_refuse_closed(const struct syn_mailbox *mailbox)
{
    return syni_refuse(SYN_ECLOSED, "the mailbox '%s' is closed", mailbox->name);
}

/* --- the bound --- */

static bool mailbox_pass(struct syn_mailbox *mailbox, struct syni_port *port)
{
    return syni_channel_flow(mailbox->room, port) || syni_channel_pass(mailbox->room, port, false);
}

static bool mailbox_take_spare(struct syn_mailbox *mailbox)
{
    size_t spare = atomic_load_explicit(&mailbox->spare, memory_order_relaxed); /* a guess */

    do {
        if (spare == 0)
            return false;
        /* acquire: the callback before this registration; relaxed: a guess again */
    } while (!atomic_compare_exchange_weak_explicit(&mailbox->spare, &spare, spare - 1,
                                                    memory_order_acquire, memory_order_relaxed));
    return true;
}

/* A byte that is spare leaves the channel, which has a place then, for the task that waits longest. */
static void mailbox_give_place(struct syn_mailbox *mailbox)
{
    char taken;
    struct syni_port port = {.item = &taken, .receives = true};

    if (!mailbox_take_spare(mailbox))
        return;
    atomic_fetch_sub_explicit(&mailbox->placed, 1, memory_order_relaxed);
    mailbox_pass(mailbox, &port); /* after a close there is nothing */
}

/* Puts a byte in. */
static syn_err mailbox_place_more(struct syn_mailbox *mailbox)
{
    struct syni_port port = {.item = (void *)(uintptr_t)&token};

    SYNI_DELAY(mailbox_places);
    if (!mailbox_pass(mailbox, &port)) {
        if (mailbox_take_spare(mailbox)) /* one that has come since the look: its byte is in the ring still */
            return SYN_OK;
        return syni_refuse(SYN_EAGAIN,
                           "the mailbox '%s' has no room: %lu registrations are outstanding; drain it, "
                           "give it more capacity, or write co_then(...) in a task",
                           mailbox->name, (unsigned long)mailbox->room->capacity);
    }
    if (port.status)
        return syni_mailbox_refuse_closed(mailbox);
    syni_mailbox_placed(mailbox);
    return SYN_OK;
}

syn_err syni_mailbox_place(struct syn_mailbox *mailbox)
{
    if (!mailbox)
        return syni_refuse(SYN_EINVAL, "the mailbox is NULL");
    if (mailbox->process != syni_process())
        return syni_refuse(SYN_EFORKED, "the mailbox '%s' is one of the parent process; make one here",
                           mailbox->name);
    /* relaxed: a look, so that what is refused has touched nothing; that it is listed decides */
    if (atomic_load_explicit(&mailbox->closed, memory_order_relaxed))
        return syni_mailbox_refuse_closed(mailbox);
    return mailbox_take_spare(mailbox) ? SYN_OK : mailbox_place_more(mailbox);
}

void syni_mailbox_placed(struct syn_mailbox *mailbox)
{
    atomic_fetch_add_explicit(&mailbox->placed, 1, memory_order_relaxed);
}

void syni_mailbox_vacate(struct syn_mailbox *mailbox)
{
    /* acq_rel: a task that waits is listed, and the ring stopped for it, before it does the same (syni_step_mailbox());
     * of the two that which comes second sees the other */
    atomic_fetch_add_explicit(&mailbox->spare, 1, memory_order_acq_rel);
    SYNI_DELAY(mailbox_spare);
    if (syni_ring_is_stopped(&mailbox->room->ring))
        mailbox_give_place(mailbox);
}

struct syn_step syni_step_mailbox(struct syn_task *task, struct syn_mailbox *mailbox)
{
    struct syn_channel none = {NULL, SYN_EINVAL, 0};
    struct syn_step step;

    if (!mailbox || mailbox->process != syni_process())
        return syni_step_send(task, mailbox ? mailbox->room_handle : none, &token, syn_never());
    mailbox_give_place(mailbox);
    SYNI_DELAY(mailbox_full);
    step = syni_step_send(task, mailbox->room_handle, &token, syn_never());
    /* acq_rel: see vacate() */
    if (atomic_fetch_add_explicit(&mailbox->spare, 0, memory_order_acq_rel) > 0)
        mailbox_give_place(mailbox);
    return step;
}

size_t syn_mailbox_outstanding(const struct syn_mailbox *mailbox)
{
    struct syn_mailbox *box = (struct syn_mailbox *)(uintptr_t)mailbox;
    /* relaxed: a look, at two that others may change meanwhile */
    size_t spare = atomic_load_explicit(&box->spare, memory_order_relaxed);
    size_t placed = atomic_load_explicit(&box->placed, memory_order_relaxed);

    return placed > spare ? placed - spare : 0;
}

/* --- what mails say --- */

syn_err syni_mailbox_note_cancelled(void)
{
    return syni_report_keep(SYN_ECANCELED, SYN_BY_STOP,
                            syni_report_new(SYN_ECANCELED, SYN_BY_STOP,
                                            "the mailbox of the callback was closed before it had "
                                            "a result or an item"));
}

syn_err syni_mailbox_refuse_memory(void)
{
    return syni_refuse(SYN_ENOMEM, "no memory for a callback");
}

syn_err syni_mailbox_refuse_no_function(void)
{
    return syni_refuse(SYN_EINVAL, "there is no function to call back");
}

/* --- the beginning --- */

static const struct syn_mailbox_options mailbox_defaults;
static const struct syni_channel_site nowhere; /* its channel is not the program's to close */

syn_err syn_mailbox_new(const struct syn_mailbox_options *options, struct syn_mailbox **out_mailbox)
{
    struct syn_mailbox *mailbox;
    size_t capacity;

    options = options ? options : &mailbox_defaults;
    if (!syni_options_are_known(0, 0, options->reserved))
        return syni_refuse(SYN_EABI, "a mailbox: " SYNI_OPTION_UNKNOWN);
    mailbox = syni_alloc(sizeof *mailbox);
    capacity = options->capacity ? options->capacity : DEFAULT_CAPACITY;
    if (mailbox && syni_channel_new(&token_type, capacity, nowhere, &mailbox->room_handle)) {
        syni_free(mailbox, sizeof *mailbox);
        mailbox = NULL;
    }
    if (!mailbox)
        return syni_refuse(SYN_ENOMEM, "no memory for a mailbox with room for %lu",
                           (unsigned long)capacity);
    snprintf(mailbox->name, sizeof mailbox->name, "%s", options->name ? options->name : "mailbox");
    mailbox->process = syni_process();
    mailbox->on_mail = options->on_mail;
    mailbox->user = options->user;
    syni_channel_pin(mailbox->room_handle, &mailbox->room);
    syni_mutex_init(&mailbox->lock, SYNI_RANK_MAILBOX);
    syni_list_init(&mailbox->waiting);
    syni_list_init(&mailbox->queue);
    syni_list_init(&mailbox->hands);
    atomic_init(&mailbox->handles, 1);
    atomic_init(&mailbox->references, 1);
    mailbox->room->mailbox = mailbox;
    *out_mailbox = mailbox;
    return SYN_OK;
}
