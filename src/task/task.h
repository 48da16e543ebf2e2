/* SPDX-License-Identifier: Apache-2.0
 *
 * The engine: running tasks on a loop.
 *
 * A HOME is a loop with what tasks need besides: its own store of frames, whether
 * it is being stopped, counters. Everything about a task is done by the driver of
 * its home, except creating it, asking it to end, and reading its result.
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

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <synchronicity/synchronizer.h>
#include <synchronicity/task.h>

#include "base/self.h"
#include "loop/loop.h"
#include "task/core.h"
#include "task/port.h"

enum {
    SYNI_FRAME_CLASSES = 32, /* of 64 bytes each; larger frames are not cached */
    SYNI_FRAME_CLASS_BYTES = 64,
};

/* A frame that waits to be used again; keeps its slot. */
struct syni_spare {
    struct syni_spare *next;
    struct syni_slot *slot;
};

/* Those of one home, or one worker, or of all. */
struct syni_store {
    struct syni_spare *spares[SYNI_FRAME_CLASSES];
    unsigned count[SYNI_FRAME_CLASSES];
};

/* The life of a home. facade/life.c moves it, and docs/design.md draws it: what each state takes and
 * refuses. */
enum syni_life {
    SYNI_LIFE_NEW,       /* no loop yet */
    SYNI_LIFE_RUNNING,   /* takes calls */
    SYNI_LIFE_STOPPING,  /* takes none; what lives there is cancelled, and cleans up */
    SYNI_LIFE_GIVING_UP, /* a deadline passed: what lives there is abandoned */
    SYNI_LIFE_STUCK,     /* a stop returned although a step still runs */
    SYNI_LIFE_DYING,     /* the loop cannot go on: what lives there is told */
    SYNI_LIFE_ENDED,     /* the loop is over, and its thread is to be joined */
    SYNI_LIFE_REAPING,   /* a thread joins it */
    SYNI_LIFE_STOPPED,
    SYNI_LIFE_DEAD,      /* the same, after DYING */
};

struct syni_home {
    unsigned process; /* whose it is: in a child of it nothing else is looked at */
    struct syni_home *inherited; /* in a child: what the parent had; for leak checkers */
    struct syni_loop loop;
    struct syn_synchronizer *synchronizer;

    /* any thread */
    _Atomic(enum syni_life) life; /* moved under the lock of life.c, read without it */
    atomic_ulong started, ended;
    _Atomic(const char *) running; /* the name of the function whose step runs, or NULL */
    char why_died[SYN_MESSAGE_MAX]; /* written by the driver before DYING, and read after that */

    /* under the lock of resident.h: who lives here besides tasks */
    struct syni_list residents; /* in the order they moved in */
    bool takes_residents;

    /* driver */
    struct syni_task *current;
    uintptr_t stack; /* where the frame of the engine that runs it is; see place.c */
    int64_t cleanup_limit_ns;
    struct syni_timer cleanup_timer;
    int64_t stuck_since; /* when the lines that are counted here began */
    unsigned n_stuck, n_stuck_unsaid; /* tasks that were told of since then, with a line and without */
    struct syni_store store;
};

enum syni_wait {
    SYNI_WAIT_NOTHING,
    SYNI_WAIT_TIME,
    SYNI_WAIT_RESULT,
    SYNI_WAIT_TURN, /* it is on the ready queue, behind the others */
    SYNI_WAIT_OTHER, /* something of a higher module, by its operations */
};

/* How a kind of wait is left and collected. A kind that SYNI_WAIT_OTHER stands for has
 * all three. */
struct syni_wait_ops {
    /* TASK was asked to end: takes it out of the wait and resumes it, or passes the
     * request on to what it waits for. */
    void (*interrupt)(struct syni_task *task);
    /* The wait is over and TASK about to run: sets its status. True: it leaves because it
     * was asked to. */
    bool (*collect)(struct syni_task *task);
    /* TASK was abandoned: it is not to be resumed by what it waits for. */
    void (*forget)(struct syni_task *task);
    /* TASK, which was abandoned, collects nothing any more; NULL: there is nothing. */
    void (*drop)(struct syni_task *task);
    /* TASK got the mark ID in its wait, and passes it on (circle.h); NULL: nobody knows to whom. */
    void (*implicate)(struct syni_task *task, uint64_t id);
};

