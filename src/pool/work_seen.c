/* SPDX-License-Identifier: Apache-2.0
 *
 * What a work does, told and measured. Nothing here runs while nobody looks. The times of a pool lie in
 * memory of their own, since a pool lies in its user's; the first worker that measures makes it.
 */
#include "pool/work_seen.h"

#include <stddef.h>

#include "base/mem.h"
#include "base/time.h"
#include "pool/pool_options.h"

static void work_tell(struct syni_work *work, enum syn_hook hook, syn_err err)
{
    struct syn_hook_event event = {.hook = hook,
                                   .detail = -1,
                                   .id = work,
                                   .name = work->name ? work->name : "a job",
                                   .where = syni_pool_name(work->pool),
                                   .err = err,
                                   .data = &work->data};

    syni_hooks_tell(&event);
}

static struct syni_pool_times *times_of(struct syni_pool *pool)
{
    struct syni_pool_times *times = atomic_load(&pool->times), *made, *nothing = NULL;

    if (times || !syni_measured())
        return times;
    made = syni_alloc(sizeof *made);
    if (made && atomic_compare_exchange_strong(&pool->times, &nothing, made))
        return made;
    if (made)
        syni_free(made, sizeof *made);
    return nothing;
}

void syni_work_seen_posted(struct syni_work *work)
{
    work->posted_ns = syni_now();
    work_tell(work, SYN_HOOK_JOB_MADE, SYN_OK);
}

void syni_work_seen_begins(struct syni_work *work, struct syni_seen_work *seen)
{
    struct syni_pool_times *times = times_of(work->pool);

    syni_hooks_run((struct syni_runs){work, &work->data});
    seen->began_ns = syni_now();
    if (times && syni_measured() && work->posted_ns)
        syni_times_add(&times->queued, seen->began_ns - work->posted_ns);
    work_tell(work, SYN_HOOK_JOB_BEGINS, SYN_OK);
}

void syni_work_seen_ended(struct syni_work *work, const struct syni_seen_work *seen)
{
    struct syni_pool_times *times = times_of(work->pool);

    if (times && syni_measured())
        syni_times_add(&times->run, syni_now() - seen->began_ns);
    work_tell(work, SYN_HOOK_JOB_ENDS, SYN_OK);
    syni_hooks_run((struct syni_runs){work, NULL}); /* what is woken is so by it */
}

void syni_work_seen_over(void)
{
    syni_hooks_run((struct syni_runs){NULL, NULL});
}

void syni_work_seen_unbegun(struct syni_work *work, syn_err err)
{
    work_tell(work, SYN_HOOK_JOB_ENDS, err);
}

void syni_work_seen_read(struct syni_pool *pool, struct syn_pool_stats *stats)
{
    struct syni_pool_times *times = atomic_load(&pool->times);

    if (!times)
        return;
    stats->queue_time = syni_times_read(&times->queued);
    stats->run_time = syni_times_read(&times->run);
}

void syni_work_seen_forget(struct syni_pool *pool)
{
    struct syni_pool_times *times = atomic_exchange(&pool->times, NULL);

    if (times)
        syni_free(times, sizeof *times);
}
