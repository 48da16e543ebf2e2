/* SPDX-License-Identifier: Apache-2.0
 *
 * The inbox: the one door by which other threads reach a loop.
 *
 * A stack (base/stack.h) that the driver takes whole. A post onto what others posted, to a driver
 * that is awake, is one compare-and-exchange and touches nothing afterwards: the loop may be gone
 * by then. All others may have to wake somebody. They pin the loop before they push, since the
 * driver may take what they pushed without being woken, end, and be freed before they go on; and
 * then they knock.
 *
 * So a thousand posts make one wake-up. A poster that is preempted between its push and its
 * knock holds up the posts that were under way with it, and none that begins later: that one
 * sees that the driver is not awake, and knocks. (It looks before its push, not after it, so
 * that the loop needs no pin where nobody is to be woken.)
 */
#include "loop/loop_inbox.h"

#include <stddef.h>

#include "loop/role.h"

void syni_loop_pin(struct syni_loop *loop)
{
    atomic_fetch_add(&loop->knockers, 1);
}

void syni_loop_unpin(struct syni_loop *loop)
{
    SYNI_INVARIANT(4, atomic_load_explicit(&loop->knockers, memory_order_relaxed) > 0);
    /* release, of seq_cst: pairs with the look in syni_loop_retire() */
    atomic_fetch_sub(&loop->knockers, 1);
}

/* KEPT: nobody is told while the role is open. */
static bool post_and_knock(struct syni_loop *loop, struct syni_job *job, bool kept)
{
    bool taken;

    syni_loop_pin(loop); /* invariant 4 */
    taken = syni_stack_push(&loop->inbox, &job->link) != SYNI_PUSH_REFUSED;
    SYNI_DELAY(post_knock);
    /* The push comes before the look at the role in there, the driver's change of role before its
     * look at the inbox: invariant 2. An open role is taken soon, whatever is posted: 711. */
    if (taken && !(kept && syni_role_keep(loop)))
        syni_role_knock(loop);
    syni_loop_unpin(loop);
    return taken;
}

bool syni_loop_post(struct syni_loop *loop, struct syni_job *job)
{
    /* relaxed: a driver that falls asleep after this look is woken by the first pusher */
    bool awake = atomic_load_explicit(&loop->role, memory_order_relaxed) == SYNI_ROLE_AWAKE;
    enum syni_push how = awake ? syni_stack_push_behind(&loop->inbox, &job->link)
                               : SYNI_PUSH_ALONE;

    return how == SYNI_PUSH_ALONE ? post_and_knock(loop, job, false) : how == SYNI_PUSHED;
}

bool syni_loop_post_kept(struct syni_loop *loop, struct syni_job *job)
{
    /* relaxed: as above; what others posted to an open role is seen with it */
    enum syni_role role = atomic_load_explicit(&loop->role, memory_order_relaxed);
    enum syni_push how = role == SYNI_ROLE_AWAKE || role == SYNI_ROLE_OPEN
                             ? syni_stack_push_behind(&loop->inbox, &job->link)
                             : SYNI_PUSH_ALONE;

    return how == SYNI_PUSH_ALONE ? post_and_knock(loop, job, true) : how == SYNI_PUSHED;
}

static void append(struct syni_link **list, struct syni_link *more)
{
    while (*list)
        list = &(*list)->next;
    *list = more;
}

void syni_loop_shut(struct syni_loop *loop)
{
    SYNI_INVARIANT(1, syni_loop_role(loop) == SYNI_ROLE_GONE || syni_drives(loop));
    append(&loop->taken, syni_stack_shut(&loop->inbox));
}

void syni_loop_open_inbox(struct syni_loop *loop)
{
    /* a later poster sees the role that was set before */
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
    SYNI_DRIVEN(loop);
    SYNI_INVARIANT(6, !loop->passes_events);
    if (!loop->taken)
        loop->taken = syni_stack_take(&loop->inbox);
    loop->steps_left = SYNI_LOOP_BATCH;
    for (int i = 0; loop->taken && i < SYNI_LOOP_BATCH; i++) {
        struct syni_job *job = syni_job_of(loop->taken);

        loop->taken = job->link.next;
        job->run(job);
    }
}
