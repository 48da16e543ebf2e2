/* SPDX-License-Identifier: Apache-2.0
 *
 * What a worker does: take, run, end; sleep when there is nothing; leave.
 *
 * Where too few workers would run without it, a worker neither sleeps nor leaves before it has shut
 * the inbox and looked at what was on it. A worker that sleeps is listed, latest first, so that the one with
 * warm caches is called and the others grow old enough to leave. A thread that leaves for
 * lack of work retires; in a stop each joins the one that left before it, and the
 * stopper the last.
 */
#include "pool/worker.h"

#include <stddef.h>

#include "base/fork.h"
#include "base/processor.h"
#include "base/signals.h"
#include "pool/bound.h"
#include "pool/pool_inbox.h"
#include "pool/pool_life.h"
#include "pool/queue.h"
#include "pool/quick.h"
#include "pool/work_cancel.h"
#include "pool/work_seen.h"
#include "pool/workers.h"

static bool may_take_locked(const struct syni_pool *pool)
{
    SYNI_HOLDS(&pool->lock);
    return pool->life == SYNI_POOL_OPEN && syni_running_locked(pool) <= pool->wanted;
}

static struct syni_work *worker_take_locked(struct syni_worker *me)
{
    struct syni_pool *pool = me->pool;
    struct syni_work *work;

    SYNI_HOLDS(&me->pool->lock);
    /* Not before the works in the queue are gone: each look takes the line of the inbox from a thread that
     * posts. */
    if (syni_list_empty(&pool->others))
        syni_pool_inbox_empty_locked(pool);
    work = may_take_locked(pool) ? syni_queue_take_locked(pool) : NULL;
    me->work = work;
    if (work) {
        work->worker = me;
        me->n_taken++;
        pool->n_works++;
        syni_bound_tell_locked(pool, false);
        if (syni_list_empty(&pool->others))
            syni_bound_collect_locked(pool);
        syni_quick_count_locked(me);
    }
    return work;
}

/* WORK has returned. */
static enum syni_work_end close_locked(struct syni_worker *me, struct syni_work *work)
{
    SYNI_HOLDS(&me->pool->lock);
    syni_work_settle_locked(work);
    SYNI_INVARIANT(46, work->state == SYNI_WORK_RUNNING && me->work == work);
    SYNI_INVARIANT(48, work->holders == 0);
    syni_work_move_locked(work, SYNI_WORK_OVER);
    me->work = NULL;
    me->pool->n_works--;
    me->pool->stats.ended++;
    syni_queue_leave_strand_locked(work);
    syni_pool_tell_locked(me->pool);
    if (!work->abandoned)
        return SYNI_WORK_RAN;
    syni_worker_step_in_locked(me);
    return SYNI_WORK_LATE;
}

/* The same while somebody looks. */
SYNI_COLD static void worker_run_seen(struct syni_work *work)
{
    struct syni_seen_work seen;

    syni_work_seen_begins(work, &seen);
    work->ops->run(work);
    syni_work_seen_ended(work, &seen);
}

static void worker_run(struct syni_work *work)
{
    unsigned process = syni_process();
    const char *name = work->name;

    if (SYNI_HOOKED)
        worker_run_seen(work);
    else
        work->ops->run(work);
    syni_fork_returned(process, name ? name : "a job");
}

/* Runs WORK, and then what there is, until there is nothing. */
static void work_on(struct syni_worker *me, struct syni_work *work)
{
    struct syni_pool *pool = me->pool;

    while (work) {
        struct syni_work *done = work;
        enum syni_work_end how;

        /* This thread stands for it on its clock, until after the end is told. */
        syn_clock_join(work->clock.clock);
        if (work->clock.clock)
            syni_clock_leave(&work->clock);
        SYNI_DELAY(pool_run);
        worker_run(work);
        SYNI_DELAY(pool_returned);
        syni_mutex_lock(&pool->lock);
        how = close_locked(me, done);
        work = worker_take_locked(me);
        syni_mutex_unlock(&pool->lock);
        SYNI_DELAY(pool_over);
        done->ops->end(done, how, SYN_OK);
        if (SYNI_HOOKED)
            syni_work_seen_over();
    }
    syn_clock_join(NULL);
}

