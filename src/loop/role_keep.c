/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads that keep a role open for themselves. See role_keep.h.
 *
 * The thread itself.
 */
#include "loop/role_keep.h"

#include "base/time.h"
#include "loop/loop_inbox.h"

/* What a change of thread takes, and a call. */
enum { KEEP_SWITCH_NS = 20000, KEEP_CALL_NS = 1000, KEEP_MOST_IN_VAIN = 5 };

/* True: the thread, which calls, is about to drive. If others have run what it called for before, it does not get, but
 * detaches, or has callbacks; until it gets again nothing waits for it. */
static bool role_calls(struct syni_self *self, struct syni_loop *loop)
{
    struct syni_keeps *keeps = &self->keeps;

    if (keeps->loop != loop)
        *keeps = (struct syni_keeps){.loop = loop};
    if (keeps->calls > 0 && syni_stack_is_empty(&loop->inbox))
        keeps->gets = false;
    if (!keeps->gets)
        return false;
    if (keeps->calls++ == 0)
        keeps->since = syni_now();
    return keeps->patience.left_out == 0;
}

bool syni_role_post_call(struct syni_self *self, struct syni_loop *loop, struct syni_job *job)
{
    /* relaxed: a start that follows a stop may be writing it */
    return atomic_load_explicit(&loop->callers_drive, memory_order_relaxed) && role_calls(self, loop)
               ? syni_loop_post_kept(loop, job)
               : syni_loop_post(loop, job);
}

/* What it has learnt of the calls before this get. */
static void role_learn(struct syni_keeps *keeps)
{
    struct syni_patience *patience = &keeps->patience;

    if (patience->left_out > 0) {
        patience->left_out--;
    } else if (keeps->calls == 0 || syni_now() - keeps->since <= KEEP_SWITCH_NS + (int64_t)keeps->calls * KEEP_CALL_NS) {
        patience->in_vain = 0;
    } else {
        patience->left_out = 1U << patience->in_vain;
        patience->in_vain += patience->in_vain < KEEP_MOST_IN_VAIN;
    }
}

bool syni_role_gets(struct syni_self *self, const struct syni_loop *loop)
{
    struct syni_keeps *keeps = &self->keeps;

    if (keeps->loop != loop)
        return false;
    if (keeps->gets)
        role_learn(keeps);
    keeps->gets = true;
    keeps->calls = 0;
    return true;
}
