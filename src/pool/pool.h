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

/* Zeroed, then the first eight set by its poster. */
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
    _Atomic(enum syni_work_state) state; /* read without it in work_cancel.c */
    unsigned holders; /* threads that ask it, or abandon it, at this moment: it does not end */
    bool abandoned, kept; /* kept: the grace thread knows it */
    bool in_line; /* at its strand, behind the one that has the turn */
    bool placed; /* it has a place of a bounded queue; the post's own, until it waits */
    /* circle.h: whether a step that blocks depends on it; the home that it waits for. */
    SYNI_ALIGNED_8 _Atomic(uint64_t) mark;
    _Atomic(void *) waits_on;
    _Atomic(void *) wait; /* of what runs, known to others; it is left under the lock, and without holders */
    unsigned short made; /* how far behind `core` the place of the call is noted; 0: nowhere */
    atomic_bool heard; /* what runs knows that it was asked: a hook, the flag, or a wait told it */
    bool is_job;       /* the poster's is one (job/job.h) */
    unsigned put_off;  /* waits that ended well in spite of that; of the thread that runs it */

    /* while somebody looks (base/hooks.h) */
    int64_t posted_ns; /* in real time; 0: it is not known */
    void *data;        /* of the owners of hooks */

    struct syni_sleeper clock; /* while it waits: time stands still */
    const char *name;
    struct syni_core *core; /* task/core.h: of its result, and the beginning of its frame; NULL: it has none */
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
    void (*main)(void *pool); /* of its threads */
    atomic_size_t bound;      /* of the queue; 0: none */
    char from_posts[SYNI_LINE];

    struct syni_stack inbox; /* works that were posted without the lock; see pool_inbox.c */
    /* Places that are left; less than 0 when loops went over it. */
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

/* As many are wanted as may run, as at first. */
static inline void syni_pool_want_all_locked(struct syni_pool *pool)
{
    SYNI_HOLDS(&pool->lock);
    pool->wanted = pool->max_threads;
    pool->watcher = NULL;
}

/* --- pool_inbox.c --- */

/* WORK, which has no strand, is posted, and may be over when this returns; false: the inbox
 * is shut, and the lock must be taken. */
bool syni_pool_inbox_put(struct syni_pool *pool, struct syni_work *work);
/* It may be shut when this returns, or not any more. */
bool syni_pool_inbox_is_open(struct syni_pool *pool);
/* What is on it goes into the queue. Before anybody looks at that, at a work's state, or at what is
 * counted. */
void syni_pool_inbox_empty_locked(struct syni_pool *pool);
/* After the pool was closed or the number of threads that run has changed, at the latest before
 * it is looked whether somebody must run what waits: the inbox is open if enough run; if not, it
 * is shut, and what is on it goes into the queue. */
void syni_pool_inbox_tend_locked(struct syni_pool *pool);

/* --- queue.c: all under the pool's lock --- */

/* WORK, which is new, waits: in the queue, or at its strand. Fails: SYN_EINVAL when the
 * strand is another pool's. */
syn_err syni_queue_put_locked(struct syni_pool *pool, struct syni_work *work);
/* The next that may run, which runs from here on; NULL. */
struct syni_work *syni_queue_take_locked(struct syni_pool *pool);
/* WORK, which waits, is over. */
void syni_queue_remove_locked(struct syni_work *work);
/* WORK ran: the next of its strand may. */
void syni_queue_leave_strand_locked(struct syni_work *work);
struct syni_work *syni_queue_running_locked(struct syni_pool *pool, const struct syn_strand *strand);
/* (That is what runs of STRAND, or NULL.) Moves all that wait to LIST, as over; those that are nested. */
void syni_queue_empty_locked(struct syni_pool *pool, struct syni_list *list);
void syni_queue_remove_nested_locked(struct syni_pool *pool, struct syni_list *list);
/* Nothing that any worker might take. */
bool syni_queue_is_empty_locked(const struct syni_pool *pool);
/* Ends those on LIST, without the lock. */
void syni_queue_end_all(struct syni_list *list, syn_err err);

/* --- work_cancel.c --- */

enum syni_asked { SYNI_ASKED_LATE, SYNI_ASKED_WITHDRAWN, SYNI_ASKED_RUNS };

/* WORK, with its `pool` set, shall end; REASON is not 0. WITHDRAWN: it never began, and is the
 * caller's. RUNS: it is told, or was, or its post will learn of it. LATE: it is over. Any thread
 * that holds WORK. */
enum syni_asked syni_work_ask(struct syni_work *work, int reason);

/* Until nobody looks at a pool any more, after all its works are over; before it is freed. */
void syni_work_await_askers(void);

/* A hook of WORK, which the calling thread runs: the user's, or, around a wait, the library's own. */
enum syni_hook { SYNI_HOOK_OF_USER, SYNI_HOOK_OF_LIBRARY };
syn_err syni_work_hook(struct syni_work *work, enum syni_hook which, void (*fn)(void *user),
                       void *user);

/* WORK, which a stop holds and which was asked, is told so; is abandoned; and is not held any
 * more. */
void syni_work_tell(struct syni_work *work);
void syni_work_give_up(struct syni_work *work);

/* Nobody holds WORK, which ran, any more. Under the lock, which it may let go meanwhile. */
void syni_work_settle_locked(struct syni_work *work);

/* --- workers.c --- */

/* What the calling thread runs works as; NULL: it does not. */
struct syni_worker *syni_worker_now(void);
struct syni_worker *syni_worker_become(struct syni_worker *worker); /* returns what it was */

/* WORKER counts as blocked, once more; once less. Without the lock. Around each wait of the
 * work that it runs. */
