/* SPDX-License-Identifier: Apache-2.0
 *
 * The one way in which a thread waits.
 *
 * A KIND of wait (a call, a future, a scope, a shared future, a channel, a select, a yield, a
 * stop) says three things: how to LIST the thread at what it waits for, how to WITHDRAW it from
 * there, and how to ASK: to cancel its producer. syni_thread_wait() does the rest for all kinds
 * alike: it refuses a wait that would be for itself or close a circle, tells `on_blocked`, counts
 * the worker of a pool as blocked, keeps the virtual clock right, drives the loop where that is
 * allowed, keeps pthread_cancel() out, and ends the wait when what it waits for is there, at the
 * deadline, and when the thread is INTERRUPTED, by a request that reached its job for instance.
 *
 * How it ends after a deadline or an interrupt: the producer is cancelled, and the thread waits on
 * until that has cleaned up; where there is none to cancel it is withdrawn. What was served at the same
 * moment is not lost: then the withdrawal fails, and the wait ends well.
 */
#ifndef SYNI_THREAD_WAITS_H
#define SYNI_THREAD_WAITS_H

#include "base/thread.h"
#include "base/zero.h"
#include "circle/chain.h"
#include "circle/circle.h"
#include "loop/role_follow.h"
#include "pool/pool.h"
#include "task/state.h"
#include "thread/interrupt.h"

struct syni_thread_wait;
struct syni_pool_job;

/* A thread that waits; lies on its stack. Told by syni_thread_told(). */
struct syni_thread_waiter {
    struct syni_waiter waiter;
    _Atomic(bool) done;
    _Atomic(bool) is_told; /* though `done` is set a little later, by the loop that it drives */
    struct syni_self *thread;
    _Atomic(struct syni_loop *) loop; /* that it drives meanwhile; NULL: it sleeps, or hosts */
    struct syni_job told;             /* to it, by another thread, while it drives */
    struct syni_follower follower;    /* listed, while it sleeps and may be called to drive FOLLOWS */
    struct syni_loop *follows;        /* which tells it; NULL: none */
    atomic_bool hosts; /* it turns what it hosts meanwhile */
};

/* Where the task runs that produces a core's result. */
struct syni_source {
    struct syni_home *home; /* NULL: there is none, e.g. a promise made by hand */
    const char *name;       /* of its function */
    bool is_job;            /* it runs on a pool */
    struct syni_core *core; /* held by the waiter; NULL: none */
};

/* What interrupts a wait that would close a circle. */
enum { SYNI_THREAD_REFUSED = SYN_BY_LIBRARY + 1 };

struct syni_thread_wait_ops {
    /* From here on the thread is told by syni_thread_told(); false: what it waits for is there
     * already, or will never be, and it is not told. NULL: it is told already from before. */
    bool (*list)(struct syni_thread_wait *wait);
    /* It is not told any more, by ORIGIN; false: it is being told, or was. */
    bool (*withdraw)(struct syni_thread_wait *wait, enum syn_origin origin);
    /* Its producer shall end, and tells the thread then; false: there is nobody to ask. NULL:
     * there never is. */
    bool (*ask)(struct syni_thread_wait *wait, enum syn_origin origin);
    /* It was asked and does not end: gives it up, and then the thread is told, by SYN_EABANDONED. On
     * the loop of source.home. NULL: WITHDRAW does. */
    void (*abandon)(struct syni_thread_wait *wait);
};

/* Lies on the thread's stack. Zero, then the first group set by the kind. */
struct syni_thread_wait {
    const struct syni_thread_wait_ops *ops;
    struct syni_source source; /* what it waits for, where that runs; home NULL: nowhere */
    /* In a step: what it waits for, each of which gets the mark ID; NULL: source.core is all. */
    syn_err (*depend)(struct syni_thread_wait *wait, uint64_t id, struct syn_report **out_report);
    /* Of a job's wait, while it is held: as syni_wait_ops.leads; NULL: source.core is all. Its refusal, if that
     * is no withdrawal. */
    bool (*leads)(struct syni_thread_wait *wait, struct syni_walk *walk);
    void (*refuse)(struct syni_thread_wait *wait, const struct syni_search *search);
    /* It drove, and leaves the role without having been told, since the loop has died or is not hosted any more: by the
     * driver, the last that it does as that. NULL: others may touch what was listed. */
    void (*leave)(struct syni_thread_wait *wait);
    int64_t deadline;
    const char *instead;    /* what a step writes in its place */
    enum syn_origin reason; /* what the deadline is; SYN_BY_DEADLINE but for a cancel */
    bool begins;    /* listing it begins it: under a deadline that has passed it is not begun */
    bool acts;      /* listing it does something (a close, a stop): it is done in any case */
    bool stays;     /* no interrupt ends it: what it waits for must not be left before */
    bool may_drive; /* a turn of the loop of source.home brings it */
    bool may_follow; /* and nobody but the driver of that tells it: a thread that waits may be called to drive it */
    bool runs_ahead; /* that loop then runs on for as long as handing it over takes */

