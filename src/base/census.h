/* SPDX-License-Identifier: Apache-2.0
 *
 * All there are of one kind, for code that must reach each: when everything is stopped, at exit.
 *
 * Any thread. A visitor holds no lock while it visits one, and that one stays where it is meanwhile: a thread that
 * wants to remove it waits. All others may come and go.
 */
#ifndef SYNI_CENSUS_H
#define SYNI_CENSUS_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/fork.h"
#include "base/list.h"
#include "base/thread.h"

/* A field of what is counted. */
struct syni_counted {
    struct syni_list link;
    unsigned visitors; /* that are at it */
};

/* Static, by the macro. In a child it is empty. */
struct syni_census {
    struct syni_mutex lock;
    /* under lock, as are the fields of those that are counted */
    struct syni_list all;
    struct syni_cond left; /* a visitor has left one */
    unsigned process;      /* that the two above are of */
    struct syni_fork_call fork_call;
};

#define SYNI_CENSUS_INIT(census)                                                                   \
    {                                                                                              \
        .lock = SYNI_MUTEX_INIT(CENSUS), .all = {&(census).all, &(census).all},                    \
        .fork_call = {.lock = &(census).lock}                                                      \
    }

void syni_census_add(struct syni_census *census, struct syni_counted *counted);

/* Waits until no visitor is at it. */
void syni_census_remove(struct syni_census *census, struct syni_counted *counted);

/* VISIT(COUNTED, USER) for each that is there, in the order in which they came, without a lock; it
 * may not remove it. */
void syni_census_visit(struct syni_census *census,
                       void (*visit)(struct syni_counted *counted, void *user), void *user);

/* The same for COUNTED only, which need not be there any more: false. */
bool syni_census_visit_one(struct syni_census *census, const struct syni_counted *counted,
                           void (*visit)(struct syni_counted *counted, void *user), void *user);

/* The first; NULL: there is none. For the only thread that removes. */
struct syni_counted *syni_census_first(struct syni_census *census);

#endif
