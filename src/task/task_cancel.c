/* SPDX-License-Identifier: Apache-2.0
 *
 * Cancelling a task.
 *
 * The request is a job of the task's own, so asking never fails for memory. A task
 * that is over takes no request any more: `request` is moved from 0 by whichever is
 * first, a canceller or the end. If a request is on its way when the task ends, the
 * end waits for it, so that the job is never left in an inbox when the frame goes.
 *
 * On the loop's own thread the job goes through the ready queue and not by a call,
 * so that a chain of a million awaiting tasks is cancelled without recursion. What
 * happens when it arrives is in engine.c.
 */
#include "task/task_cancel.h"

#include <stddef.h>

#include "loop/loop_inbox.h"
#include "loop/role.h"
#include "task/task_resume.h"

syn_err syni_task_code(enum syn_origin origin)
{
    return origin == SYN_BY_DEADLINE    ? SYN_ETIMEDOUT
           : origin == SYN_BY_INTERRUPT ? SYN_EINTR
                                        : SYN_ECANCELED;
}

bool syni_task_origin_is_request(enum syn_origin origin)
{
    return origin == SYN_BY_REQUEST || origin == SYN_BY_DEADLINE || origin == SYN_BY_STOP ||
           origin == SYN_BY_INTERRUPT;
}

enum syn_origin syni_task_asked_by(const struct syni_task *task)
{
    SYNI_INVARIANT(13, syni_task_is_asked(task));
    return (enum syn_origin)((syni_task_request_of(task) & SYNI_ASKED) - 1);
}

bool syni_task_heeds_stop(struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    syni_task_request(task, SYN_BY_STOP);
    return syni_task_is_asked(task);
}

/* BIT, CLOSED or 1 + an origin, unless there is one of them. False: there was. */
static bool cancel_claim(struct syni_task *task, int bit)
{
    unsigned char before = syni_task_request_of(task);

    SYNI_INVARIANT(13, bit == SYNI_CLOSED || (bit > 0 && bit <= SYNI_ASKED));
    do {
        if (before & (SYNI_ASKED | SYNI_CLOSED))
            return false;
    } while (!atomic_compare_exchange_weak(&task->request, &before, (unsigned char)(before | bit)));
    return true;
}

bool syni_task_close_requests(struct syni_task *task)
{
    unsigned char before = 0;

    SYNI_DRIVEN_FOR(task);
    /* mostly there is none; the rest may be a mark */
    if (atomic_compare_exchange_strong(&task->request, &before, SYNI_CLOSED) ||
        cancel_claim(task, SYNI_CLOSED))
        return true;
    if (!task->asked)
        return false;
    atomic_fetch_or(&task->request, SYNI_CLOSED); /* for threads that would mark it */
    return true;
}

bool syni_task_claim_request(struct syni_task *task, enum syn_origin origin)
{
    return cancel_claim(task, (int)origin + 1);
}

void syni_task_ask_early(struct syni_task *task, enum syn_origin origin)
{
    SYNI_INVARIANT(13, !syni_task_request_of(task));
    /* relaxed: nobody else knows it yet; its first job passes it on */
    atomic_store_explicit(&task->request, (unsigned char)(origin + 1), memory_order_relaxed);
    atomic_store_explicit(&task->asked, true, memory_order_relaxed);
}

void syni_task_request(struct syni_task *task, enum syn_origin origin)
{
    if (syni_task_claim_request(task, origin))
        syni_task_send_request(task);
}

void syni_task_send_request(struct syni_task *task)
{
    SYNI_INVARIANT(13, syni_task_is_asked(task));
    SYNI_DELAY(request_sent);
    if (syni_drives(&task->home->loop))
        syni_loop_ready(&task->home->loop, &task->request_job);
    else if (!syni_loop_post(&task->home->loop, &task->request_job))
        /* release: see syni_task_withdraw() */
        atomic_store_explicit(&task->asked, true, memory_order_release);
}

void syni_task_withdraw(struct syni_task *task)
{
    if (cancel_claim(task, SYNI_CLOSED))
        return;
    /* acquire: the bringer of the request does not touch TASK any more */
    while (!atomic_load_explicit(&task->asked, memory_order_acquire))
        syni_thread_yield();
}

int syn_task_cancelled(const struct syn_task *public_task)
{
    const struct syni_task *task = SYNI_TASK(public_task);

    return syni_task_is_asked(task) || syni_task_stop_is_coming(task);
}
