/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of a home: starting, stopping, dying.
 *
 * A synchronizer's home is made at its first start and stays until it is freed, so
 * that a thread that races with a stop always finds a home, whose inbox then refuses
 * it. The states, under `lock`, which is held over a start, so that of a thousand
 * first callers one makes the loop and the others find it:
 *
 *     NEW ──start──> RUNNING ──stop──> STOPPING ──> STOPPED ──start──> RUNNING
 *                       └──── the loop died, or a step would not end ──> DEAD
 *
 * Stopping, by the numbers: 1. `accepting` goes false: calls from outside are
 * refused. 2. A posted job sets `closing` and cancels what lives here. 3. The
 * dedicated thread, which gets the role whoever had it, sees after a turn that
 * no task lives here any more, and ends the residents, one by one. 4. When there is none
 * left it shuts the inbox, ends what was posted meanwhile, and retires. 5. The stopper,
 * told by its `gone`, joins it.
 */
#include "facade/home.h"

#include <stdio.h>
#include <string.h>

#include <synchronicity/testing.h>

#include "base/mem.h"
#include "base/report.h"
#include "task/resident.h"

enum state { NEW, RUNNING, STOPPING, STOPPED, DEAD };

struct home {
    struct syni_home home;
    enum state state; /* under lock */
    bool dying;       /* under lock: its thread is on the way out, as the loop died */

    /* of the stop under way */
    struct syni_job stop_job, abandon_job;
    _Atomic(bool) gone;                 /* the dedicated thread is through */
    bool reaped;                        /* and joined */
    struct syni_parker *stopper; /* under lock; NULL when nobody waits for the end */
    _Atomic(bool) abandoned;
    char names[SYN_MESSAGE_MAX - 40]; /* of what was abandoned */
};

static struct syni_mutex lock = SYNI_MUTEX_INIT;
static struct syni_cond stopped; /* made with the first home */
static bool stopped_made;
static int n_running; /* under lock */
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
    return (_Atomic(void *) *)&synchronizer->home;
}

struct syni_home *syni_home_peek(struct syn_synchronizer *synchronizer)
{
    /* acquire: pairs with make_home() */
    return atomic_load_explicit(home_of(synchronizer), memory_order_acquire);
}

const char *syni_name_of(const struct syn_synchronizer *synchronizer)
{
    return synchronizer->options.name ? synchronizer->options.name : "synchronizer";
}

static struct home *outer(struct syni_home *home)
{
    return SYNI_CONTAINER(home, struct home, home);
}

/* Those whose end waits for a request that found the inbox shut: nothing brings them back. */
static void resume_unasked(struct syni_home *home)
{
    SYNI_LIST_EACH (node, &home->loop.live) {
        struct syni_task *task = SYNI_CONTAINER(node, struct syni_task, live.link);

        /* acquire: who asked does not touch it any more */
        if (task->ending && !task->queued &&
            atomic_load_explicit(&task->asked, memory_order_acquire))
            syni_task_resume(task);
    }
}

/* What arrived since the last turn ends here, without beginning. */
static void end_posted(struct syni_home *home)
{
    while (home->loop.taken || home->loop.ready.first || home->loop.n_live > 0) {
        home->loop.hurry = true;
        syni_loop_turn(&home->loop, 0);
        resume_unasked(home);
    }
}

/* The loop cannot go on: everybody is told. Without a stopper the state is ours to
 * set; with one it is his. */
static void die(struct home *whole)
{
    struct syni_home *home = &whole->home;

    /* First, so that who hears of it and calls again hears it again. */
    syni_mutex_lock(&lock);
    atomic_store(&home->accepting, false);
    whole->dying = true;
    if (whole->state == RUNNING) {
        n_running--;
        whole->state = DEAD;
    }
    syni_mutex_unlock(&lock);
    syni_home_abandon_all(home, SYN_ELOOPDEAD, SYN_BY_LIBRARY, syn_strerror(home->loop.died),
                          whole->names, sizeof whole->names);
    while (home->loop.n_live > 0)
        syni_loop_turn(&home->loop, 0);
    syni_residents_give_up(home);
}