static void list_idle_locked(struct syni_worker *me)
{
    struct syni_pool *pool = me->pool;

    SYNI_HOLDS(&me->pool->lock);
    SYNI_INVARIANT(49, syni_list_empty(&me->idle) && !me->work);
    me->called = false;
    me->idle.next = pool->idle.next; /* in front */
    me->idle.prev = &pool->idle;
    me->idle.next->prev = me->idle.prev->next = &me->idle;
    pool->n_idle++;
}

static void unlist_idle_locked(struct syni_worker *me)
{
    SYNI_HOLDS(&me->pool->lock);
    SYNI_INVARIANT(50, me->pool->n_idle > 0);
    syni_list_remove(&me->idle);
    me->pool->n_idle--;
    syni_quick_leave_locked(me);
}

/* There is work, and too few run: the calling worker counts as idle, or as gone. */
static bool is_needed_locked(struct syni_pool *pool)
{
    SYNI_HOLDS(&pool->lock);
    syni_pool_inbox_tend_locked(pool);
    return pool->life == SYNI_POOL_OPEN && syni_running_locked(pool) < pool->wanted &&
           !syni_queue_is_empty_locked(pool);
}

/* Until it is called (true), UNTIL, or the watcher is to look. Lets the lock go meanwhile. */
static bool sleep_idle_locked(struct syni_worker *me, int64_t until)
{
    struct syni_pool *pool = me->pool;
    int64_t watch_ns = syni_quick_watch_locked(me);
    bool called;

    SYNI_HOLDS(&me->pool->lock);
    SYNI_INVARIANT(320, pool->wanted == pool->max_threads || pool->watcher);
    syni_mutex_unlock(&pool->lock);
    if (watch_ns != SYNI_NEVER)
        until = syni_deadline_in(syni_now(), watch_ns);
    SYNI_DELAY(pool_idle);
    while (!me->called && syni_parker_sleep(me->parker, until))
        ;
    syni_mutex_lock(&pool->lock);
    called = syni_list_empty(&me->idle);
    if (!called)
        return false;
    syni_mutex_unlock(&pool->lock);
    while (!me->called) /* the thread that took us off the list is about to */
        syni_parker_sleep(me->parker, SYNI_NEVER);
    syni_parker_settle(me->parker);
    syni_mutex_lock(&pool->lock);
    return true;
}

/* It is the watcher, and has found that too few run. */
static void join_in_locked(struct syni_worker *me)
{
    struct syni_pool *pool = me->pool;

    SYNI_HOLDS(&me->pool->lock);
    unlist_idle_locked(me);
    syni_pool_inbox_tend_locked(pool);
    syni_mutex_unlock(&pool->lock);
    syni_worker_call_more(pool);
    syni_mutex_lock(&pool->lock);
}

/* Sleeps until it is called; false: it is not needed any more. */
static bool idle_locked(struct syni_worker *me)
{
    struct syni_pool *pool = me->pool;
    int64_t until = syni_deadline_in(syni_now(), pool->idle_ns);

    SYNI_HOLDS(&me->pool->lock);
    list_idle_locked(me);
    if (is_needed_locked(pool)) {
        unlist_idle_locked(me);
        syni_pool_inbox_tend_locked(pool);
        return true;
    }
    while (!sleep_idle_locked(me, until)) {
        if (pool->watcher != me) {
            unlist_idle_locked(me);
            return pool->n_threads <= pool->owner->options.min_threads;
        }
        if (syni_quick_look_locked(pool)) {
            join_in_locked(me);
            return true;
        }
        until = syni_deadline_in(syni_now(), pool->idle_ns);
    }
    return true;
}

/* The next work; NULL: this thread leaves. */
static struct syni_work *next_locked(struct syni_worker *me)
{
    struct syni_work *work;

    SYNI_HOLDS(&me->pool->lock);
    do {
        if ((work = worker_take_locked(me)))
            return work;
    } while (me->pool->life == SYNI_POOL_OPEN && idle_locked(me));
    return NULL;
}

/* Counts as gone; false: it is needed, and stays. */
static bool step_down_locked(struct syni_pool *pool)
{
    SYNI_HOLDS(&pool->lock);
    pool->n_threads--;
    if (!is_needed_locked(pool))
        return true;
    pool->n_threads++;
    syni_pool_inbox_tend_locked(pool);
    return false;
}

