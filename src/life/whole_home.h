/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of a home, for threads that start, stop and free one; docs/design.md draws it.
 */
#ifndef SYNI_WHOLE_HOME_H
#define SYNI_WHOLE_HOME_H

#include <synchronicity/pool.h>

#include "base/census.h"
#include "thread/thread_waits.h"
#include "inspect/slow_watch.h"
#include "task/task.h"

/* A home, and what its life needs besides. */
struct syni_whole_home {
    struct syni_home home;
    struct syni_job stop_job, abandon_job; /* posted once in a run, under the lock */
    struct syni_list running; /* among all that run, until their threads were joined; under the lock */
    struct syni_slow_watched watched; /* while it runs */
    struct syni_list stoppers; /* of struct syni_stopper; under the lock */
    unsigned n_inside;         /* threads in a stop; under the lock */
    bool freed;                /* under the lock */
    struct syni_names abandoned; /* the driver's */
};

/* A thread that waits for the end of a home. Lies on its stack. */
struct syni_stopper {
    struct syni_list link; /* under the lock, until it is told */
    struct syni_parker *parker;
    _Atomic(bool) told;          /* HOME is over */
    bool reaps;                  /* it is the one that joins the loop's thread */
    struct syni_names abandoned; /* what did not end by itself; it is told with that */
};

/* --- life.c: the states --- */

/* Why HOME, which was found, takes no post any more: SYN_ECLOSED or SYN_ELOOPDEAD. */
syn_err syni_life_refusal(struct syni_home *home);

/* HOME runs from here on; also after a stop, if AGAIN. If it did not, HOST, the calling thread, hosts
 * it; NULL: it has a thread of its own. Fails: as it refuses that in its state, or as
 * RUN does, which makes its loop. */
syn_err syni_life_start(struct syn_synchronizer *synchronizer, bool again, struct syni_self *host);

/* HOME shall stop. False: it does not run, and nothing is waited for; else HERE is told when it is
 * over. In both cases syni_life_stop_leave() comes next, or after the wait. */
bool syni_life_stop_enter(struct syni_home *home, struct syni_stopper *here);

/* The deadline of HERE has passed: what lives on HOME is abandoned, for all its stoppers. */
void syni_life_stop_force(struct syni_home *home, struct syni_stopper *here);
/* The driver did not get there in time: HERE leaves without being told. STUCK: a step keeps it, or a
 * host. False: it was told. */
bool syni_life_stop_is_late(struct syni_home *home, struct syni_stopper *here, bool stuck);

/* The beginning of a stop, of which nobody is told. */
void syni_life_ask(struct syni_home *home);

/* HOME is not freed before it is let go, as with a stopper: its host turns it while it waits for
 * something else. False: it was freed, and only its memory is there (syni_home_hold()). */
bool syni_life_hold(struct syni_home *home);
void syni_life_let_go(struct syni_home *home);

/* HERE, which waits no more, leaves, and joins the loop's thread if that is its part. */
void syni_life_stop_leave(struct syni_home *home, struct syni_stopper *here);

/* The same when nobody stops HOME: its loop ended after the stops had given up. */
void syni_life_reap(struct syni_home *home);

/* Frees a HOME that does not run, but for its memory if channels hold that. Waits for threads that are in
 * a stop, by AWAIT, which is syni_thread_await_on(): that needs this module. False: it runs. */
typedef void syni_await_on(struct syni_list *list, struct syni_mutex *lock, const char *name);
bool syni_life_free(struct syni_home *home, syni_await_on *await);

/* --- home_start.c: what a run is made of --- */

/* OPS: what life.c does with it, which needs home_start.c. */
struct syni_whole_home *syni_home_make(struct syn_synchronizer *synchronizer,
                                       const struct syni_home_ops *ops);
/* ON_CLOSING and MAY_SLEEP: of its loop. */
syn_err syni_home_run(struct syni_home *home, void (*on_closing)(struct syni_loop *loop),
                      bool (*may_sleep)(struct syni_loop *loop), struct syni_self *host);

/* The home, if it was ever started; NULL. */
struct syni_home *syni_home_peek(struct syn_synchronizer *synchronizer);

/* What it is called, also when it has no name. */
const char *syni_home_name(const struct syn_synchronizer *synchronizer);

/* HOME gets something that nobody may wait for: a future in flight, a callback. Fails, with a report: the
 * system has no thread to give. */
