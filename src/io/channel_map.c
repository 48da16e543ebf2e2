/* SPDX-License-Identifier: Apache-2.0
 *
 * Maps over channels. See <synchronicity/channel_map.h>.
 *
 * Two tasks on one synchronizer, and a ring of AHEAD places between them. The feeder waits for a free place,
 * fetches an item into it and submits its job; the map takes the places in order, awaits the job and hands
 * the result on. `room` counts the free places and `ready` those that are in order for the map, so that neither
 * task looks at a place of the other's. The feeder's end, in whatever way and also where it never began, is one
 * more unit of `ready`: so the map never waits for a feeder that is gone.
 *
 * Discarded: one task that selects over IN and the oldest job, which fetches nothing while it waits for room
 * in OUT; a thread of the pool as the feeder, which costs a worker that waits.
 */
#define SYNI_IN_LIBRARY 1

#include <synchronicity/channel_map.h>

#include <limits.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <synchronicity/blocking.h>
#include <synchronicity/scope.h>
#include <synchronicity/select.h>
#include <synchronicity/step.h>
#include <synchronicity/sync.h>

#include "base/mem.h"

struct map_place;
static syn_err make_result(struct map_place *place);
static void leave_map_place(struct map_place *place);

/* By its job's body, or, if that never begins, by what drops its argument, a place is left. */
SYN_BLOCKING(SYN_DEFAULT_POOL, void, channel_map_item, SYN_TAKE(struct map_place *, place, leave_map_place),
             SYN_NEVER_ABANDONED)
{
    syn_err err = make_result(place);

    leave_map_place(place);
    if (err)
        syn_job_fail(job, err);
}

/* One item on its way. */
struct map_place {
    struct ring *ring;
    struct channel_map_item_future job;
    bool begun; /* the body had the item: it is no more ours */
    bool made;  /* there is a result, which is ours */
    void *in, *out;
};

/* What the tasks and the jobs know. */
struct ring {
    const struct syn_channel_map *map;
    struct syn_channel in;
    const struct syn_type *in_type, *out_type;
    struct syn_semaphore room, ready;
    size_t ahead, size; /* SIZE: of this, in bytes */
    uint64_t n_in, n_out; /* fetched; handed on */
    atomic_size_t holders; /* the two tasks, and jobs */
    struct map_place places[];
};

static struct map_place *place_at(struct ring *ring, uint64_t number)
{
    return &ring->places[number % ring->ahead];
}

/* The last one destroys what was not handed on. */
static void ring_leave(struct ring *ring)
{
    /* acq_rel: the last one sees what the others did */
    if (atomic_fetch_sub_explicit(&ring->holders, 1, memory_order_acq_rel) > 1)
        return;
    for (uint64_t i = ring->n_out; i < ring->n_in; i++) {
        struct map_place *place = place_at(ring, i);

        (void)syn_future_detach(place->job); /* of a map that was abandoned */
        if (!place->begun && ring->in_type->destroy)
            ring->in_type->destroy(place->in);
        if (place->made && ring->out_type->destroy)
            ring->out_type->destroy(place->out);
    }
    syni_free(ring, ring->size);
}

static void leave_map_place(struct map_place *place)
{
    ring_leave(place->ring);
}

static syn_err make_result(struct map_place *place)
{
    syn_err err;

    place->begun = true;
    err = place->ring->map->one(place->in, place->out);
    place->made = !err;
    return err;
}

/* ----------------------------------------------------------------- the feeder -- */

static void feeder_never_began(struct ring *ring)
{
    syn_semaphore_release(&ring->ready, 1);
    ring_leave(ring);
}

static void feeder_ended(struct syn_task *task);

struct channel_map_feed;
static struct syn_step feed_has_room(struct channel_map_feed *self);
static struct syn_step feed_fetched(struct channel_map_feed *self);
static struct syn_step feed_ends(struct channel_map_feed *self);

SYN_ASYNC(SYN_FREE, void, channel_map_feed, SYN_TAKE(struct ring *, ring, feeder_never_began),
          SYN_LOCAL(bool, begun), SYNI_ENDED(feeder_ended))
{
    self->begun = true;
    syn_step_finally(self, feed_ends);
    return syn_step_acquire(self, &self->ring->room, feed_has_room);
}

static struct syn_step feed_has_room(struct channel_map_feed *self)
{
    struct ring *ring = self->ring;

    if (syn_step_status(self))
        return syn_step_fail(self, syn_step_status(self));
    SYNI_NEXT(self, feed_fetched);
    return syni_step_next(&self->syn, ring->in, place_at(ring, ring->n_in)->in, syn_never());
}

