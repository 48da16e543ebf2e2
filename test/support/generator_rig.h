/* SPDX-License-Identifier: Apache-2.0
 *
 * What the suites of generators share: one that counts, and tells so.
 */
#ifndef GENERATOR_RIG_H
#define GENERATOR_RIG_H

#include "support/pair_rig.h"
#include "support/story.h"

static int begun, cleaned;

GENERATOR(demo, int, count, (int, n), (double, seconds), SYN_LOCAL(int, i))
{
    co_begin;
    begun++;
    for (self->i = 0; self->i < self->n; self->i++) {
        if (self->seconds > 0)
            co_sleep(self->seconds);
        tell("made", self->i);
        co_yield(self->i);
    }
    co_finally;
    cleaned++;
    co_end;
}

#endif
