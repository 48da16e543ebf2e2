/* SPDX-License-Identifier: Apache-2.0
 *
 * The inbox: the one door by which other threads reach a loop.
 *
 * A stack that any thread pushes onto with one compare-and-exchange and the driver
 * takes whole with one exchange, then turns round (Treiber, 1986). Only the push
 * that found it empty knocks, so a thousand posts make one wake-up. Discarded: a
 * queue with one exchange per push (Vyukov), because a pusher that is preempted
 * between its two writes would leave the driver with a gap to wait for, and
 * because an empty one cannot be told from a shut one in a single word.
 */
#include "loop/loop.h"

#include <stddef.h>

/* What the inbox of a shut loop holds. */
static struct syni_job shut;

bool syni_loop_post(struct syni_loop *loop, struct syni_job *job)
{
    struct syni_job *head = atomic_load_explicit(&loop->inbox, memory_order_relaxed);

    do {
        if (head == &shut)
            return false;
        job->next = head;
        /* seq_cst: the push comes before the look at the role in knock(), the
         * driver's change of role before its look at the inbox; one of the two
         * sees the other. It also releases what JOB carries. */
    } while (!atomic_compare_exchange_weak_explicit(&loop->inbox, &head, job, memory_order_seq_cst,
                                                    memory_order_relaxed));
    if (!head)
        syni_loop_knock(loop);
    return true;
}

static struct syni_job *in_order(struct syni_job *stack)
{
    struct syni_job *first = NULL;

    while (stack) {
        struct syni_job *next = stack->next;

        stack->next = first;
        first = stack;
        stack = next;
    }
    return first;
}

static void append(struct syni_job **list, struct syni_job *more)
{
    while (*list)
        list = &(*list)->next;
    *list = more;
}

void syni_loop_shut(struct syni_loop *loop)
{
    /* acquire: what the posters wrote before their pushes */
    struct syni_job *stack = atomic_exchange_explicit(&loop->inbox, &shut, memory_order_acq_rel);

    if (stack != &shut)
        append(&loop->taken, in_order(stack));
}

void syni_loop_open_inbox(struct syni_loop *loop, bool open)
{
    /* seq_cst: whoever posts afterwards sees the role that was set before */
    atomic_store(&loop->inbox, open ? NULL : &shut);
}

bool syni_loop_inbox_empty(struct syni_loop *loop)
{
    /* seq_cst: see syni_loop_post() */
    struct syni_job *head = atomic_load_explicit(&loop->inbox, memory_order_seq_cst);

    return !head || head == &shut;
}

bool syni_loop_has_posts(struct syni_loop *loop)
{
    return loop->taken || !syni_loop_inbox_empty(loop);
}

void syni_loop_take_posts(struct syni_loop *loop)
{
    struct syni_job *head = atomic_load_explicit(&loop->inbox, memory_order_relaxed);

    if (!loop->taken && head && head != &shut)
        /* acquire: as in syni_loop_shut(). Only the driver shuts, so the inbox
         * cannot have become shut since. */
        loop->taken =
            in_order(atomic_exchange_explicit(&loop->inbox, NULL, memory_order_acq_rel));
    for (int i = 0; loop->taken && i < SYNI_LOOP_BATCH; i++) {
        struct syni_job *job = loop->taken;

        loop->taken = job->next;
        job->run(job);
    }
}
