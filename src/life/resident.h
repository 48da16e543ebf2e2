/* SPDX-License-Identifier: Apache-2.0
 *
 * Residents: what lives on a home besides its tasks, and ends after them when that is stopped.
 * Objects are (object/object.h).
 *
 * One lock for all lists, and for whatever else its users move under it. It is taken inside no
 * other lock of this library and takes none inside.
 */
#ifndef SYNI_RESIDENT_H
#define SYNI_RESIDENT_H

#include <stdbool.h>

#include "base/list.h"
#include "base/thread.h"
#include "task/state.h"

struct syni_resident;

struct syni_resident_ops {
    /* Under the lock: it shall end, and the thread that claims it ends it. False: another thread has
     * claimed it, or is about to; *OUT_WAIT says whether that will tell the home. */
    bool (*claim)(struct syni_resident *resident, bool *out_wait);
    /* By the home's driver, or its host between turns, under no lock: begins its end; at once,
     * without running anything, if not MAY_RUN. */
    void (*end)(struct syni_resident *resident, bool may_run);
};

struct syni_resident {
    struct syni_list link; /* of its home's; on none before and afterwards */
    const struct syni_resident_ops *ops;
};

extern struct syni_mutex syni_residents_lock;

/* RESIDENT lives on HOME; under the lock. False: nobody moves in there any more. */
bool syni_resident_add(struct syni_home *home, struct syni_resident *resident);

/* HOME has no tasks and is being stopped: begins to end the resident that moved in last. False: none is
 * left, and none moves in any more. Driver, or its host between turns. */
bool syni_residents_stop(struct syni_home *home);

/* HOME gave up: all end at once; returns how many had not begun to. Driver. */
unsigned syni_residents_give_up(struct syni_home *home);

/* Somebody lives there. A look; any thread. */
bool syni_residents_are_there(struct syni_home *home);

/* Before its first start, and at each. */
void syni_residents_init(struct syni_home *home);
void syni_residents_open(struct syni_home *home);

#endif
