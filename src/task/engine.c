/* SPDX-License-Identifier: Apache-2.0
 *
 * The trampoline: runs a step, looks at what it returned, and goes on.
 *
 * Driver only. A step returns one of three tokens: "suspended" (what it waits for
 * was begun by then), "left" (the outcome is known, clean-up comes next) or "ended".
 * Nothing else suspends or ends a task. Resuming is through the ready queue, or, where one task
 * hands over to another, by the trampoline (task_resume.c says which), never inside the call that woke
 * the task, so no chain of tasks is a chain of calls.
 */
#include "task/engine.h"

#include <stddef.h>
#include <string.h>

#include "base/report.h"
#include "loop/role.h"
#include "task/engine_top.h"
#include "task/frame.h"
#include "task/leave.h"
#include "task/local.h"
#include "task/outcome.h"
#include "task/seen.h"
#include "task/shelter.h"
#include "task/task_cancel.h"
#include "task/task_resume.h"
#include "task/wait.h"

_Atomic(const struct syni_open_ops *) syni_engine_opens[SYNI_OPEN_KINDS];

/* So many follow each other before the ready queue has its turn, which is spread over them. */
enum { TRANSFERS = 64 };
/* Of one trampoline, also since there are two. */
#define SYNI_HOT __attribute__((always_inline))

void syni_engine_request_arrives(struct syni_job *job)
{
    struct syni_task *task = SYNI_CONTAINER(job, struct syni_task, request_job);
    bool ends = task->ending && !task->queued, runs = task->arrived && !task->leaving;

    SYNI_DRIVEN_FOR(task);
    /* release: see syni_task_withdraw(), after which one that did not arrive is gone */
    atomic_store_explicit(&task->asked, true, memory_order_release);
    if (ends)
        syni_task_resume(task);
    else if (runs)
        syni_wait_interrupt(task);
    else if (task->leaving && task->ops && task->ops->again && syni_task_asked_by(task) != SYN_BY_STOP)
        task->ops->again(task); /* a stop looks itself */
}

/* Of a kind of which TASK has something. */
static const struct syni_open_ops *open_ops(enum syni_open_kind kind)
{
    /* relaxed: see syni_open_register() */
    return atomic_load_explicit(&syni_engine_opens[kind], memory_order_relaxed);
}

/* TASK, known to nobody else if it is ALONE, has something besides its frame, which give_back() gives back; most
 * have not. */
static bool has_more(const struct syni_task *task, bool alone)
{
    SYNI_INVARIANT(540, task->owns || !(task->scopes || task->contexts || task->held || task->locals ||
                                        task->in_ring));
    return task->owns || !task->begun || (uintptr_t)task->ops | (uintptr_t)task->heard ||
           (!alone && syni_task_request_of(task) & SYNI_IS_MARKED);
}

static void give_back(struct syni_task *task)
{
    if (task->ops && task->ops->drop)
        task->ops->drop(task);
    task->ops = NULL;
    if (task->contexts)
        open_ops(SYNI_OPEN_CONTEXTS)->drop(task);
    if (task->held)
        open_ops(SYNI_OPEN_MUTEXES)->drop(task);
    SYNI_INVARIANT(37, !task->held);
    SYNI_INVARIANT(57, !task->contexts);
    if (syni_task_request_of(task) & SYNI_IS_MARKED)
        open_ops(SYNI_OPEN_MARKS)->drop(task);
    syni_local_release(task->locals);
    task->locals = NULL;
    syni_report_free(task->heard);
    task->heard = NULL;
    if (task->in_ring)
        syni_shelter_ended(task);
    syni_task_drop_arguments(task);
}

/* The rest of it, when nothing is on its way to TASK. */
static inline void end_now(struct syni_home *home, struct syni_task *task, bool alone)
{
    SYNI_INVARIANT(10, syni_drives(&home->loop));
    if (has_more(task, alone))
        give_back(task);
    syni_engine_leave(home, task);
    if (!alone) {
        syni_core_complete(&task->core);
    } else if (!syni_core_complete_alone(&task->core)) {
        syni_core_clear(&task->core);
        syni_frame_free_here(home, task);
    }
    if (home->watches && home->loop.n_live == 0)
        syni_home_end_watch(home);
}

