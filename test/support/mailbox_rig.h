/* SPDX-License-Identifier: Apache-2.0
 *
 * What the suites of mailboxes share: what fills them, and what learns of it.
 */
#ifndef MAILBOX_RIG_H
#define MAILBOX_RIG_H

#include <poll.h>

#include "call_rig.h"

SYNCHRONIZER(demo);
PROMISE(int, number);
CHANNEL(int, ints);
POOL(helpers, .max_threads = 2);

ASYNC(demo, int, square, (double, seconds), (int, x))
{
    co_begin;
    co_sleep(self->seconds);
    if (self->x < 0)
        co_fail(SYN_EIO, "there is no such square");
    co_return(self->x * self->x);
    co_end;
}

ASYNC(demo, void, naps, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_end;
}

BLOCKING(helpers, int, twice, (int, x))
{
    return 2 * x;
}

GENERATOR(demo, int, count, (int, n), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < self->n; self->i++) {
        co_sleep(1.0);
        co_yield(self->i);
    }
    co_end;
}

ASYNC(demo, int, takes_one, (struct count_channel, ch), SYN_LOCAL(int, item))
{
    co_begin;
    co_next(self->ch, &self->item);
    co_return(self->item);
    co_end;
}

struct heard {
    atomic_int calls;
    int value;
    syn_err err;
    enum syn_origin origin;
    pthread_t thread;
    char text[500];
};

static inline void note(struct heard *heard, syn_err err)
{
    heard->err = err;
    heard->origin = syn_last_origin();
    heard->thread = pthread_self();
    if (err)
        syn_report_text(syn_last_report(), heard->text, sizeof heard->text);
    heard->calls++;
}

static inline void hear(void *user, syn_err err, int *value)
{
    struct heard *heard = user;

    heard->value = value ? *value : -1;
    CHECK((err != 0) == (value == NULL));
    note(heard, err);
}

static inline void hear_end(void *user, syn_err err)
{
    note(user, err);
}

struct heard_items {
    int n, sum, ended;
    syn_err err;
    char text[500];
    struct count_channel channel;
};

static inline void hear_item(void *user, syn_err err, int *item)
{
    struct heard_items *heard = user;

    CHECK((err != 0) == (item == NULL));
    CHECK(!heard->ended);
    if (item) {
        heard->n++;
        heard->sum += *item;
        return;
    }
    heard->ended++;
    heard->err = err;
    if (err && err != SYN_EEND)
        syn_report_text(syn_last_report(), heard->text, sizeof heard->text);
}

ASYNC(demo, void, registers_count, (struct syn_mailbox *, box), (struct heard_items *, heard))
{
    co_begin;
    self->heard->channel = count(5);
    CHECK_INT(channel_then(self->heard->channel, self->box, hear_item, self->heard), 0);
    co_end;
}

/* Completes, as a loop of calls. */
ASYNC(demo, void, produces, (struct syn_mailbox *, box), (int, n), (struct heard *, heard),
      SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < self->n; self->i++)
        co_then(square_future(0.0, 2), self->box, hear, self->heard);
    co_end;
}

static inline struct syn_mailbox *begin_box(const struct syn_mailbox_options *options)
{
    struct syn_mailbox *box = NULL;

    begin();
    CHECK_INT(syn_mailbox_new(options, &box), 0);
    return box;
}

/* All that was asked for has been told, and nothing is left of it. */
static inline void end_box_after(struct syn_mailbox *box, unsigned long slots)
{
    CHECK_INT(syn_mailbox_outstanding(box), 0);
    syn_mailbox_release(box);
    finish(&demo);
    CHECK_INT(pool_stop(&helpers, syn_never()), 0);
    CHECK_INT(pool_free(&helpers), 0);
    done_after(slots);
}

static inline void end_box(struct syn_mailbox *box)
{
    end_box_after(box, 0);
}

static inline int is_readable(struct syn_mailbox *box)
{
    struct pollfd fds[1] = {{.fd = syn_mailbox_fd(box), .events = POLLIN}};

    CHECK(fds[0].fd >= 0);
    return poll(fds, 1, 0) == 1;
}

#endif