    /* of thread_wait.c */
    struct syni_work *work; /* a request to it interrupts the wait; NULL: none */
    struct syni_work *asks; /* the same, also when it was asked before */
    struct syni_pool_job *watched; /* the job that waits, that others may look at; NULL: none */
    struct syni_loop *turns; /* that its thread drives or hosts; its own */
    _Atomic(struct syn_report *) refusal;
    atomic_int detail;    /* of `watched`: its number (search.h); 0: it is being left */
    enum syn_origin ended_by; /* why it is ending */
    atomic_bool waits_on; /* what it waits for was asked to end, and it waits for that */
    bool refused;
    _Atomic(bool) nudged, nudge_ran, abandoning, abandon_ran; /* of the two jobs below */
    bool listed; /* before it drives, as it follows */
    bool ending; /* who produces it was asked, or it was withdrawn */
    bool failed; /* it is syni_thread_wait() that failed, and not what was waited for */
    _Atomic(bool) *done; /* set by the kind, too: by the thread that tells; NULL: the waiter's */

    struct syni_thread_waiter waiter; /* told */
    struct syni_interruptible interruptible;
    struct syni_self *self;
    struct syni_job nudge;   /* brings an interrupt to the loop that the thread drives */
    struct syni_job abandon; /* on its way to the loop of source.home */
};

/* As zeroing it all, which takes longer: the rest is set before it is looked at. Its reason is its deadline. */
static inline void syni_thread_wait_init(struct syni_thread_wait *wait)
{
    syni_zero(wait, offsetof(struct syni_thread_wait, waiter));
    wait->reason = SYN_BY_DEADLINE;
    wait->waiter.thread = NULL;
    atomic_init(&wait->interruptible.times, 0);
}

/* Waits. 0: it was told, or need not wait. Fails, with a report: SYN_EDEADLK, nothing was listed;
 * SYN_ETIMEDOUT and SYN_ECANCELED, it was withdrawn, or not begun. */
syn_err syni_thread_wait(struct syni_self *self, struct syni_thread_wait *wait);

/* What carries the mark ID depends on what WAIT waits for. Fails, with a report: SYN_EDEADLK. */
syn_err syni_job_circle_depend(struct syni_thread_wait *wait, uint64_t id);

/* In LIST: the thread drives the loop of source.home meanwhile (and not another one, as a host may). */
static inline bool syni_thread_wait_drives(const struct syni_thread_wait *wait)
{
    return wait->turns && wait->turns == &wait->source.home->loop;
}

/* --- thread_told.c --- */

/* WAIT ends, for REASON (1 + its origin). By any thread that knows it to be in its wait. */
void syni_thread_interrupt(struct syni_thread_wait *wait, int reason);
/* The same for a signal, and for a request to the job that waits, WAIT. */
void syni_thread_signal_came(struct syni_interruptible *interruptible);
void syni_thread_job_is_asked(void *wait);

/* Time is up for WAIT, of the calling thread, or an interrupt came: it is withdrawn, or its producer is asked. 0: it will be told
 * all the same. A second signal that came before the thread heard the first is one interrupt with that: then it gives up, too. */
syn_err syni_thread_told_heed(struct syni_thread_wait *wait);

/* WAIT is over: returns when all that was posted for it has run, which lies in it. */
void syni_thread_told_settle(struct syni_thread_wait *wait);

/* SELF is told by WAITER, also before its wait begins. */
void syni_thread_waiter_init(struct syni_self *self, struct syni_thread_waiter *waiter);

/* What WAITER waits for is there. By any thread, once; the last touch. */
void syni_thread_told(struct syni_thread_waiter *waiter);

/* --- job_wait.c --- */

/* Around a wait of a job: its request calls ASKED until it is over; then it has ended with ERR. LATE:
 * an interrupt came when it was over already. Fails: WAIT is not begun. */