static struct syn_step feed_fetched(struct channel_map_feed *self)
{
    struct ring *ring = self->ring;
    struct map_place *place = place_at(ring, ring->n_in);

    if (syn_step_status(self) == SYN_EEND)
        return syn_step_done(self);
    if (syn_step_status(self))
        return syn_step_fail(self, syn_step_status(self));
    place->begun = place->made = false;
    ring->n_in++;
    atomic_fetch_add_explicit(&ring->holders, 1, memory_order_relaxed); /* we hold it, too */
    place->job = (channel_map_item_submit)(ring->map->pool, place);
    syn_semaphore_release(&ring->ready, 1);
    return syn_step_acquire(self, &ring->room, feed_has_room);
}

static struct syn_step feed_ends(struct channel_map_feed *self)
{
    syn_semaphore_release(&self->ring->ready, 1);
    return syn_step_done(self);
}

static void feeder_ended(struct syn_task *task)
{
    struct channel_map_feed *self = (struct channel_map_feed *)(void *)task;

    if (self->begun)
        ring_leave(self->ring);
}

/* -------------------------------------------------------------------- the map -- */

static void map_never_began(struct syn_channel out)
{
    syni_channel_fail(out, SYN_ECANCELED, "the map into this channel never began");
}

struct syni_channel_map;
static void map_ended(struct syn_task *task);
static struct syn_step map_is_ready(struct syni_channel_map *self);
static struct syn_step map_item_made(struct syni_channel_map *self);
static struct syn_step map_item_sent(struct syni_channel_map *self);
static struct syn_step map_feeder_ended(struct syni_channel_map *self);
static struct syn_step map_ends(struct syni_channel_map *self);

