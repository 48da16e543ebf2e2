/* SPDX-License-Identifier: Apache-2.0
 *
 * Stopping all there is: at the end of the process, and before a copy of the library is unloaded.
 *
 * Synchronizers first, since their clean-ups may need the pools. Each is pinned while it is stopped,
 * so that one which another thread frees at this moment stays until then. Any thread.
 */
#include "life/stop_all.h"

#include "base/report.h"
#include "life/home_stop.h"
#include "life/life.h"
#include "life/pool.h"
#include "pool/pool_options.h"
#include "pool/pool_post.h"
#include "pool/pool_stop.h"
#include "task/home.h"

static void stop_all_note(struct syni_stop_all *all, const char *name, syn_err err)
{
    const struct syn_report *report = syn_last_report();

    if (!err)
        return;
    all->n_stuck++;
    all->stuck(all->user, name, report ? report->message : syn_strerror(err));
}

static struct syni_home *counted_home(struct syni_counted *counted)
{
    return SYNI_CONTAINER(counted, struct syni_home, counted);
}

static struct syni_pool *counted_pool(struct syni_counted *counted)
{
    return SYNI_CONTAINER(counted, struct syni_pool, counted);
}

static void ask_one_home(struct syni_counted *counted, void *unused)
{
    (void)unused;
    syni_life_ask(counted_home(counted));
}

/* An interrupt means that there is no time left, for none of them. */
static bool stop_all_is_interrupted(struct syni_stop_all *all, syn_err err)
{
    if (err == SYN_EINTR)
        all->deadline.ns = 0;
    return err == SYN_EINTR;
}

static void stop_one_home(struct syni_counted *counted, void *user)
{
    struct syni_stop_all *all = user;
    struct syni_home *home = counted_home(counted);
    syn_err err;

    do {
        err = syni_home_stop(home, all->deadline, &all->latest);
    } while (stop_all_is_interrupted(all, err));
    stop_all_note(all, home->loop.name, err);
}

static void ask_one_pool(struct syni_counted *counted, void *unused)
{
    (void)unused;
    syni_pool_ask(counted_pool(counted), SYN_BY_STOP + 1);
}

static void stop_one_pool(struct syni_counted *counted, void *user)
{
    struct syni_stop_all *all = user;
    struct syni_pool *pool = counted_pool(counted);
    syn_err err;

    do {
        err = syni_pool_stop_by(pool->owner, all->deadline, &all->latest);
    } while (stop_all_is_interrupted(all, err));
    stop_all_note(all, syni_pool_name(pool), err);
}

void syni_stop_all(struct syni_stop_all *all)
{
    int cancel_state = syni_thread_hold_cancel(); /* also while STUCK is called: one is pinned then */

    all->n_stuck = 0;
    syni_census_visit(&syni_homes, ask_one_home, NULL);
    syni_census_visit(&syni_homes, stop_one_home, all);
    syni_census_visit(&syni_pools, ask_one_pool, NULL);
    syni_census_visit(&syni_pools, stop_one_pool, all);
    syni_thread_let_cancel(cancel_state);
}
