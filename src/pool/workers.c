/* SPDX-License-Identifier: Apache-2.0
 *
 * How many threads a pool has: which are called, which are started, which do not count.
 *
 * Any thread. Threads are started without the lock, but count from before, so that two posts
 * do not start one each for the last place. When none is left that might take what
 * waits, that is refused: all of it where there is no thread at all; where all threads wait,
 * what was made on behalf of a work, for which they may be waiting.
 */
#include "pool/workers.h"

#include <stddef.h>

#include "base/fork.h"
#include "base/signals.h"
#include "pool/bound.h"
#include "pool/pool_inbox.h"
#include "pool/pool_life.h"
#include "pool/queue.h"
#include "pool/quick.h"

enum { STACK_BYTES = 512 * 1024 };

struct syni_worker *syni_worker_now(void)
{
    return syni_self()->worker;
}

/* A worker lies on its thread's stack, and is listed; and a waiter for its job would wait for
 * ever. */
static void workers_thread_ends(struct syni_self *self)
{
    if (self->worker)
        syni_panic("a thread ended (pthread_exit, cancellation) inside a job that it ran");
}

struct syni_worker *syni_worker_become(struct syni_worker *worker)
{
    struct syni_self *self = syni_self();
    struct syni_worker *before = self->worker;

    syni_self_owns(self, SYNI_OWNS_WORK, workers_thread_ends);
    self->worker = worker;
    return before;
}

void syni_worker_choose_locked(struct syni_pool *pool, struct syni_calling *out_calling)
{
    bool enough = syni_running_locked(pool) >= pool->wanted;

    SYNI_HOLDS(&pool->lock);
    if (!enough && pool->n_idle > 0) {
        out_calling->idle = SYNI_CONTAINER(pool->idle.next, struct syni_worker, idle);
        syni_list_remove(&out_calling->idle->idle);
        pool->n_idle--;
        if (syni_quick_leave_locked(out_calling->idle)) {
            out_calling->more = true;
            pool->n_here++;
        }
    } else if (!enough && pool->n_threads < pool->hard_limit) {
        pool->n_threads++;
        if (pool->n_threads > pool->stats.peak_threads)
            pool->stats.peak_threads = pool->n_threads;
        out_calling->start = true;
    }
    syni_pool_inbox_tend_locked(pool);
}

static void workers_wake(const struct syni_calling *calling)
{
    if (calling->idle)
        syni_parker_wake(calling->idle->parker, &calling->idle->called);
}

static void workers_leave_here(struct syni_pool *pool)
{
    syni_mutex_lock(&pool->lock);
    pool->n_here--;
    syni_pool_tell_locked(pool);
    syni_mutex_unlock(&pool->lock);
}

/* NOT_STARTED: so many threads were counted and there are not. */
static void workers_refuse(struct syni_pool *pool, syn_err err, unsigned not_started)
{
    struct syni_calling calling = {NULL, false, false};
    struct syni_list list;
    size_t before;

    syni_list_init(&list);
    syni_mutex_lock(&pool->lock);
    SYNI_INVARIANT(50, pool->n_threads >= not_started);
    pool->n_threads -= not_started;
    syni_pool_inbox_tend_locked(pool);
    pool->n_here++; /* a stop waits for us, and then POOL may be gone */
    before = pool->stats.queued;
    if (pool->n_threads == 0)
        syni_queue_empty_locked(pool, &list);
    else if (pool->n_threads == pool->n_blocked)
        syni_queue_remove_nested_locked(pool, &list);
    else if (pool->n_idle > 0 && !syni_queue_is_empty_locked(pool))
        syni_worker_choose_locked(pool, &calling); /* it sleeps since another was to run */
    pool->stats.refused += before - pool->stats.queued;
    syni_bound_tell_locked(pool, false);
    syni_mutex_unlock(&pool->lock);
    syni_worker_call(pool, &calling);
    syni_queue_end_all(&list, err);
    workers_leave_here(pool);
}

void syni_worker_refuse_hopeless(struct syni_pool *pool, syn_err err)
{
    workers_refuse(pool, err, 0);
}

static void workers_start(struct syni_pool *pool)
{
    const struct syn_pool_options *options = &pool->owner->options;
    static struct syni_fork_call forked = {.child = syni_signals_forked};
    struct syni_thread thread;
    syn_err err = syni_fork_watch(&forked);

    if (!err)
        err = syni_thread_start(&thread, options->name ? options->name : "pool",
                                options->stack_size_bytes ? options->stack_size_bytes
                                                          : STACK_BYTES,
                                pool->main, pool);

    if (err)
        workers_refuse(pool, err, 1);
}

void syni_worker_call(struct syni_pool *pool, const struct syni_calling *calling)
{
    SYNI_DELAY(pool_call);
    workers_wake(calling);
    if (calling->start)
        workers_start(pool);
    if (calling->more) {
        syni_worker_call_more(pool);
        workers_leave_here(pool);
    }
}

void syni_worker_call_more(struct syni_pool *pool)
{
    struct syni_calling calling;
    size_t most = SIZE_MAX;

    do {
        calling = (struct syni_calling){NULL, false, false};
        syni_mutex_lock(&pool->lock);
        if (most > pool->stats.queued)
            most = pool->stats.queued;
        if (most-- > 0 && !syni_queue_is_empty_locked(pool))
            syni_worker_choose_locked(pool, &calling);
        syni_mutex_unlock(&pool->lock);
        syni_worker_call(pool, &calling);
    } while (calling.idle || calling.start);
}

void syni_worker_step_out(struct syni_worker *worker)
{
    struct syni_pool *pool = worker->pool;
    struct syni_calling calling = {NULL, false, false};
    bool hopeless = false;

    syni_mutex_lock(&pool->lock);
    if (worker->out++ == 0 && !worker->here) {
        pool->n_blocked++;
        pool->all_wait = pool->n_blocked == pool->n_threads && pool->n_threads >= pool->hard_limit;
        calling.more = syni_quick_block_locked(pool);
        pool->n_here += calling.more;
        syni_pool_inbox_tend_locked(pool);
        if (!syni_queue_is_empty_locked(pool)) {
            syni_worker_choose_locked(pool, &calling);
            hopeless = pool->n_threads == pool->n_blocked;
        }
    }
    syni_mutex_unlock(&pool->lock);
    syni_worker_call(pool, &calling);
    if (hopeless && !calling.start)
        syni_worker_refuse_hopeless(pool, SYN_EDEADLK);
}

void syni_worker_step_in_locked(struct syni_worker *worker)
{
    SYNI_HOLDS(&worker->pool->lock);
    SYNI_INVARIANT(50, worker->out > 0 && (worker->here || worker->pool->n_blocked > 0));
    if (--worker->out > 0 || worker->here)
        return;
    worker->pool->n_blocked--;
    worker->pool->all_wait = false;
    syni_pool_inbox_tend_locked(worker->pool);
}

void syni_worker_step_in(struct syni_worker *worker)
{
    syni_mutex_lock(&worker->pool->lock);
    syni_worker_step_in_locked(worker);
    syni_mutex_unlock(&worker->pool->lock);
}
