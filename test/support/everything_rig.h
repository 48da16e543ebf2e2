/* SPDX-License-Identifier: Apache-2.0
 *
 * What the stress of everything at once calls: two synchronizers, a pool, and functions of each kind, which
 * own items, count what is inside, and fail and wait as a number says.
 */
#ifndef EVERYTHING_RIG_H
#define EVERYTHING_RIG_H

#include "support/pool_rig.h"

SYNCHRONIZER(one);
SYNCHRONIZER(two);
POOL(pool, .max_threads = 2, .queue_bound = 8, .grace_ns = -1, .idle_ns = 1000000);

/* On a list, so that what is lost by a rule is no leak to a sanitizer. */
struct item {
    uint32_t guard;
    struct item *next, **place;
};
static struct item *all;
static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;

enum { LIVES = 0x600d600d, DEAD = 0x0badbadd };

static atomic_long n_items, n_inside, n_registered, n_called, n_things; /* each ends at 0, or equal */
static atomic_ulong n_made, n_done[16];
static atomic_ulong n_dead, n_stuck; /* answers of a stop that gave up on a step; such stops */

static struct item *make(void)
{
    struct item *item = malloc(sizeof *item);

    CHECK(item != NULL);
    item->guard = LIVES;
    pthread_mutex_lock(&all_lock);
    item->next = all;
    item->place = &all;
    if (all)
        all->place = &item->next;
    all = item;
    pthread_mutex_unlock(&all_lock);
    n_items++;
    n_made++;
    return item;
}

static void destroy(struct item *item)
{
    CHECK_INT(item->guard, LIVES);
    item->guard = DEAD;
    pthread_mutex_lock(&all_lock);
    *item->place = item->next;
    if (item->next)
        item->next->place = item->place;
    pthread_mutex_unlock(&all_lock);
    n_items--;
    free(item);
}

static struct syn_deadline soon(uint32_t random)
{
    return syn_after(random % 64 * 1e-5);
}

/* What may come of anything here. */
static void check_answer(syn_err err)
{
    static const syn_err known[] = {SYN_OK,    SYN_EIO,     SYN_ECANCELED,  SYN_ETIMEDOUT,
                                    SYN_ECLOSED, SYN_EEND, SYN_EABANDONED};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (err == known[i])
            return;
    if (err == SYN_ELOOPDEAD) {
        n_dead++; /* see check_accounts() */
        return;
    }
    test_fail(__FILE__, __LINE__, "an answer that nothing here gives: %d (%s)", err, last_message());
}

/* --- what is called --- */

ASYNC(one, struct item *, owns, (uint32_t, random), DESTROY(destroy))
{
    co_begin;
    n_inside++;
    if (self->random % 3)
        co_sleep(self->random % 32 * 1e-5);
    if (self->random % 7 == 0)
        co_fail(SYN_EIO);
    co_return(make());
    co_finally;
    if (self->random % 5 == 0)
        co_pass;
    n_inside--;
    co_end;
}

BLOCKING(pool, struct item *, works, (uint32_t, random), DESTROY(destroy))
{
    n_inside++;
    for (uint32_t i = random % 5; i > 0 && !pool_job_cancelled(); i--)
        usleep(random % 64);
    n_inside--;
    return random % 7 ? make() : job_fail(job, SYN_EIO);
}

GENERATOR(two, struct item *, items, (uint32_t, random), DESTROY(destroy), SYN_LOCAL(uint32_t, i))
{
    co_begin;
    n_inside++;
    for (self->i = 0; self->i < self->random % 16; self->i++) {
        if (self->random % 3 == 0)
            co_sleep(self->random % 8 * 1e-5);
        co_yield(make());
    }
    co_finally;
    n_inside--;
    co_end;
}

/* Awaits a call of the other loop, a job, and joins three children. */
ASYNC(two, struct item *, awaits_all, (uint32_t, random), DESTROY(destroy), SYN_LOCAL(struct item *, got[4]),
      SYN_LOCAL(struct syn_scope, scope), SYN_LOCAL(uint32_t, i))
{
    co_begin;
    n_inside++;
    scope_limit(&self->scope, self->random % 3);
    for (self->i = 0; self->i < 3; self->i++)
        co_spawn(&self->scope, owns_future(self->random >> self->i), &self->got[self->i]);
    co_join(&self->scope);
    co_check;
    co_try_by(works_future(self->random), &self->got[3], soon(self->random));
    self->result = self->got[3];
    self->got[3] = NULL;
    co_return_result;
    co_finally;
    for (int i = 0; i < 4; i++)
        if (self->got[i])
            destroy(self->got[i]);
    n_inside--;
    co_end;
}

#define THING_METHODS(M, C)                                                                        \
    M(C, constructor, make, (uint32_t, random))                                                    \
    M(C, destructor)                                                                               \
    M(C, async, int, use, (uint32_t, random))
CLASS(thing, THING_METHODS);

struct thing_impl {
    struct item *item;
};

CONSTRUCTOR(thing, make, (uint32_t, random))
{
    co_begin;
    if (self->random % 4 == 0)
        co_fail(SYN_EIO);
    co_pass;
    me->item = make();
    n_things++;
    co_end;
}

DESTRUCTOR(thing)
{
    co_begin;
    destroy(me->item);
    n_things--;
    co_end;
}

METHOD(thing, int, use, (uint32_t, random))
{
    co_begin;
    CHECK_INT(me->item->guard, LIVES);
    co_sleep(self->random % 16 * 1e-5);
    CHECK_INT(me->item->guard, LIVES);
    co_return(1);
    co_end;
}
CLASS_TABLE(one, thing, THING_METHODS, NULL);

#endif
