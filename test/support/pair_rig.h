/* SPDX-License-Identifier: Apache-2.0
 *
 * Two synchronizers, for suites in which tasks of one loop meet those of another.
 */
#ifndef PAIR_RIG_H
#define PAIR_RIG_H

#include "support/call_rig.h"

SYNCHRONIZER(demo);
SYNCHRONIZER(other);

static inline void end_all(void)
{
    finish(&demo);
    finish(&other);
    done();
}

/* Time passes, on each of them. */
ASYNC(demo, void, naps, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_end;
}

ASYNC(other, void, idles, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_end;
}

#endif
