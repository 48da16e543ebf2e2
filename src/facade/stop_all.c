/* SPDX-License-Identifier: Apache-2.0
 *
 * Stopping all that runs: at the end of the process, and before a copy of the library is unloaded.
 *
 * Synchronizers first, since their clean-ups may need the pools. Each is held while it is stopped,
 * so that one which another thread frees at this moment stays until then. Any thread.
 */
#include "base/report.h"
#include "facade/life.h"
#include "pool/pool.h"

struct sweep {
    struct syn_deadline deadline;
    void (*stuck)(void *user, const char *name, const char *why);
    void *user;
    unsigned n_stuck;
};

static _Atomic(unsigned) sweeps;

static void stop_all_note(struct sweep *sweep, const char *name, syn_err err)
{
    const struct syn_report *report = syn_last_report();

    if (!err)
        return;
    sweep->n_stuck++;
    sweep->stuck(sweep->user, name, report ? report->message : syn_strerror(err));
}

static void stop_homes(struct sweep *sweep)
{
    unsigned number = ++sweeps;
    struct syni_home *home;

    while ((home = syni_life_sweep(number, true)))
        syni_life_let_go(home);
    number = ++sweeps;
    while ((home = syni_life_sweep(number, false))) {
        stop_all_note(sweep, home->loop.name, syni_home_stop(home, sweep->deadline));
        syni_life_let_go(home);
    }
}

static void stop_pools(struct sweep *sweep)
{
    unsigned number = ++sweeps;
    struct syni_pool *pool;

    while ((pool = syni_pool_sweep(number))) {
        syni_pool_ask(pool, SYN_BY_STOP + 1);
        syni_pool_unpin(pool);
    }
    number = ++sweeps;
    while ((pool = syni_pool_sweep(number))) {
        stop_all_note(sweep, syni_pool_name(pool), syn_pool_stop(pool->owner, sweep->deadline));
        syni_pool_unpin(pool);
    }
}

unsigned syni_stop_all(struct syn_deadline deadline,
                       void (*stuck)(void *user, const char *name, const char *why), void *user)
{
    struct sweep sweep = {.deadline = deadline, .stuck = stuck, .user = user};
    int cancel_state = syni_thread_hold_cancel(); /* also while STUCK is called: one is held then */

    stop_homes(&sweep);
    stop_pools(&sweep);
    syni_thread_let_cancel(cancel_state);
    return sweep.n_stuck;
}
