/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads that drive a loop and block on work of another one.
 *
 * That is legal, and reported; a circle of it is refused. Lies on the stack of the thread.
 */
#ifndef SYNI_BLOCKED_H
#define SYNI_BLOCKED_H

#include "facade/home.h"
#include "pool/pool.h"

struct syni_blocked {
    struct syni_list link;        /* among all, under the lock of blocked.c */
    struct syni_driving *drives;  /* what the thread drives; NULL: nothing, and it is not listed */
    struct syni_home *target;     /* where what it waits for runs; NULL: nowhere */
    const char *function;         /* what it waits for */
    bool reached;                 /* by the search that is on */
};

/* The calling thread is about to wait for FUNCTION, which runs on TARGET. Costs nothing on
 * a thread that drives no loop. Fails, and it must not wait: SYN_EDEADLK when TARGET waits,
 * perhaps through others, for a loop that this thread drives. */
syn_err syni_blocked_enter(struct syni_blocked *here, struct syni_home *target,
                           const char *function);
void syni_blocked_leave(struct syni_blocked *here);

/* The same for a HOME that this thread drives: SYN_EDEADLK if a step of HOME waits below, for
 * what the thread drives at present; that is a circle, and both ends are named. 0 if it is in
 * a step of HOME itself, of which the caller knows more to say. */
syn_err syni_blocked_own(struct syni_home *home, const char *function);

/* Between the two, around the wait itself. */
struct syni_blocking {
    struct syni_driving *drives;
    struct syni_stand_in before;
};
struct syni_blocking syni_block(const char *function);
void syni_unblock(const struct syni_blocking *blocking);

/* Between the two, if the calling thread runs a job: when that is asked to end, who produces CORE,
 * for which it waits, is asked as well. Only for a job that was not asked before: what waits
 * then is its clean-up. */
struct syni_relay {
    struct syni_work *work; /* NULL: there is nothing to pass on */
    struct syni_core *core;
};
void syni_relay_begin(struct syni_relay *relay, struct syni_core *core);
void syni_relay_end(const struct syni_relay *relay);

#endif
