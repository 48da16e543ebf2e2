/* SPDX-License-Identifier: Apache-2.0
 *
 * Callers that follow. See role_follow.h.
 *
 * Any thread. A follower that is listed is there, since it is told after it was taken off the list, under the lock. One
 * that is called has the role, and goes on without the lock: so the flag by which it finds out is the last that is
 * touched of its thread, and the thread waits until the waker has let go of its parker.
 */
#include "loop/role_follow.h"

void syni_role_follow(struct syni_loop *loop, struct syni_follower *follower, struct syni_self *self)
{
    follower->self = self;
    follower->listed = true;
    syni_mutex_lock(&loop->lock);
    syni_list_append(&loop->followers, &follower->link);
    /* seq_cst, as is the look of the driver that leaves the role open: invariant 710 */
    atomic_fetch_add(&loop->n_followers, 1);
    syni_mutex_unlock(&loop->lock);
}

static void role_unlist_locked(struct syni_loop *loop, struct syni_follower *follower)
{
    SYNI_HOLDS(&loop->lock);
    SYNI_INVARIANT(382, follower->listed && atomic_load_explicit(&loop->n_followers, memory_order_relaxed) > 0);
    syni_list_remove(&follower->link);
    follower->listed = false;
    atomic_fetch_sub_explicit(&loop->n_followers, 1, memory_order_relaxed);
}

bool syni_role_unfollow(struct syni_loop *loop, struct syni_follower *follower)
{
    bool was_listed;

    syni_mutex_lock(&loop->lock);
    was_listed = follower->listed;
    if (was_listed)
        role_unlist_locked(loop, follower);
    syni_mutex_unlock(&loop->lock);
    return was_listed;
}

/* The first that follows has the role from here on, and finds out when it can take the lock. */
static bool role_call_locked(struct syni_loop *loop)
{
    struct syni_follower *first;
    struct syni_self *self;

    SYNI_HOLDS(&loop->lock);
    if (syni_list_empty(&loop->followers))
        return false;
    first = SYNI_CONTAINER(loop->followers.next, struct syni_follower, link);
    role_unlist_locked(loop, first);
    atomic_fetch_add_explicit(&loop->counts.passes, 1, memory_order_relaxed);
    self = first->self;
    syni_parker_wake(self->parker, &self->clock.called); /* the last touch of both */
    return true;
}

bool syni_role_pass(struct syni_loop *loop)
{
    return syni_role_few_follow(loop) && syni_role_pass_always(loop);
}

bool syni_role_pass_always(struct syni_loop *loop)
{
    bool passed;

    SYNI_INVARIANT(1, syni_loop_role(loop) == SYNI_ROLE_AWAKE);
    SYNI_DELAY(role_pass);
    syni_mutex_lock(&loop->lock);
    passed = role_call_locked(loop);
    syni_mutex_unlock(&loop->lock);
    return passed;
}
