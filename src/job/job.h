/* SPDX-License-Identifier: Apache-2.0
 *
 * Jobs: calls of blocking functions. A job is a work of a pool with a core, in one frame.
 */
#ifndef SYNI_JOB_H
#define SYNI_JOB_H

#include <synchronicity/blocking.h>

#include "thread/job_wait.h"
#include "circle/chain.h"

/* A job that is not posted; NULL, and the handle says why. */
struct syni_pool_job *syni_job_make(const struct syn_blocking *function, struct syn_pool *pool,
                                    struct syn_future *out_future);

/* job_chain.c: to where the call that made the job of CORE returned; NULL: it is not known. */
const void *syni_job_call(const struct syni_core *core);

/* Its body runs some time, or its core says why not. PATIENT: as syni_pool_post() says. */
void syni_job_post(struct syni_pool_job *job, bool patient);

/* --- job_chain.c --- */

/* How a job waits for others. */
extern const struct syni_chain_ops syni_job_chain;

/* Its operation `implicate`: it gets the mark ID, and so does what it waits for. */
syn_err syni_job_implicate(struct syni_core *core, uint64_t id, struct syn_report **out_report);

/* --- job_refusal.c --- */

/* Why POOL would not run FUNCTION, which it refused with ERR; TAKEN: it did take it, and then found
 * no thread. NULL: no memory. */
struct syn_report *syni_job_refusal(struct syni_pool *pool, const char *function, syn_err err,
                                    bool taken);

/* --- job.c --- */

/* The clock that work made by this thread lives by; NULL: real time. */
struct syn_clock *syni_job_clock_here(void);

#endif