/* Of one that others may know. */
static __attribute__((noinline)) void end_known(struct syni_home *home, struct syni_task *task)
{
    if (syni_task_close_requests(task))
        end_now(home, task, false);
    else
        task->ending = true; /* task_cancel.c: the request brings us back here */
}

static void engine_end(struct syni_task *task)
{
    struct syni_home *home = task->home;

    if (task->owns && task->scopes && !open_ops(SYNI_OPEN_SCOPES)->detach(task))
        task->ending = true; /* scope_child.c: the children that are on their way to us bring us back, too */
    else if (task->core.slot && syni_engine_ends_alone(task))
        end_now(home, task, true);
    else
        end_known(home, task);
}

static void suspend(struct syni_task *task)
{
    if (task->leaving) {
        if (!task->leaving_since)
            syni_home_watch_cleanup(task->home, task);
        return;
    }
    if (task->put_off && syni_task_wait(task) != SYNI_WAIT_NOTHING)
        syni_wait_interrupt(task);
}

/* TASK leaves, or its clean-up is over (CLEANED): none of its children runs on, and then it
 * is in no context. True: some still do, or it is; it is resumed when that is over. */
static bool close_open(struct syni_task *task, bool cleaned)
{
    if (!(task->scopes && open_ops(SYNI_OPEN_SCOPES)->close(task)) &&
        !(task->contexts && open_ops(SYNI_OPEN_CONTEXTS)->close(task)))
        return false;
    task->closing = true;
    task->cleaned = cleaned;
    suspend(task);
    return true;
}

/* Acts on what TASK's STEP said. */
SYNI_HOT static inline void engine_settle(struct syni_task *task, struct syn_step step)
{
    while (step.what == SYNI_LEFT) {
        if (task->owns && close_open(task, false))
            return;
        step = task->function->leave((struct syn_task *)(void *)task);
    }
    if (step.what == SYNI_SUSPENDED) {
        if (task->leaving || task->put_off)
            suspend(task);
        return;
    }
    if (step.what != SYNI_ENDED)
        syni_panic("a step returned without saying what comes next");
    if (!(task->owns && close_open(task, true)))
        engine_end(task);
}

void syni_engine_settle(struct syni_task *task, struct syn_step step)
{
    SYNI_DRIVEN_FOR(task);
    engine_settle(task, step);
}

/* TASK comes out of a wait for its scopes and contexts. */
static struct syn_step after_closing(struct syni_task *task, const struct syni_wait_ops *ops)
{
    struct syn_step closed = {task->cleaned ? SYNI_ENDED : SYNI_LEFT};

    task->closing = false;
    if (ops)
        ops->collect(task);
    return closed;
}

/* The next step of TASK, of HOME, which leaves instead if that was asked for: LEAVES. */
SYNI_HOT static inline struct syn_step step_of(struct syni_home *home, struct syni_task *task, bool leaves)
{
    if (leaves && !task->leaving) {
        enum syn_origin origin = syni_task_asked_by(task);

        return syni_leave_begin(task, syni_task_code(origin), origin, NULL);
    }
    return syni_engine_step(home, task);
}

/* TASK, of HOME, comes out of its wait, by a request, or for its scopes and contexts; or it ends. */
static void run_unusual(struct syni_home *home, struct syni_task *task)
{
    const struct syni_wait_ops *ops = task->ops;

    if (task->ending) {
        engine_end(task);
        return;
    }
    task->ops = NULL;
    home->current = task;
    if (task->closing)
        engine_settle(task, after_closing(task, ops));
    else
        engine_settle(task, step_of(home, task, (ops && ops->collect(task)) | task->interrupted));
    home->current = NULL;
}

/* TASK, of HOME, runs its next step, or LEAVES instead. */
SYNI_HOT static inline void run_step(struct syni_home *home, struct syni_task *task, bool leaves)
{
    home->current = task;
    engine_settle(task, step_of(home, task, leaves));
    home->current = NULL;
}