/* struct syn_task as the engine sees it. The public one shows the first fields and
 * hides the rest in bytes, hence may_alias. */
struct __attribute__((may_alias)) syni_task {
    const struct syn_function *function;
    int line, coroutine, at;
    syn_err status;

    /* written before it is posted */
    void (*step_job)(struct syni_job *job); /* what core.job runs at a resume */
    struct syni_home *home;
    struct syni_core core;
    bool sheltered; /* it serves a clean-up, and a stop does not cancel it; see shelter.c */
    bool shelters;  /* by itself, although it does not leave: it is the head of its ring */
    bool copy_failed;
    bool nested; /* made on behalf of a job of a pool */

    /* any thread: 0, then 1 + the origin of the first request, or TOO_LATE */
    atomic_int request;
    struct syni_job request_job;
    _Atomic(uint64_t) mark; /* circle.h; under its lock, but for the exchange at the end */
    struct syni_list mark_link;
    struct syni_bindings *locals; /* held; the step's that runs, and the creator's before */
    _Atomic(int64_t) deadline; /* the earliest that it was made or awaited under */

    /* driver */
    struct syni_live live;
    struct syni_list shelter; /* a ring: one that leaves, and what it shelters */
    bool arrived;
    bool begun; /* its arguments are the body's, or gone */
    atomic_bool asked; /* the request is here (or, any thread, will not come: its last touch) */
    bool interrupted; /* it leaves by the request when it comes out of its wait */
    bool put_off;     /* it was asked before a wait that took place all the same */
    bool leaving;
    bool queued;      /* its job is on the ready queue, or on its way there by a post */
    bool ending;      /* over, but something is still on its way to it */
    bool abandoned;
    bool told_stuck;
    bool closing;     /* it waits for open scopes and contexts before it cleans up, or ends */
    bool cleaned;     /* its clean-up is over, too */
    enum syni_wait wait; /* NOTHING as soon as it is over */
    const struct syni_wait_ops *ops; /* of a wait that has something to collect, until then */
    struct syni_scope *scopes; /* the open ones in its frame */
    struct syn_context *contexts; /* those it has entered, the innermost first */
    struct syni_mutex_of_tasks *held;
    struct syn_report *heard; /* of the last await that failed */
    int64_t leaving_since;
    struct syni_timer timer;
    union {
        struct {
            struct syni_fd_wait reader, writer; /* `ready` is NULL: that direction is not meant */
            int *out_ready;
            int ready;
        } descriptor;
        struct {
            struct syni_waiter waiter;
            struct syni_core *child;
            void *out;
            bool expired; /* the deadline of this await passed */
            bool given_up; /* the waiter was withdrawn: there is no outcome */
            bool refused;  /* it would have closed a circle */
            struct syn_report *refusal; /* owned: its words */
            /* Ends the wait with SYN_EDEADLK and REPORT, if it is not over. */
            void (*refuse)(struct syni_task *task, struct syn_report *report);
            bool cancels;  /* the child was asked to end by this wait */
        } result;
        struct syni_scope *scope;
        struct syni_select select;
        struct {
            struct syni_port port;
            struct syni_channel *channel; /* held */
            bool withdrawn, expired, refused; /* refused: it would have closed a circle */
            bool own;     /* held without a reference */
            bool dormant; /* a generator that waits to be asked */
        } channel;
        struct {
            struct syni_task *next, *before; /* in line */
            void *thing;            /* which begins with that line */
            struct syni_mutex_of_tasks *mutex; /* for who waits for a condition */
            struct syni_condition *condition;
            bool listed, left, expired;
        } line;
    } on;
};

_Static_assert(sizeof(struct syni_task) <= sizeof(struct syn_task),
               "struct syn_task has too little room: raise SYNI_TASK_BYTES and SYN_ABI");
_Static_assert(_Alignof(struct syni_task) <= _Alignof(struct syn_task), "misaligned");

