/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads that drive a loop and block on work of another one.
 *
 * That is legal, and reported; a circle of it is refused. Lies on the stack of the thread.
 */
#ifndef SYNI_BLOCKED_H
#define SYNI_BLOCKED_H

#include "facade/home.h"

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

#endif
