/* SPDX-License-Identifier: Apache-2.0
 *
 * What mailboxes refuse, for the table of refusal_test.c.
 */
#ifndef REFUSED_MAIL_H
#define REFUSED_MAIL_H

#include "call_rig.h"

PROMISE(int, mailed);

static void told_item(void *user, syn_err err, int *item)
{
    (void)user;
    (void)err;
    (void)item;
}

static syn_err then_with_room(void)
{
    struct syn_mailbox *box;
    syn_err err;

    CHECK_INT(syn_mailbox_new(NULL, &box), 0);
    err = syni_then_with_room((struct syn_future){NULL, 0}, box, (void (*)(void))told_item, NULL);
    syn_mailbox_release(box);
    return err;
}

static syn_err mailbox_without_memory(void)
{
    struct syn_mailbox_options options = {.capacity = SIZE_MAX};
    struct syn_mailbox *box;

    return syn_mailbox_new(&options, &box);
}

static syn_err drain_closed(void)
{
    struct syn_mailbox *box;
    syn_err err;

    CHECK_INT(syn_mailbox_new(NULL, &box), 0);
    CHECK_INT(syn_mailbox_close(box), 0);
    err = syn_mailbox_drain(box, 0);
    syn_mailbox_release(box);
    return err;
}

struct closing {
    struct syn_mailbox *box;
    syn_err err;
};

static void tries_to_close(void *user)
{
    struct closing *closing = user;

    closing->err = syn_mailbox_close(closing->box);
}

static syn_err close_inside(void)
{
    struct closing closing = {.err = SYN_OK};
    struct syn_mailbox_options options = {.on_mail = tries_to_close, .user = &closing};
    struct mailed_promise promise;
    struct mailed_future future;

    CHECK_INT(syn_mailbox_new(&options, &closing.box), 0);
    CHECK_INT(promise_new(mailed, &promise, &future), 0);
    CHECK_INT(future_then(future, closing.box, told_item, NULL), 0);
    CHECK_INT(promise_complete(promise, &(int){1}), 0);
    CHECK_INT(syn_mailbox_drain(closing.box, 0), 0);
    syn_mailbox_release(closing.box);
    return closing.err;
}

#endif
