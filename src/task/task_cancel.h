/* SPDX-License-Identifier: Apache-2.0
 *
 * Cancelling a task: the request, and how it arrives.
 */
#ifndef SYNI_TASK_CANCEL_H
#define SYNI_TASK_CANCEL_H

#include "task/home.h"
#include "task/state.h"
#include "task/task_resume.h"

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

#endif
