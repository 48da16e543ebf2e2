/* SPDX-License-Identifier: Apache-2.0
 *
 * Broadcasts and watched values.
 *
 * A ring of the last items, numbered from 1 on, under one lock; each observer keeps the number of
 * the next one it wants. An observer that finds nothing lists a promise, and the sender completes
 * the promises of all that wait, outside the lock. So a send is bounded by the number of those
 * that wait, and not of all observers; a slow observer costs nobody anything.
 *
 * The ring lives until its broadcast was closed and the last observer left: one count, under the lock.
 */
#define SYNI_IN_LIBRARY 1

#include <synchronicity/broadcast.h>
#include <synchronicity/step.h>

#include <stdbool.h>
#include <string.h>

#include "base/list.h"
#include "base/mem.h"
#include "base/probe.h"
#include "base/thread.h"
#include "base/report.h"

SYN_PROMISE(void, syni_sent);

struct syni_broadcast {
    struct syni_mutex lock;
    size_t item_size, keeps, size; /* SIZE: of this, in bytes */
    /* under the lock: */
    uint64_t newest; /* the number of the latest item; 0: none yet */
    struct syni_list waiting;
    size_t holders; /* its observers, and its maker */
    bool closed;
    char items[];
};

struct syni_observer {
    struct syni_broadcast *broadcast;
    /* under the lock: */
    uint64_t next;          /* the number of the item that it wants */
    struct syni_list place; /* in WAITING, or in a list that a sender works off */
    struct syni_sent_promise wish;
    bool waits;
};

syn_err syni_broadcast_new(size_t item_size, size_t keeps, struct syni_broadcast **out_broadcast)
{
    struct syni_broadcast *b;
    size_t size;

    if (keeps == 0 || keeps > (SIZE_MAX - sizeof *b) / item_size)
        return syni_refuse(SYN_EINVAL, "a broadcast cannot keep %zu items", keeps);
    size = sizeof *b + item_size * keeps;
    b = syni_alloc(size);
    if (!b)
        return syni_refuse(SYN_ENOMEM, "no memory for a broadcast that keeps %zu items", keeps);
    b->item_size = item_size;
    b->keeps = keeps;
    b->size = size;
    b->holders = 1;
    syni_list_init(&b->waiting);
    syni_mutex_init(&b->lock, SYNI_RANK_BROADCAST);
    *out_broadcast = b;
    return SYN_OK;
}

/* Gives up the lock with one holder less, and frees what nobody holds. */
static void unlock_and_leave(struct syni_broadcast *b)
{
    bool last = --b->holders == 0;

    syni_mutex_unlock(&b->lock);
    if (!last)
        return;
    syni_mutex_fini(&b->lock);
    syni_free(b, b->size);
}

syn_err syni_broadcast_observe(struct syni_broadcast *b, struct syni_observer **out_observer)
{
    struct syni_observer *o = syni_alloc(sizeof *o);

    if (!o)
        return syni_refuse(SYN_ENOMEM, "no memory for an observer");
    o->broadcast = b;
    syni_list_init(&o->place);
    syni_mutex_lock(&b->lock);
    b->holders++;
    o->next = b->keeps == 1 && b->newest > 0 ? b->newest : b->newest + 1;
    syni_mutex_unlock(&b->lock);
    *out_observer = o;
    return SYN_OK;
}

void syni_broadcast_leave(struct syni_observer *o)
{
    struct syni_broadcast *b = o ? o->broadcast : NULL;

    if (!o)
        return;
    syni_mutex_lock(&b->lock);
    unlock_and_leave(b);
    syni_free(o, sizeof *o);
}

/* ------------------------------------------------------------------- sending -- */

static char *item_at(struct syni_broadcast *b, uint64_t number)
{
    return b->items + (size_t)(number % b->keeps) * b->item_size;
}

enum { AT_ONCE = 16 };

/* Takes up to AT_ONCE wishes off the list, under the lock; not of those that had the newest item
 * already and wait for another, all of which stand behind the others. */
static int take_wishes(struct syni_broadcast *b, struct syni_sent_promise *wishes)
{
    int n = 0;

    while (n < AT_ONCE && !syni_list_empty(&b->waiting)) {
        struct syni_observer *o =
            SYNI_CONTAINER(b->waiting.next, struct syni_observer, place);

        if (o->next > b->newest && !b->closed)
            break;
        syni_list_remove(&o->place);
        wishes[n++] = o->wish;
    }
    return n;
}

/* Wakes all waiters, and gives up the lock; the last touch of B, which an observer that was woken may
 * free, is under the lock. CLOSES: gives up the maker's hold with it. */
static void wake_all_and_unlock(struct syni_broadcast *b, bool closes)
{
    struct syni_sent_promise wishes[AT_ONCE];

    b->holders++;
    for (;;) {
        int n = take_wishes(b, wishes);

        if (n == 0)
            break;
        syni_mutex_unlock(&b->lock);
        for (int i = 0; i < n; i++)
            syn_promise_complete(wishes[i]);
        syni_mutex_lock(&b->lock);
    }
    if (closes)
        b->holders--;
    unlock_and_leave(b);
}