/* The dedicated thread, after a turn of a loop that is closing or has died. */
static void close_home(struct syni_loop *loop)
{
    struct syni_home *home = SYNI_CONTAINER(loop, struct syni_home, loop);
    struct home *whole = outer(home);

    if (loop->died)
        die(whole);
    else if (loop->n_live > 0 || loop->ready.first || syni_loop_has_posts(loop) ||
             syni_residents_stop(home))
        return;
    syni_loop_shut(loop);
    SYNI_DELAY(home_shut);
    end_posted(home);
    syni_frame_retire(home);
    syni_loop_retire(loop);
    SYNI_DELAY(home_gone);
    /* Under the lock, since a stopper that gave up takes its parker with it. */
    syni_mutex_lock(&lock);
    if (whole->stopper)
        syni_parker_wake(whole->stopper, &whole->gone);
    else
        whole->gone = true;
    syni_cond_broadcast(&stopped);
    syni_mutex_unlock(&lock);
}

static void stop_arrives(struct syni_job *job)
{
    struct syni_home *home = &SYNI_CONTAINER(job, struct home, stop_job)->home;

    home->loop.closing = true;
    home->loop.hurry = true;
    SYNI_LIST_EACH (node, &home->loop.live) {
        struct syni_task *task = SYNI_CONTAINER(node, struct syni_task, live.link);

        if (!task->sheltered) /* it serves a clean-up, which waits for it */
            syni_task_request(task, SYN_BY_STOP);
    }
}

static void abandon_arrives(struct syni_job *job)
{
    struct home *whole = SYNI_CONTAINER(job, struct home, abandon_job);

    syni_home_abandon_all(&whole->home, SYN_EABANDONED, SYN_BY_STOP,
                          "its synchronizer was stopped and it would not end in time",
                          whole->names, sizeof whole->names);
    syni_residents_give_up(&whole->home);
    whole->abandoned = true;
    whole->home.loop.hurry = true;
}

static struct home *make_home(struct syn_synchronizer *synchronizer)
{
    struct home *whole = syni_alloc(sizeof *whole);

    if (!whole)
        return NULL;
    if (!stopped_made) {
        syni_cond_init(&stopped);
        stopped_made = true;
    }
    syni_loop_prepare(&whole->home.loop);
    syni_residents_init(&whole->home);
    whole->home.synchronizer = synchronizer;
    /* release: who finds the home finds it whole */
    atomic_store_explicit(home_of(synchronizer), &whole->home, memory_order_release);
    return whole;
}

static syn_err run_home(struct home *whole)
{
    const struct syn_options *asked = &whole->home.synchronizer->options;
    struct syni_loop_options options = {
        .name = syni_name_of(whole->home.synchronizer),
        .backend = asked->backend,
        .stack_size_bytes = asked->stack_size_bytes,
        .seed = seed_for(syni_name_of(whole->home.synchronizer)),
        .callers_drive = asked->caller_may_drive > 0 ||
                         (asked->caller_may_drive == 0 && callers_drive_by_default),
        .clock = asked->clock ? asked->clock : syni_clock_default(),
        .on_closing = close_home,
    };
    syn_err err;

    whole->gone = false;
    whole->reaped = false;
    whole->stopper = NULL;
    whole->abandoned = false;
    syni_residents_open(&whole->home);
    whole->home.cleanup_limit_ns =
        asked->cleanup_limit_ns > 0 ? asked->cleanup_limit_ns : (int64_t)10 * 1000000000;
    err = syni_loop_init(&whole->home.loop, &options);
    if (err)
        return syni_refuse(err, "its loop could not be made: %s", syn_strerror(err));
    err = syni_loop_start(&whole->home.loop);
    if (!err)
        return SYN_OK;
    syni_loop_fini(&whole->home.loop);
    return syni_refuse(err, "the system gave no thread for its loop: %s", syn_strerror(err));
}

/* AGAIN: also after a stop. */
static syn_err start_locked(struct syn_synchronizer *synchronizer, bool again)
{
    struct syni_home *home = syni_home_peek(synchronizer);
    struct home *whole = home ? outer(home) : make_home(synchronizer);
    syn_err err;

    if (!whole)
        return syni_refuse(SYN_ENOMEM, "no memory for its loop");
    if (whole->state == DEAD || whole->dying)
        return SYN_ELOOPDEAD;
    if (whole->state == RUNNING)
        return SYN_OK;
    if (whole->state == STOPPING)
        return again ? SYN_EBUSY : SYN_ECLOSED;
    if (whole->state == STOPPED && !again)
        return SYN_ECLOSED;
    err = run_home(whole);
    if (err)
        return err;
    whole->state = RUNNING;
    if (n_running++ == 0)
        syni_frame_cache(true);
    /* release: who sees it sees the loop */
    atomic_store_explicit(&whole->home.accepting, true, memory_order_release);
    return SYN_OK;
}

