/* SPDX-License-Identifier: Apache-2.0
 *
 * Circles of waiting: threads that drive a loop and block on work of another one.
 *
 * That is legal, and reported; a circle of it is refused. A thread that blocks so is on one list, with what
 * it drives and what it waits for. What it waits for is MARKED with the number of its wait, and so
 * is whatever that awaits in turn, across loops and pools, as it does: so the tasks that carry the
 * mark are all on which the wait depends, and where they live. A wait, or an await of a marked
 * task or job, is refused if it would depend on a loop that leads back to the blocked thread.
 *
 * Costs nothing on a thread that drives no loop and for tasks that no blocked thread waits for.
 */
#ifndef SYNI_CIRCLE_H
#define SYNI_CIRCLE_H

#include "task/state.h"

/* A thread that blocks while it drives, or drains a mailbox; lies on its stack. */
struct syni_blocked {
    struct syni_list link;       /* among all, under the lock of circle.c */
    struct syni_driving *drives; /* what the thread drives; NULL: nothing */
    struct syni_draining *drains; /* the mailboxes that run a callback on it; NULL: none */
    bool listed;                 /* one of the two is not NULL */
    struct syni_home *target;    /* where what it waits for runs; NULL: nowhere */
    const char *function;        /* what it waits for */
    uint64_t id;                 /* the mark; never 0 */
    struct syni_list marked;     /* task->mark of those that live */
    bool reached;                /* by the search that is on */
};

/* The calling thread is about to wait for FUNCTION, which runs on TARGET. Fails, and it must not
 * wait: SYN_EDEADLK when TARGET waits, perhaps through others, for a loop that this thread
 * drives. */
syn_err syni_circle_enter(struct syni_blocked *here, struct syni_home *target,
                          const char *function);
void syni_circle_leave(struct syni_blocked *here);

/* The same for a HOME that this thread drives: SYN_EDEADLK if a step of HOME waits below, for
 * what the thread drives at present; that is a circle, and both ends are named. 0 if it is in
 * a step of HOME itself, of which the caller knows more to say. */
syn_err syni_circle_own(struct syni_home *home, const char *function);

/* What carries the mark ID (0: nothing does) is about to wait for CORE, of which the caller has a
 * reference: that gets the mark. SYN_EDEADLK, and *OUT_REPORT: it must not wait. */
syn_err syni_circle_depend(uint64_t id, struct syni_core *core, struct syn_report **out_report);

/* The same, but that what waits already gets the mark later: for calls from a passing on of marks. */
syn_err syni_circle_depend_soon(uint64_t id, struct syni_core *core,
                                struct syn_report **out_report);

/* The same for a TASK of the loop that runs here, which has begun. Driver. */
syn_err syni_circle_depend_here(uint64_t id, struct syni_task *task, struct syn_report **out_report);

/* The same for something that runs on HOME, by the name of FUNCTION. */
syn_err syni_circle_look(uint64_t id, struct syni_home *home, const char *function,
                         struct syn_report **out_report);

/* The thread that blocks under the mark ID does so in a drain of MAILBOX, called *OUT_NAME, and waits for
 * *OUT_FUNCTION. Both strings last while that wait does. */
bool syni_circle_is_drained(uint64_t id, const struct syn_mailbox *mailbox, const char **out_name,
                            const char **out_function);

/* What produces CORE gets the mark ID, and what that waits for does not; *OUT_MARKED: it had it not before.
 * Fails as syni_circle_depend(). */
syn_err syni_circle_mark(uint64_t id, struct syni_core *core, bool *out_marked,
                         struct syn_report **out_report);

/* The same for what produces CORE, one of several that are waited for, so that it gets no mark. */
static inline syn_err syni_circle_look_at(uint64_t id, struct syni_core *produced,
                                          struct syn_report **out_report)
{
    const struct syni_core *core = produced;
    const struct syni_task *task;

    while (!syni_core_task(core) && core->ops && core->ops->source)
        core = core->ops->source(core);
    task = syni_core_task(core);
    return task ? syni_circle_look(id, task->home, task->function->name, out_report) : SYN_OK;
}

/* The same for all that lives on HOME, and does not end before the blocked thread goes on: soon, by its driver.
 * What would close a circle there is refused. */
void syni_circle_depend_on_all(uint64_t id, struct syni_home *home);

#endif
