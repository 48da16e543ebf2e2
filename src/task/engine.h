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
#ifndef SYNI_ENGINE_H
#define SYNI_ENGINE_H

#include "loop/loop.h"
#include "task/state.h"

/* The job of a task, at its arrival and at each resume; run on its home. */
void syni_engine_run(struct syni_job *job);

/* Acts on what a STEP of TASK said: it suspends, leaves, or ends. Driver. */
void syni_engine_settle(struct syni_task *task, struct syn_step step);

/* What brings it a cancel. */
void syni_engine_request_arrives(struct syni_job *job);

/* TASK, which has just arrived, does not begin, for one of the reasons of engine_refusal.c: it is about to end, with
 * that for its outcome. False: there is none. Driver. */
bool syni_engine_refuses(struct syni_task *task);

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

#endif
