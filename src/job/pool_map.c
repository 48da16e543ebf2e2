/* SPDX-License-Identifier: Apache-2.0
 *
 * Maps over arrays. See <synchronicity/pool_map.h>.
 *
 * A map is a core and as many works as the pool has threads, all in one frame. Each takes
 * the next piece by one atomic addition until there is none, or an error, or a request. The
 * last of them, and of the thread that posts them, completes the core. Discarded: a job for each piece,
 * with a future each, which costs more than a small piece takes.
 */
#include <synchronicity/pool_map.h>

#include "base/report.h"
#include "job/job.h"
#include "life/stop_everything.h"
#include "loop/role.h"
#include "pool/pool_options.h"
#include "pool/pool_post.h"
#include "pool/work_cancel.h"
#include "pool/workers.h"
#include "task/deadline.h"
#include "task/frame.h"
#include "task/home.h"
#include "task/task_cancel.h"
#include "thread/thread_waits.h"

/* So many pieces for each thread, so that a slow one does not keep the others waiting. */
enum { PIECES_EACH = 16, PIECE_MAX = 1 << 16 };

struct map {
    struct syni_core core;
    const struct syn_pool_map *what;
    struct syni_map_arrays arrays;
    size_t piece, size; /* items in a piece; bytes of this */
    unsigned n_works;
    atomic_size_t next;
    atomic_uint at_work; /* works, and the thread that posts them */
    atomic_int asked;    /* 0, or 1 + the origin */
    atomic_bool failed;  /* the thread that sets it writes the next two, before it is done */
    syn_err err;
    size_t failed_item;
    atomic_size_t n_failed;
    atomic_int refused; /* why a work never began */
    struct syni_work works[];
};

static struct map *map_of(struct syni_core *core)
{
    return SYNI_CONTAINER(core, struct map, core);
}

static bool pool_map_is_over(const struct map *map)
{
    return map->asked || (map->failed && !map->arrays.errs);
}

static void pool_map_fail(struct map *map, syn_err err, size_t item)
{
    if (atomic_exchange(&map->failed, true))
        return;
    map->err = err;
    map->failed_item = item;
}

/* Items that nobody began. */
static bool is_short(const struct map *map)
{
    return map->next < map->arrays.n;
}

/* TAKEN: its works, or some. */
static void end_refused(struct map *map, syn_err err, bool taken)
{
    struct syni_core *core = &map->core;

    core->err = err;
    core->origin = err == SYN_ETIMEDOUT ? SYN_BY_DEADLINE : SYN_BY_LIBRARY;
    core->report = syni_job_refusal(map->works[0].pool, map->what->name, err, taken);
}

static void end_short(struct map *map)
{
    struct syni_core *core = &map->core;

    if (!map->asked && map->refused != SYN_ECANCELED) {
        end_refused(map, map->refused, true);
        return;
    }
    core->origin = map->asked ? (enum syn_origin)(map->asked - 1) : SYN_BY_STOP;
    core->err = syni_task_code(core->origin);
    core->report = syni_report_format(core->err, core->origin, "%s: not all items were made",
                                      map->what->name);
}

static void end_failed(struct map *map)
{
    struct syni_core *core = &map->core;

    core->err = map->err;
    core->origin = SYN_BY_TASK;
    if (map->arrays.errs)
        core->report = syni_report_format(core->err, core->origin,
                                          "%s: %zu of %zu items failed, item %zu first",
                                          map->what->name, (size_t)map->n_failed, map->arrays.n,
                                          map->failed_item);
    else
        core->report = syni_report_format(core->err, core->origin, "%s: item %zu of %zu",
                                      map->what->name, map->failed_item, map->arrays.n);
}

static void pool_map_end(struct map *map)
{
    bool short_of_items = is_short(map);

    if (map->failed && map->failed_item == map->arrays.n)
        end_refused(map, map->err, false);
    else if (map->failed && !(map->arrays.errs && short_of_items))
        end_failed(map);
    else if (short_of_items)
        end_short(map);
    syni_core_complete(&map->core);
}

/* One that was at work is not any more. */
static void pool_map_leave(struct map *map)
{
    /* acq_rel: the last one sees what the others did */
    if (atomic_fetch_sub_explicit(&map->at_work, 1, memory_order_acq_rel) == 1)
        pool_map_end(map);
}

/* Items from FIRST up to END; with a place for errors, also those after one that failed. */
static void make_piece(struct map *map, size_t first, size_t end)
{
    syn_err *errs = map->arrays.errs;

    while (first < end) {
        syn_err err = SYN_OK;
        size_t item = map->what->piece(map->arrays.in, map->arrays.out, first, end, &err);

        for (size_t i = first; errs && i < item; i++)
            errs[i] = SYN_OK;
        if (item == end)
            return;
        atomic_fetch_add(&map->n_failed, 1);
        pool_map_fail(map, err, item);
        if (!errs)
            return;
        errs[item] = err;
        first = item + 1;
    }
}

static void pool_map_run(struct syni_work *work)
{
    struct map *map = map_of(work->core);
    size_t first, n = map->arrays.n;

    while (!pool_map_is_over(map) && (first = atomic_fetch_add(&map->next, map->piece)) < n)
        make_piece(map, first, n - first > map->piece ? first + map->piece : n);
}

static void pool_map_ended(struct syni_work *work, enum syni_work_end how, syn_err err)
{
    struct map *map = map_of(work->core);

    if (how == SYNI_WORK_NEVER_BEGAN) /* the others do what is left; else it is short */
        map->refused = err;
    pool_map_leave(map);
}

