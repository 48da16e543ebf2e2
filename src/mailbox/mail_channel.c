/* SPDX-License-Identifier: Apache-2.0
 *
 * Channels at a mailbox: one consumer, which has one item at a time, or waits for one. mailbox.h has the
 * protocol.
 *
 * Any thread; a mail is told by the thread that serves its port, and listed again by the one that has called back.
 */
#include "mailbox/mailbox.h"

#include "base/mem.h"
#include "base/report.h"
#include "channel/thread_port.h"

struct channel_mail {
    struct syni_mail mail;
    struct syni_port port;
    struct syni_channel *channel; /* held */
    bool once;
    union {
        long double number;
        void *pointer;
        long long integer;
    } item[];
};

static struct channel_mail *channel_mail(struct syni_mail *mail)
{
    return SYNI_CONTAINER(mail, struct channel_mail, mail);
}

static void port_is_served(struct syni_port *port)
{
    syni_mail_told(&SYNI_CONTAINER(port, struct channel_mail, port)->mail);
}

static syn_err list_at_channel(struct syni_mail *mail)
{
    struct channel_mail *here = channel_mail(mail);

    return syni_channel_pass(here->channel, &here->port, true) ? SYN_EALREADY : SYN_OK;
}

static bool withdraw_from_channel(struct syni_mail *mail)
{
    struct channel_mail *here = channel_mail(mail);

    return syni_channel_withdraw(here->channel, &here->port);
}

/* The last of its calls. */
static void call_with_end(struct syni_mail *mail)
{
    struct channel_mail *here = channel_mail(mail);
    syn_err err = mail->cancelled ? syni_mailbox_note_cancelled()
                                  : syni_thread_port_outcome(here->channel, here->port.status);

    syni_mailbox_vacate(mail->mailbox);
    here->channel->item->call(mail->fn, mail->user, err, NULL);
}

static bool call_with_item(struct syni_mail *mail)
{
    struct channel_mail *here = channel_mail(mail);

    if (mail->cancelled || here->port.status) {
        call_with_end(mail);
        return false;
    }
    if (here->once)
        syni_mailbox_vacate(mail->mailbox);
    here->channel->item->call(mail->fn, mail->user, SYN_OK, here->item);
    return !here->once;
}

/* Past the locks of both, while the channel flows. */
static unsigned call_with_row(struct syni_mail *mail, unsigned max)
{
    struct channel_mail *here = channel_mail(mail);
    unsigned n = 0;

    while (n < max && syni_mailbox_goes_on(mail->mailbox) &&
           syni_ring_try_pop(&here->channel->ring, here->item)) {
        here->channel->item->call(mail->fn, mail->user, SYN_OK, here->item);
        n++;
    }
    return n;
}

static bool channel_goes_on(const struct syni_mail *mail)
{
    const struct channel_mail *here = SYNI_CONTAINER(mail, const struct channel_mail, mail);

    return !here->once && !mail->cancelled && !here->port.status;
}

static size_t channel_mail_size_of(const struct syni_channel *channel)
{
    return sizeof(struct channel_mail) + channel->item->size;
}

static void free_channel_mail(struct syni_mail *mail)
{
    struct channel_mail *here = channel_mail(mail);
    struct syni_channel *channel = here->channel;

    syni_free(here, channel_mail_size_of(channel));
    syni_channel_unpin(channel);
}

const struct syni_mail_ops syni_mail_channel_ops = {list_at_channel, withdraw_from_channel,
                                                    call_with_item, call_with_row, channel_goes_on,
                                                    free_channel_mail};

static struct channel_mail *new_channel_mail(struct syni_channel *channel, void (*fn)(void),
                                             void *user, bool once)
{
    struct channel_mail *here = syni_alloc(channel_mail_size_of(channel));

    if (!here)
        return NULL;
    syni_mail_init(&here->mail, SYNI_MAIL_OF_CHANNEL, fn, user);
    here->channel = channel;
    here->once = once;
    here->port.item = here->item;
    here->port.receives = true;
    here->port.wake = port_is_served;
    return here;
}

/* HERE, of CHANNEL, which is held, and with 0 the mail's; MAILBOX has a place for it. */
static syn_err register_channel(struct syn_mailbox *mailbox, struct syni_channel *channel,
                                struct channel_mail *here)
{
    syn_err err;

    if (!here)
        return syni_mailbox_refuse_memory();
    syni_channel_open_to(channel, mailbox);
    err = syni_mail_register(&here->mail, &syni_mail_channel_ops, mailbox);
    if (err)
        syni_free(here, channel_mail_size_of(channel));
    return err;
}

static syn_err refuse_bare_items(void)
{
    return syni_refuse(SYN_ENOTSUP, "the items of this channel have no callbacks: its type was made by "
                                    "hand");
}

syn_err syni_channel_then(struct syn_channel handle, struct syn_mailbox *mailbox, void (*fn)(void),
                          void *user, int once)
{
    struct syni_channel *channel;
    syn_err err = fn ? syni_mailbox_place(mailbox) : syni_mailbox_refuse_no_function();

    if (err)
        return err;
    err = syni_channel_pin(handle, &channel);
    if (err) {
        err = syni_thread_port_refuse(err);
    } else {
        err = channel->item->call ? register_channel(mailbox, channel,
                                                     new_channel_mail(channel, fn, user, once))
                                  : refuse_bare_items();
        if (err)
            syni_channel_unpin(channel);
    }
    if (err)
        syni_mailbox_vacate(mailbox);
    return err;
}
