/* SPDX-License-Identifier: Apache-2.0
 *
 * Circles of tasks and jobs that wait for each other, over any number of loops and pools, where no step
 * blocks: the wait that closes one is refused. chain.h finds those within one loop while the wait begins; what
 * goes on at another loop or in a job, or too far, is left to a search, which finds it soon after.
 *
 * A search goes from loop to loop by their inboxes, as a job, and notes what the tasks wait for that it
 * meets: only its driver may look at that. What a pool's job waits for it notes wherever it is. It costs
 * nothing where a task waits for another loop's, or for a job, that does not wait itself, but for one count;
 * and it begins only at such a wait.
 */
#ifndef SYNI_SEARCH_H
#define SYNI_SEARCH_H

#include "circle/chain.h"
#include "circle/graph.h"

/* TASK waits from now on, for what a walk could not decide, which gave the wait its NUMBER. Driver. */
void syni_search_begin(struct syni_task *task, unsigned number);

/* The same for an await of CHILD, which has its waiter by now. NUMBER: as a walk gave it, or 0. On another
 * loop the waiter is known first, and then come the number and the look (search.c). */
void syni_search_await(struct syni_task *task, const struct syni_core *child, unsigned number);

/* The same for a JOB with a wait that has a DETAIL that says so: by the thread that begins that, and holds it. ASKED: as
 * syni_search_asked(). */
void syni_search_begin_job(const struct syni_core *job, int detail, bool asked);

/* TASK, which was cancelled and waits for what was, receives it again: if the request went round, TASK gives
 * its wait up. Driver. */
void syni_search_asked(struct syni_task *task);

/* TASK waits, and may close a circle by now: by the wait of its end, by the way back into a mutex, by a wait that has
 * less to wait for; or it leaves, and was asked to end in vain by what so waits for it without a deadline from now on.
 * Looks. Of the circle another wait is refused than that of TASK, unless TASK leaves or no other can be. Driver. */
void syni_search_again(struct syni_task *task);

/* How many searches left something out, so that a circle there is not found. */
unsigned long syni_search_n_cut(void);

/* SEARCH is one of those. */
bool syni_search_is_of_asked(const struct syni_search *search);

/* By an operation `refuse`: the circle of SEARCH, which found one, goes through CORE. */
bool syni_search_blames(const struct syni_search *search, const struct syni_core *core);

/* What to say of it: what it waits for is BEFORE, the next task's name, AFTER. NULL: no memory. The caller
 * owns it. */
struct syn_report *syni_search_say(const struct syni_search *search, const char *before,
                                   const char *after);

#endif