static size_t rounded(size_t size)
{
    return (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
}

/* A ring of AHEAD places; each item lies behind them. NULL: no memory. */
static struct ring *ring_new(const struct syn_channel_map *map, size_t ahead)
{
    size_t in_size = rounded(map->in_size), items = in_size + rounded(map->out_size);
    size_t head = rounded(sizeof(struct ring)), each = items + rounded(sizeof(struct map_place));
    struct ring *ring;
    char *at;

    if (ahead > (SIZE_MAX / 2 - head) / each)
        return NULL;
    ring = syni_alloc(head + ahead * each);
    if (!ring)
        return NULL;
    ring->map = map;
    atomic_init(&ring->holders, 1);
    ring->ahead = ahead;
    ring->size = head + ahead * each;
    syn_semaphore_init(&ring->room, (unsigned)ahead);
    at = (char *)ring + head + ahead * rounded(sizeof(struct map_place));
    for (size_t i = 0; i < ahead; i++, at += items) {
        ring->places[i].ring = ring;
        ring->places[i].in = at;
        ring->places[i].out = at + in_size;
    }
    return ring;
}

SYN_ASYNC_DEFINE(SYN_FREE, void, syni_channel_map, (const struct syn_channel_map *, map),
                 SYN_TAKE(struct syn_channel, in, syni_channel_drop),
                 SYN_TAKE(struct syn_channel, out, map_never_began), (size_t, ahead),
                 SYN_LOCAL(struct ring *, ring), SYN_LOCAL(struct syn_scope, scope),
                 SYN_LOCAL(struct syn_choice, wait[1]), SYN_LOCAL(uint64_t, awaited),
                 SYN_LOCAL(bool, sends),
                 SYNI_ENDED(map_ended))
{
    syn_err err;

    syn_step_finally(self, map_ends);
    if (self->map->abi != SYNI_ABI_OF(syn_channel_map))
        return syn_step_fail(self, SYN_EABI,
                             "a map: compiled against another version of the headers");
    if (self->ahead == 0 || self->ahead > UINT_MAX)
        return syn_step_fail(self, SYN_EINVAL, "the look-ahead of a map is at least 1 item");
    self->ring = ring_new(self->map, self->ahead);
    if (!self->ring)
        return syn_step_fail(self, SYN_ENOMEM, "no memory for the items of a map");
    self->ring->in = self->in;
    syni_channel_look(self->in, &self->ring->in_type); /* if it fails, so does the first fetch */
    err = syni_channel_look(self->out, &self->ring->out_type);
    if (err) /* nobody wants anything, or it could not be made */
        return err == SYN_ECLOSED ? syn_step_done(self) : syn_step_fail(self, err);
    atomic_fetch_add_explicit(&self->ring->holders, 1, memory_order_relaxed);
    err = syn_scope_spawn(&self->scope, channel_map_feed_future(self->ring));
    if (err)
        return syn_step_fail(self, err);
    return syn_step_acquire(self, &self->ring->ready, map_is_ready);
}

static struct syn_step map_is_ready(struct syni_channel_map *self)
{
    struct ring *ring = self->ring;

    if (syn_step_status(self))
        return syn_step_fail(self, syn_step_status(self));
    if (ring->n_out == ring->n_in)
        return syn_step_join(self, &self->scope, map_feeder_ended);
    /* Not an await: that would stay until the job has ended, when OUT shall get it at once. */
    return syn_step_select(self, self->wait, map_item_made,
                           SYN_ON_FUTURE(place_at(ring, ring->n_out)->job));
}

static struct syn_step map_feeder_ended(struct syni_channel_map *self)
{
    return syn_step_status(self) ? syn_step_fail(self, syn_step_status(self))
                                 : syn_step_done(self);
}

static struct syn_step map_item_made(struct syni_channel_map *self)
{
    struct ring *ring = self->ring;
    struct map_place *place = place_at(ring, ring->n_out);
    char message[SYN_MESSAGE_MAX];

    if (syn_step_status(self)) {
        snprintf(message, sizeof message, "%.100s: item %llu", self->map->name,
                 (unsigned long long)ring->n_out);
        return syn_step_fail(self, syn_step_status(self), message);
    }
    place->made = false; /* OUT's, unless we hear otherwise */
    self->sends = true;
    SYNI_NEXT(self, map_item_sent);
    return syni_step_send(&self->syn, self->out, place->out, syn_never());
}

static struct syn_step map_item_sent(struct syni_channel_map *self)
{
    struct ring *ring = self->ring;

    self->sends = false;
    place_at(ring, ring->n_out)->made = syn_step_status(self);
    if (syn_step_status(self) == SYN_ECLOSED) /* nobody wants more */
        return syn_step_done(self);
    if (syn_step_status(self))
        return syn_step_fail(self, syn_step_status(self));
    ring->n_out++;
    syn_semaphore_release(&ring->room, 1);
    return syn_step_acquire(self, &ring->ready, map_is_ready);
}

/* ------------------------------------------------------------------- its end -- */

static struct syn_step map_job_ended(struct syni_channel_map *self);

static struct syn_step map_in_closed(struct syni_channel_map *self)
{
    return syn_step_status(self) ? syn_step_fail(self, syn_step_status(self))
                                 : syn_step_done(self);
}

/* The feeder has ended, since the scope is closed before; jobs may run, on what the caller lent them. */
static struct syn_step map_await_jobs(struct syni_channel_map *self)
{
    struct ring *ring = self->ring;

    if (ring && self->awaited < ring->n_in)
        return syn_step_cancel(self, place_at(ring, self->awaited)->job, map_job_ended);
    SYNI_NEXT(self, map_in_closed);
    return syni_step_close(&self->syn, self->in, syn_after(10.0));
}

static struct syn_step map_job_ended(struct syni_channel_map *self)
{
    self->awaited++;
    return map_await_jobs(self);
}

/* All of them, before one is waited for: else the next would begin when it ends. */
static void ask_jobs(struct ring *ring)
{
    for (uint64_t i = ring->n_out; i < ring->n_in; i++)
        (void)syn_future_request_cancel(place_at(ring, i)->job); /* it may be over */
}

/* The jobs are asked before OUT says so: its reader knows then that none begins any more. They are
 * awaited after: its reader learns of it whatever they take. */
static struct syn_step map_ends(struct syni_channel_map *self)
{
    const struct syn_report *report = syn_task_report(&self->syn);
    syn_err err = syn_task_outcome(&self->syn);

    if (self->ring)
        ask_jobs(self->ring);
    if (err)
        syni_channel_fail(self->out, err, report ? report->message : NULL);
    else
        syni_channel_end(self->out, SYN_OK, NULL);
    if (self->sends) /* it was cancelled meanwhile, and so nothing was sent */
        place_at(self->ring, self->ring->n_out)->made = true;
    self->awaited = self->ring ? self->ring->n_out : 0;
    return map_await_jobs(self);
}

/* Also where its clean-up did not run, or not to its end, since a stop abandoned it or its loop died. */
static void map_ended(struct syn_task *task)
{
    struct syni_channel_map *self = (struct syni_channel_map *)(void *)task;

    if (self->ring)
        ring_leave(self->ring);
    (void)syni_channel_fail(self->out, SYN_ECANCELED, "the map into this channel was abandoned");
    syni_channel_drop(self->in);
}
