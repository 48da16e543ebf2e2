/* SPDX-License-Identifier: Apache-2.0
 *
 * A task that waits, by each kind of wait, for a result that is given to it after it began.
 */
#ifndef CIRCLE_KINDS_RIG_H
#define CIRCLE_KINDS_RIG_H

#include "circle_rig.h"

enum kind { AWAIT, COPY, JOIN, SELECT, RACE, HELPER, LOCK, ITEM, KINDS };

/* What it waits for: used up by AWAIT, shared for all others. */
struct wanted {
    struct c_naps_future f;
    struct c_naps_shared s;
};

static struct syn_mutex locked_on_a, locked_on_b;

static inline struct syn_mutex *lock_of(const struct syn_task *task)
{
    return syn_task_synchronizer(task) == &a ? &locked_on_a : &locked_on_b;
}

static inline void unlock(struct syn_mutex *mutex)
{
    if (syn_mutex_is_mine(mutex))
        syn_mutex_unlock(mutex);
}

ASYNC(SYN_FREE, int, helps, (struct c_naps_future, f))
{
    co_begin;
    co_try(self->f, &self->result);
    co_return_result;
    co_end;
}

ASYNC(SYN_FREE, int, holds, (struct c_naps_future, f))
{
    co_begin;
    co_lock(lock_of(&self->syn));
    co_await(self->f, &self->result);
    co_return_result;
    co_finally;
    unlock(lock_of(&self->syn));
    co_end;
}

GENERATOR(SYN_FREE, int, yields, (struct c_naps_future, f), SYN_LOCAL(int, y))
{
    co_begin;
    co_try(self->f, &self->y);
    co_yield(self->y);
    co_end;
}

ASYNC(SYN_FREE, int, waits, (enum kind, kind), (double, seconds), (const struct wanted *, wanted),
      SYN_LOCAL(struct syn_scope, scope), SYN_LOCAL(struct c_naps_future, f),
      SYN_LOCAL(struct c_naps_future, g), SYN_LOCAL(struct syn_choice, on[2]), SYN_LOCAL(int, y),
      SYN_LOCAL(struct holds_future, held), SYN_LOCAL(struct yields_channel, ch))
{
    co_begin;
    co_sleep(0.1);
    self->scope = (struct syn_scope)SYN_SCOPE;
    self->f = self->wanted->f;
    if (self->kind != AWAIT)
        syn_shared_future(self->wanted->s, &self->f);
    if (self->kind == LOCK)
        self->held = holds_future(self->f);
    co_sleep(self->seconds - 0.1);
    if (self->kind == AWAIT || self->kind == COPY) {
        co_await(self->f, &self->y);
    } else if (self->kind == JOIN) {
        co_spawn(&self->scope, c_naps_future(3), NULL);
        co_spawn(&self->scope, self->f, &self->y);
        co_join(&self->scope);
    } else if (self->kind == SELECT) {
        syn_shared_future(self->wanted->s, &self->g);
        co_select(self->on, ON_FUTURE(self->f, &self->y), ON_FUTURE(self->g, &self->y));
    } else if (self->kind == RACE) {
        syn_shared_future(self->wanted->s, &self->g);
        co_race(&self->scope, (self->f, &self->y), (self->g, &self->y));
    } else if (self->kind == HELPER) {
        co_await(helps_future(self->f), &self->y);
    } else if (self->kind == LOCK) {
        co_lock(lock_of(&self->syn));
    } else {
        self->ch = yields(self->f);
        co_next(self->ch, &self->y);
    }
    NOTE;
    co_return(8);
    co_finally;
    if (co_status == SYN_EDEADLK) /* a lock that is refused leaves */
        NOTE;
    unlock(lock_of(&self->syn));
    if (self->kind == SELECT) {
        future_detach(self->f);
        future_detach(self->g);
    }
    if (self->kind == LOCK)
        future_detach(self->held);
    if (self->kind == ITEM)
        channel_drop(self->ch);
    n_over++;
    co_end;
}

ASYNC(a, int, a_waits, (enum kind, kind), (double, seconds), (const struct wanted *, wanted))
{
    co_begin;
    co_try(waits_future(self->kind, self->seconds, self->wanted), &self->result);
    co_return_result;
    co_end;
}

/* Its future is OUT, for what uses it up, or for what takes it SHARED. */
static inline void give(struct syn_future handle, bool shared, struct wanted *out)
{
    out->f.u.handle = handle;
    if (shared)
        CHECK_INT(future_share(out->f, &out->s), SYN_OK);
}

static inline void take_back(bool shared, struct wanted *wanted)
{
    if (shared)
        shared_release(wanted->s);
}

#endif
