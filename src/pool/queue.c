/* SPDX-License-Identifier: Apache-2.0
 *
 * What waits in a pool: two lists, and the lines at strands. Under the pool's lock.
 *
 * A strand has at most one work in the lists or running; the others stand in its line, and
 * the next one joins the lists when that one is over. So a worker never takes a work that it
 * cannot run, and a long line at one strand keeps no worker.
 */
#include "pool/queue.h"

#include <stddef.h>

#include "base/fork.h"
#include "base/probe.h"
#include "base/spin.h"
#include "pool/bound.h"
#include "pool/work_seen.h"

/* After so many urgent ones in a row one of the others has its turn. */
enum { URGENT_IN_A_ROW = 15 };

/* struct syn_strand, inside. */
struct strand {
    struct syni_list link; /* among those of the pool */
    struct syni_list line;
    _Atomic(struct syni_pool *) pool; /* its lock is meant; NULL: it has no works */
    atomic_uint process; /* twice the number of that of the works, and 1 while another's are forgotten; 0: none yet */
};

_Static_assert(sizeof(struct strand) <= sizeof(struct syn_strand), "struct syn_strand is small");
_Static_assert(_Alignof(struct strand) <= _Alignof(struct syn_strand), "misaligned");

static struct strand *strand_of(struct syn_strand *strand)
{
    return (struct strand *)(void *)strand;
}

static void join_queue_locked(struct syni_pool *pool, struct syni_work *work)
{
    SYNI_HOLDS(&pool->lock);
    syni_list_append(work->urgent ? &pool->urgent : &pool->others, &work->link);
}

/* Works of the parent process do not come to an end here. Two threads may come at once, each under the lock of
 * another pool: one of them forgets, and until it has, POOL is the parent's, which may lie where one of ours does. */
static void forget_parents(struct strand *strand)
{
    unsigned mine = 2 * syni_process(), was = atomic_load(&strand->process);

    for (unsigned i = 0; was != mine; was = atomic_load(&strand->process)) {
        if (was == mine + 1) {
            syni_spin_once(i++);
        } else if (atomic_compare_exchange_strong(&strand->process, &was, mine + 1)) {
            SYNI_DELAY(strand_forgets);
            atomic_store(&strand->pool, NULL);
            atomic_store(&strand->process, mine);
        }
    }
}

static syn_err join_strand_locked(struct syni_pool *pool, struct syni_work *work)
{
    struct strand *strand = strand_of(work->strand);
    struct syni_pool *other = NULL;

    SYNI_HOLDS(&pool->lock);
    forget_parents(strand);
    if (atomic_compare_exchange_strong(&strand->pool, &other, pool)) {
        syni_list_init(&strand->line);
        syni_list_append(&pool->strands, &strand->link);
        join_queue_locked(pool, work);
    } else if (other == pool) {
        syni_list_append(&strand->line, &work->link);
        work->in_line = true;
    } else {
        return SYN_EINVAL;
    }
    return SYN_OK;
}

syn_err syni_queue_put_locked(struct syni_pool *pool, struct syni_work *work)
{
    syn_err err = SYN_OK;

    SYNI_HOLDS(&pool->lock);
    SYNI_INVARIANT(46, work->state == SYNI_WORK_NEW);
    if (work->strand)
        err = join_strand_locked(pool, work);
    else
        join_queue_locked(pool, work);
    if (err)
        return err;
    if (work->nested)
        syni_list_append(&pool->nested, &work->nested_link);
    syni_work_move_locked(work, SYNI_WORK_WAITING);
    pool->stats.queued++;
    return SYN_OK;
}

/* WORK, which waited, does so no more. */
static void leave_queue_locked(struct syni_work *work)
{
    SYNI_HOLDS(&work->pool->lock);
    SYNI_INVARIANT(54, work->pool->stats.queued > 0);
    work->in_line = false;
    if (work->nested)
        syni_list_remove(&work->nested_link);
    work->pool->stats.queued--;
    syni_bound_give_locked(work->pool, work);
}

bool syni_queue_is_empty_locked(const struct syni_pool *pool)
{
    SYNI_HOLDS(&pool->lock);
    return syni_list_empty(&pool->urgent) && syni_list_empty(&pool->others);
}

