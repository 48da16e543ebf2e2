/* SPDX-License-Identifier: Apache-2.0
 *
 * What the suites of circles over loops and pools share: three loops and a pool, a task of `c` that takes its
 * time, and what was refused first.
 *
 * A case says begin(), and end_all(). Where a wait ends it says note(), which bears no error but SYN_EDEADLK;
 * then the case looks at `refused`, or says was_refused().
 */
#ifndef CIRCLE_RIG_H
#define CIRCLE_RIG_H

#include "pool_rig.h"

SYNCHRONIZER(a);
SYNCHRONIZER(b);
SYNCHRONIZER(c);
POOL(workers, .max_threads = 2, .grace_ns = -1);

/* SLOTS: as done_after() says. */
static inline void end_all_after(unsigned long slots)
{
    finish_pool(&workers);
    finish(&a);
    finish(&b);
    finish(&c);
    done_after(slots);
}

static inline void end_all(void)
{
    end_all_after(0);
}

ASYNC(c, int, c_naps, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_return(7);
    co_end;
}

/* The first of the waits that were refused since forget(). The lock is for the threads that note. */
static struct refusal {
    pthread_mutex_t lock;
    int count; /* of all of them */
    int64_t at;
    char said[2000];
} refused = {.lock = PTHREAD_MUTEX_INITIALIZER};

static atomic_int n_over; /* for those that end by whatever comes */

static inline void forget(void)
{
    pthread_mutex_lock(&refused.lock);
    refused.count = 0;
    refused.said[0] = 0;
    pthread_mutex_unlock(&refused.lock);
    n_over = 0;
}

static inline syn_err note(syn_err err, const struct syn_report *report)
{
    if (!err)
        return err;
    if (err != SYN_EDEADLK)
        test_fail(__FILE__, __LINE__, "%s: %s", syn_strerror(err), report ? report->message : "");
    pthread_mutex_lock(&refused.lock);
    if (refused.count++ == 0) {
        refused.at = now();
        syn_report_text(report, refused.said, sizeof refused.said);
    }
    pthread_mutex_unlock(&refused.lock);
    return err;
}

/* The thread's, of what it just called. */
static inline syn_err noted(syn_err err)
{
    return note(err, syn_last_report());
}

/* In a body. */
#define NOTE note(co_status, syn_task_report(&self->syn))

/* One was, and its report says both. */
static inline void was_refused(const char *file, int line, const char *one, const char *other)
{
    struct refusal r;

    pthread_mutex_lock(&refused.lock);
    r = refused;
    pthread_mutex_unlock(&refused.lock);
    if (r.count == 0)
        test_fail(file, line, "nothing was refused");
    if (!strstr(r.said, one) || !strstr(r.said, other))
        test_fail(file, line, "the report says \"%s\", not \"%s\" and \"%s\"", r.said, one, other);
}
#define REFUSED(one, other) was_refused(__FILE__, __LINE__, (one), (other))

#endif