/* It has stepped down. */
static void leave_locked(struct syni_worker *me)
{
    struct syni_pool *pool = me->pool;
    struct syni_thread before;
    bool joins;

    SYNI_HOLDS(&me->pool->lock);
    SYNI_INVARIANT(49, syni_list_empty(&me->idle) && !me->work && me->out == 0);
    syni_list_remove(&me->link);
    syni_worker_become(NULL);
    joins = syni_pool_thread_leaves_locked(pool, &before);
    syni_pool_tell_locked(pool);
    syni_mutex_unlock(&pool->lock);
    SYNI_DELAY(pool_left); /* POOL may be gone */
    if (joins)
        syni_thread_join(&before);
}

static void worker_tell_thread(const struct syni_pool *pool, int begins)
{
    const struct syn_pool_options *options = &pool->owner->options;

    if (options->on_thread)
        options->on_thread(options->user, options->name, begins);
}

/* Works until it is not needed any more. Takes the lock, and keeps it: what came while the
 * user was told is not left behind. */
static void work_and_lock(struct syni_worker *me)
{
    struct syni_pool *pool = me->pool;
    struct syni_work *work;

    worker_tell_thread(pool, 1);
    syni_mutex_lock(&pool->lock);
    while ((work = next_locked(me))) {
        syni_mutex_unlock(&pool->lock);
        work_on(me, work);
        syni_mutex_lock(&pool->lock);
    }
    syni_mutex_unlock(&pool->lock);
    worker_tell_thread(pool, 0);
    syni_mutex_lock(&pool->lock);
}

/* ME, a thread of its pool, gets a processor that no other has, if the pool wants that and there is one.
 * (A pool has more threads than processors while jobs wait.) */
static void choose_processor_locked(struct syni_worker *me)
{
    struct syni_pool *pool = me->pool;
    bool taken = true;

    SYNI_HOLDS(&pool->lock);
    for (unsigned p = 0; pool->owner->options.pin && taken && p < syni_processors(); p++) {
        taken = false;
        SYNI_LIST_EACH (node, &pool->workers) {
            struct syni_worker *other = SYNI_CONTAINER(node, struct syni_worker, link);

            taken = taken || (other->pinned && other->processor == p);
        }
        me->processor = p;
    }
    me->pinned = !taken;
}

void syni_worker_main(void *argument)
{
    struct syni_pool *pool = argument;
    struct syni_worker me = {.pool = pool};

    me.parker = syni_parker_mine();
    syni_list_init(&me.idle);
    syni_worker_become(&me);
    syni_signals_open();
    syni_mutex_lock(&pool->lock);
    choose_processor_locked(&me);
    syni_list_append(&pool->workers, &me.link);
    syni_mutex_unlock(&pool->lock);
    if (me.pinned)
        syni_processor_pin(me.processor);
    syni_mutex_lock(&pool->lock);
    do {
        syni_mutex_unlock(&pool->lock);
        work_and_lock(&me);
    } while (!step_down_locked(pool));
    leave_locked(&me);
}

void syni_worker_begin_here_locked(struct syni_worker *me, struct syni_pool *pool,
                                   struct syni_work *work)
{
    SYNI_HOLDS(&pool->lock);
    *me = (struct syni_worker){
        .pool = pool, .here = true, .work = work, .n_taken = pool->stats.ran_here};
    syni_list_append(&pool->workers, &me->link);
    pool->n_here++;
    pool->n_works++;
    pool->stats.ran_here++;
    syni_work_move_locked(work, SYNI_WORK_RUNNING);
    work->worker = me;
    work->clock.clock = NULL; /* this thread is on its own */
}

void syni_worker_run_here(struct syni_worker *me)
{
    struct syni_pool *pool = me->pool;
    struct syni_work *work = me->work;
    struct syni_worker *before = syni_worker_become(me);
    int cancel_state = syni_thread_hold_cancel(); /* ME lies on the stack of the thread */
    enum syni_work_end how;

    SYNI_DELAY(pool_run_here);
    worker_run(work);
    SYNI_DELAY(pool_returned);
    syni_mutex_lock(&pool->lock);
    how = close_locked(me, work);
    syni_mutex_unlock(&pool->lock);
    SYNI_DELAY(pool_over);
    syni_worker_become(before);
    work->ops->end(work, how, SYN_OK);
    if (SYNI_HOOKED)
        syni_work_seen_over();
    syni_mutex_lock(&pool->lock);
    syni_list_remove(&me->link);
    pool->n_here--;
    syni_pool_tell_locked(pool);
    syni_mutex_unlock(&pool->lock);
    syni_thread_let_cancel(cancel_state);
}