struct syni_work *syni_queue_take_locked(struct syni_pool *pool)
{
    bool urgent = !syni_list_empty(&pool->urgent);
    struct syni_work *work;

    SYNI_HOLDS(&pool->lock);
    if (syni_queue_is_empty_locked(pool))
        return NULL;
    if (urgent && !syni_list_empty(&pool->others) && pool->n_urgent_in_a_row >= URGENT_IN_A_ROW)
        urgent = false;
    pool->n_urgent_in_a_row = urgent ? pool->n_urgent_in_a_row + 1 : 0;
    work = SYNI_CONTAINER((urgent ? &pool->urgent : &pool->others)->next, struct syni_work, link);
    SYNI_INVARIANT(46, work->state == SYNI_WORK_WAITING);
    SYNI_INVARIANT(52, !work->in_line);
    syni_list_remove(&work->link);
    syni_work_move_locked(work, SYNI_WORK_RUNNING);
    leave_queue_locked(work);
    return work;
}

struct syni_work *syni_queue_running_locked(struct syni_pool *pool, const struct syn_strand *strand)
{
    SYNI_HOLDS(&pool->lock);
    SYNI_LIST_EACH (node, &pool->workers) {
        struct syni_work *work = SYNI_CONTAINER(node, struct syni_worker, link)->work;

        if (work && work->strand == strand)
            return work;
    }
    return NULL;
}

void syni_queue_leave_strand_locked(struct syni_work *work)
{
    struct strand *strand;
    struct syni_work *next;

    SYNI_HOLDS(&work->pool->lock);
    if (!work->strand)
        return;
    strand = strand_of(work->strand);
    SYNI_INVARIANT(55, atomic_load(&strand->pool) == work->pool);
    if (syni_list_empty(&strand->line)) {
        syni_list_remove(&strand->link);
        atomic_store(&strand->pool, NULL); /* the last touch */
    } else {
        next = SYNI_CONTAINER(strand->line.next, struct syni_work, link);
        syni_list_remove(&next->link);
        next->in_line = false;
        join_queue_locked(work->pool, next);
    }
}

void syni_queue_remove_locked(struct syni_work *work)
{
    bool in_line = work->in_line;

    SYNI_HOLDS(&work->pool->lock);
    SYNI_INVARIANT(46, work->state == SYNI_WORK_WAITING);
    syni_list_remove(&work->link);
    syni_work_move_locked(work, SYNI_WORK_OVER);
    leave_queue_locked(work);
    if (!in_line)
        syni_queue_leave_strand_locked(work);
}

static void move_all_locked(struct syni_list *from, struct syni_list *list)
{
    while (!syni_list_empty(from)) {
        struct syni_work *work = SYNI_CONTAINER(from->next, struct syni_work, link);

        syni_queue_remove_locked(work);
        syni_list_append(list, &work->link);
    }
}

void syni_queue_empty_locked(struct syni_pool *pool, struct syni_list *list)
{
    SYNI_HOLDS(&pool->lock);
    /* The lines first: no strand moves one up meanwhile. */
    SYNI_LIST_EACH (node, &pool->strands)
        move_all_locked(&SYNI_CONTAINER(node, struct strand, link)->line, list);
    move_all_locked(&pool->urgent, list);
    move_all_locked(&pool->others, list);
}

void syni_queue_remove_nested_locked(struct syni_pool *pool, struct syni_list *list)
{
    SYNI_HOLDS(&pool->lock);
    while (!syni_list_empty(&pool->nested)) {
        struct syni_work *work =
            SYNI_CONTAINER(pool->nested.next, struct syni_work, nested_link);

        syni_queue_remove_locked(work);
        syni_list_append(list, &work->link);
    }
}

void syni_queue_end_all(struct syni_list *list, syn_err err)
{
    while (!syni_list_empty(list)) {
        struct syni_work *work = SYNI_CONTAINER(list->next, struct syni_work, link);

        syni_list_remove(&work->link);
        syni_clock_leave(&work->clock);
        if (SYNI_HOOKED)
            syni_work_seen_unbegun(work, err);
        work->ops->end(work, SYNI_WORK_NEVER_BEGAN, err);
    }
}
