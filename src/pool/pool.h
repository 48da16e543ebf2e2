/* SPDX-License-Identifier: Apache-2.0
 *
 * The pool's mechanism: works, workers, strands. What a work is, it does not know.
 *
 * One queue of two priorities under one lock, which is held for a few instructions: a worker
 * that ends a work and takes the next one locks once for both. A post does not take it while
 * enough workers run: it leaves its work in the INBOX, from where works go into the queue,
 * several at once, whenever a holder of the lock is about to look at that. Discarded: a
 * queue for each worker, with stealing; test/bench/pool.c has what it would be measured against.
 *
 * A WORK belongs to its poster, until one of its operations says that it is over. In the inbox
 * it is still NEW.
 *
 *     post ──> WAITING ── a worker takes it ──> RUNNING ──> over: end(RAN)
 *       │         │ withdrawn, or the pool stops     │  asked, and the grace passed:
 *       ▼         ▼                                  ▼  abandon()
 *     refused   over: NEVER_BEGAN                  RUNNING, abandoned ──> over: end(LATE)
 *
 * Threads of a pool are idle (listed, each asleep in its parker), blocked (in a
 * work that waits for something, or abandoned), or running, which is the rest: at most
 * max_threads, but for those that come back from a block.
 *
 * Lock order: a pool's lock, then a virtual clock's, then a parker's; the grace thread's lock is
 * never held together with a pool's. No operation of a work, and no hook, is called under any
 * of them.
 */
#ifndef SYNI_POOL_H
#define SYNI_POOL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <synchronicity/pool.h>

#include "base/align.h"
#include "base/census.h"
#include "base/clock.h"
#include "base/heap.h"
#include "base/hooks.h"
#include "base/list.h"
#include "base/self.h"
#include "base/stack.h"
#include "base/thread.h"
#include "base/times.h"

struct syni_work;
struct syni_worker;

/* How the calling thread waits, said by the layer above: until *DONE, which a wake of its
 * parker sets, or DEADLINE; returns *DONE. WHAT it waits for. */
typedef bool syni_pool_sleep_fn(_Atomic(bool) *done, int64_t deadline, const char *what);

enum syni_work_end {
    SYNI_WORK_RAN,
    SYNI_WORK_LATE,        /* it ran to its end, after it was abandoned */
    SYNI_WORK_NEVER_BEGAN, /* the pool took it, and then would not run it */
};

struct syni_work_ops {
    void (*run)(struct syni_work *work);
    /* It is over, and WORK the poster's again. ERR: why it never began. */
    void (*end)(struct syni_work *work, enum syni_work_end how, syn_err err);
    /* It still runs, and nobody waits for it any more. NULL: it is never abandoned. */
    void (*abandon)(struct syni_work *work);
};

enum syni_work_state { SYNI_WORK_NEW, SYNI_WORK_WAITING, SYNI_WORK_RUNNING, SYNI_WORK_OVER };

/* As in struct syn_pool_stats. */
struct syni_pool_counts {
    unsigned peak_threads;
    size_t queued;
    unsigned long submitted, ended, ran_here, cancelled, abandoned, refused;
};

/* Zeroed, then set by its poster are: what is first, down to `known`, and is_job, made, name, core, clock.clock. What each
 * work needs is together, up to clock.clock: few lines of a cache then travel between the poster and the worker. */
struct syni_work {
    const struct syni_work_ops *ops;
    struct syni_pool *pool;
    struct syn_strand *strand; /* NULL: none */
    bool urgent;
    bool nested; /* made on behalf of another work */
    bool let_go; /* abandoned as soon as it is cancelled */
    bool known;  /* others may cancel it before its post has returned */
    atomic_int asked; /* 0, or why it is to end; written under the pool's lock */

    /* under the pool's lock */
    union {
        struct syni_list link; /* in a queue, or in line at its strand */
        struct syni_link in_inbox; /* before: the post puts it there without the lock */
    };
    struct syni_worker *worker; /* that runs it */
    _Atomic(enum syni_work_state) state; /* written by move_locked(); read without the lock in work_cancel.c */
    unsigned holders; /* threads that ask it, or abandon it, at this moment: it does not end */
    bool abandoned, kept; /* kept: the grace thread knows it */
    bool in_line; /* at its strand, behind the one that has the turn */
    bool placed; /* it has a place of a bounded queue; the post's own, until it waits */
    bool is_job; /* the poster's is one (job/job.h) */
    atomic_bool heard; /* what runs knows that it was asked: a hook, the flag, or a wait told it */
    unsigned short made; /* how far behind `core` the place of the call is noted; 0: nowhere */
    _Atomic(void *) wait; /* of what runs, known to others; it is left under the lock, and without holders */
    const char *name;
    struct syni_sleeper clock; /* while it waits: time stands still */

    /* circle.h: whether a step that blocks depends on it; the home that it waits for. */
    SYNI_ALIGNED_8 _Atomic(uint64_t) mark;
    _Atomic(void *) waits_on;
    struct syni_core *core; /* task/core.h: of its result, and the beginning of its frame; NULL: it has none */
    unsigned put_off;  /* waits that ended well in spite of having heard; of the thread that runs it */

    /* while somebody looks (base/hooks.h) */
    int64_t posted_ns; /* in real time; 0: it is not known */
    void *data;        /* of the owners of hooks */
    struct {
        void (*fn)(void *user);
        void *user;
    } hooks[2];