syn_err syni_home_find(struct syn_synchronizer *synchronizer, struct syni_home **out_home)
{
    struct syni_home *home = syni_home_peek(synchronizer);
    syn_err err;

    if (home && (atomic_load_explicit(&home->accepting, memory_order_acquire) ||
                 syni_drives(&home->loop))) {
        *out_home = home;
        return SYN_OK;
    }
    syni_mutex_lock(&lock);
    err = start_locked(synchronizer, false);
    syni_mutex_unlock(&lock);
    if (!err)
        *out_home = syni_home_peek(synchronizer);
    return err;
}

syn_err syni_home_refusal(struct syni_home *home)
{
    syn_err err;

    syni_mutex_lock(&lock);
    err = outer(home)->state == DEAD ? SYN_ELOOPDEAD : SYN_ECLOSED;
    syni_mutex_unlock(&lock);
    return err;
}

/* The stop did not end in time: what still lives here is abandoned, if its driver
 * can be reached; a step that runs cannot be. */
static syn_err end_by_force(struct home *whole)
{
    const char *running;

    SYNI_DELAY(stop_forces);
    whole->abandon_job.run = abandon_arrives;
    if (syni_loop_post(&whole->home.loop, &whole->abandon_job))
        for (int i = 0; i < 100 && !whole->gone; i++)
            syni_parker_sleep(whole->stopper, syni_now() + 10000000);
    if (whole->gone)
        return syni_refuse(SYN_ETIMEDOUT, "would not end in time: %s",
                           whole->abandoned ? whole->names : "nothing by name");
    running = atomic_load_explicit(&whole->home.running, memory_order_relaxed);
    return syni_refuse(SYN_ETIMEDOUT, "a step of %s still runs; its thread stays behind",
                       running ? running : "a callback");
}

/* Joins the thread, which is through. */
static void reap(struct home *whole)
{
    syni_loop_join(&whole->home.loop);
    syni_loop_fini(&whole->home.loop);
    whole->reaped = true;
}

static syn_err stop_running(struct home *whole, struct syn_deadline deadline)
{
    syn_err err = SYN_OK;

    whole->stop_job.run = stop_arrives;
    SYNI_DELAY(stop_posts);
    syni_loop_post(&whole->home.loop, &whole->stop_job);
    if (!syni_clock_sleep(&whole->gone, deadline.ns))
        err = end_by_force(whole);
    syni_mutex_lock(&lock);
    whole->stopper = NULL;
    syni_mutex_unlock(&lock);
    if (whole->gone)
        reap(whole);
    return err;
}

syn_err syni_home_start(struct syn_synchronizer *synchronizer)
{
    syn_err err;

    syni_mutex_lock(&lock);
    err = start_locked(synchronizer, true);
    syni_mutex_unlock(&lock);
    return err;
}

syn_err syni_home_stop(struct syni_home *home, struct syn_deadline deadline)
{
    struct home *whole = outer(home);
    syn_err err = SYN_OK;

    syni_mutex_lock(&lock);
    while (whole->state == STOPPING || (whole->dying && !whole->gone))
        syni_cond_wait(&stopped, &lock);
    if (whole->state == RUNNING) {
        whole->state = STOPPING;
        whole->stopper = syni_parker_mine();
        atomic_store(&home->accepting, false);
        syni_mutex_unlock(&lock);
        err = stop_running(whole, deadline);
        syni_mutex_lock(&lock);
        n_running--;
        whole->state = whole->reaped && !home->loop.died ? STOPPED : DEAD;
        syni_cond_broadcast(&stopped);
    } else if (whole->state == DEAD && whole->gone && !whole->reaped) {
        reap(whole);
    }
    if (n_running == 0)
        syni_frame_cache(false);
    syni_mutex_unlock(&lock);
    return err;
}

syn_err syni_home_free(struct syn_synchronizer *synchronizer)
{
    struct syni_home *home = syni_home_peek(synchronizer);
    struct home *whole;

    if (!home)
        return SYN_OK;
    whole = outer(home);
    if (whole->state == DEAD && !whole->gone)
        return SYN_ELOOPDEAD;
    syni_mutex_fini(&home->loop.lock);
    syni_cond_fini(&home->loop.standby);
    syni_free(whole, sizeof *whole);
    synchronizer->home = NULL;
    return SYN_OK;
}
