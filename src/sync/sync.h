/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines of waiting tasks: what mutex, semaphore, event and condition are made of. See
 * <synchronicity/sync.h>.
 *
 * Driver only. A task in a line is served by taking it off; one that is still in line can leave
 * it, wherever it stands. The node lies in the task.
 */
#ifndef SYNI_SYNC_H
#define SYNI_SYNC_H

#include <synchronicity/sync.h>

#include "base/fork.h"
#include "task/state.h"

/* First in, first out; a list of struct syni_task by on.line. Zero is empty. */
struct syni_line {
    struct syni_task *first, *last;
};

struct __attribute__((may_alias)) syni_mutex_of_tasks {
    struct syni_line line;
    struct syni_task *holder; /* its home is that of the line, too */
    struct syni_mutex_of_tasks *next_held; /* by the same holder */
    void *place; /* the pointer that points here; void as in struct syni_scope */
};
struct __attribute__((may_alias)) syni_semaphore {
    struct syni_line line;
    struct syni_home *home;
    uintptr_t units;
};
struct __attribute__((may_alias)) syni_task_event {
    struct syni_line line;
    struct syni_home *home;
    uintptr_t set;
};
struct __attribute__((may_alias)) syni_condition {
    struct syni_line line;
    struct syni_home *home;
};

_Static_assert(sizeof(struct syni_mutex_of_tasks) <= sizeof(struct syn_mutex), "too little room");
_Static_assert(sizeof(struct syni_semaphore) <= sizeof(struct syn_semaphore), "too little room");
_Static_assert(sizeof(struct syni_task_event) <= sizeof(struct syn_event), "too little room");
_Static_assert(sizeof(struct syni_condition) <= sizeof(struct syn_condition), "too little room");
_Static_assert(_Alignof(struct syni_mutex_of_tasks) <= _Alignof(struct syn_mutex), "misaligned");
_Static_assert(_Alignof(struct syni_semaphore) <= _Alignof(struct syn_semaphore), "misaligned");
_Static_assert(_Alignof(struct syni_task_event) <= _Alignof(struct syn_event), "misaligned");
_Static_assert(_Alignof(struct syni_condition) <= _Alignof(struct syn_condition), "misaligned");

/* --- line.c --- */

/* TASK stands in LINE until it is served, or until DEADLINE. */
void syni_line_join(struct syni_line *line, struct syni_task *task, struct syn_deadline deadline);
/* It does not any more; false: it was served. */
bool syni_line_leave(struct syni_line *line, struct syni_task *task);
/* Takes the first off, which is served now; NULL. */
struct syni_task *syni_line_take(struct syni_line *line);

/* A wait for THING begins; its line is at the beginning of it. False: as syni_wait_begin(). */
bool syni_line_begin(struct syni_task *task, void *thing, const struct syni_wait_ops *ops,
                     const char *what);
/* TASK, which stands in no line, comes to ERR and REPORT. */
struct syn_step syni_line_refuse(struct syni_task *task, syn_err err, struct syn_report *report);
/* It fails at once: the thing is in use on USER (SYN_EWRONGLOOP); the task holds it (SYN_EDEADLK). */
struct syn_step syni_line_refuse_home(struct syni_task *task, const struct syni_home *user);
struct syn_step syni_line_refuse_own(struct syni_task *task);
/* The same for what HOLDER has, which does not go on before TASK does. */
struct syn_step syni_line_refuse_circle(struct syni_task *task, const struct syni_task *holder);

/* The ops of a wait that only leaves its line when it is interrupted. */
void syni_line_interrupt(struct syni_task *task);
void syni_line_forget(struct syni_task *task);
/* Sets the status of TASK, which was served or left. True: it was served. */
bool syni_line_collect(struct syni_task *task, bool *out_leaves);

/* What stands in LINE are tasks of the parent process, and HOME is theirs: then it is empty here. */
static inline void syni_line_look(struct syni_line *line, const struct syni_home *home)
{
    if (line->first && home->process != syni_process())
        line->first = line->last = NULL;
}

/* The task that runs its step here on a loop that may use what HOME uses, if IN_USE; NULL. */
struct syni_task *syni_line_here(const struct syni_home *home, bool in_use);

/* --- mutex.c --- */

/* TASK, which holds nothing of it, gets it, now or in its turn. */
void syni_mutex_queue(struct syni_mutex_of_tasks *mutex, struct syni_task *task,
                      struct syn_deadline deadline);
void syni_mutex_give_up(struct syni_mutex_of_tasks *mutex);

#endif
