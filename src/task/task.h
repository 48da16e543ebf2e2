/* SPDX-License-Identifier: Apache-2.0
 *
 * The engine: running tasks on a loop.
 *
 * A HOME is a loop with what tasks need besides: its own store of frames, whether
 * it is being stopped, counters. Everything about a task is done by the driver of
 * its home, except creating it, cancelling it, and reading its result.
 *
 * The states of a task, and what moves it:
 *
 *     new ── posted, or ready ──> arrived ──> runs a step ──> suspended
 *      │                            │          ▲   │             │
 *      │ cancelled before           │          │   │             │ woken, or interrupted
 *      └──────────> ended           │          └───┼── ready <───┘
 *                                   │              ▼
 *                                   │            leaves (once; clean-up runs as
 *                                   │              │     before: steps, suspensions)
 *                                   └──> ended <───┘
 */
#ifndef SYNI_TASK_H
#define SYNI_TASK_H

#include "task/state.h"

/* --- task_resume.c --- */

/* The calling thread drives the loop of TASK: what each function needs that says "driver only". (A step that goes on in
 * a forked child drives nothing, and is ended when it returns: syni_fork_returned().) */
#define SYNI_DRIVEN_FOR(task)                                                                      \
    SYNI_INVARIANT(10, syni_drives(&(task)->home->loop) || (task)->home->process != syni_process())

/* TASK, which waits no more, runs its next step in this turn or the next. */
void syni_task_resume(struct syni_task *task);

/* The same by any thread. TASK waits, and is woken by nobody else. */
void syni_task_wake(struct syni_task *task);

/* TASK runs its next step as soon as the step that runs now has returned, if so many did not do so
 * already; else as above. For the step that ends, or waits, so that TASK goes on. */
bool syni_task_may_transfer(const struct syni_task *task);
void syni_task_transfer(struct syni_task *task);
void syni_task_wake_at_once(struct syni_task *task);

/* The home's side of it. */
static inline bool syni_home_may_transfer(const struct syni_home *home)
{
    return home->n_transfers > 0 && !home->next;
}

static inline void syni_home_count_transfer(struct syni_home *home)
{
    SYNI_INVARIANT(141, home->n_transfers > 0 && home->loop.steps_left > 0 && !home->loop.draws);
    home->n_transfers--;
    home->loop.steps_left--;
}

static inline void syni_home_transfer(struct syni_home *home, struct syni_task *task)
{
    SYNI_INVARIANT(141, !home->next);
    home->next = task;
    syni_home_count_transfer(home);
}

/* TASK begins so, if it is what the step that runs on HOME has launched last. */
static inline void syni_task_begin_at_once(struct syni_home *home, struct syni_task *task)
{
    if (!task || home->newborn != task || !syni_home_may_transfer(home) ||
        !syni_loop_unready_last(&home->loop, &task->core.job, home->newborn_place))
        return;
    SYNI_INVARIANT(140, !task->arrived);
    syni_home_transfer(home, task);
}

/* What was to run so is on the ready queue; by the thread that ends what lives there. */
void syni_task_stop_transfers(struct syni_home *home);

/* --- engine.c --- */

/* The job of a task, at its arrival and at each resume; run on its home. */
void syni_engine_run(struct syni_job *job);

/* What brings it a cancel. */
void syni_engine_request_arrives(struct syni_job *job);

/* Frees what TASK took over, once, if it never began and never will. By the thread that ends it. */
static inline void syni_task_drop_arguments(struct syni_task *task)
{
    if (task->begun)
        return;
    task->begun = true;
    if (task->function->drop)
        task->function->drop((struct syn_task *)(void *)task);
}

/* Ends TASK, now or as soon as nothing is on its way to it any more, without another
 * step: it was abandoned, or its home died. */
void syni_engine_abandon(struct syni_task *task, syn_err err, enum syn_origin origin,
                         const char *message);

