/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the role of a synchronizer is, for the suites of those that drive.
 */
#ifndef ROLE_RIG_H
#define ROLE_RIG_H

#include <sched.h>

#include "loop/role_follow.h"
#include "support/call_rig.h"
#include "task/state.h"

static inline struct syni_loop *loop_of(struct syn_synchronizer *synchronizer)
{
    return &((struct syni_home *)synchronizer->home)->loop;
}

static inline void await_followers(struct syn_synchronizer *synchronizer, unsigned n)
{
    while (atomic_load(&loop_of(synchronizer)->n_followers) != n)
        sched_yield();
}

static inline void await_role(struct syn_synchronizer *synchronizer, enum syni_role role)
{
    while (atomic_load(&loop_of(synchronizer)->role) != role)
        sched_yield();
}

/* Before other threads look at it. */
static inline void begin_with(struct syn_synchronizer *synchronizer)
{
    begin_in_real_time();
    CHECK_INT(synchronizer_start(synchronizer), 0);
}

static inline void stop_and_free(struct syn_synchronizer *synchronizer)
{
    CHECK_INT(synchronizer_stop(synchronizer, syn_never()), 0);
    CHECK_INT(synchronizer_free(synchronizer), 0);
}

#endif
