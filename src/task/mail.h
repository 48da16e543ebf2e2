/* SPDX-License-Identifier: Apache-2.0
 *
 * MAIL, a registration in a mailbox: as data, since that of a future lies in its core. mailbox/mailbox.h has the
 * states, and all that is done with it.
 */
#ifndef SYNI_MAIL_H
#define SYNI_MAIL_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/list.h"
#include "base/stack.h"

/* A wait for one core; the waiter places it. */
struct syni_waiter {
    /* Called once, by the completing thread, under no lock. The waiter may be gone
     * as soon as it has been told. */
    void (*wake)(struct syni_waiter *waiter);
};

/* What it waits for. */
enum syni_mail_kind { SYNI_MAIL_OF_FUTURE, SYNI_MAIL_OF_RELAY, SYNI_MAIL_OF_CHANNEL, SYNI_MAIL_OF_SCOPE };

enum syni_mail_state {
    SYNI_MAIL_LISTING, /* the thread that registers it, or has called back, lists it; on `waiting` */
    SYNI_MAIL_WAITS,   /* it is told; on `waiting` */
    SYNI_MAIL_HELD,    /* a close withdraws it; on no list */
    SYNI_MAIL_TOLD,    /* it was told meanwhile; as LISTING or HELD, for whichever thread has it */
    SYNI_MAIL_COMES,   /* it was told, and is on its way to `come`, or there; on `waiting` */
    SYNI_MAIL_QUEUED,  /* on the queue */
    SYNI_MAIL_CALLING, /* a drain has it; on no list */
};

struct syni_mail {
    union {
        struct syni_waiter waiter; /* at a core or a scope, until that tells it */
        struct syni_link come;     /* while it COMES */
    };
    /* under the mailbox's lock */
    struct syni_list link;
    struct syn_mailbox *mailbox; /* which is closed, and so has no mail, before it is freed */
    void (*fn)(void);
    void *user;
    _Atomic(enum syni_mail_state) state;
    unsigned char kind;
    /* the thread that has it: HELD, and after that CALLING */
    bool cancelled; /* it was withdrawn */
};

#endif