/* What a task can have open that ends with it, and that modules above the engine know: so these say how. */
enum syni_open_kind { SYNI_OPEN_SCOPES, SYNI_OPEN_CONTEXTS, SYNI_OPEN_MUTEXES, SYNI_OPEN_MARKS, SYNI_OPEN_KINDS };
struct syni_open_ops {
    /* TASK leaves, or is about to end: begins to end one of them. True: TASK waits for that. Driver. */
    bool (*close)(struct syni_task *task);
    /* TASK ends. False: something of them is on its way to it, and resumes it. Driver. */
    bool (*detach)(struct syni_task *task);
    /* TASK has ended: nothing is left of them. Driver. */
    void (*drop)(struct syni_task *task);
};
extern _Atomic(const struct syni_open_ops *) syni_engine_opens[SYNI_OPEN_KINDS];

/* A task is about to have something of KIND. Before that, at each. (A pointer, so that a static program without
 * contexts is linked without them, and without channels.) */
static inline void syni_open_register(enum syni_open_kind kind, const struct syni_open_ops *ops)
{
    /* relaxed: what reads it is the engine of a task that has something, which it sees to have. Looked at
     * first, since all threads would write it */
    if (!atomic_load_explicit(&syni_engine_opens[kind], memory_order_relaxed))
        atomic_store_explicit(&syni_engine_opens[kind], ops, memory_order_relaxed);
}

/* --- outcome.c --- */

/* TASK comes to ERR, or, 0, to its value. What it came to before is the cause. */
void syni_outcome_set(struct syni_task *task, syn_err err, enum syn_origin origin,
                      const char *message);
/* The same where it came to nothing before, mostly to its value. */
static inline void syni_outcome_first(struct syni_task *task, syn_err err, enum syn_origin origin,
                                      const char *message)
{
    SYNI_INVARIANT(14, !task->core.err && !task->core.report);
    if (err)
        syni_outcome_set(task, err, origin, message);
    else
        task->core.origin = origin; /* `err` and `report` are 0 */
}

/* Its clean-up came to ERR, or returned a value. task.h says which outcome stands. */
void syni_outcome_amend(struct syni_task *task, syn_err err, const char *message);

/* It is abandoned, and its waiters get ERR. */
void syni_outcome_abandon(struct syni_task *task, syn_err err, enum syn_origin origin,
                          const char *message);

/* --- task_cancel.c --- */

/* What `request` holds. ASKED leaves 0 once, and then CLOSED is not set before the request has
 * arrived; after CLOSED nothing is added. */
enum {
    SYNI_ASKED = 7,      /* 1 + the origin of the first request; 0: there was none */
    SYNI_CLOSED = 8,   /* it ends: no request, and no mark, any more */
    SYNI_IS_MARKED = 16, /* circle.c has it on a list */
};

static inline unsigned char syni_task_request_of(const struct syni_task *task)
{
    /* relaxed: a thread that sees it late has the request's own job arrive later */
    return atomic_load_explicit(&task->request, memory_order_relaxed);
}

/* Cancels TASK. Any thread that knows it to live (a reference, or the driver);
 * the first request counts. Early: by its maker, before it is launched. */
void syni_task_request(struct syni_task *task, enum syn_origin origin);
void syni_task_ask_early(struct syni_task *task, enum syn_origin origin);
/* The same in two steps, where a lock is held at the first one. True: it is the first request, and
 * TASK, which does not end before it arrives, must be sent it. */
bool syni_task_claim_request(struct syni_task *task, enum syn_origin origin);
void syni_task_send_request(struct syni_task *task);

/* It was asked, though the request's job may still be on its way: a task that saw
 * syn_task_cancelled() leaves at its next suspension, and not at the one after. */
static inline bool syni_task_is_asked(const struct syni_task *task)
{
    return syni_task_request_of(task) & SYNI_ASKED;
}
/* No more requests: false when one is on its way. Driver. */
bool syni_task_close_requests(struct syni_task *task);

/* The same for a TASK that was not launched and never will be, since its home was shut. Waits for
 * a request that was on its way before that. */
void syni_task_withdraw(struct syni_task *task);

/* What a task that ended by a request of ORIGIN returns. */
syn_err syni_task_code(enum syn_origin origin);
enum syn_origin syni_task_asked_by(const struct syni_task *task);
bool syni_task_origin_is_request(enum syn_origin origin);

/* --- wait.c --- */

