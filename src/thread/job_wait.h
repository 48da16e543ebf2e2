/* SPDX-License-Identifier: Apache-2.0
 *
 * What a job is made of, for all that waits with one and for one. job.h has what is done with it.
 *
 * The frame has two references at first, as every core: the producer's, which keeps arguments and the place of the
 * result while the body runs, and the reader's. Only one that is abandoned has a third, the body's.
 */
#ifndef SYNI_JOB_WAIT_H
#define SYNI_JOB_WAIT_H

#include <synchronicity/blocking.h>

#include "pool/pool.h"
#include "thread/thread_waits.h"

/* struct syn_job as the library sees it. */
struct __attribute__((may_alias)) syni_pool_job {
    struct syni_core core;
    const struct syn_blocking *function;
    struct syni_bindings *locals; /* held */
    SYNI_ALIGNED_8 _Atomic(int64_t) deadline;    /* the earliest that it was made or awaited under */
    bool copy_failed;
    bool late;  /* made under a deadline that had passed: it does not begin */
    bool begun; /* its arguments are the body's, or gone */

    /* the body's */
    bool failed;
    syn_err err;
    struct syn_report *report; /* the body's */

    /* of a generator */
    struct syni_channel *channel; /* held */

    struct syni_work work; /* its first half between what each job needs (pool/pool.h) */
    struct syn_pool *pool;

    /* of a generator */
    struct syni_thread_waiter *yields; /* the body's, in a yield */
};

_Static_assert(sizeof(struct syni_pool_job) <= sizeof(struct syn_job),
               "struct syn_job has too little room: raise SYNI_JOB_WORDS and SYNI_ABI");
_Static_assert(_Alignof(struct syni_pool_job) <= _Alignof(struct syn_job), "misaligned");

#define SYNI_JOB(pointer) ((struct syni_pool_job *)(void *)(pointer))

/* The job of WORK; NULL: it is another kind of work. */
static inline struct syni_pool_job *syni_pool_job_from(struct syni_work *work)
{
    return work && work->is_job ? SYNI_CONTAINER(work, struct syni_pool_job, work) : NULL;
}

#endif
