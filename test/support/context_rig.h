/* SPDX-License-Identifier: Apache-2.0
 *
 * What the suites of contexts share: a context that tells what it was told.
 */
#ifndef CONTEXT_RIG_H
#define CONTEXT_RIG_H

#include "support/pair_rig.h"
#include "support/story.h"

/* Enters and leaves with a sleep; tells what it was told. FAILS: in its exit. */
CONTEXT(demo, int, session, (int, n), (syn_err, fails), SYN_LOCAL(int, entered))
{
    co_begin;
    co_sleep(1.0);
    if (self->n < 0)
        co_fail(SYN_EIO, "cannot enter");
    self->entered = 1;
    tell("enter", self->n);
    co_yield(self->n);
    tell("told", co_status);
    co_finally;
    if (!self->entered)
        co_done;
    co_sleep(1.0);
    tell("exit", self->n);
    if (self->fails)
        co_fail(self->fails, "cannot exit");
    co_end;
}

#endif
