/* SPDX-License-Identifier: Apache-2.0
 *
 * Circles of tasks that wait for each other, over any number of loops, where no step blocks: the wait
 * that closes one is refused. chain.h finds those within one loop while the wait begins; what goes on at
 * another loop, or too far, is left to a search, which finds it soon after.
 *
 * A search goes from loop to loop by their inboxes, as a job, and notes what the tasks wait for that it
 * meets: only its driver may look at that. It costs nothing where a task waits for another loop's
 * that does not wait itself, but for one count; and it begins only at such a wait.
 */
#ifndef SYNI_SEARCH_H
#define SYNI_SEARCH_H

#include "task/chain.h"
#include "task/graph.h"

struct syni_search;

/* TASK waits from now on, for what a walk could not decide, which gave the wait its NUMBER. Driver. */
void syni_search_begin(struct syni_task *task, unsigned number);

/* The same for an await of CHILD, which has its waiter by now. NUMBER: as a walk gave it, or 0. On another
 * loop the waiter is known first, and then come the number and the look (search.c). */
void syni_search_await(struct syni_task *task, const struct syni_core *child, unsigned number);

/* By an operation `refuse`: the circle of SEARCH, which found one, goes through CORE. */
bool syni_search_blames(const struct syni_search *search, const struct syni_core *core);

/* What to say of it: what it waits for is BEFORE, the next task's name, AFTER. NULL: no memory. The caller
 * owns it. */
struct syn_report *syni_search_say(const struct syni_search *search, const char *before,
                                   const char *after);

#endif