/* WAITER, or a copy of one, is that of a task's await. */
bool syni_await_wakes(const struct syni_waiter *waiter);

/* What a step returns that waits. */
extern const struct syn_step syni_suspended;

/* TASK, which runs its step here, begins to wait for WHAT (static, for dumps). False: it was cancelled
 * before. Then it takes nothing, waits for nothing, and leaves (invariant 17). */
bool syni_wait_begin(struct syni_task *task, enum syni_wait wait, const char *what);

/* The same for a wait that takes place also when TASK was cancelled, because it has to
 * (a close), or because it passes the request on (an await). TASK outlives one such wait; at
 * the next one it leaves, whatever that comes to (invariant 17). */
void syni_wait_begin_asked(struct syni_task *task, enum syni_wait wait, const char *what);

/* TASK's step began a wait that is over at once: what the step returns. It goes on, which counts as a
 * transfer to itself, or is resumed. */
struct syn_step syni_wait_is_over(struct syni_task *task);

/* As syni_step_await(), for a core that the caller consumed. False: somebody else waits for it at
 * this moment, and TASK has its turn again, to try once more. */
bool syni_await_core(struct syni_task *task, struct syni_core *child, void *out, int64_t deadline);

/* Takes TASK out of its wait, if that can be done now; else it will be woken. */
void syni_wait_interrupt(struct syni_task *task);

/* Leaves whatever TASK waits for, without waking it; if a wake is on its way all the
 * same, it counts as queued. */
void syni_wait_forget(struct syni_task *task);

/* --- deadline.c --- */

/* Now, on the clock of the loop that SELF drives, or on its own; and whether DEADLINE has passed. */
int64_t syni_deadline_now(const struct syni_self *self);
bool syni_deadline_passed(const struct syni_self *self, int64_t deadline);

/* The earlier of DEADLINE and that around the current call, or of the task or job that makes it. */
int64_t syni_deadline_of(const struct syni_self *self, int64_t deadline);
int64_t syni_deadline_here(int64_t deadline);

/* That of the job which SELF runs, if any: the first that is seen. */
int64_t syni_deadline_outermost(const struct syni_self *self);

/* That under which a task of TASK's, or a call that it makes, runs; SYNI_NEVER in
 * clean-up, which is not hurried. TASK may be NULL. */
static inline int64_t syni_task_deadline_for_children(const struct syni_task *task)
{
    if (!task || task->leaving)
        return SYNI_NEVER;
    /* relaxed: a moment, which is seen late at worst */
    return atomic_load_explicit(&task->deadline, memory_order_relaxed);
}

/* DEADLINE becomes *TIGHTER, if that is earlier. Any thread. */
static inline void syni_deadline_tighten(_Atomic(int64_t) *deadline, int64_t tighter)
{
    int64_t before = atomic_load_explicit(deadline, memory_order_relaxed);

    /* Never later, whatever else tightens it (invariant 39). relaxed: as above */
    while (tighter < before &&
           !atomic_compare_exchange_weak_explicit(deadline, &before, tighter,
                                                  memory_order_relaxed, memory_order_relaxed))
        ;
    SYNI_INVARIANT(39, atomic_load_explicit(deadline, memory_order_relaxed) <= tighter);
}

/* TASK shall have ended by DEADLINE, if it did not have to earlier. Any thread. */
static inline void syni_task_tighten(struct syni_task *task, int64_t deadline)
{
    syni_deadline_tighten(&task->deadline, deadline);
}

/* That of what SELF makes without one of its own, in a step of CURRENT, or, NULL, in none. */
static inline int64_t syni_deadline_under(const struct syni_self *self,
                                          const struct syni_task *current)
{
    return self->deadlines.n > self->deadlines.first ? syni_deadline_of(self, SYNI_NEVER)
           : current                               ? syni_task_deadline_for_children(current)
                                                   : SYNI_NEVER;
}

/* Between the two, those deadlines are not seen: the thread drives tasks that they
 * are not meant for. */
int syni_deadlines_shadow(struct syni_self *self);
void syni_deadlines_unshadow(struct syni_self *self, int before);

/* --- home.c --- */

