/* SPDX-License-Identifier: Apache-2.0
 *
 * What suites of blocking functions and of pools share: two workers, jobs that stand at a gate,
 * and a result that must be destroyed.
 */
#ifndef WORKER_RIG_H
#define WORKER_RIG_H

#include "support/pool_rig.h"

SYNCHRONIZER(demo);
POOL(workers, .max_threads = 2, .grace_ns = 1000000);

static struct gate gate;
static atomic_int made, destroyed; /* of what owned() returns */

BLOCKING(workers, int, twice, (int, x), DOC("doubles it"))
{
    return 2 * x;
}

BLOCKING(workers, int, standing, (struct gate *, at), (int, x))
{
    gate_pass(at);
    return x;
}

static inline void destroy_int(int *n)
{
    destroyed++;
    free(n);
}

BLOCKING(workers, int *, owned, (struct gate *, at), DESTROY(destroy_int))
{
    int *n = malloc(sizeof *n);

    gate_pass(at);
    made++;
    *n = 1;
    return n;
}

static inline void over(struct syn_pool *pool)
{
    finish_pool(pool);
    finish_pool(syn_default_pool());
    finish(&demo);
    done();
}

#endif
