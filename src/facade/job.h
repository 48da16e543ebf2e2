/* SPDX-License-Identifier: Apache-2.0
 *
 * Jobs: calls of blocking functions. A job is a work of a pool with a core, in one frame.
 *
 * The frame has three references at first: the producer's and the reader's, as every core,
 * and the body's, which keeps arguments and the place of the result while the body runs,
 * also when the waiter was let go.
 */
#ifndef SYNI_JOB_H
#define SYNI_JOB_H

#include <synchronicity/blocking.h>

#include "facade/home.h"
#include "task/chain.h"
#include "pool/pool.h"

/* struct syn_job as the library sees it. */
struct __attribute__((may_alias)) syni_pool_job {
    struct syni_core core;
    const struct syn_blocking *function;
    struct syni_bindings *locals; /* held */
    _Atomic(int64_t) deadline;    /* the earliest that it was made or awaited under */
    bool copy_failed;
    bool late;  /* made under a deadline that had passed: it does not begin */
    bool begun; /* its arguments are the body's, or gone */

    /* the body's */
    bool failed;
    syn_err err;

    struct syni_work work;
    struct syn_pool *pool;
    struct syn_report *report; /* the body's */

    /* of a generator */
    struct syni_channel *channel;      /* held */
    struct syni_thread_waiter *yields; /* the body's, in a yield */
};

_Static_assert(sizeof(struct syni_pool_job) <= sizeof(struct syn_job),
               "struct syn_job has too little room: raise SYNI_JOB_WORDS and SYN_ABI");
_Static_assert(_Alignof(struct syni_pool_job) <= _Alignof(struct syn_job), "misaligned");

#define SYNI_JOB(pointer) ((struct syni_pool_job *)(void *)(pointer))

/* A job with REFERENCES, not posted; NULL, and the handle says why. */
struct syni_pool_job *syni_job_make(const struct syn_blocking *function, struct syn_pool *pool,
                                    unsigned references, struct syn_future *out_future);

/* job_chain.c: to where the call that made the job of CORE returned; NULL: it is not known. */
const void *syni_job_call(const struct syni_core *core);

/* Its body runs some time, or its core says why not. It has the body's reference. PATIENT: as
 * syni_pool_post() says. */
void syni_job_post(struct syni_pool_job *job, bool patient);

/* The job of WORK; NULL: it is another kind of work. */
static inline struct syni_pool_job *syni_pool_job_from(struct syni_work *work)
{
    return work && work->is_job ? SYNI_CONTAINER(work, struct syni_pool_job, work) : NULL;
}

/* --- job_chain.c --- */

/* How a job waits for others. */
extern const struct syni_chain_ops syni_job_chain;

/* Its operation `implicate`: it gets the mark ID, and so does what it waits for. */
syn_err syni_job_implicate(struct syni_core *core, uint64_t id, struct syn_report **out_report);

/* Why POOL would not run FUNCTION, which it refused with ERR; TAKEN: it did take it, and then found
 * no thread. NULL: no memory. */
struct syn_report *syni_refusal(struct syni_pool *pool, const char *function, syn_err err,
                                bool taken);

/* The clock that work made by this thread lives by; NULL: real time. */
struct syn_clock *syni_clock_here(void);

#endif
