/* SPDX-License-Identifier: Apache-2.0
 *
 * Why a future does not serve, or a synchronizer or a pool would not run something, in words.
 * Any thread for which it stays.
 */
#include "facade/home.h"
#include "facade/job.h"

#include <stdio.h>

#include "base/report.h"

void syni_home_note_death(struct syni_home *home)
{
    const char *step = atomic_load_explicit(&home->running, memory_order_relaxed);
    size_t size = sizeof home->why_died;

    if (home->loop.died != SYN_ELOOPDEAD)
        snprintf(home->why_died, size, "the loop of synchronizer '%s' died: %s", home->loop.name,
                 syni_loop_cause(&home->loop));
    else
        snprintf(home->why_died, size,
                 "the loop of synchronizer '%s' died: its thread was ended inside %s",
                 home->loop.name, step ? step : "a callback");
}

static struct syn_report *died(struct syn_synchronizer *synchronizer, const char *name)
{
    struct syni_home *home = syni_home_peek(synchronizer);

    if (home && home->why_died[0])
        return syni_report_format(SYN_ELOOPDEAD, SYN_BY_LIBRARY, "%s: %.150s", name,
                                  home->why_died);
    return syni_report_format(SYN_ELOOPDEAD, SYN_BY_LIBRARY,
                              "%s: the thread of its synchronizer '%s' stayed behind in a step when "
                              "it was stopped",
                              name, syni_name_of(synchronizer));
}

/* The first call starts it, which failed. */
static struct syn_report *not_started(struct syn_synchronizer *synchronizer, syn_err err,
                                      const char *name)
{
    struct syn_report *cause = syni_report_take();
    struct syn_report *report =
        syni_report_format(err, SYN_BY_LIBRARY, "%s: its synchronizer '%s' could not be started",
                           name, syni_name_of(synchronizer));

    if (report && cause && cause->code == err)
        report->cause = cause;
    else
        syni_report_free(cause);
    return report;
}

struct syn_report *syni_home_report(struct syn_synchronizer *synchronizer, syn_err err,
                                    const char *name)
{
    if (err == SYN_EABI)
        return syni_report_format(err, SYN_BY_LIBRARY,
                                  "%s: compiled against another version of the headers", name);
    if (err == SYN_ELOOPDEAD)
        return died(synchronizer, name);
    if (err == SYN_ECLOSED)
        return syni_report_format(err, SYN_BY_LIBRARY,
                                  "%s: its synchronizer '%s' was stopped and takes no calls; "
                                  "syn_synchronizer_start() begins anew",
                                  name, syni_name_of(synchronizer));
    return not_started(synchronizer, err, name);
}

syn_err syni_refuse_home(struct syn_synchronizer *synchronizer, syn_err err, const char *name)
{
    return syni_report_keep(err, SYN_BY_LIBRARY, syni_home_report(synchronizer, err, name));
}

syn_err syni_refuse_future(syn_err err)
{
    return syni_refuse(err, "%s", syni_core_refusal(err));
}

/* --- pools --- */

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

struct syn_report *syni_refusal(struct syni_pool *pool, const char *function, syn_err err,
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
