/* SPDX-License-Identifier: Apache-2.0
 *
 * The watch's thread, and its rounds over homes and pools.
 *
 * It runs while something has a limit. Homes are listed here by their start, and taken off by their stop, which
 * waits while one is told of. Pools are found in their own list, and pinned meanwhile. One that begins to want the
 * thread is listed first and looks then whether it runs; the thread says first that it ends and looks then once
 * more what is listed: one of the two sees the other.
 */
#include "inspect/slow_watch.h"

#include "base/fork.h"
#include "base/time.h"
#include "inspect/slow.h"
#include "pool/pool_life.h"
#include "pool/pool_options.h"

enum { SLOW_LEAST_NS = 1000000 };
static const int64_t slow_most_ns = INT64_C(3600000000000);

static struct syni_mutex slow_lock = SYNI_MUTEX_INIT(SLOW);
static struct syni_cond slow_changed; /* made with the first thread */
static bool slow_made;
/* under the lock */
static struct syni_list slow_list = {&slow_list, &slow_list}; /* of homes that run */
static const struct syni_slow_watched *slow_telling;          /* is told of, without the lock */
static bool slow_runs, slow_rounding;
static bool slow_watches; /* the latest round found something that has a limit */
static unsigned slow_asked, slow_answered; /* rounds that were asked for, and made since */

/* How often the thread looks, in microseconds; 0: there is none, or it is about to end. */
static atomic_uint slow_period_us;
atomic_uint syni_slow_default_ms;

/* The thread is the parent's. */
static void slow_forked(void)
{
    syni_list_init(&slow_list);
    slow_telling = NULL;
    slow_made = slow_runs = slow_rounding = false;
    syni_slow_looks_forget();
    atomic_store(&slow_period_us, 0);
}

static struct syni_fork_call slow_fork_call = {.lock = &slow_lock, .child = slow_forked};

static int64_t slow_period(int64_t limit_ns)
{
    int64_t period = limit_ns / 2;

    return period < SLOW_LEAST_NS ? SLOW_LEAST_NS : period > slow_most_ns ? slow_most_ns : period;
}

static int64_t slow_sooner(int64_t period, int64_t limit_ns)
{
    int64_t other = slow_period(limit_ns);

    return period == 0 || other < period ? other : period;
}

/* --- a round --- */

/* Looks at the home of WATCHED; the lock is released while it is told of. */
static void slow_home_locked(struct syni_peek *peek, const struct syni_slow_watched *watched,
                             int64_t now, int64_t limit_ns)
{
    struct syni_home home;
    struct syni_slow_case slow = {.address = watched->home, .home = &home};
    struct syni_slow_state state = {.who = watched->home};
    const char *running;

    if (!syni_peek(peek, &home, watched->home, sizeof home))
        return;
    running = atomic_load_explicit(&home.running, memory_order_relaxed);
    if (!running || atomic_load_explicit(&home.loop.role, memory_order_relaxed) != SYNI_ROLE_AWAKE)
        return;
    state.what = home.current;
    state.next = home.loop.taken;
    state.left = home.loop.steps_left;
    state.count = atomic_load_explicit(&home.loop.counts.turns, memory_order_relaxed);
    if (!syni_slow_look(&state, now, limit_ns, &slow.held_ns))
        return;
    syni_peek_string(peek, slow.where, sizeof slow.where, home.loop.name);
    syni_peek_string(peek, slow.function, sizeof slow.function, running);
    slow.on_slow = watched->home->synchronizer->options.on_slow;
    slow.user = watched->home->synchronizer->options.user;
    slow_telling = watched;
    syni_mutex_unlock(&slow_lock);
    syni_slow_say(peek, &slow, now);
    syni_mutex_lock(&slow_lock);
    SYNI_INVARIANT(360, slow_telling == watched && !syni_list_empty(&slow_list));
    slow_telling = NULL;
    syni_cond_broadcast(&slow_changed);
}

