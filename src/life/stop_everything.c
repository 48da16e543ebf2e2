/* SPDX-License-Identifier: Apache-2.0
 *
 * Stopping everything that this copy of the library runs, by a call and at exit; stop_all.c does it.
 *
 * The call gives all back afterwards, as if nothing had ever begun. At exit nothing is freed, since
 * the process ends anyway and other threads may still be inside; but the thread-specific key goes:
 * when this copy of the library is unloaded, that is its exit.
 */
#include "life/stop_everything.h"

#include <synchronicity/process.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/exits.h"
#include "base/report.h"
#include "inspect/slow_watch.h"
#include "inspect/unclaimed.h"
#include "life/home_stop.h"
#include "life/stop_all.h"
#include "loop/role.h"
#include "pool/grace.h"
#include "pool/pool_options.h"
#include "pool/pool_post.h"
#include "pool/pool_stop.h"
#include "pool/workers.h"
#include "task/home.h"
#include "task/slot.h"
#include "thread/interrupt.h"

/* --- by a call --- */

struct first_stuck {
    char name[40], why[SYN_MESSAGE_MAX];
};

static void note_stuck(void *user, const char *name, const char *why)
{
    struct first_stuck *first = user;

    if (first->name[0])
        return;
    snprintf(first->name, sizeof first->name, "%s", name);
    snprintf(first->why, sizeof first->why, "%s", why);
}

/* Nothing runs, and nobody is inside. */
static syn_err give_all_back(void)
{
    struct syni_counted *counted;
    syn_err err = SYN_OK;

    syni_thread_join_retired(); /* what the program does at their ends may still call */
    while (!err && (counted = syni_census_first(&syni_homes))) {
        struct syni_home *home = SYNI_CONTAINER(counted, struct syni_home, counted);
        struct syn_synchronizer *synchronizer = home->synchronizer;

        err = syni_home_free(home);
        if (!err)
            synchronizer->home = NULL;
    }
    while (!err && (counted = syni_census_first(&syni_pools)))
        err = syni_pool_forget(SYNI_CONTAINER(counted, struct syni_pool, counted));
    if (err)
        return err;
    syni_interrupt_end();
    syni_unclaimed_tell();
    syni_slow_await();
    syni_grace_await();
    syni_thread_join_retired();
    syni_self_end_all();
    syni_thread_give_key_back();
    syni_slots_give_back();
    return SYN_OK;
}

static syn_err everything_refuse_inside(void)
{
    if (syni_role_driving_now())
        return syni_refuse(SYN_EDEADLK,
                           "syn_stop_everything() on the thread that drives '%s', which would wait "
                           "for itself; call it in a thread of the program, outside of calls",
                           syni_role_driving_now()->loop->name);
    if (syni_worker_now())
        return syni_refuse(SYN_EDEADLK, "syn_stop_everything() in a job, which would wait for itself; "
                                        "call it in a thread of the program");
    return SYN_OK;
}

syn_err syn_stop_everything(struct syn_deadline deadline)
{
    static atomic_bool stopping;
    struct first_stuck first = {.name = ""};
    struct syni_stop_all all = {.deadline = deadline, .stuck = note_stuck, .user = &first};
    syn_err err = everything_refuse_inside();

    if (err)
        return err;
    if (atomic_exchange(&stopping, true))
        return syni_refuse(SYN_EBUSY, "syn_stop_everything() in two threads at once; one is enough");
    syni_stop_all(&all);
    err = all.n_stuck ? syni_refuse(SYN_ETIMEDOUT, "'%s': %s", first.name, first.why)
                      : give_all_back();
    stopping = false;
    return err;
}

/* --- at exit --- */

static _Atomic(int64_t) limit_ns = INT64_C(2000000000);

void syn_exit_limit(double seconds)
{
    limit_ns = seconds > 0 ? (int64_t)((seconds < 1e9 ? seconds : 1e9) * 1e9) : 0;
}

/* NAME is of what the calling thread drives, or works for. */
static bool is_own(const char *name)
{
    const struct syni_worker *worker = syni_worker_now();

    for (struct syni_driving *d = syni_role_driving_now(); d; d = d->outer)
        if (strcmp(d->loop->name, name) == 0)
            return true;
    return worker && strcmp(syni_pool_name(worker->pool), name) == 0;
}

static void say_stuck(void *unused, const char *name, const char *why)
{
    (void)unused;
    if (is_own(name))
        fprintf(stderr, "synchronicity: at exit: '%s' stands still, exit() was called on its thread\n",
                name);
    else if (!syn_last_report() || syn_last_report()->code != SYN_EDEADLK)
        fprintf(stderr, "synchronicity: at exit: '%s' is left behind: %s\n", name, why);
}

/* A pool is stopping, but a thread that drives a loop does not wait for its jobs, which may
 * need that, and one of its workers does not either. At exit others' jobs are waited for all the
 * same. UNTIL: points to a time. */
static void await_jobs(struct syni_counted *counted, void *until)
{
    enum { LOOK_NS = 2000000 };
    struct syni_pool *pool = SYNI_CONTAINER(counted, struct syni_pool, counted);
    struct syni_parker *parker = syni_parker_mine();
    int64_t now = syni_now();
    const struct syni_worker *worker = syni_worker_now();
    unsigned own = worker && worker->pool == pool ? 1 : 0, n = own + 1;

    while (n > own && now < *(int64_t *)until) {
        syni_mutex_lock(&pool->lock);
        n = pool->n_works;
        syni_mutex_unlock(&pool->lock);
        if (n > own)
            syni_parker_sleep(parker, now + LOOK_NS);
        now = syni_now();
    }
    if (n > own)
        fprintf(stderr, "synchronicity: at exit: %u jobs of '%s' are left behind\n", n - own,
                syni_pool_name(pool));
}

/* Some of the limit is for abandoning steps and jobs that do not return, which takes a moment, and
 * some for saying so. */
static void stop_within(int64_t limit)
{
    struct syni_stop_all all = {.stuck = say_stuck};

    syn_clock_join(NULL);
    all.deadline.ns = syni_now() + limit / 4 * 3;
    all.latest = all.deadline.ns + limit / 8;
    syni_stop_all(&all);
    if (all.n_stuck) {
        if (syni_role_driving_now() || syni_worker_now())
            syni_census_visit(&syni_pools, await_jobs, &all.deadline.ns);
        return;
    }
    syni_interrupt_end();
    syni_slow_await();
    syni_grace_await();
    syni_thread_join_retired();
    syni_self_await_ends(all.latest);
    syni_thread_give_key_back();
}

/* In a child that was forked there is what it began itself. */
static void at_exit(void)
{
    int64_t limit = limit_ns;

    if (syni_exits())
        return;
    syni_exit_begins(limit);
    if (limit > 0)
        stop_within(limit);
    syni_exit_stopped();
}

void syni_stop_everything_at_exit(void)
{
    static atomic_bool registered;

    /* relaxed: the exchange decides */
    if (!atomic_load_explicit(&registered, memory_order_relaxed) &&
        !atomic_exchange(&registered, true)) {
        atexit(syni_exit_await); /* after the other, by the second thread that exits */
        atexit(at_exit);
    }
}