syn_err syni_home_keep_thread(struct syni_home *home);

/* --- home_refusal.c --- */

/* Why HOME's loop died, for all later questions; by its driver, while the step that ended the thread
 * is still known. */
void syni_home_note_death(struct syni_home *home);

/* Why SYNCHRONIZER does not take NAME, a call or what else: ERR is that of syni_synchronizer_home() or
 * syni_life_refusal(). The first is the report, the second the calling thread's, and returns ERR.
 * Call it next: it takes the reason of a start that failed from the thread's latest report. */
struct syn_report *syni_home_report(struct syn_synchronizer *synchronizer, syn_err err,
                                    const char *name);
syn_err syni_home_refuse(struct syn_synchronizer *synchronizer, syn_err err, const char *name);

/* --- synchronizer.c --- */

/* The home of SYNCHRONIZER, started if it never was. Fails: SYN_ECLOSED when it is
 * being stopped or was; SYN_ELOOPDEAD; what starting meets. Also inside a task of
 * its own it is found while it is being stopped: clean-up may call. */
syn_err syni_synchronizer_home(struct syn_synchronizer *synchronizer, struct syni_home **out_home);

/* --- stop_everything.c --- */

/* What runs is stopped when the process exits. Before anything runs; again costs a look. */
void syni_stop_everything_at_exit(void);

/* --- stop_all.c --- */

/* How all are stopped. */
struct syni_stop_all {
    struct syn_deadline deadline; /* on the calling thread's clock; an interrupt makes it pass */
    int64_t latest;               /* for all of them together; see syni_home_stop() */
    /* It is told of each that would not end, with the report's words, and of those that the calling
     * thread is inside of, which are asked and not waited for. */
    void (*stuck)(void *user, const char *name, const char *why);
    void *user;
    unsigned n_stuck; /* how many these were */
};

/* Stops every synchronizer, and then every pool. All are asked at first, so that their clean-ups run
 * side by side. Any thread, also inside a step or a job. */
void syni_stop_all(struct syni_stop_all *all);

/* The stop_job and the abandon_job, of a home that is to stop. */
void syni_home_stop_arrives(struct syni_job *job);
void syni_home_abandon_arrives(struct syni_job *job);

/* --- home_stop.c --- */

/* How much later than its deadline a stop returns, when what it abandoned takes time to end. */
enum { SYNI_STOP_LATE_NS = 1000000000 };

/* As syn_synchronizer_start(), _stop() and _free() say. *LATEST: when a stop with a deadline that has passed
 * returns at last, in real time; 0: it sets that, for the other stops that share the deadline. */
syn_err syni_home_start(struct syn_synchronizer *synchronizer);
syn_err syni_home_stop(struct syni_home *home, struct syn_deadline deadline, int64_t *latest);
syn_err syni_home_free(struct syni_home *home);

/* --- pool.c --- */

/* As syn_pool_stop(); LATEST: as syni_home_stop(). */
syn_err syni_pool_stop_by(struct syn_pool *pool, struct syn_deadline deadline, int64_t *latest);

/* The arrows of the picture in life.c; for a check of each move. */
static inline bool syni_life_may_move(enum syni_life from, enum syni_life to)
{
#define FROM(life) (1U << SYNI_LIFE_##life)
    static const unsigned from_where[] = {
        [SYNI_LIFE_RUNNING] = FROM(NEW) | FROM(STOPPED),
        [SYNI_LIFE_STOPPING] = FROM(RUNNING),
        [SYNI_LIFE_GIVING_UP] = FROM(STOPPING) | FROM(STUCK),
        [SYNI_LIFE_STUCK] = FROM(GIVING_UP),
        [SYNI_LIFE_DYING] = FROM(RUNNING) | FROM(STOPPING) | FROM(GIVING_UP) | FROM(STUCK),
        [SYNI_LIFE_ENDED] = FROM(STOPPING) | FROM(GIVING_UP) | FROM(STUCK) | FROM(DYING),
        [SYNI_LIFE_REAPING] =
            FROM(STOPPING) | FROM(GIVING_UP) | FROM(STUCK) | FROM(DYING) | FROM(ENDED),
        [SYNI_LIFE_STOPPED] = FROM(REAPING),
        [SYNI_LIFE_DEAD] = FROM(REAPING),
    };
#undef FROM

    return from_where[to] >> from & 1;
}

#endif