syn_err syni_job_wait_begin(struct syni_thread_wait *wait, void (*asked)(void *wait));
void syni_job_wait_over(struct syni_thread_wait *wait);
void syni_job_wait_end(struct syni_thread_wait *wait, syn_err err, bool late);

/* --- job_circle.c: a wait of a job, which others may look at, begins, and is listed --- */

/* The `detail` of a wait which is known, and looks what it leads to. */
enum { SYNI_JOB_LOOKS = 1 };

/* What WAIT, which is in it or held, is for leads to WALK's end (chain.h). */
bool syni_job_wait_leads(struct syni_thread_wait *wait, struct syni_walk *walk);

void syni_job_wait_begins(struct syni_thread_wait *wait);
/* As its operation, where it may be NULL; and then the next one, if there is something to wait for. */
bool syni_job_wait_list(struct syni_thread_wait *wait);
void syni_job_wait_listed(struct syni_thread_wait *wait);
/* It is to end, and has asked those that it waits for: perhaps the request came from them, and goes round. */
void syni_job_wait_asked(struct syni_thread_wait *wait);
/* By its operation: as that says. */
bool syni_job_wait_withdraw(struct syni_thread_wait *wait, enum syn_origin origin);
/* It would close a circle, or its request went round. 0: it is told all the same. */
syn_err syni_job_wait_refused(struct syni_thread_wait *wait);
/* It is that of WORK, which may have a mark: SYN_EDEADLK, with a report, if it would close a circle by that. */
syn_err syni_job_wait_implicate(struct syni_thread_wait *wait, struct syni_work *work);

/* --- job_wait.c again --- */

/* A wait fails with ERR by ORIGIN: keeps a report, and returns ERR. */
syn_err syni_job_wait_failed(syn_err err, enum syn_origin origin);

/* The deadline of a wait of SELF has passed before it began, and nothing was there: SYN_ETIMEDOUT,
 * with a report. So is that of NAME, which is not begun. */
syn_err syni_job_timed_out(struct syni_self *self);
syn_err syni_job_too_late(struct syni_self *self, const char *name);

/* The job that SELF runs was cancelled and has not seen it: it does by the wait that it is
 * about to begin, which must not take anything then. Returns 0, or the code, with a report. */
syn_err syni_job_heeds(struct syni_self *self);

/* SELF gets an outcome by ORIGIN: if that is a request, its job has seen its own. */
void syni_job_note_outcome(struct syni_self *self, enum syn_origin origin);

/* A wait of SELF was over before it began, and takes place: it counts if its job was cancelled. */
void syni_job_served(struct syni_self *self);

/* A wait ended well. If that is the second since the job of SELF was cancelled, the job sees
 * it by this one. Returns 0, or the code, with a report (invariant 77). */
syn_err syni_job_overdue(struct syni_self *self);

/* --- blocked.c, for thread_wait.c --- */

/* SOURCE runs where SELF drives, or may need a loop that stands still then. */
bool syni_blocked_is_own(const struct syni_self *self, const struct syni_source *source);

/* The same, in words. */
syn_err syni_blocked_refuse_own(const struct syni_thread_wait *wait);

/* Tells the hook `on_blocked` of SELF's loop that a step waits for NAME. */
void syni_blocked_tell(const struct syni_self *self, const char *name);

/* --- thread_flag.c --- */

/* Sleeps until *DONE, which a wake of the calling thread's parker sets, or DEADLINE; returns *DONE.
 * For what must not be left before, even if the thread's job is cancelled. NAME is what it waits
 * for. */
bool syni_thread_wait_for_flag(_Atomic(bool) *done, int64_t deadline, const char *name);
/* The same until UNTIL, in real time, also where others must not wait (in a step): then it sleeps. A thread that hosts
 * turns what it hosts meanwhile. */
bool syni_thread_await_flag(_Atomic(bool) *done, int64_t until, const char *name);
/* A thread that waits on a list. Lies on its stack. */
struct syni_awaits {
    struct syni_list link; /* until it is told */
    struct syni_parker *parker;
    _Atomic(bool) told;
};

/* The same until syni_thread_tell_all(), once, without LOCK, under which LIST is and which the caller holds. */
void syni_thread_await_on(struct syni_list *list, struct syni_mutex *lock, const char *name);
void syni_thread_tell_all(struct syni_list *list);
/* syni_thread_join() by a thread that hosts; false: the caller does not, or must not turn its loops now. */
bool syni_thread_join_as_host(struct syni_thread *thread);

#endif
