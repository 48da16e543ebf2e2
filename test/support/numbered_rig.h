/* SPDX-License-Identifier: Apache-2.0
 *
 * What the suites of the inbox share: a loop, and jobs that note in which order they ran.
 */
#ifndef NUMBERED_RIG_H
#define NUMBERED_RIG_H

#include "support/loop_rig.h"

enum { MANY = 1000 };

/* A job that notes when it ran. */
struct numbered {
    struct syni_job job;
    int number;
};

static struct rig rig;
static struct numbered jobs[MANY];
static int order[MANY + 10], n_order;

static inline void note(struct syni_job *job)
{
    order[n_order++] = SYNI_CONTAINER(job, struct numbered, job)->number;
}

static inline void number_jobs(void)
{
    for (int i = 0; i < MANY; i++)
        jobs[i] = (struct numbered){{.run = note}, i};
}

static inline void check_order(int n)
{
    CHECK_INT(n_order, n);
    for (int i = 0; i < n; i++)
        CHECK_INT(order[i], i);
}

#endif