    union {
        struct syni_list nested_link; /* while it waits: among those that are nested */
        struct syni_heap_node doomed; /* while it runs: the grace thread's, by when it is abandoned */
    };
};

/* A thread that runs works. Lies on its stack. */
struct syni_worker {
    struct syni_pool *pool;
    bool here; /* a submitter that runs its own work */
    bool pinned;
    unsigned processor; /* the one that it is pinned to, from 0; under the pool's lock */
    /* under the pool's lock */
    struct syni_list link; /* among all of the pool */
    struct syni_list idle; /* in the pool's list while it sleeps and was not called */
    struct syni_parker *parker;
    _Atomic(bool) called; /* told by the thread that took it off that list */
    struct syni_work *work; /* what it runs */
    unsigned long n_taken;  /* works that it has begun: another work has another number */
    unsigned out; /* why it counts as blocked: waits, one inside the other; abandoned */
    bool quick;   /* its works are, or were when it measured them last: see quick.c */
    unsigned n_measured;
    int64_t since;
};

/* A thread that stops a pool. Lies on its stack. */
struct syni_pool_stopper {
    struct syni_list link; /* under the pool's lock, until it is told that it is over */
    struct syni_parker *parker;
    _Atomic(bool) calm, over; /* no work runs; no thread is left, and all but LAST were joined */
    bool joins, tells;        /* LAST; and then the other stoppers */
    struct syni_thread last;
};

enum syni_pool_life { SYNI_POOL_OPEN, SYNI_POOL_STOPPING, SYNI_POOL_REAPING, SYNI_POOL_STOPPED };

/* What lies in struct syn_pool's `inside`. */
struct syni_pool {
    atomic_uint made; /* the number of the process that made it; 0: none */
    struct syn_pool *owner;
    struct syni_counted counted; /* among all that are made */
    void (*main)(void *pool); /* of its threads, handed down: what starts them lies below what they do */
    atomic_size_t bound;      /* of the queue; 0: none */
    char from_posts[SYNI_LINE];

    struct syni_stack inbox; /* works that were posted without the lock; see pool_inbox.c */
    /* Places that may be taken without the lock; less than 0 when loops went over it. */
    _Atomic(ptrdiff_t) room;
    char from_workers[SYNI_LINE];

    /* NULL until it is measured for the first time; then until the pool is freed. */
    _Atomic(struct syni_pool_times *) times;

    struct syni_mutex lock;

    /* Under lock. First what a worker needs that takes its next work: */
    struct syni_list urgent, others; /* works that any worker may take */
    unsigned max_threads, n_threads, n_blocked, n_idle;
    unsigned wanted; /* as many are to run: max_threads, or 1 while works are quick */
    unsigned n_works; /* that run */
    unsigned n_urgent_in_a_row;
    ptrdiff_t n_returned; /* places that were given back, and are not in `room` yet: bound.c */
    enum syni_pool_life life; /* moved by pool_life.c */
    bool has_last;
    syn_err doubt; /* its options make no sense: it takes nothing */
    struct syni_pool_counts stats;
    struct syni_list submitters; /* that wait for room */

    struct syni_list idle, workers;
    struct syni_worker *watcher; /* is idle, and there is one while fewer are wanted than may run */
    unsigned long watched;       /* works that had ended when it looked last */
    struct syni_list strands; /* those that have works */
    struct syni_list nested;  /* works that wait, and are */
    unsigned n_here, hard_limit;
    atomic_bool all_wait; /* the threads that it has, and may have; read without the lock */
    int64_t idle_ns, grace_ns;
    SYNI_ALIGNED_8 _Atomic(int64_t) job_limit_ns; /* as the option is; read without the lock, too */
    struct syni_thread last; /* the one that left last while somebody stops it, to be joined */
    struct syni_list stoppers;
    unsigned n_inside;        /* threads in a stop */
    struct syni_list registered; /* among all that were used and are not stopped; see pool_life.c */
    atomic_uint n_pins;          /* threads that have it from there */
    struct syni_cond changed; /* a work has no holders any more; a stopper has left */
};

_Static_assert(sizeof(struct syni_pool) <= sizeof(void *[SYNI_POOL_WORDS]),
               "struct syn_pool has too little room: raise SYNI_POOL_WORDS");
_Static_assert(_Alignof(struct syni_pool) <= _Alignof(struct syn_pool), "misaligned");

/* Threads that run, or are about to. */
static inline unsigned syni_running_locked(const struct syni_pool *pool)
{
    SYNI_HOLDS(&pool->lock);
    SYNI_INVARIANT(50, pool->n_threads >= pool->n_blocked + pool->n_idle);
    return pool->n_threads - pool->n_blocked - pool->n_idle;
}

/* WORK goes on to STATE. */
static inline void syni_work_move_locked(struct syni_work *work, enum syni_work_state state)
{
    SYNI_HOLDS(&work->pool->lock);
    /* relaxed: a thread that looks without the lock sees it late at worst; one that comes when the pool may be gone
     * sees it: syni_work_await_askers() */
    atomic_store_explicit(&work->state, state, memory_order_relaxed);
}

/* As many are wanted as may run, as at first. */
static inline void syni_pool_want_all_locked(struct syni_pool *pool)
{
    SYNI_HOLDS(&pool->lock);
    pool->wanted = pool->max_threads;
    pool->watcher = NULL;
}

#endif
