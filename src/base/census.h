/* SPDX-License-Identifier: Apache-2.0
 *
 * All there are of one kind, for who must reach each: when everything is stopped, at exit.
 *
 * Any thread. A visitor holds no lock while it visits one, and what is on the list stays where it is
 * meanwhile: who wants to remove one waits.
 */
#ifndef SYNI_CENSUS_H
#define SYNI_CENSUS_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/fork.h"
#include "base/list.h"
#include "base/thread.h"

/* Static, by the macro. In a child it is empty. */
struct syni_census {
    struct syni_mutex lock;
    /* under lock */
    struct syni_list all;
    struct syni_cond left; /* a visitor has */
    unsigned visitors;
    unsigned process; /* that the two above are of */
    struct syni_fork_call fork_call;
};

#define SYNI_CENSUS_INIT(census)                                                                   \
    {                                                                                              \
        .lock = SYNI_MUTEX_INIT(CENSUS), .all = {&(census).all, &(census).all},                    \
        .fork_call = {.lock = &(census).lock}                                                      \
    }

/* Fails: SYN_ENOMEM. */
syn_err syni_census_add(struct syni_census *census, struct syni_list *node);

/* Waits until no visitor can be at NODE. Fine when it is not on it. */
void syni_census_remove(struct syni_census *census, struct syni_list *node);

/* VISIT(NODE, USER) for each, without a lock. It may not remove any. */
void syni_census_visit(struct syni_census *census,
                       void (*visit)(struct syni_list *node, void *user), void *user);

#endif