static int64_t slow_homes_locked(struct syni_peek *peek, int64_t now)
{
    int64_t period = 0;

    SYNI_HOLDS(&slow_lock);
    SYNI_LIST_EACH (node, &slow_list) {
        const struct syni_slow_watched *watched =
            SYNI_CONTAINER(node, const struct syni_slow_watched, link);
        int64_t limit_ns = syni_slow_limit(watched->limit_ns);

        if (!limit_ns)
            continue;
        period = slow_sooner(period, limit_ns);
        slow_home_locked(peek, watched, now, limit_ns);
    }
    return period;
}

struct slow_pool {
    const struct syn_pool_options *options;
    const char *name;
    int64_t now, limit_ns;
};

static bool slow_worker(struct syni_dump *dump, const struct syni_list *node, void *user)
{
    const struct slow_pool *pool = user;
    const struct syni_worker *address = SYNI_CONTAINER(node, const struct syni_worker, link);
    struct syni_slow_case slow = {.worker = address,
                                  .on_slow = pool->options->on_slow,
                                  .user = pool->options->user};
    struct syni_slow_state state = {.who = address};
    struct syni_worker worker;
    struct syni_work work;

    if (!syni_peek(&dump->peek, &worker, address, sizeof worker) || !worker.work || worker.out ||
        !syni_peek(&dump->peek, &work, worker.work, sizeof work))
        return true;
    state.what = worker.work;
    state.count = worker.n_taken;
    if (!syni_slow_look(&state, pool->now, pool->limit_ns, &slow.held_ns))
        return true;
    slow.core = work.core;
    syni_peek_string(&dump->peek, slow.where, sizeof slow.where, pool->name);
    syni_peek_string(&dump->peek, slow.function, sizeof slow.function,
                     work.name ? work.name : "a job");
    syni_slow_say(&dump->peek, &slow, pool->now);
    return true;
}

static int64_t slow_pools(struct syni_dump *dump, int64_t now)
{
    struct syni_pool *pool;
    int64_t period = 0;

    for (unsigned i = 0; (pool = syni_pool_pin(i)); i++) {
        struct syn_pool_options options;
        struct slow_pool one = {.options = &options, .name = syni_pool_name(pool), .now = now};

        syni_mutex_lock(&pool->lock); /* they may be set anew, while it is idle */
        options = pool->owner->options;
        syni_mutex_unlock(&pool->lock);
        one.limit_ns = syni_slow_limit(options.job_limit_ns);
        if (one.limit_ns) {
            period = slow_sooner(period, one.limit_ns);
            syni_dump_each(dump, &pool->workers, 10000, slow_worker, &one);
        }
        syni_pool_unpin(pool);
    }
    return period;
}

int64_t syni_slow_round(int64_t now)
{
    struct syni_dump dump = {.depth = 0}; /* of which the peek is used */
    int64_t homes, pools;

    syni_mutex_lock(&slow_lock);
    while (slow_rounding)
        syni_cond_wait(&slow_changed, &slow_lock);
    slow_rounding = true;
    syni_slow_looks_begin();
    syni_peek_begin(&dump.peek);
    homes = slow_homes_locked(&dump.peek, now);
    syni_mutex_unlock(&slow_lock);
    pools = slow_pools(&dump, now);
    syni_peek_end(&dump.peek);
    syni_slow_looks_end();
    syni_mutex_lock(&slow_lock);
    slow_rounding = false;
    syni_cond_broadcast(&slow_changed);
    syni_mutex_unlock(&slow_lock);
    return !homes || (pools && pools < homes) ? pools : homes;
}

/* --- the thread --- */

static int64_t slow_round_until_none(void)
{
    int64_t period = syni_slow_round(syni_now());

    /* seq_cst: see above */
    atomic_store(&slow_period_us, (unsigned)(period / 1000));
    if (period)
        return period;
    period = syni_slow_round(syni_now());
    atomic_store(&slow_period_us, (unsigned)(period / 1000));
    return period;
}

