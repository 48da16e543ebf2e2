/* SPDX-License-Identifier: Apache-2.0
 *
 * What the suites of the inbox share: pools with all threads at a gate, so that what is
 * submitted lies on it.
 */
#ifndef POOL_INBOX_RIG_H
#define POOL_INBOX_RIG_H

#include "pool/pool.h"
#include "pool/pool_post.h"
#include "support/pool_rig.h"

SYNCHRONIZER(demo);
POOL(workers, .max_threads = 2);

static struct gate gate;
static atomic_int ran;

BLOCKING(workers, int, standing, (struct gate *, at))
{
    gate_pass(at);
    return 0;
}

BLOCKING(workers, int, counting, (int, x))
{
    ran++;
    return x;
}

static inline struct syni_pool *inside(struct syn_pool *pool)
{
    return syni_pool_of(pool);
}

static inline bool is_in_inbox(struct syn_pool *pool)
{
    return !syni_stack_is_empty(&inside(pool)->inbox);
}

/* All N threads of POOL stand at the gate. */
static inline void occupy(struct syn_pool *pool, int n, struct standing_future f[])
{
    gate_init(&gate);
    for (int i = 0; i < n; i++)
        f[i] = pool_submit(pool, standing, &gate);
    gate_await(&gate, n);
}

static inline void release(int n, struct standing_future f[])
{
    gate_open(&gate);
    for (int i = 0; i < n; i++)
        CHECK_INT(future_get(f[i], NULL), SYN_OK);
}

static inline void over(struct syn_pool *pool)
{
    finish_pool(pool);
    finish(&demo);
    done_after(256);
}

#endif