void syni_worker_step_out(struct syni_worker *worker);
void syni_worker_step_in(struct syni_worker *worker);
void syni_worker_step_in_locked(struct syni_worker *worker);

/* --- bound.c --- */

/* WORK has a place in the queue; false: it is full. Any thread. */
bool syni_bound_take(struct syni_pool *pool, struct syni_work *work);
/* The same over the bound. */
void syni_bound_exceed_locked(struct syni_pool *pool, struct syni_work *work);
/* WORK needs its place, if it has one, no more. */
void syni_bound_give_locked(struct syni_pool *pool, struct syni_work *work);
/* Waits for a place. Fails: SYN_ETIMEDOUT, SYN_ECLOSED. */
syn_err syni_bound_wait_locked(struct syni_pool *pool, struct syni_work *work, int64_t deadline,
                               syni_pool_sleep_fn *sleep);
/* Works were taken: waiters for room may go on. ALL: also when there is none. */
void syni_bound_tell_locked(struct syni_pool *pool, bool all);

/* --- worker.c --- */

/* A thread of POOL. */
void syni_worker_main(void *pool);

/* WORK, which is new, runs from here on, in the calling thread, which is no worker: as ME, which a
 * stop finds from here on. Then, without the lock: runs it. */
void syni_worker_begin_here_locked(struct syni_worker *me, struct syni_pool *pool,
                                   struct syni_work *work);
void syni_worker_run_here(struct syni_worker *me);

/* --- pool_options.c --- */

/* What makes no sense in OPTIONS: SYN_EINVAL, SYN_EABI; 0: nothing. Posts to a pool that was made with such ones,
 * which is static, are refused until it is configured. */
enum { SYNI_DOUBT_SIZE = 160 };
syn_err syni_pool_doubt(const struct syn_pool_options *options, char why[SYNI_DOUBT_SIZE]);
/* The same of a pool's own. */
syn_err syni_pool_doubt_own(struct syni_pool *pool, char why[SYNI_DOUBT_SIZE]);

/* The settings, as the owner's options say. A thread that counts in the pool may read those without the lock,
 * since they stay; all others ask here. */
void syni_pool_size_locked(struct syni_pool *pool);
unsigned syni_pool_max_threads(struct syni_pool *pool);
const char *syni_pool_name(struct syni_pool *pool);

/* --- pool_post.c --- */

/* All pools that are made, by `counted`. */
extern struct syni_census syni_pools;

/* The inside of OWNER, made if need be. */
struct syni_pool *syni_pool_of(struct syn_pool *owner);

/* WORK runs on POOL, some time. If there is a SLEEP it may wait for room, by that, until DEADLINE, and
 * run here. 0: it was taken. Fails, and WORK is still the caller's: SYN_ECLOSED, SYN_EAGAIN (it is full),
 * SYN_ETIMEDOUT, SYN_EINVAL (its strand, or the pool's options), SYN_ECANCELED (it was
 * cancelled). */
syn_err syni_pool_post(struct syni_pool *pool, struct syni_work *work, syni_pool_sleep_fn *sleep,
                       int64_t deadline);

/* --- pool_life.c --- */

/* Stoppers are told, if no work runs, and if nobody is left: after one of both became less. */
void syni_pool_tell_locked(struct syni_pool *pool);
/* The first half of syni_pool_stop(). */
void syni_pool_close_locked(struct syni_pool *pool, struct syni_pool_stopper *here);
/* HERE, told or not, waits no more; joins what it has to. */
void syni_pool_leave(struct syni_pool *pool, struct syni_pool_stopper *here);
/* Takes works again. Fails: SYN_EBUSY while a stop waits for works or threads. */
syn_err syni_pool_open(struct syni_pool *pool);
/* The calling thread leaves: it is the last of this pool, or, when nobody stops that, retires (thread.h).
 * True: it joins *OUT_BEFORE, which left before, when it holds no lock. */
bool syni_pool_thread_leaves_locked(struct syni_pool *pool, struct syni_thread *out_before);
bool syni_pool_is_used_locked(const struct syni_pool *pool);
/* Waits for its stoppers to leave. False: it is used. */
bool syni_pool_await_stoppers(struct syni_pool *pool);

/* POOL was made, and takes works. */
void syni_pool_register(struct syni_pool *pool);
/* All of them, by `registered`; for code that reads it without its lock. */
const struct syni_list *syni_pool_list(void);
/* Number I among them; NULL. It is not freed before it is unpinned. */
struct syni_pool *syni_pool_pin(unsigned i);
void syni_pool_unpin(struct syni_pool *pool);

/* --- pool_stop.c --- */

/* The beginning of syni_pool_stop(), of which nobody is told. */
void syni_pool_ask(struct syni_pool *pool, int reason);

/* POOL takes nothing any more; works that wait are over, and those that run are cancelled, for
 * REASON. HERE is told when they have, and when no thread is left; syni_pool_leave() comes next. */
void syni_pool_stop(struct syni_pool *pool, struct syni_pool_stopper *here, int reason);
/* The deadline of HERE has passed: works that still run are abandoned. Returns one's name, or NULL if
 * none does. */
const char *syni_pool_give_up(struct syni_pool *pool, struct syni_pool_stopper *here);
/* Fails: SYN_EBUSY. */
syn_err syni_pool_configure(struct syni_pool *pool, const struct syn_pool_options *options);
syn_err syni_pool_fini(struct syni_pool *pool);
/* The same, and its next job begins anew. */
syn_err syni_pool_forget(struct syni_pool *pool);
struct syn_pool_stats syni_pool_look(struct syni_pool *pool);

#endif
