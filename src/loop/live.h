/* SPDX-License-Identifier: Apache-2.0
 *
 * What lives on a loop, and the list of all loops.
 */
#ifndef SYNI_LIVE_H
#define SYNI_LIVE_H

#include "loop/loop.h"

static inline void syni_live_add(struct syni_loop *loop, struct syni_live *live)
{
    SYNI_INVARIANT(9, loop->n_dormant <= loop->n_live);
    live->waits_for = "";
    live->detail = -1;
    syni_list_append(&loop->live, &live->link);
    loop->n_live++;
}

static inline void syni_live_remove(struct syni_loop *loop, struct syni_live *live)
{
    SYNI_INVARIANT(9, loop->n_live > 0);
    syni_list_unlink(&live->link);
    loop->n_live--;
}

/* The list of all loops, by `registered`; for code that reads it without its lock. */
const struct syni_list *syni_live_list(void);
/* FN for each loop, under the lock of their list, which takes none inside. */
void syni_live_each(void (*fn)(struct syni_loop *loop, void *user), void *user);

void syni_live_register(struct syni_loop *loop);
void syni_live_unregister(struct syni_loop *loop);

#endif
