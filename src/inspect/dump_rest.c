/* SPDX-License-Identifier: Apache-2.0
 *
 * What a dump shows besides tasks: pools with their jobs, threads that wait, channels that nobody closed.
 * Everything is read by peek.h. By the dumping thread.
 */
#include "inspect/dump.h"

#include <stddef.h>

#include "base/time.h"
#include "channel/channel.h"
#include "circle/search.h"
#include "pool/pool_life.h"
#include "pool/work_seen.h"

struct dump_jobs {
    const char *state;
    unsigned shown;
};

static void dump_job(struct syni_dump *dump, const struct syni_work *address, const char *state)
{
    struct syni_work work;
    char name[SYNI_DUMP_NAME];

    if (!syni_peek(&dump->peek, &work, address, sizeof work))
        return;
    syni_peek_string(&dump->peek, name, sizeof name, work.name);
    syni_dump_thing(dump, 1, "job", work.name ? name : "a job");
    syni_dump_word(dump, "state", ": ", work.abandoned ? "abandoned, and still runs" : state);
    if (!work.abandoned && atomic_load_explicit(&work.asked, memory_order_relaxed))
        syni_dump_word(dump, "leaves", "", "cancelled");
    if (work.core)
        syni_dump_made(dump, work.core, work.made);
}

static bool dump_worker(struct syni_dump *dump, const struct syni_list *node, void *user)
{
    struct dump_jobs *jobs = user;
    struct syni_worker worker;

    if (syni_peek(&dump->peek, &worker, SYNI_CONTAINER(node, const struct syni_worker, link),
                  sizeof worker) &&
        worker.work) {
        dump_job(dump, worker.work, worker.out ? "runs, and waits" : "runs");
        jobs->shown++;
    }
    return jobs->shown < SYNI_DUMP_MOST;
}

static bool dump_queued(struct syni_dump *dump, const struct syni_list *node, void *user)
{
    struct dump_jobs *jobs = user;

    dump_job(dump, SYNI_CONTAINER(node, const struct syni_work, link), "waits for a thread");
    return ++jobs->shown < SYNI_DUMP_MOST;
}

/* Works that were posted without the lock, the latest first. */
static void dump_inbox(struct syni_dump *dump, const struct syni_pool *pool, struct dump_jobs *jobs)
{
    const struct syni_link *at = atomic_load_explicit(&pool->inbox.top, memory_order_relaxed);
    struct syni_link link;

    while (at && at != &syni_stack_mark && jobs->shown < SYNI_DUMP_MOST &&
           syni_peek(&dump->peek, &link, at, sizeof link)) {
        dump_job(dump, SYNI_CONTAINER(at, const struct syni_work, in_inbox), "waits for a thread");
        jobs->shown++;
        at = link.next;
    }
}

static bool dump_pool(struct syni_dump *dump, const struct syni_list *node, void *user)
{
    const struct syni_pool *address = SYNI_CONTAINER(node, const struct syni_pool, registered);
    struct dump_jobs running = {0}, queued = {0};
    struct syni_pool pool;
    struct syn_pool owner;
    char name[SYNI_DUMP_NAME];

    (void)user;
    if (!syni_peek(&dump->peek, &pool, address, sizeof pool) ||
        !syni_peek(&dump->peek, &owner, pool.owner, sizeof owner))
        return true;
    syni_peek_string(&dump->peek, name, sizeof name, owner.options.name);
    syni_dump_thing(dump, 0, "pool", owner.options.name ? name : "pool");
    syni_dump_number(dump, "threads", NULL, pool.n_threads);
    syni_dump_number(dump, "blocked", NULL, pool.n_blocked);
    syni_dump_number(dump, "idle", NULL, pool.n_idle);
    syni_dump_number(dump, "queued", NULL, (int64_t)pool.stats.queued);
    syni_dump_number(dump, "abandoned", NULL, (int64_t)pool.stats.abandoned);
    syni_dump_each(dump, &address->workers, 10000, dump_worker, &running);
    syni_dump_each(dump, &address->urgent, SYNI_DUMP_MOST, dump_queued, &queued);
    if (queued.shown < SYNI_DUMP_MOST)
        syni_dump_each(dump, &address->others, SYNI_DUMP_MOST, dump_queued, &queued);
    dump_inbox(dump, &pool, &queued);
    if (pool.stats.queued > queued.shown)
        syni_dump_rest(dump, 1, "jobs", pool.stats.queued - queued.shown);
    return true;
}

