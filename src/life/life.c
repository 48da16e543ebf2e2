/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of a home: the one place that moves its state (docs/design.md has it as a table).
 *
 *     NEW ──start──> RUNNING ──a stop──> STOPPING ──a deadline──> GIVING_UP <──────> STUCK
 *                     ▲  └────────┬─────────┴──────────┬──────────────┴───────────────┘
 *        start, again │           │ the loop dies      │ nothing lives there any more
 *                     │           └──> DYING ──────────┴──> ENDED ──> REAPING ─┬──> STOPPED
 *                     └────────────────────────────────────────────────────────┘└─> DEAD
 *
 * It is moved under `lock`: by a thread that starts, to RUNNING; by the first that stops, STOPPING; by
 * the first of those with a deadline that passes, GIVING_UP, and STUCK when a step keeps the driver from
 * abandoning what lives there. The dedicated driver: DYING, and ENDED as its last act. One of the
 * stoppers, or the next thread to come if there is none: REAPING, and STOPPED or DEAD, when it has joined
 * the driver.
 *
 * What a stop posts is posted under the lock, with the move: so it reaches the run that it is meant
 * for. That nothing lives there any more is seen by the loop itself, before it sleeps, whatever it
 * was that ended last.
 *
 * A stopper waits for `told`, by its own deadline; all are told what was abandoned, one first, to reap.
 */
#include "life/life.h"

#include "base/fork.h"
#include "base/report.h"
#include "base/reserved.h"
#include "life/home_refusal.h"
#include "life/home_start.h"
#include "life/resident.h"
#include "life/stop_all.h"
#include "loop/loop_drive.h"
#include "loop/loop_inbox.h"
#include "loop/loop_turn.h"
#include "task/frame.h"
#include "task/home.h"
#include "thread/thread_waits.h"

static struct syni_mutex life_lock = SYNI_MUTEX_INIT(LIFE);
static struct syni_list running = {&running, &running}; /* under lock */
static struct syni_list awaiting = {&awaiting, &awaiting}; /* that another leaves a home; under lock */

/* What runs in the parent does not run here. */
static void life_forked(void)
{
    syni_list_init(&running);
    syni_list_init(&awaiting);
}

static struct syni_fork_call life_fork_call = {.lock = &life_lock, .child = life_forked};

static struct syni_whole_home *outer(struct syni_home *home)
{
    return SYNI_CONTAINER(home, struct syni_whole_home, home);
}

static struct syni_home *life_home_of(struct syni_loop *loop)
{
    return SYNI_CONTAINER(loop, struct syni_home, loop);
}

/* release: a thread that sees it run sees what it runs on */
static void move_locked(struct syni_home *home, enum syni_life life)
{
    SYNI_INVARIANT(82, syni_mutex_is_held(&life_lock) && syni_life_may_move(home->life, life));
    atomic_store_explicit(&home->life, life, memory_order_release);
}

static enum syni_life life_locked(const struct syni_home *home)
{
    SYNI_HOLDS(&life_lock);
    return atomic_load_explicit(&home->life, memory_order_relaxed);
}

/* --- the end, by the driver --- */

/* The loop cannot go on: everybody is told. */
static void die(struct syni_home *home)
{
    syni_home_note_death(home);
    /* First, so that a task that is told and calls again is told again. */
    syni_mutex_lock(&life_lock);
    move_locked(home, SYNI_LIFE_DYING);
    syni_mutex_unlock(&life_lock);
    syni_home_abandon_all(home, SYN_ELOOPDEAD, SYN_BY_LIBRARY, home->why_died,
                          &outer(home)->abandoned);
    outer(home)->abandoned = (struct syni_names){.n = 0}; /* no stop was too short */
    while (home->loop.n_live > 0)
        syni_loop_turn(&home->loop, 0);
}

/* HERE is told; FIRST: and is the one that reaps. */
static void tell_locked(struct syni_whole_home *whole, struct syni_stopper *here, bool first)
{
    SYNI_HOLDS(&life_lock);
    here->abandoned = whole->abandoned;
    here->reaps = first;
    syni_list_remove(&here->link);
    syni_parker_wake(here->parker, &here->told);
}

static struct syni_stopper *first_locked(struct syni_whole_home *whole)
{
    SYNI_HOLDS(&life_lock);
    return syni_list_empty(&whole->stoppers)
               ? NULL
               : SYNI_CONTAINER(whole->stoppers.next, struct syni_stopper, link);
}

/* By the driver, last; until its thread was joined HOME stays. If nobody stops it now, a virtual clock
 * does not wait for a stopper. */
