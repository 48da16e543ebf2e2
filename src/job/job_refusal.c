/* SPDX-License-Identifier: Apache-2.0
 *
 * Why a pool would not run something, in words. Any thread.
 */
#include "job/job.h"

#include "base/report.h"
#include "pool/pool_options.h"

static struct syn_report *refusal_closed(const char *function, const char *pool)
{
    return syni_report_format(SYN_ECLOSED, SYN_BY_LIBRARY, "%s: the pool '%s' takes no jobs",
                              function, pool);
}

static struct syn_report *hopeless(const char *function, const char *pool)
{
    return syni_report_format(SYN_EDEADLK, SYN_BY_LIBRARY,
                              "%s: all threads of the pool '%s' wait, perhaps for this job, and its "
                              "hard_limit is reached",
                              function, pool);
}

static struct syn_report *invalid(struct syni_pool *pool, const char *function, const char *name)
{
    char why[SYNI_DOUBT_SIZE];
    syn_err err = syni_pool_doubt_own(pool, why);

    if (err)
        return syni_report_format(err, SYN_BY_LIBRARY,
                                  "%s: the pool '%s' takes no jobs: its %s", function, name, why);
    return syni_report_format(SYN_EINVAL, SYN_BY_LIBRARY,
                              "%s: its strand has jobs in another pool than '%s'", function, name);
}

static struct syn_report *full(const char *function, const char *pool)
{
    return syni_report_format(SYN_EAGAIN, SYN_BY_LIBRARY,
                              "%s: the pool '%s' is full: its queue_bound is reached", function,
                              pool);
}

struct syn_report *syni_job_refusal(struct syni_pool *pool, const char *function, syn_err err,
                                    bool taken)
{
    const char *name = syni_pool_name(pool);
    enum syn_origin origin = err == SYN_ETIMEDOUT ? SYN_BY_DEADLINE : SYN_BY_LIBRARY;

    if (err == SYN_ECLOSED)
        return refusal_closed(function, name);
    if (err == SYN_EDEADLK)
        return hopeless(function, name);
    if (err == SYN_EINVAL || (err == SYN_EABI && syni_pool_doubt_own(pool, (char[SYNI_DOUBT_SIZE]){0})))
        return invalid(pool, function, name);
    if (err == SYN_EAGAIN && !taken)
        return full(function, name);
    if (err == SYN_ETIMEDOUT && !taken)
        return syni_report_format(err, origin, "%s: " SYNI_TOO_LATE, function);
    return syni_report_format(err, origin, taken ? "%s: the pool '%s' could start no thread"
                                                 : "%s: the pool '%s' could not take it",
                              function, name);
}
