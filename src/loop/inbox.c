/* SPDX-License-Identifier: Apache-2.0
 *
 * The inbox: the one door by which other threads reach a loop.
 *
 * A stack (base/stack.h) that the driver takes whole. Only the push that found it empty knocks,
 * so a thousand posts make one wake-up.
 */
#include "loop/loop.h"

#include <stddef.h>

bool syni_loop_post(struct syni_loop *loop, struct syni_job *job)
{
    enum syni_push how = syni_stack_push(&loop->inbox, &job->link);

    /* The push comes before the look at the role in there, the driver's change of role before its
     * look at the inbox: invariant 2. */
    if (how == SYNI_PUSHED_FIRST) {
        SYNI_DELAY(post_knock);
        syni_loop_knock(loop);
    }
    return how != SYNI_PUSH_REFUSED;
}

static void append(struct syni_link **list, struct syni_link *more)
{
    while (*list)
        list = &(*list)->next;
    *list = more;
}

void syni_loop_shut(struct syni_loop *loop)
{
    append(&loop->taken, syni_stack_shut(&loop->inbox));
}

void syni_loop_open_inbox(struct syni_loop *loop)
{
    /* whoever posts afterwards sees the role that was set before */
    syni_stack_open(&loop->inbox);
}

bool syni_loop_inbox_empty(struct syni_loop *loop)
{
    return syni_stack_is_empty(&loop->inbox);
}

bool syni_loop_has_posts(struct syni_loop *loop)
{
    return loop->taken || !syni_loop_inbox_empty(loop);
}

void syni_loop_take_posts(struct syni_loop *loop)
{
    if (!loop->taken)
        loop->taken = syni_stack_take(&loop->inbox);
    for (int i = 0; loop->taken && i < SYNI_LOOP_BATCH; i++) {
        struct syni_job *job = syni_job_of(loop->taken);

        loop->taken = job->link.next;
        job->run(job);
    }
}
