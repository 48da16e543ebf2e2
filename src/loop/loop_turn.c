/* SPDX-License-Identifier: Apache-2.0
 *
 * The turn of the loop (loop.h lists its steps) and the loop's life.
 *
 * Only the driver runs a turn. SYNI_LOOP_BATCH bounds each step, so that none
 * starves the others.
 */
#include "loop/loop_turn.h"

#include <string.h>

#include "base/fork.h"
#include "base/signals.h"
#include "loop/hosted.h"
#include "loop/live.h"
#include "loop/loop_inbox.h"
#include "loop/role.h"
#include "loop/watch.h"

enum { EVENTS = 64 };

int64_t syni_loop_now(struct syni_loop *loop)
{
    return syn_clock_now(loop->clock);
}

int64_t syni_loop_read_time(struct syni_loop *loop)
{
    return loop->now = syni_loop_now(loop);
}

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t loop_draw(struct syni_loop *loop)
{
    uint64_t z = loop->draws += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* Runs what is ready, up to a batch, in a drawn order (Fisher and Yates). No transfers
 * are made then, and nobody else takes a job off the ready queue but by running it, so the jobs can
 * be held here. */
static void run_drawn(struct syni_loop *loop)
{
    struct syni_job *jobs[SYNI_LOOP_BATCH];
    int n = 0;

    for (; loop->ready.first && n < SYNI_LOOP_BATCH; n++) {
        jobs[n] = syni_job_of(loop->ready.first);
        loop->ready.first = jobs[n]->link.next;
    }
    if (!loop->ready.first)
        loop->ready.last = &loop->ready.first;
    while (n > 0) {
        int i = (int)(loop_draw(loop) % (unsigned)n);
        struct syni_job *job = jobs[i];

        jobs[i] = jobs[--n];
        job->run(job);
    }
}

static void run_ready(struct syni_loop *loop)
{
    SYNI_DRIVEN(loop);
    SYNI_INVARIANT(6, !loop->passes_events);
    loop->steps_left = SYNI_LOOP_BATCH;
    if (loop->draws) {
        run_drawn(loop);
        return;
    }
    for (; loop->ready.first && loop->steps_left > 0; loop->steps_left--) {
        struct syni_job *job = syni_job_of(loop->ready.first);

        loop->ready.first = job->link.next;
        if (!loop->ready.first)
            loop->ready.last = &loop->ready.first;
        job->run(job);
    }
    atomic_store_explicit(&loop->counts.batch, (unsigned long)(SYNI_LOOP_BATCH - loop->steps_left),
                          memory_order_relaxed);
}

/* Looks at the kernel, for at most TIMEOUT_NS, and passes its events on. */
static unsigned loop_look(struct syni_loop *loop, int64_t timeout_ns)
{
    struct syni_event events[EVENTS];
    unsigned n = 0;
    syn_err err = loop->backend->wait(loop->poller, events, EVENTS, timeout_ns, &n);

    SYNI_DRIVEN(loop);
    syni_count(&loop->counts.waits);
    if (err)
        loop->died = err;
    SYNI_NOTE(loop->passes_events = true);
    for (unsigned i = 0; i < n; i++)
        syni_watch_dispatch(loop, &events[i]);
    SYNI_NOTE(loop->passes_events = false);
    return n;
}

/* Looks without sleeping, when there is anything to see. */
static unsigned loop_glance(struct syni_loop *loop)
{
    return loop->n_fd_waits ? loop_look(loop, 0) : 0;
}

/* In the kernel, until UNTIL on the real clock, with the signals of a thread that sleeps. For a moment it has those of one
 * that runs; if that passes in vain, we return, and the next time it has none. It has not passed where the wake of an earlier
 * post came late. The clock is read once before, if there is a limit, and once after. */
static void sleep_in_kernel(struct syni_loop *loop, int64_t until)
{
    int64_t moment_ns = syni_signals_sleep(), now = 0, soon, limit, woken = -1;
    unsigned n;

    if (until != SYNI_NEVER || moment_ns != SYNI_NEVER)
        now = syni_now();
    soon = moment_ns == SYNI_NEVER ? SYNI_NEVER : syni_deadline_in(now, moment_ns);
    limit = soon < until ? soon : until;
    n = loop_look(loop, limit == SYNI_NEVER ? -1 : limit > now ? limit - now : 0);
    if (soon >= until || n > 0 || syni_loop_role(loop) != SYNI_ROLE_ASLEEP || syni_now() < soon)
        woken = syni_signals_wake();
    loop->now = loop->clock ? -1 : woken;
}

static void sleep_until(struct syni_loop *loop, int64_t until)
{
    SYNI_INVARIANT(1, syni_loop_role(loop) == SYNI_ROLE_AWAKE);
    SYNI_DELAY(loop_drowsy);
    /* seq_cst: "asleep" comes before the look at the inbox; see role.c */
    atomic_store(&loop->role, SYNI_ROLE_ASLEEP);
    SYNI_DELAY(loop_asleep);
    if (syni_loop_has_posts(loop))
        loop_glance(loop);
    else
        sleep_in_kernel(loop, until);
    atomic_store(&loop->role, SYNI_ROLE_AWAKE);
}

/* Under a virtual clock: first a look at the kernel; only if it has nothing, time
 * may jump while we sleep. */
static void loop_sleep_virtually(struct syni_loop *loop, int64_t until)
{
    if (loop_glance(loop) > 0 || loop->died || until <= syni_loop_now(loop))
        return;
    syni_clock_doze(&loop->sleeper, until, loop->n_fd_waits ? SYNI_DOZE_OUTSIDE : 0);
    /* The wake for a jump may have come already: it is kept in the poller. */
    sleep_until(loop, SYNI_NEVER);
    syni_clock_rouse(&loop->sleeper);
}

const char *syni_loop_cause(const struct syni_loop *loop)
{
    return loop->died == SYN_EBADF ? "other code closed the loop's own descriptors"
                                   : syn_strerror(loop->died);
}

static bool was_posted_to(void *loop)
{
    return !syni_loop_inbox_empty(loop);
}

/* A look at the kernel between jobs. */
static void pass_by(struct syni_loop *loop)
{
    loop->busy = true;
    loop_glance(loop);
    loop->busy = false;
}

bool syni_loop_may_have_ended(struct syni_loop *loop)
{
    SYNI_DRIVEN_OR_HOSTED(loop);
    if (!loop->closing)
        return false;
    return loop->may_sleep ? !loop->may_sleep(loop) : loop->n_live == 0;
}

static bool has_come(void *of)
{
    struct syni_loop *loop = of;

    return loop_look(loop, 0) > 0 || loop->died || syni_loop_has_posts(loop);
}

/* A caller drives, which looks for the kernel's events for a while before it sleeps, if the author wants that. True: some came,
 * or posts. Until NEXT at most, when a timer is due. */
static bool loop_looks(struct syni_loop *loop, int64_t next)
{
    struct syni_self *self;
    int64_t look_ns = loop->look_ns;

    if (look_ns <= 0 || !loop->n_fd_waits)
        return false;
    self = syni_self();
    if (self->dedicated.loop == loop || syni_hosts(self, loop))
        return false;
    SYNI_INVARIANT(650, loop->callers_drive && !loop->clock && !loop->draws);
    if (next != SYNI_NEVER && next - syni_now() < look_ns)
        look_ns = next - syni_now();
    return syni_spin_for(&loop->look_patience, look_ns, has_come, loop);
}

/* Nothing is ready or posted. */
static void loop_wait(struct syni_loop *loop, int64_t until)
{
    int64_t next = syni_timer_next(loop);

    SYNI_SURE(!loop->ready.first);
    if (syni_loop_may_have_ended(loop))
        return;
    next = next < until ? next : until;
    if (loop->clock)
        loop_sleep_virtually(loop, next);
    else if (next > 0 && syni_spin(&loop->patience, was_posted_to, loop))
        pass_by(loop);
    else if (next <= 0 || !loop_looks(loop, next))
        sleep_until(loop, next);
}

/* Steps 1 to 3. */
static void run_steps(struct syni_loop *loop)
{
    syni_fork_returned(loop->process, loop->name);
    SYNI_DRIVEN(loop);
    loop->hurry = false;
    syni_count(&loop->counts.turns);
    syni_loop_take_posts(loop);
    if (loop->n_timers > 0) {
        syni_loop_turn_time(loop);
        syni_timer_fire_due(loop);
    }
    run_ready(loop);
    loop->now = -1; /* the next turn reads it, if that needs it */
}

void syni_loop_turn_at_once(struct syni_loop *loop)
{
    SYNI_DRIVEN(loop);
    loop_look(loop, 0); /* also when no descriptor is waited for: it takes the wake away */
    run_steps(loop);
}

/* Whether the driver sleeps although nothing lives here but the dormant: else the role shall go free,
 * for a caller to take. relaxed: only the driver changes it. */
static bool keeps_role(const struct syni_loop *loop)
{
    return !loop->callers_drive || atomic_load_explicit(&loop->host, memory_order_relaxed);
}

void syni_loop_turn(struct syni_loop *loop, int64_t until)
{
    run_steps(loop);
    if (loop->hurry)
        return;
    if (loop->ready.first || syni_loop_has_posts(loop))
        pass_by(loop);
    else if (keeps_role(loop) || !syni_loop_dormant(loop) || loop->closing)
        loop_wait(loop, until);
}

static void wake_loop(struct syni_sleeper *sleeper)
{
    struct syni_loop *loop = SYNI_CONTAINER(sleeper, struct syni_loop, sleeper);

    syni_role_wake(loop);
}

static bool loop_pending(struct syni_sleeper *sleeper)
{
    struct syni_loop *loop = SYNI_CONTAINER(sleeper, struct syni_loop, sleeper);

    return loop->blocked == 0 && !syni_loop_inbox_empty(loop);
}

void syni_loop_block(struct syni_loop *loop)
{
    SYNI_DRIVEN(loop);
    if (loop->blocked++ == 0)
        syni_clock_doze(&loop->sleeper, SYNI_NEVER, 0);
}

void syni_loop_unblock(struct syni_loop *loop)
{
    SYNI_DRIVEN(loop);
    SYNI_SURE(loop->blocked > 0);
    if (--loop->blocked == 0)
        syni_clock_rouse(&loop->sleeper);
}

void syni_loop_prepare(struct syni_loop *loop)
{
    memset(loop, 0, sizeof *loop);
    loop->process = syni_process();
    syni_mutex_init(&loop->lock, SYNI_RANK_LOOP);
    syni_cond_init(&loop->standby);
    loop->ready.last = &loop->ready.first;
    syni_list_init(&loop->live);
    syni_list_init(&loop->followers);
    syni_list_init(&loop->registered);
    loop->sleeper.wake = wake_loop;
    loop->sleeper.pending = loop_pending;
    syni_loop_shut(loop);
}

syn_err syni_loop_init(struct syni_loop *loop, const struct syni_loop_options *options)
{
    syn_err err;

    SYNI_SURE(loop->n_live == 0 && syni_loop_role(loop) == SYNI_ROLE_GONE);
    loop->name = options->name;
    loop->died = SYN_OK;
    loop->closing = false;
    loop->on_closing = options->on_closing;
    loop->may_sleep = options->may_sleep;
    loop->callers_drive = options->callers_drive;
    loop->grace_ns = options->callers_drive && !options->clock ? options->grace_ns : 0;
    loop->draws = options->seed;
    loop->look_ns = options->callers_drive && !options->clock && !options->seed ? options->look_ns : 0;
    loop->stack_size_bytes = options->stack_size_bytes;
    loop->clock = options->clock;
    loop->moves_out = false;
    if (loop->n_timers == 0) /* the clock may be another than before, and show less */
        memset(&loop->timers, 0, sizeof loop->timers);
    err = syni_poller_open(options->backend, &loop->backend, &loop->poller);
    if (err)
        return err;
    syni_clock_enter(loop->clock, &loop->sleeper);
    syni_live_register(loop);
    return SYN_OK;
}

void syni_loop_fini(struct syni_loop *loop)
{
    int cancel_state = syni_thread_hold_cancel(); /* close() is a cancellation point */

    SYNI_INVARIANT(1, syni_loop_role(loop) == SYNI_ROLE_GONE);
    SYNI_SURE(!loop->ready.first && !loop->taken);
    syni_live_unregister(loop);
    syni_clock_leave(&loop->sleeper);
    syni_watch_fini(loop);
    loop->backend->close(loop->poller);
    loop->poller = NULL;
    syni_thread_let_cancel(cancel_state);
}
