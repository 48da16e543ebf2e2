/* SPDX-License-Identifier: Apache-2.0
 *
 * Any function as a job.
 */
#define SYNI_IN_LIBRARY 1

#include <synchronicity/blocking.h>

SYN_BLOCKING_DEFINE(SYN_DEFAULT_POOL, void *, syn_run, (syn_run_fn *, fn), (void *, argument))
{
    if (!fn)
        return syn_job_fail(job, SYN_EINVAL, "there is no function to run");
    return fn(argument);
}