/* The same, where there is more to it than to a first one: TASK waited, or is about to end. */
SYNI_HOT static inline void run_on(struct syni_home *home, struct syni_task *task)
{
    const struct syni_wait_ops *ops = task->ops;
    bool leaves = false;

    SYNI_INVARIANT(10, syni_drives(&home->loop));
    task->queued = false;
    syni_task_set_wait(task, SYNI_WAIT_NOTHING); /* it may have waited for its turn */
    if (task->ending || task->closing || task->interrupted) {
        run_unusual(home, task);
        return;
    }
    if (ops) {
        task->ops = NULL;
        home->current = task;
        leaves = ops->collect(task);
    }
    run_step(home, task, leaves);
}

/* What it runs of the user's (destroying arguments and values) is TASK's, as a step is. */
static const char *engine_enter(struct syni_task *task)
{
    const char *outer = atomic_load_explicit(&task->home->running, memory_order_relaxed);

    atomic_store_explicit(&task->home->running, task->function->name, memory_order_relaxed);
    return outer;
}

/* TASK is there. False: it has ended without beginning, or will. */
SYNI_HOT static inline bool engine_arrive(struct syni_home *home, struct syni_task *task)
{
    syni_engine_begin(home, task);
    /* relaxed: as syni_task_request_of() */
    if ((atomic_load_explicit(&task->request, memory_order_relaxed) || home->loop.closing ||
         home->loop.died || task->sheltered || task->copy_failed || task->in_time ||
         task->function->begins) &&
        syni_engine_refuses(task)) {
        engine_end(task);
        return false;
    }
    SYNI_INVARIANT(92, !task->begun);
    SYNI_SURE(!task->queued && !task->ops && !task->interrupted && syni_task_wait(task) == SYNI_WAIT_NOTHING);
    task->begun = true;
    return true;
}

/* The same while somebody looks; BY: which task handed over to it, and may be gone. */
SYNI_COLD static void run_seen(struct syni_home *home, struct syni_task *task, bool begins,
                               const void *by)
{
    struct syni_seen_step step;
    int64_t made = task->live.since;

    if (begins && !engine_arrive(home, task))
        return;
    if (begins)
        task->live.since = made;
    syni_seen_step_begins(task, &step, by); /* also where none is left but to end it */
    run_on(home, task);
    syni_seen_step_ended(home, task, &step);
}

/* The next step of TASK, or its first. Then the tasks that it hands over to. SEEN, a constant: somebody
 * looks. */
SYNI_HOT static inline void run_all(struct syni_task *task, bool seen)
{
    struct syni_home *home = task->home;
    const void *by = NULL;
    bool begins;

    SYNI_DRIVEN(&home->loop);
    home->stack = SYNI_STACK_HERE;
    home->n_transfers = home->loop.draws ? 0
                        : home->loop.steps_left < TRANSFERS ? home->loop.steps_left
                                                            : TRANSFERS;
    do {
        begins = !(task->arrived || task->ending);
        home->newborn = NULL; /* other jobs may have run since it was made */
        atomic_store_explicit(&home->running, task->function->name, memory_order_relaxed);
        if (seen)
            run_seen(home, task, begins, by);
        else if (!begins)
            run_on(home, task);
        else if (engine_arrive(home, task))
            run_step(home, task, false);
        by = task;
        task = home->next;
        home->next = NULL;
    } while (task);
    home->newborn = NULL;
    home->n_transfers = 0;
}

SYNI_COLD static void run_all_seen(struct syni_task *task)
{
    run_all(task, true);
}

void syni_engine_run(struct syni_job *job)
{
    struct syni_task *task = SYNI_CONTAINER(job, struct syni_task, core.job);
    struct syni_home *home = task->home;
    const char *outer = atomic_load_explicit(&home->running, memory_order_relaxed);

    if (task->arrived && !task->queued) {
        syni_task_post_arrived(task); /* behind what is ready */
        return;
    }

    SYNI_HOOKED ? run_all_seen(task) : run_all(task, false);
    atomic_store_explicit(&home->running, outer, memory_order_relaxed);
}

void syni_engine_abandon(struct syni_task *task, syn_err err, enum syn_origin origin,
                         const char *message)
{
    const char *outer = engine_enter(task);
    struct syni_home *home = task->home;

    task->abandoned = true;
    syni_wait_forget(task);
    syni_outcome_abandon(task, err, origin, message);
    task->ending = true;
    if (!task->queued)
        engine_end(task);
    atomic_store_explicit(&home->running, outer, memory_order_relaxed);
}