static void life_is_over(struct syni_home *home)
{
    struct syni_whole_home *whole = outer(home);
    struct syni_stopper *first;

    syni_mutex_lock(&life_lock);
    first = first_locked(whole);
    move_locked(home, first ? SYNI_LIFE_REAPING : SYNI_LIFE_ENDED);
    if (first)
        tell_locked(whole, first, true);
    syni_mutex_unlock(&life_lock);
    if (!first)
        syni_clock_leave(&home->loop.sleeper);
}

/* Nothing is to be done any more. It begins to end residents, when the tasks have ended. */
static bool is_empty(struct syni_home *home)
{
    return home->loop.n_live == 0 && !home->loop.ready.first && !syni_loop_has_posts(&home->loop) &&
           !syni_residents_stop(home);
}

static void between_turns(struct syni_loop *loop)
{
    struct syni_home *home = life_home_of(loop);

    SYNI_DELAY(home_looks);
    if (loop->died)
        die(home);
    else if (!is_empty(home))
        return;
    syni_loop_shut(loop);
    SYNI_DELAY(home_shut);
    syni_home_end_posted(home);
    syni_frame_retire(home);
    syni_loop_retire(loop);
    SYNI_DELAY(home_gone);
    life_is_over(home);
}

static bool may_sleep(struct syni_loop *loop)
{
    /* Residents that end somewhere else will post: the sleep is for that. */
    return loop->n_live > 0 || (syni_residents_stop(life_home_of(loop)) && !loop->ready.first);
}

/* --- starting --- */

static syn_err refusal_locked(const struct syni_home *home, bool again)
{
    return syni_home_refusal(life_locked(home), home->loop.died, again);
}

static syn_err run_locked(struct syni_whole_home *whole, struct syni_self *host)
{
    syn_err err;

    SYNI_HOLDS(&life_lock);
    whole->abandoned = (struct syni_names){.n = 0};
    err = syni_home_run(&whole->home, between_turns, may_sleep, host);
    if (err)
        return err;
    if (syni_list_empty(&running))
        syni_frame_cache(true);
    syni_list_append(&running, &whole->running);
    syni_slow_add(&whole->watched, &whole->home);
    move_locked(&whole->home, SYNI_LIFE_RUNNING);
    return SYN_OK;
}

static syn_err life_start_locked(struct syn_synchronizer *synchronizer, bool again,
                                 struct syni_self *host)
{
    static const struct syni_home_ops ops = {syni_life_hold, syni_life_let_go};
    struct syni_home *home = syni_home_peek(synchronizer);
    struct syni_whole_home *whole;
    syn_err err;

    if (!syni_options_are_known(synchronizer->options.struct_bytes, sizeof synchronizer->options,
                                synchronizer->options.reserved))
        return syni_refuse(SYN_EABI, SYNI_OPTION_UNKNOWN); /* or lies where the home would */
    whole = home ? outer(home) : syni_home_make(synchronizer, &ops);
    if (!whole)
        return syni_refuse(SYN_ENOMEM, "no memory for its loop");
    err = refusal_locked(&whole->home, again);
    if (err || life_locked(&whole->home) == SYNI_LIFE_RUNNING)
        return err;
    return run_locked(whole, host);
}

syn_err syni_life_start(struct syn_synchronizer *synchronizer, bool again, struct syni_self *host)
{
    int cancel_state;
    syn_err err;

    syni_fork_watch(&life_fork_call);
    cancel_state = syni_thread_hold_cancel(); /* a backend may open and close */
    syni_mutex_lock(&life_lock);
    err = life_start_locked(synchronizer, again, host);
    syni_mutex_unlock(&life_lock);
    syni_thread_let_cancel(cancel_state);
    return err;
}

syn_err syni_life_refusal(struct syni_home *home)
{
    syn_err err;

    syni_mutex_lock(&life_lock);
    err = refusal_locked(home, false);
    syni_mutex_unlock(&life_lock);
    return err ? err : SYN_ECLOSED; /* it was started again meanwhile */
}

/* --- stopping --- */

/* It runs: not from here on. */
static void ask_locked(struct syni_whole_home *whole)
{
    move_locked(&whole->home, SYNI_LIFE_STOPPING);
    whole->stop_job.run = syni_home_stop_arrives;
    syni_loop_post(&whole->home.loop, &whole->stop_job); /* refused: it dies */
}

static bool begin_locked(struct syni_whole_home *whole, struct syni_stopper *here)
{
    switch (life_locked(&whole->home)) {
    case SYNI_LIFE_NEW:
    case SYNI_LIFE_STOPPED:
    case SYNI_LIFE_DEAD:
        return false;
    case SYNI_LIFE_ENDED:
        move_locked(&whole->home, SYNI_LIFE_REAPING);
        here->reaps = true;
        here->told = true;
        return false;
    case SYNI_LIFE_RUNNING:
        ask_locked(whole);
        break;
    default:
        break;
    }
    syni_list_append(&whole->stoppers, &here->link);
    return true;
}