static const struct syni_work_ops pool_map_work_ops = {pool_map_run, pool_map_ended, NULL};

static void free_map(struct syni_core *core)
{
    syni_frame_free(map_of(core), map_of(core)->size, core->slot);
}

static void cancel_map(struct syni_core *core, enum syn_origin origin)
{
    struct map *map = map_of(core);
    int none = 0;

    if (syni_core_done(core) || !atomic_compare_exchange_strong(&map->asked, &none, (int)origin + 1))
        return;
    for (unsigned i = 0; i < map->n_works; i++)
        if (syni_work_ask(&map->works[i], (int)origin + 1) == SYNI_ASKED_WITHDRAWN)
            pool_map_leave(map);
}

static const char *name_map(const struct syni_core *core)
{
    return SYNI_CONTAINER(core, const struct map, core)->what->name;
}

static const void *owner_of_map(const struct syni_core *core)
{
    return SYNI_CONTAINER(core, const struct map, core)->works[0].pool;
}

static const struct syni_core_ops pool_map_core_ops = {.free = free_map,
                                                       .cancel = cancel_map,
                                                       .name = name_map,
                                                       .is_job = true,
                                                       .owner = owner_of_map};

static struct map *pool_map_make(const struct syn_pool_map *what, struct syni_map_arrays arrays,
                                 unsigned threads)
{
    size_t piece = arrays.n / ((size_t)threads * PIECES_EACH), size, pieces;
    struct syni_slot *slot;
    struct map *map;

    piece = piece < 1 ? 1 : piece > PIECE_MAX ? PIECE_MAX : piece;
    pieces = arrays.n / piece + (arrays.n % piece != 0);
    if (pieces < threads)
        threads = (unsigned)pieces;
    size = sizeof *map + threads * sizeof map->works[0];
    map = syni_frame_new(syni_self(), size, &slot);
    if (!map)
        return NULL;
    map->what = what;
    map->arrays = arrays;
    map->piece = piece;
    map->size = size;
    map->n_works = threads;
    map->core.type = &what->nothing;
    syni_core_place(&map->core, map);
    map->core.ops = &pool_map_core_ops;
    syni_core_publish(&map->core, slot, 2);
    return map;
}

static void pool_map_ready(struct syni_work *work, struct map *map)
{
    work->ops = &pool_map_work_ops;
    work->name = map->what->name;
    work->core = &map->core;
    work->nested = syni_home_nested_here();
    work->clock.clock = syni_job_clock_here();
}

/* Works that the pool takes; at least one, or the map has failed. */
static void pool_map_post(struct map *map, struct syni_pool *pool)
{
    bool patient = !syni_role_driving_now() && !syni_worker_now();

    map->at_work = 1;
    syni_stop_everything_at_exit();
    if (map->n_works > 0 && syni_deadline_passed(syni_self(), syni_deadline_here(SYNI_NEVER))) {
        map->works[0].pool = pool;
        pool_map_fail(map, SYN_ETIMEDOUT, map->arrays.n);
        map->n_works = 0;
    }
    for (unsigned i = 0; i < map->n_works; i++) {
        syn_err err;

        pool_map_ready(&map->works[i], map);
        atomic_fetch_add(&map->at_work, 1);
        err = syni_pool_post(pool, &map->works[i],
                             patient && i == 0 ? syni_thread_wait_for_flag : NULL,
                             syni_deadline_here(SYNI_NEVER));
        if (!err)
            continue;
        if (i == 0)
            pool_map_fail(map, err, map->arrays.n);
        atomic_fetch_sub(&map->at_work, 1);
        map->n_works = i;
        break;
    }
    pool_map_leave(map);
}

static void refuse_arrays(struct map *map)
{
    struct syni_core *core = &map->core;

    core->err = SYN_EINVAL;
    core->origin = SYN_BY_LIBRARY;
    core->report = syni_report_format(core->err, core->origin, "%s: %zu items, and no array to %s",
                                      map->what->name, map->arrays.n,
                                      map->arrays.in ? "put the results in" : "take them from");
    syni_core_complete(core);
}

struct syn_future syni_map_start(const struct syn_pool_map *what, struct syn_pool *pool,
                                 struct syni_map_arrays arrays)
{
    struct syn_future future = {NULL, SYN_ENOMEM};
    struct syni_pool *inside;
    struct map *map;

    if (what->abi != SYNI_ABI_OF(syn_pool_map)) {
        syni_refuse(SYN_EABI, "a map: compiled against another version of the headers");
        return (struct syn_future){NULL, SYN_EABI};
    }
    inside = syni_pool_of(pool ? pool : what->pool ? what->pool : syn_default_pool());
    map = pool_map_make(what, arrays, syni_pool_max_threads(inside));
    if (!map)
        return future;
    future = syni_core_handle(&map->core);
    for (size_t i = 0; arrays.errs && i < arrays.n; i++)
        arrays.errs[i] = SYN_ECANCELED; /* until it is made */
    if (arrays.n > 0 && (!arrays.in || !arrays.out))
        refuse_arrays(map);
    else
        pool_map_post(map, inside);
    return future;
}

syn_err syni_map_may_wait(void)
{
    if (!syni_role_driving_now())
        return SYN_OK;
    return syni_refuse(SYN_EDEADLK, "a map would block '%s', which this thread drives; write "
                                    "co_await(NAME_future(in, n, out)) there",
                       syni_role_driving_now()->loop->name);
}