static void slow_watch(void *unused)
{
    struct syni_thread before;
    int64_t period, until;
    bool joins;

    (void)unused;
    syni_mutex_lock(&slow_lock);
    for (;;) {
        unsigned asked = slow_asked;

        syni_mutex_unlock(&slow_lock);
        period = slow_round_until_none();
        syni_mutex_lock(&slow_lock);
        slow_answered = asked;
        slow_watches = period != 0;
        syni_cond_broadcast(&slow_changed);
        if (asked != slow_asked)
            continue;
        if (!period)
            break;
        until = syni_deadline_in(syni_now(), period);
        while (asked == slow_asked && syni_cond_wait_until(&slow_changed, &slow_lock, until))
            ; /* somebody else was told */
    }
    syni_slow_looks_free();
    slow_runs = false;
    joins = syni_thread_retire(&before);
    syni_cond_broadcast(&slow_changed);
    syni_mutex_unlock(&slow_lock);
    if (joins)
        syni_thread_join(&before);
}

/* The thread looks at once, and is started if there is none. Without it nothing is reported: the next that
 * wants it tries again. */
static void slow_ask_locked(void)
{
    struct syni_thread thread;

    SYNI_HOLDS(&slow_lock);
    slow_asked++;
    syni_cond_broadcast(&slow_changed);
    if (!slow_runs)
        slow_runs = syni_thread_start(&thread, "slow-steps", 0, slow_watch, NULL) == SYN_OK;
}

static void slow_prepare_locked(void)
{
    SYNI_HOLDS(&slow_lock);
    if (!slow_made)
        syni_cond_init(&slow_changed);
    slow_made = true;
}

void syni_slow_want(int64_t limit_ns)
{
    /* seq_cst: see above */
    unsigned period_us = atomic_load(&slow_period_us);

    if (period_us && period_us <= (unsigned)(slow_period(limit_ns) / 1000))
        return;
    if (syni_fork_watch(&slow_fork_call))
        return;
    syni_mutex_lock(&slow_lock);
    slow_prepare_locked();
    slow_ask_locked();
    syni_mutex_unlock(&slow_lock);
}

void syni_slow_set_default(unsigned ms)
{
    atomic_store(&syni_slow_default_ms, ms);
    if (ms)
        syni_slow_want((int64_t)ms * 1000000);
}

void syni_slow_add(struct syni_slow_watched *watched, struct syni_home *home)
{
    bool known = syni_fork_watch(&slow_fork_call) == SYN_OK;

    watched->home = home;
    watched->limit_ns = home->synchronizer->options.step_limit_ns;
    syni_list_init(&watched->link);
    syni_mutex_lock(&slow_lock);
    slow_prepare_locked();
    if (known)
        syni_list_append(&slow_list, &watched->link);
    if (known && syni_slow_limit(watched->limit_ns))
        slow_ask_locked();
    syni_mutex_unlock(&slow_lock);
}

void syni_slow_remove(struct syni_slow_watched *watched)
{
    syni_mutex_lock(&slow_lock);
    while (slow_telling == watched)
        syni_cond_wait(&slow_changed, &slow_lock);
    syni_list_remove(&watched->link);
    if (slow_runs) { /* it may have been the last */
        slow_asked++;
        syni_cond_broadcast(&slow_changed);
    }
    syni_mutex_unlock(&slow_lock);
}

void syni_slow_await(void)
{
    unsigned mine;

    syni_mutex_lock(&slow_lock);
    mine = ++slow_asked;
    if (slow_runs)
        syni_cond_broadcast(&slow_changed);
    while (slow_runs && !(slow_watches && (int)(slow_answered - mine) >= 0))
        syni_cond_wait(&slow_changed, &slow_lock);
    syni_mutex_unlock(&slow_lock);
}