#define SYNI_TASK(pointer) ((struct syni_task *)(uintptr_t)(pointer)) /* which may be const */

/* --- resume.c --- */

/* TASK, which waits no more, runs its next step in this turn or the next. */
void syni_task_resume(struct syni_task *task);

/* The same by any thread. TASK waits, and is woken by nobody else. */
void syni_task_wake(struct syni_task *task);

/* --- engine.c --- */

/* Readies a frame whose head is zero but for `function`. */
void syni_task_init(struct syni_self *self, struct syni_task *task, struct syni_home *home);

/* The first job of TASK; runs on its home. */
void syni_task_arrive(struct syni_job *job);

/* Frees what TASK took over, once, if it never began and never will. By whoever ends it. */
void syni_task_drop_arguments(struct syni_task *task);

/* Ends TASK, now or as soon as nothing is on its way to it any more, without another
 * step: it was abandoned, or its home died. */
void syni_task_abandon(struct syni_task *task, syn_err err, enum syn_origin origin,
                       const char *message);

/* --- outcome.c --- */

/* TASK comes to ERR, or, 0, to its value. What it came to before is the cause. */
void syni_outcome_set(struct syni_task *task, syn_err err, enum syn_origin origin,
                      const char *message);

/* Its clean-up came to ERR, or returned a value. task.h says which outcome stands. */
void syni_outcome_amend(struct syni_task *task, syn_err err, const char *message);

/* It is abandoned, and ERR is what those who wait for it get. */
void syni_outcome_abandon(struct syni_task *task, syn_err err, enum syn_origin origin,
                          const char *message);

/* --- cancel.c --- */

/* Asks TASK to end. Any thread that knows it to live (a reference, or the driver);
 * the first request counts. Early: by its maker, before it is launched. */
void syni_task_request(struct syni_task *task, enum syn_origin origin);
void syni_task_ask_early(struct syni_task *task, enum syn_origin origin);
/* The same in two steps, where a lock is held at the first one. True: it is the first request, and
 * TASK, which does not end before it arrives, must be sent it. */
bool syni_task_claim_request(struct syni_task *task, enum syn_origin origin);
void syni_task_send_request(struct syni_task *task);

/* It was asked, though the request's job may still be on its way: a task that saw
 * syn_task_cancelled() leaves at its next suspension, and not at the one after. */
bool syni_task_is_asked(const struct syni_task *task);
/* The same when TASK suspends; a stop that is on its way counts too. Driver. */
bool syni_task_heeds_request(struct syni_task *task);

/* No more requests: false when one is on its way. Driver. */
bool syni_task_close_requests(struct syni_task *task);

/* The same for a TASK that was not launched and never will be, since its home was shut. Waits for
 * a request that was on its way before that. */
void syni_task_withdraw(struct syni_task *task);

/* What a task that ended by a request of ORIGIN returns. */
syn_err syni_code_of(enum syn_origin origin);
enum syn_origin syni_task_asked_by(const struct syni_task *task);
bool syni_origin_is_request(enum syn_origin origin);

/* --- wait.c --- */

/* What a step returns that waits. */
extern const struct syn_step syni_suspended;

/* TASK, whose step runs here, begins to wait for WHAT (static, for dumps). False: it was asked
 * to end before. Then it takes nothing, waits for nothing, and leaves (invariant 17). */
bool syni_wait_begin(struct syni_task *task, enum syni_wait wait, const char *what);

/* The same for a wait that takes place also when TASK was asked to end, because it has to
 * (a close), or because it passes the request on (an await). TASK outlives one such wait; at
 * the next one it leaves, whatever that comes to (invariant 17). */
void syni_wait_begin_asked(struct syni_task *task, enum syni_wait wait, const char *what);

/* As syni_step_await(), for a core that the caller consumed. False: somebody else waits for it at
 * this moment, and TASK has its turn again, to try once more. */
bool syni_await_core(struct syni_task *task, struct syni_core *child, void *out, int64_t deadline);

/* Takes TASK out of its wait, if that can be done now; else it will be woken. */
void syni_wait_interrupt(struct syni_task *task);

/* Leaves whatever TASK waits for, without waking it; if a wake is on its way all the
 * same, it counts as queued. */