/* All homes, by syni_home.counted. */
extern struct syni_census syni_homes;

/* The memory of HOME, which is there, stays until it is let go, though the home is stopped and freed
 * meanwhile: then it refuses whatever comes. Any thread. */
void syni_home_hold(struct syni_home *home);
void syni_home_let_go(struct syni_home *home);

/* What the calling thread makes here is on behalf of a job of a pool. */
bool syni_home_nested_here(void);

/* The home that the calling thread drives innermost; NULL: none. */
static inline struct syni_home *syni_home_of(const struct syni_self *self)
{
    const struct syni_driving *here = self->driving;

    return here ? SYNI_CONTAINER(here->loop, struct syni_home, loop) : NULL;
}

static inline struct syni_home *syni_home_now(void)
{
    return syni_home_of(syni_self());
}

/* Tells on_stuck of tasks that clean up for too long, from now on. */
void syni_home_watch_cleanup(struct syni_home *home, struct syni_task *task);

/* The last task of a home where some were watched ended: none cleans up. */
void syni_home_end_watch(struct syni_home *home);

/* Calls from outside are taken. Any thread. */
static inline bool syni_home_accepts(const struct syni_home *home)
{
    /* acquire: a thread that sees it run sees its loop */
    return atomic_load_explicit(&home->life, memory_order_acquire) == SYNI_LIFE_RUNNING;
}

/* Nothing begins there any more, not even what clean-up needs. Driver. */
static inline bool syni_home_gave_up(const struct syni_home *home)
{
    SYNI_DRIVEN(&home->loop);
    /* relaxed: seen late, it is abandoned a little later */
    enum syni_life life = atomic_load_explicit(&home->life, memory_order_relaxed);

    return life == SYNI_LIFE_GIVING_UP || life == SYNI_LIFE_STUCK || life == SYNI_LIFE_DYING;
}

/* --- task_cancel.c again --- */

/* A stop asks every task by a job of its own, which a step that computes keeps out. */
static inline bool syni_task_stop_is_coming(const struct syni_task *task)
{
    return !task->sheltered && !syni_home_accepts(task->home);
}

/* TASK was asked, and suspends; a stop that is on its way counts too. Driver. */
bool syni_task_heeds_stop(struct syni_task *task); /* one is on its way */
static inline bool syni_task_heeds_request(struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    return syni_task_is_asked(task) ||
           (syni_task_stop_is_coming(task) && syni_task_heeds_stop(task));
}

/* --- shelter.c: all driver only --- */

/* TASK, launched by BY, a step of its home: what that shelters it shelters too. */
void syni_shelter_adopt(struct syni_task *by, struct syni_task *task);
static inline void syni_shelter_launched(const struct syni_home *home, struct syni_task *task)
{
    struct syni_task *by = home->current;

    if (by && (by->leaving || by->sheltered))
        syni_shelter_adopt(by, task);
}
/* TASK serves a clean-up from here on, by itself; and does so no more. The first also by its maker,
 * before it is launched. */
void syni_shelter_begin(struct syni_task *task);
void syni_shelter_end(struct syni_task *task);
/* TASK begins to leave, and from here on shelters what it calls. */
static inline void syni_shelter_leaving(struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    SYNI_INVARIANT(14, !task->leaving);
    if (task->in_ring && !task->shelters) /* goes out of the ring of which another one is the head */
        syni_list_remove(&task->shelter);
}
/* TASK, which is in a ring, ended: what it sheltered is like everything else, and cancelled if a stop is
 * under way. */
void syni_shelter_ended(struct syni_task *task);

/* --- home_abandon.c --- */

/* What was abandoned, for people; cut to fit. */
struct syni_names {
    char text[SYN_MESSAGE_MAX - 40];
    unsigned n;
};

/* Abandons every task, and gives residents up; their names come to NAMES. */
void syni_home_abandon_all(struct syni_home *home, syn_err err, enum syn_origin origin,
                           const char *message, struct syni_names *names);
/* What arrived since the inbox was shut ends here, without beginning. */
void syni_home_end_posted(struct syni_home *home);
void syni_home_abandon_name(struct syni_names *names, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
