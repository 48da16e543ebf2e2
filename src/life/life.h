/* SPDX-License-Identifier: Apache-2.0
 *
 * The states of a home, and the threads that start, stop and free it.
 */
#ifndef SYNI_LIFE_H
#define SYNI_LIFE_H

#include "life/whole_home.h"
#include "task/state.h"

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
