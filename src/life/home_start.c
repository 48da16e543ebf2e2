/* SPDX-License-Identifier: Apache-2.0
 *
 * Making a home, and what a run of it is made of.
 *
 * A home is made at its synchronizer's first start and stays until that is freed, so that a thread
 * that races with a stop always finds one, and its inbox then refuses it. Any thread; what makes
 * something runs under the lock of life.c, so that of a thousand first callers one makes the loop
 * and the others find it.
 */
#include "life/home_start.h"

#include <synchronicity/testing.h>

#include "base/census.h"
#include "base/exits.h"
#include "base/fork.h"
#include "base/mem.h"
#include "base/report.h"
#include "life/resident.h"
#include "life/stop_all.h"
#include "loop/hosted.h"
#include "loop/loop_drive.h"
#include "loop/loop_turn.h"
#include "loop/role.h"
#include "task/engine.h"
#include "task/home.h"
#include "task/task_cancel.h"

static atomic_int callers_drive_by_default;

static _Atomic(uint64_t) seed;

void syn_test_seed(uint64_t new_seed)
{
    seed = new_seed;
}

/* Each synchronizer has draws of its own, by its name (FNV-1a). */
static uint64_t seed_for(const char *name)
{
    uint64_t hash = UINT64_C(14695981039346656037) ^ seed;

    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * UINT64_C(1099511628211);
    return seed ? hash | 1 : 0;
}

void syn_test_callers_drive(int on)
{
    callers_drive_by_default = on;
}

static _Atomic(void *) *home_of(struct syn_synchronizer *synchronizer)
{
    return (_Atomic(void *) *)(void *)&synchronizer->home;
}

struct syni_home *syni_home_peek(struct syn_synchronizer *synchronizer)
{
    _Atomic(void *) *place = (_Atomic(void *) *)(void *)&synchronizer->home;
    /* acquire: pairs with syni_home_make() */
    struct syni_home *home = atomic_load_explicit(place, memory_order_acquire);

    return home && home->process == syni_process() ? home : NULL;
}

const char *syni_home_name(const struct syn_synchronizer *synchronizer)
{
    return synchronizer->options.name ? synchronizer->options.name : "synchronizer";
}

/* It was freed, and nobody holds its memory any more. */
static void home_is_gone(struct syni_home *home)
{
    struct syni_whole_home *whole = SYNI_CONTAINER(home, struct syni_whole_home, home);

    SYNI_INVARIANT(420, whole->freed);
    syni_mutex_fini(&home->loop.lock);
    syni_cond_fini(&home->loop.standby);
    syni_free(whole, sizeof *whole);
}

struct syni_whole_home *syni_home_make(struct syn_synchronizer *synchronizer,
                                       const struct syni_home_ops *ops)
{
    struct syni_whole_home *whole = syni_alloc(sizeof *whole);

    if (!whole)
        return NULL;
    syni_loop_prepare(&whole->home.loop);
    syni_residents_init(&whole->home);
    syni_list_init(&whole->running);
    syni_list_init(&whole->stoppers);
    syni_census_add(&syni_homes, &whole->home.counted);
    whole->home.synchronizer = synchronizer;
    whole->home.process = syni_process();
    atomic_init(&whole->home.holders, 1);
    whole->home.gone = home_is_gone;
    whole->home.ops = ops;
    whole->home.inherited = atomic_load(home_of(synchronizer));
    /* release: a thread that finds the home finds it whole */
    atomic_store_explicit(home_of(synchronizer), &whole->home, memory_order_release);
    return whole;
}

syn_err syni_home_run(struct syni_home *home, void (*on_closing)(struct syni_loop *loop),
                      bool (*may_sleep)(struct syni_loop *loop), struct syni_self *host)
{
    const struct syn_synchronizer_options *asked = &home->synchronizer->options;
    struct syni_loop_options options = {
        .name = syni_home_name(home->synchronizer),
        .backend = asked->backend,
        .stack_size_bytes = asked->stack_size_bytes,
        .seed = seed_for(syni_home_name(home->synchronizer)),
        .callers_drive = asked->caller_may_drive > 0 ||
                         (asked->caller_may_drive == 0 && callers_drive_by_default),
        .grace_ns = asked->drive_grace_ns ? asked->drive_grace_ns : 1000000,
        .look_ns = asked->drive_look_ns,
        .clock = asked->clock ? asked->clock : syni_clock_default(),
        .on_closing = on_closing,
        .may_sleep = may_sleep,
    };
    syn_err err = syni_exits() ? SYN_ECLOSED : syni_thread_take_key();

    if (err == SYN_ECLOSED)
        return syni_refuse(err, "the process exits");
    if (err)
        return syni_refuse(err, "the system has no thread-specific key left: %s",
                           syn_strerror(err));
    syni_residents_open(home);
    home->cleanup_limit_ns =
        asked->cleanup_limit_ns > 0 ? asked->cleanup_limit_ns : (int64_t)10 * 1000000000;
    err = syni_loop_init(&home->loop, &options);
    if (err)
        return syni_refuse(err, "its loop could not be made: %s", syn_strerror(err));
    err = host ? syni_hosted_start(&home->loop, host) : syni_loop_start(&home->loop);
    if (!err)
        return SYN_OK;
    syni_loop_fini(&home->loop);
    return syni_refuse(err, "the system gave no thread for its loop: %s", syn_strerror(err));
}

syn_err syni_home_keep_thread(struct syni_home *home)
{
    syn_err err = syni_drives(&home->loop) ? SYN_OK : syni_loop_keep_thread(&home->loop);

    return err ? syni_refuse(err, "the system gave no thread for its loop: %s", syn_strerror(err)) : SYN_OK;
}

/* --- what a stop posts; driver --- */

void syni_home_stop_arrives(struct syni_job *job)
{
    struct syni_home *home = &SYNI_CONTAINER(job, struct syni_whole_home, stop_job)->home;

    home->loop.closing = true;
    SYNI_LIST_EACH (node, &home->loop.live) {
        struct syni_task *task = SYNI_CONTAINER(node, struct syni_task, live.link);

        if (!task->sheltered)
            syni_task_request(task, SYN_BY_STOP);
    }
}

void syni_home_abandon_arrives(struct syni_job *job)
{
    struct syni_whole_home *whole = SYNI_CONTAINER(job, struct syni_whole_home, abandon_job);

    syni_home_abandon_all(&whole->home, SYN_EABANDONED, SYN_BY_STOP,
                          "its synchronizer was stopped and it did not end in time",
                          &whole->abandoned);
}