bool syni_life_stop_enter(struct syni_home *home, struct syni_stopper *here)
{
    struct syni_whole_home *whole = outer(home);
    bool waits;

    *here = (struct syni_stopper){.parker = syni_parker_mine()};
    syni_list_init(&here->link);
    SYNI_DELAY(stop_posts);
    syni_mutex_lock(&life_lock);
    whole->n_inside++;
    waits = begin_locked(whole, here);
    syni_mutex_unlock(&life_lock);
    return waits;
}

void syni_life_stop_force(struct syni_home *home, struct syni_stopper *here)
{
    struct syni_whole_home *whole = outer(home);

    SYNI_DELAY(stop_forces);
    syni_mutex_lock(&life_lock);
    if (!here->told && life_locked(home) == SYNI_LIFE_STOPPING) {
        move_locked(home, SYNI_LIFE_GIVING_UP);
        whole->abandon_job.run = syni_home_abandon_arrives;
        syni_loop_post(&home->loop, &whole->abandon_job); /* refused: nothing lives there */
    }
    syni_mutex_unlock(&life_lock);
}

bool syni_life_stop_is_late(struct syni_home *home, struct syni_stopper *here, bool stuck)
{
    bool late;

    syni_mutex_lock(&life_lock);
    late = !here->told;
    if (late && stuck && life_locked(home) == SYNI_LIFE_GIVING_UP)
        move_locked(home, SYNI_LIFE_STUCK);
    syni_mutex_unlock(&life_lock);
    return late;
}

/* Joins the thread, which is through; then the other stoppers are told. */
static void life_reap(struct syni_whole_home *whole)
{
    struct syni_home *home = &whole->home;
    struct syni_stopper *here;

    syni_loop_join(&home->loop);
    syni_slow_remove(&whole->watched);
    syni_loop_fini(&home->loop);
    syni_mutex_lock(&life_lock);
    move_locked(home, home->loop.died ? SYNI_LIFE_DEAD : SYNI_LIFE_STOPPED);
    while ((here = first_locked(whole)))
        tell_locked(whole, here, false);
    syni_list_remove(&whole->running);
    if (syni_list_empty(&running))
        syni_frame_cache(false);
    syni_mutex_unlock(&life_lock);
}

void syni_life_reap(struct syni_home *home)
{
    bool ours;

    syni_mutex_lock(&life_lock);
    ours = life_locked(home) == SYNI_LIFE_ENDED;
    if (ours)
        move_locked(home, SYNI_LIFE_REAPING);
    syni_mutex_unlock(&life_lock);
    if (ours)
        life_reap(outer(home));
}

void syni_life_stop_leave(struct syni_home *home, struct syni_stopper *here)
{
    struct syni_whole_home *whole = outer(home);

    syni_mutex_lock(&life_lock);
    syni_list_remove(&here->link); /* also one that was not told */
    syni_mutex_unlock(&life_lock);
    if (here->reaps)
        life_reap(whole);
    SYNI_DELAY(stop_leaves);
    syni_life_let_go(home);
}

bool syni_life_free(struct syni_home *home, syni_await_on *await)
{
    struct syni_whole_home *whole = outer(home);
    bool over;

    syni_mutex_lock(&life_lock);
    SYNI_DELAY(free_looks);
    while (whole->n_inside > 0)
        await(&awaiting, &life_lock, "syn_synchronizer_free()");
    SYNI_INVARIANT(84, whole->n_inside == 0);
    over = syni_list_empty(&whole->running);
    whole->freed = over;
    syni_mutex_unlock(&life_lock);
    if (over)
        syni_home_let_go(home);
    return over;
}

void syni_life_ask(struct syni_home *home)
{
    syni_mutex_lock(&life_lock);
    if (life_locked(home) == SYNI_LIFE_RUNNING)
        ask_locked(outer(home));
    syni_mutex_unlock(&life_lock);
}

bool syni_life_hold(struct syni_home *home)
{
    bool holds;

    syni_mutex_lock(&life_lock);
    holds = !outer(home)->freed;
    outer(home)->n_inside += holds;
    syni_mutex_unlock(&life_lock);
    return holds;
}

void syni_life_let_go(struct syni_home *home)
{
    syni_mutex_lock(&life_lock);
    outer(home)->n_inside--;
    syni_thread_tell_all(&awaiting);
    syni_mutex_unlock(&life_lock);
}