void syni_wait_forget(struct syni_task *task);

/* --- frame.c --- */

/* Memory of SIZE bytes, zeroed, with a slot; NULL: none. Any thread. */
void *syni_frame_new(size_t size, struct syni_slot **out_slot);
void syni_frame_free(void *frame, size_t size, struct syni_slot *slot);
/* Moves HOME's own store to the common one; by its last driver. */
void syni_frame_retire(struct syni_home *home);
/* The calling thread, if it is a worker's own, has a store until it ends, and as long the common
 * one keeps frames. */
void syni_frame_keep(void);
/* From now on the common store keeps frames, or gives all back to the allocator unless workers
 * of a pool have some: on while any synchronizer runs. */
void syni_frame_cache(bool on);

/* --- deadline.c --- */

/* Now, on the clock of the loop that SELF drives, or on its own; and whether DEADLINE has passed. */
int64_t syni_now_of(const struct syni_self *self);
bool syni_deadline_passed(const struct syni_self *self, int64_t deadline);

/* The earlier of DEADLINE and that around the current call, or of the task or job that makes it. */
int64_t syni_deadline_of(const struct syni_self *self, int64_t deadline);
int64_t syni_deadline_here(int64_t deadline);

/* That of the job which SELF runs, if any: the first that is seen. */
int64_t syni_deadline_outermost(const struct syni_self *self);

/* That under which a task of TASK's, or a call that it makes, runs; SYNI_NEVER in
 * clean-up, which is not hurried. TASK may be NULL. */
int64_t syni_task_deadline_for_children(const struct syni_task *task);

/* TASK shall have ended by DEADLINE, if it did not have to earlier. Any thread. */
void syni_task_tighten(struct syni_task *task, int64_t deadline);

/* Between the two, those deadlines are not seen: the thread drives tasks that they
 * are not meant for. */
int syni_deadlines_shadow(struct syni_self *self);
void syni_deadlines_unshadow(struct syni_self *self, int before);

/* DEADLINE becomes *TIGHTER, if that is earlier. Any thread. */
void syni_deadline_tighten(_Atomic(int64_t) *deadline, int64_t tighter);

/* --- home.c --- */

/* What the calling thread makes here is on behalf of a job of a pool. */
bool syni_nested_here(void);

/* The home that the calling thread drives innermost; NULL: none. */
struct syni_home *syni_home_of(const struct syni_self *self);
struct syni_home *syni_home_now(void);

/* Tells on_stuck of tasks that clean up for too long, from now on. */
void syni_home_watch_cleanup(struct syni_home *home, struct syni_task *task);

/* A task ended: if it was the last, nobody cleans up. */
void syni_home_check_empty(struct syni_home *home);

/* Calls from outside are taken. Any thread. */
static inline bool syni_home_accepts(const struct syni_home *home)
{
    /* acquire: a thread that sees it run sees its loop */
    return atomic_load_explicit(&home->life, memory_order_acquire) == SYNI_LIFE_RUNNING;
}

/* Nothing begins there any more, not even what clean-up needs. Driver. */
static inline bool syni_home_gave_up(const struct syni_home *home)
{
    /* relaxed: seen late, it is abandoned a little later */
    enum syni_life life = atomic_load_explicit(&home->life, memory_order_relaxed);

    return life == SYNI_LIFE_GIVING_UP || life == SYNI_LIFE_STUCK || life == SYNI_LIFE_DYING;
}

/* --- shelter.c: all driver only --- */

/* TASK is launched by the step that runs on its home: what that shelters it shelters too. */
void syni_shelter_launched(struct syni_task *task);
/* TASK serves a clean-up from here on, by itself; and does so no more. */
void syni_shelter_begin(struct syni_task *task);
void syni_shelter_end(struct syni_task *task);
/* TASK begins to leave, and from here on shelters what it calls. */
void syni_shelter_leaving(struct syni_task *task);
/* TASK ended: what it sheltered is like everything else, and cancelled if a stop is under way. */
void syni_shelter_ended(struct syni_task *task);

/* --- abandon.c --- */

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
void syni_names_add(struct syni_names *names, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