void syni_dump_pools(struct syni_dump *dump)
{
    syni_dump_each(dump, syni_pool_list(), 100, dump_pool, NULL);
}

void syni_dump_searches(struct syni_dump *dump)
{
    unsigned long n = syni_search_n_cut();

    if (n == 0)
        return;
    syni_dump_thing(dump, 0, "searches", "for circles of waits");
    syni_dump_number(dump, "cut", "cut short:", (int64_t)n);
    syni_dump_number(dump, "bound", "tasks and jobs seen by each:", SYNI_GRAPH_FAR);
}

/* AT: the core that it waits for; NULL: any wait. */
static bool dump_thread(struct syni_dump *dump, const struct syni_list *node, void *at)
{
    struct syni_self self;
    char what[SYNI_DUMP_NAME];

    if (!syni_peek(&dump->peek, &self, SYNI_CONTAINER(node, const struct syni_self, link),
                   sizeof self) ||
        !self.sleeps_for || (at && self.sleeps_at != at))
        return true;
    syni_peek_string(&dump->peek, what, sizeof what, self.sleeps_for);
    syni_dump_thing(dump, 0, "thread", self.name);
    syni_dump_word(dump, "waits_for", ": waits for ", what);
    syni_dump_span(dump, "since", "for", syni_now() - self.sleeps_since);
    if (self.worker)
        syni_dump_word(dump, "in", "", "in a job");
    else if (self.driving)
        syni_dump_word(dump, "in", "", "in a step, so its loop stands still");
    return true;
}

void syni_dump_threads(struct syni_dump *dump)
{
    syni_dump_each(dump, syni_self_list(), 10000, dump_thread, NULL);
}

void syni_dump_threads_at(struct syni_dump *dump, const struct syni_core *core)
{
    syni_dump_each(dump, syni_self_list(), 10000, dump_thread, (void *)(uintptr_t)core);
}

struct dump_channels {
    struct syni_dump *dump;
    unsigned n;
};

static void dump_open_channel(const struct syni_slot *slot, void *user)
{
    struct dump_channels *channels = user;
    struct syni_dump *dump = channels->dump;
    struct syni_channel channel;
    char name[SYNI_DUMP_NAME];
    const char *file;
    const void *address;

    /* the slot, too, by peek: it may be given another thing at this moment */
    if (!syni_peek(&dump->peek, &address, &slot->thing, sizeof address) ||
        !syni_peek(&dump->peek, &channel, address, offsetof(struct syni_channel, places_behind)) ||
        channel.closed || channels->n++ >= SYNI_DUMP_MOST)
        return;
    file = atomic_load_explicit(&channel.made_file, memory_order_relaxed); /* a copy */
    syni_peek_string(&dump->peek, name, sizeof name, channel.name);
    syni_dump_thing(dump, 0, "channel", channel.name ? name : "");
    syni_dump_word(dump, "state", "", channel.ended ? "ended, and not closed" : "open");
    syni_dump_number(dump, "items", "items", (int64_t)syni_ring_count(&channel.ring));
    syni_dump_number(dump, "capacity", "of at most", (int64_t)channel.capacity);
    if (file && channel.made_call)
        syni_dump_call(dump, channel.made_call);
    else if (file)
        syni_dump_place(dump, "made", "made at ", file, channel.made_line);
}

void syni_dump_channels(struct syni_dump *dump)
{
    struct dump_channels channels = {dump, 0};

    syni_slot_each_channel(dump_open_channel, &channels);
    if (channels.n > SYNI_DUMP_MOST)
        syni_dump_rest(dump, 0, "channels", channels.n - SYNI_DUMP_MOST);
}