void syni_broadcast_send(struct syni_broadcast *b, const void *item)
{
    syni_mutex_lock(&b->lock);
    b->newest++;
    memcpy(item_at(b, b->newest), item, b->item_size);
    wake_all_and_unlock(b, false);
}

void syni_broadcast_close(struct syni_broadcast *b)
{
    if (!b)
        return;
    syni_mutex_lock(&b->lock);
    b->closed = true;
    wake_all_and_unlock(b, true);
}

syn_err syni_broadcast_latest(struct syni_broadcast *b, void *out_item)
{
    syn_err err = SYN_EAGAIN;

    syni_mutex_lock(&b->lock);
    if (b->newest > 0) {
        memcpy(out_item, item_at(b, b->newest), b->item_size);
        err = SYN_OK;
    }
    syni_mutex_unlock(&b->lock);
    return err ? syni_answer(err) : SYN_OK;
}

/* ----------------------------------------------------------------- observing -- */

/* The next item of O, or SYN_EAGAIN, or SYN_EEND. Under the lock. */
static syn_err broadcast_take_locked(struct syni_observer *o, void *out_item, uint64_t *out_missed)
{
    struct syni_broadcast *b = o->broadcast;
    uint64_t oldest = b->newest < b->keeps ? 1 : b->newest - b->keeps + 1, missed = 0;

    SYNI_HOLDS(&b->lock);
    if (o->next > b->newest)
        return b->closed ? SYN_EEND : SYN_EAGAIN;
    if (o->next < oldest) {
        missed = oldest - o->next;
        o->next = oldest;
    }
    memcpy(out_item, item_at(b, o->next), b->item_size);
    o->next++;
    if (out_missed)
        *out_missed = missed;
    return SYN_OK;
}

syn_err syni_broadcast_try_next(struct syni_observer *o, void *out_item, uint64_t *out_missed)
{
    syn_err err;

    syni_mutex_lock(&o->broadcast->lock);
    err = o->waits ? SYN_EBUSY : broadcast_take_locked(o, out_item, out_missed);
    syni_mutex_unlock(&o->broadcast->lock);
    if (err == SYN_EBUSY)
        return syni_refuse(err, "another next waits by this observer; make one for each task");
    return err ? syni_answer(err) : SYN_OK;
}

static struct syn_step broadcast_look(struct syni_broadcast_next *self);
static struct syn_step woken(struct syni_broadcast_next *self);
static struct syn_step broadcast_next_ends(struct syni_broadcast_next *self);

SYN_ASYNC_DEFINE(SYN_FREE, void, syni_broadcast_next, (struct syni_observer *, observer),
                 (void *, out_item), (uint64_t *, out_missed))
{
    struct syni_observer *o = self->observer;
    bool busy;

    if (!o)
        return syn_step_fail(self, SYN_EINVAL, "there is no observer");
    syni_mutex_lock(&o->broadcast->lock);
    busy = o->waits;
    o->waits = true;
    syni_mutex_unlock(&o->broadcast->lock);
    if (busy)
        return syn_step_fail(self, SYN_EBUSY, "this observer waits already");
    syn_step_finally(self, broadcast_next_ends);
    return broadcast_look(self);
}

/* Takes an item, or lists a wish for one, unless one was sent meanwhile. */
static struct syn_step broadcast_look(struct syni_broadcast_next *self)
{
    struct syni_observer *o = self->observer;
    struct syni_sent_future sent;
    syn_err err;

    syni_mutex_lock(&o->broadcast->lock);
    err = broadcast_take_locked(o, self->out_item, self->out_missed);
    syni_mutex_unlock(&o->broadcast->lock);
    if (err != SYN_EAGAIN)
        return err ? syn_step_fail(self, err) : syn_step_done(self);
    err = syn_promise_new(syni_sent, &o->wish, &sent);
    if (err)
        return syn_step_fail(self, err);
    SYNI_DELAY(broadcast_looked);
    syni_mutex_lock(&o->broadcast->lock);
    if (o->next <= o->broadcast->newest || o->broadcast->closed)
        err = SYN_EALREADY;
    else
        syni_list_append(&o->broadcast->waiting, &o->place);
    syni_mutex_unlock(&o->broadcast->lock);
    if (err)
        syn_promise_complete(o->wish);
    return syn_step_await(self, sent, woken);
}

static struct syn_step woken(struct syni_broadcast_next *self)
{
    return syn_step_status(self) ? syn_step_fail(self, syn_step_status(self))
                                 : broadcast_look(self);
}

/* A wish that is still listed is withdrawn; one that was taken off, its sender completes. */
static struct syn_step broadcast_next_ends(struct syni_broadcast_next *self)
{
    struct syni_observer *o = self->observer;
    struct syni_sent_promise wish = o->wish;
    bool listed;

    syni_mutex_lock(&o->broadcast->lock);
    listed = !syni_list_empty(&o->place);
    syni_list_remove(&o->place);
    o->waits = false;
    syni_mutex_unlock(&o->broadcast->lock);
    if (listed)
        syn_promise_drop(wish);
    return syn_step_done(self);
}
