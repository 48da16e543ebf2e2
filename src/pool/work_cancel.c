/* SPDX-License-Identifier: Apache-2.0
 *
 * Cancelling a work, and abandoning it.
 *
 * Any thread. What decides is the work's state, under the pool's lock: one that waits is
 * taken out; one that runs is told, and held while it is told, so that neither its hook nor
 * its memory go away meanwhile. The worker, when the work has returned, waits until nobody
 * holds it; it is the worker, too, that finds out whether it was abandoned before.
 */
#include "pool/work_cancel.h"

#include <stddef.h>

#include "base/fork.h"
#include "pool/bound.h"
#include "pool/grace.h"
#include "pool/pool_inbox.h"
#include "pool/queue.h"
#include "pool/work_seen.h"
#include "pool/work_wait.h"
#include "pool/workers.h"

static void let_go_locked(struct syni_work *work)
{
    SYNI_HOLDS(&work->pool->lock);
    SYNI_INVARIANT(48, work->holders > 0 && work->state == SYNI_WORK_RUNNING);
    if (--work->holders == 0)
        syni_cond_broadcast(&work->pool->changed);
}

static void wait_for_holders_locked(struct syni_work *work)
{
    SYNI_HOLDS(&work->pool->lock);
    while (work->holders > 0) {
        SYNI_DELAY(pool_held);
        syni_cond_wait(&work->pool->changed, &work->pool->lock);
    }
}

/* Abandons WORK, if it still runs; the caller holds it. */
static void ask_abandon(struct syni_work *work)
{
    struct syni_pool *pool = work->pool;
    const struct syn_pool_options *options = &pool->owner->options;
    struct syni_worker *worker = work->worker;
    bool ours;

    syni_mutex_lock(&pool->lock);
    ours = work->state == SYNI_WORK_RUNNING && !work->abandoned && work->ops->abandon;
    if (ours) {
        SYNI_INVARIANT(47, work->worker && work->worker->work == work);
        work->abandoned = true;
        pool->stats.abandoned++;
    }
    syni_mutex_unlock(&pool->lock);
    if (!ours)
        return;
    SYNI_DELAY(pool_abandon);
    syni_worker_step_out(worker); /* another thread takes its place */
    work->ops->abandon(work);
    if (options->on_abandoned)
        options->on_abandoned(options->user, options->name, work->name);
}

void syni_work_give_up(struct syni_work *work)
{
    ask_abandon(work);
    syni_mutex_lock(&work->pool->lock);
    let_go_locked(work);
    syni_mutex_unlock(&work->pool->lock);
}

/* By the grace thread, for which syni_grace_forget() waits: so WORK stays. */
static void grace_is_over(struct syni_work *work)
{
    ask_abandon(work);
}

static void call_hook(struct syni_work *work, enum syni_hook which)
{
    void (*fn)(void *);
    void *user;

    syni_mutex_lock(&work->pool->lock);
    fn = work->hooks[which].fn;
    user = work->hooks[which].user;
    syni_mutex_unlock(&work->pool->lock);
    if (fn) {
        work->heard = true;
        fn(user);
    }
}

void syni_work_tell(struct syni_work *work)
{
    struct syni_pool *pool = work->pool;
    int64_t grace = pool->grace_ns;
    bool give_up = work->let_go;

    SYNI_DELAY(pool_asked);
    call_hook(work, SYNI_HOOK_OF_USER);
    call_hook(work, SYNI_HOOK_OF_LIBRARY);
    if (!give_up && grace >= 0 && work->ops->abandon) {
        work->kept = syni_grace_add(work, syni_deadline_in(syni_now(), grace), grace_is_over) == 0;
        give_up = !work->kept; /* no thread to wait for it: then at once */
    }
    if (give_up)
        ask_abandon(work);
    syni_mutex_lock(&pool->lock);
    let_go_locked(work);
    syni_mutex_unlock(&pool->lock);
}

/* OUT_FIRST: WORK runs, and is to be told, and held until then. */
static enum syni_asked ask_work(struct syni_work *work, int reason, bool *out_first)
{
    struct syni_pool *pool = work->pool;
    enum syni_asked asked = SYNI_ASKED_LATE;

    syni_mutex_lock(&pool->lock);
    syni_pool_inbox_empty_locked(pool);
    if (work->state == SYNI_WORK_WAITING) {
        asked = SYNI_ASKED_WITHDRAWN;
        syni_queue_remove_locked(work);
        syni_bound_tell_locked(pool, false);
        pool->stats.cancelled++;
        work->asked = reason;
    } else if (work->state == SYNI_WORK_NEW) { /* it is known, about to be posted, and refused */
        asked = SYNI_ASKED_RUNS;
        if (!work->asked)
            work->asked = reason;
    } else if (work->state == SYNI_WORK_RUNNING) {
        asked = SYNI_ASKED_RUNS;
        *out_first = !work->asked;
        if (*out_first) {
            work->asked = reason;
            work->holders++;
        }
    }
    syni_mutex_unlock(&pool->lock);
    return asked;
}

