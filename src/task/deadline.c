/* SPDX-License-Identifier: Apache-2.0
 *
 * Deadlines: moments on the clock that a thread lives by, and those that a thread
 * set around its blocking calls.
 *
 * Each thread has its own.
 */
#include <synchronicity/call.h>

#include "task/task.h"

/* Deadlines of the syn_call_by() around the current call; deeper ones than this
 * only tighten the last. Those below `first_deadline` are not for the tasks that this
 * thread drives at present. */
enum { DEADLINES = 16 };
static _Thread_local int64_t deadlines[DEADLINES];
static _Thread_local int n_deadlines, first_deadline;

static int64_t now_here(void)
{
    struct syni_driving *driving = syni_driving_now();

    return syn_clock_now(driving ? driving->loop->clock : syni_clock_mine());
}

struct syn_deadline syn_after(double seconds)
{
    struct syn_deadline deadline = {SYNI_NEVER};
    /* to the nearest: where the product keeps more digits than a double (i386), that of 0.3
     * lies just below 300000000 */
    int64_t ns = seconds >= 9e9 ? SYNI_NEVER : seconds > 0 ? (int64_t)(seconds * 1e9 + 0.5) : 0;

    if (ns != SYNI_NEVER)
        deadline.ns = syni_deadline_in(now_here(), ns);
    return deadline;
}

struct syn_deadline syn_never(void)
{
    struct syn_deadline never = {SYNI_NEVER};

    return never;
}

int64_t syni_task_deadline_for_children(const struct syni_task *task)
{
    if (!task || task->leaving)
        return SYNI_NEVER;
    /* relaxed: a moment, which is seen late at worst */
    return atomic_load_explicit(&task->deadline, memory_order_relaxed);
}

struct syn_deadline syn_task_deadline(const struct syn_task *task)
{
    struct syn_deadline deadline = {syni_task_deadline_for_children(SYNI_TASK(task))};

    return deadline;
}

void syni_deadline_tighten(_Atomic(int64_t) *deadline, int64_t tighter)
{
    int64_t before = atomic_load_explicit(deadline, memory_order_relaxed);

    /* Never later, whoever else tightens it (invariant 36). relaxed: as above */
    while (tighter < before &&
           !atomic_compare_exchange_weak_explicit(deadline, &before, tighter,
                                                  memory_order_relaxed, memory_order_relaxed))
        ;
}

void syni_task_tighten(struct syni_task *task, int64_t deadline)
{
    syni_deadline_tighten(&task->deadline, deadline);
}

int64_t syni_deadline_here(int64_t deadline)
{
    struct syni_home *home = syni_home_now();
    int64_t inherited = syni_task_deadline_for_children(home ? home->current : NULL);
    int n = n_deadlines < DEADLINES ? n_deadlines : DEADLINES;

    if (inherited < deadline)
        deadline = inherited;
    return n > first_deadline && deadlines[n - 1] < deadline ? deadlines[n - 1] : deadline;
}

void syni_deadline_push(struct syn_deadline deadline)
{
    int64_t tighter = syni_deadline_here(deadline.ns);

    if (n_deadlines < DEADLINES)
        deadlines[n_deadlines] = tighter;
    else
        deadlines[DEADLINES - 1] = tighter;
    n_deadlines++;
}

int syni_deadlines_shadow(void)
{
    int before = first_deadline;

    first_deadline = n_deadlines;
    return before;
}

void syni_deadlines_unshadow(int before)
{
    first_deadline = before;
}

syn_err syni_deadline_pop(syn_err err)
{
    n_deadlines--;
    return err;
}
