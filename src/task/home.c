/* SPDX-License-Identifier: Apache-2.0
 *
 * What concerns all tasks of a home: clean-up that takes too long, the end.
 *
 * Driver only, but for the two that hold its memory: any thread.
 */
#include "task/home.h"

#include <string.h>

#include "base/say.h"
#include "loop/loop_turn.h"
#include "loop/role.h"
#include "task/task_resume.h"

struct syni_census syni_homes = SYNI_CENSUS_INIT(syni_homes);

void syni_home_hold(struct syni_home *home)
{
    atomic_fetch_add_explicit(&home->holders, 1, memory_order_relaxed);
}

void syni_home_let_go(struct syni_home *home)
{
    /* acq_rel: the last one sees what the others did */
    if (atomic_fetch_sub_explicit(&home->holders, 1, memory_order_acq_rel) == 1)
        home->gone(home);
}

/* It is there: its census waits for us. */
static void home_hold_found(struct syni_counted *counted, void *home)
{
    (void)counted;
    syni_home_hold(home);
}

bool syni_home_find(struct syni_home *home)
{
    return syni_census_visit_one(&syni_homes, &home->counted, home_hold_found, home);
}

bool syni_home_nested_here(void)
{
    const struct syni_self *self = syni_self();
    struct syni_home *home = syni_home_of(self);

    return home && home->current ? home->current->nested : self->worker != NULL;
}

struct syn_synchronizer *syn_task_synchronizer(const struct syn_task *task)
{
    return SYNI_TASK(task)->home->synchronizer;
}

/* Lines that are printed in the time that a clean-up may take; those beyond are counted. */
enum { STUCK_LINES = 8 };

/* So many more were stuck. */
static void end_stuck_lines(struct syni_home *home)
{
    SYNI_DRIVEN(&home->loop);
    if (home->n_stuck_unsaid)
        syni_print("%s: the clean-up of %u more tasks takes long", home->loop.name,
                 home->n_stuck_unsaid);
    home->n_stuck = home->n_stuck_unsaid = 0;
}

static void print_stuck(struct syni_home *home, const struct syni_task *task, int64_t now)
{
    const char *what = task->live.waits_for;

    if (home->n_stuck == 0)
        home->stuck_since = now;
    if (home->n_stuck == STUCK_LINES) {
        home->n_stuck_unsaid++;
        return;
    }
    home->n_stuck++;
    syni_print("%s: the clean-up of %s takes long; %s%s", home->loop.name, task->function->name,
             what[0] ? "it waits for " : "it could run, but others run first", what);
}

static void tell_stuck(struct syni_home *home, struct syni_task *task, int64_t now)
{
    const struct syn_synchronizer_options *options = &home->synchronizer->options;

    SYNI_DRIVEN(&home->loop);
    task->told_stuck = true;
    if (options->on_stuck)
        options->on_stuck(options->user, home->loop.name, task->function->name);
    else
        print_stuck(home, task, now);
}

static void check_cleanups(struct syni_timer *timer)
{
    struct syni_home *home = SYNI_CONTAINER(timer, struct syni_home, cleanup_timer);
    int64_t now = syni_loop_now(&home->loop), next = SYNI_NEVER, soonest;

    SYNI_DRIVEN(&home->loop);
    /* relaxed: for a stop that gives up on this thread, and names what it runs */
    atomic_store_explicit(&home->running, "on_stuck", memory_order_relaxed);
    if (home->n_stuck && syni_deadline_in(home->stuck_since, home->cleanup_limit_ns) <= now)
        end_stuck_lines(home);
    SYNI_LIST_EACH (node, &home->loop.live) {
        struct syni_task *task = SYNI_CONTAINER(node, struct syni_task, live.link);
        int64_t limit;

        if (!task->leaving_since || task->told_stuck)
            continue;
        limit = syni_deadline_in(task->leaving_since, home->cleanup_limit_ns);
        if (limit <= now)
            tell_stuck(home, task, now);
        else if (limit < next)
            next = limit;
    }
    atomic_store_explicit(&home->running, NULL, memory_order_relaxed);
    if (home->n_stuck_unsaid) {
        int64_t end = syni_deadline_in(home->stuck_since, home->cleanup_limit_ns);

        next = end < next ? end : next;
    }
    if (next == SYNI_NEVER)
        return;
    /* Not each at its own moment: each look is at all. */
    soonest = syni_deadline_in(now, home->cleanup_limit_ns / 16);
    syni_timer_start(&home->loop, timer, next > soonest ? next : soonest, check_cleanups);
}

void syni_home_watch_cleanup(struct syni_home *home, struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    /* 0 means "not yet", and a virtual clock may show it. */
    int64_t now = syni_loop_now(&home->loop);

    task->leaving_since = now ? now : 1;
    if (!syni_heap_holds(&home->cleanup_timer.node))
        syni_timer_start(&home->loop, &home->cleanup_timer,
                         syni_deadline_in(now, home->cleanup_limit_ns), check_cleanups);
    home->watches = true;
}

void syni_home_end_watch(struct syni_home *home)
{
    SYNI_DRIVEN(&home->loop);
    home->watches = false;
    syni_timer_stop(&home->loop, &home->cleanup_timer);
    end_stuck_lines(home);
}