/* Threads that look at a work which may be over at any moment, and its pool gone. A thread that asks is counted and then
 * looks at the state; one that frees a pool, after all works are over, looks at the count by a step that would write
 * it. Of the two steps on the count one comes after the other: either that of the thread that frees, which then waits, or
 * that of the thread that asks, which then sees all that the other did: the states of works, too, which thus need no
 * order of their own. */
static atomic_uint askers;

static void ask_forked(void)
{
    askers = 0;
}

static struct syni_fork_call ask_fork_call = {.child = ask_forked};

void syni_work_await_askers(void)
{
    /* seq_cst, of which it needs acquire and release: pairs with the steps that count (invariant 781) */
    while (atomic_fetch_add(&askers, 0) > 0)
        syni_thread_yield();
}

enum syni_asked syni_work_ask(struct syni_work *work, int reason)
{
    enum syni_asked asked = SYNI_ASKED_LATE;
    bool first = false;

    syni_fork_watch(&ask_fork_call);
    askers++;
    if (work->state != SYNI_WORK_OVER)
        asked = ask_work(work, reason, &first);
    if (asked == SYNI_ASKED_WITHDRAWN && SYNI_HOOKED)
        syni_work_seen_unbegun(work, SYN_ECANCELED);
    askers--;
    if (first)
        syni_work_tell(work);
    if (asked == SYNI_ASKED_WITHDRAWN)
        syni_clock_leave(&work->clock);
    return asked;
}

syn_err syni_work_hook(struct syni_work *work, enum syni_hook which, void (*fn)(void *user),
                       void *user)
{
    struct syni_pool *pool = work->pool;
    syn_err err = SYN_OK;

    syni_mutex_lock(&pool->lock);
    if (fn && work->asked) {
        err = SYN_ECANCELED;
    } else {
        work->hooks[which].fn = fn;
        work->hooks[which].user = user;
    }
    if (!fn && which == SYNI_HOOK_OF_LIBRARY)
        work->wait = NULL;
    if (!fn)
        wait_for_holders_locked(work);
    syni_mutex_unlock(&pool->lock);
    return err;
}

void *syni_work_hold_wait(struct syni_work *work)
{
    void *wait = NULL;

    syni_fork_watch(&ask_fork_call);
    askers++;
    if (work->wait && work->state != SYNI_WORK_OVER) {
        syni_mutex_lock(&work->pool->lock);
        wait = work->state == SYNI_WORK_RUNNING ? work->wait : NULL;
        if (wait)
            work->holders++;
        syni_mutex_unlock(&work->pool->lock);
    }
    askers--;
    return wait;
}

void syni_work_let_go(struct syni_work *work)
{
    syni_mutex_lock(&work->pool->lock);
    let_go_locked(work);
    syni_mutex_unlock(&work->pool->lock);
}

bool syni_work_may_wait(struct syni_work *work)
{
    bool waits = work->wait != NULL;

    if (waits || work->state != SYNI_WORK_WAITING)
        return waits;
    syni_fork_watch(&ask_fork_call);
    askers++;
    waits = work->state == SYNI_WORK_WAITING && (work->strand || work->pool->all_wait);
    askers--;
    return waits;
}

static bool ask_before_locked(struct syni_work *work, bool *out_first,
                              bool (*fn)(struct syni_work *before, void *user), void *user)
{
    struct syni_pool *pool = work->pool;
    struct syni_work *before = work->in_line ? syni_queue_running_locked(pool, work->strand) : NULL;

    SYNI_HOLDS(&pool->lock);
    if (work->in_line)
        return before && fn(before, user);
    *out_first = true;
    SYNI_LIST_EACH (node, &pool->workers) {
        before = SYNI_CONTAINER(node, struct syni_worker, link)->work;
        if (!before || !fn(before, user))
            return false;
    }
    return pool->all_wait;
}

bool syni_work_before(struct syni_work *work, bool *out_first,
                      bool (*fn)(struct syni_work *before, void *user), void *user)
{
    bool before = false;

    syni_fork_watch(&ask_fork_call);
    askers++;
    if (work->state == SYNI_WORK_WAITING) {
        syni_mutex_lock(&work->pool->lock);
        if (work->state == SYNI_WORK_WAITING && (work->in_line || work->pool->all_wait))
            before = ask_before_locked(work, out_first, fn, user);
        syni_mutex_unlock(&work->pool->lock);
    }
    askers--;
    return before;
}

void syni_work_settle_locked(struct syni_work *work)
{
    SYNI_HOLDS(&work->pool->lock);
    SYNI_INVARIANT(390, !work->wait);
    if (!work->asked)
        return;
    wait_for_holders_locked(work);
    if (work->kept) {
        syni_mutex_unlock(&work->pool->lock);
        syni_grace_forget(work);
        syni_mutex_lock(&work->pool->lock);
    }
    wait_for_holders_locked(work);
}
