/* SPDX-License-Identifier: Apache-2.0
 *
 * What the suites of the pool share: gates, at which jobs stand until a case lets them go,
 * so that a case decides what runs when and nothing depends on how fast a machine is.
 */
#ifndef POOL_RIG_H
#define POOL_RIG_H

#include "call_rig.h"

struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool open;
    int arrived; /* ever */
};

static inline void gate_init(struct gate *gate)
{
    pthread_mutex_init(&gate->lock, NULL);
    pthread_cond_init(&gate->changed, NULL);
    gate->open = false;
    gate->arrived = 0;
}

/* Called by a job: stands here until the gate opens. */
static inline void gate_pass(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->arrived++;
    pthread_cond_broadcast(&gate->changed);
    while (!gate->open)
        pthread_cond_wait(&gate->changed, &gate->lock);
    pthread_mutex_unlock(&gate->lock);
}

/* Returns when N jobs stand, or stood, at it. */
static inline void gate_await(struct gate *gate, int n)
{
    pthread_mutex_lock(&gate->lock);
    while (gate->arrived < n)
        pthread_cond_wait(&gate->changed, &gate->lock);
    pthread_mutex_unlock(&gate->lock);
}

static inline void gate_open(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->open = true;
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->lock);
}

static inline void gate_fini(struct gate *gate)
{
    pthread_mutex_destroy(&gate->lock);
    pthread_cond_destroy(&gate->changed);
}

/* POOL is stopped, and nothing of it was lost. */
static inline void finish_pool(struct syn_pool *pool)
{
    struct syn_pool_stats stats;

    CHECK_INT(pool_stop(pool, syn_never()), SYN_OK);
    stats = pool_stats(pool);
    CHECK_INT(stats.threads, 0);
    CHECK_INT(stats.queued, 0);
    CHECK_INT(stats.submitted, stats.ended + stats.cancelled + stats.refused);
}

#endif
