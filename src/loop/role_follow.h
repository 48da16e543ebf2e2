/* SPDX-License-Identifier: Apache-2.0
 *
 * FOLLOWERS: callers that block on what a loop brings, while another thread drives it.
 *
 * Of several callers that block one drives, the leader. When it leaves it passes the role to the first that follows,
 * directly (leader and followers). A follower sleeps in its parker, and is woken for one of two reasons: it is told, by the
 * driver, which takes it off the list before; or it is CALLED, then it has the role.
 *
 *     listed ── told by the driver ──> not listed, and done
 *        └───── called by the driver that leaves, or by a poster that took a role which was nobody's ──> it drives
 *
 * A follower is listed before it posts what it waits for. So a role that became nobody's in between is its own: its post
 * finds that, and calls the first that follows. One that posts nothing looks at the role itself.
 */
#ifndef SYNI_ROLE_FOLLOW_H
#define SYNI_ROLE_FOLLOW_H

#include "base/self.h"
#include "loop/loop.h"

/* Lies on its thread's stack. Under the loop's lock. */
struct syni_follower {
    struct syni_list link;
    struct syni_self *self;
    bool listed;
};

/* The calling thread is going to post something to LOOP, and to block until the driver tells it. It may be called
 * from here on, once. */
void syni_role_follow(struct syni_loop *loop, struct syni_follower *follower, struct syni_self *self);

/* It may not any more; false: it was called. By the driver that tells it, or by itself if nobody will. */
bool syni_role_unfollow(struct syni_loop *loop, struct syni_follower *follower);

/* SELF, the calling thread, was called, and has the role. Says so once. */
static inline bool syni_role_was_called(struct syni_self *self)
{
    /* acquire: what the driver before did. relaxed: a look */
    if (!atomic_load_explicit(&self->clock.called, memory_order_relaxed) ||
        !atomic_exchange_explicit(&self->clock.called, false, memory_order_acquire))
        return false;
    syni_parker_settle(self->parker);
    return true;
}

/* Callers follow, and no CROWD of them. A leader that leaves a crowd would be waited for by all until the next one runs,
 * each time; so that is served by the dedicated thread. relaxed: one that comes at this moment posts, and finds the role
 * where it was left. */
enum { SYNI_FEW_FOLLOWERS = 2 };
static inline bool syni_role_few_follow(const struct syni_loop *loop)
{
    unsigned n = atomic_load_explicit(&loop->n_followers, memory_order_relaxed);

    return n > 0 && n <= SYNI_FEW_FOLLOWERS;
}

/* The caller holds the role; from here on the first that follows does. False: none does, or a crowd. */
bool syni_role_pass(struct syni_loop *loop);
/* The same, though they are a crowd: there is no dedicated thread to be had. */
bool syni_role_pass_always(struct syni_loop *loop);

/* From FROM to TO, if it is FROM. */
bool syni_role_move(struct syni_loop *loop, enum syni_role from, enum syni_role to);

/* ROLE, as it was seen last, was nobody's, and is the caller's. False: it is another thread's. */
bool syni_role_take(struct syni_loop *loop, enum syni_role role);

/* The caller holds the role; from here on the dedicated thread does, or, TO_A_CALLER, the first that follows. */
void syni_role_hand_over(struct syni_loop *loop, bool to_a_caller);

/* The driver goes on for about as long as handing the role over takes. */
void syni_loop_run_ahead(struct syni_loop *loop);

#endif
