/* SPDX-License-Identifier: Apache-2.0
 *
 * What the suites of scopes share: workers that count themselves, on two synchronizers.
 */
#ifndef SCOPE_RIG_H
#define SCOPE_RIG_H

#include "support/call_rig.h"

SYNCHRONIZER(demo);
SYNCHRONIZER(other);
PROMISE(int, number);

static int began, cleaned, running, most;
static _Atomic(int) there; /* of those on another loop */

static void end_all(void)
{
    finish(&demo);
    finish(&other);
    CHECK_INT(running, 0);
    CHECK_INT(there, 0);
    CHECK_INT(began, cleaned);
    done();
}

/* Sleeps, counts itself, and fails if X is negative. */
ASYNC(demo, int, work, (double, seconds), (int, x))
{
    co_begin;
    began++;
    running++;
    most = running > most ? running : most;
    co_sleep(self->seconds);
    if (self->x < 0)
        co_fail(-self->x, "a worker failed");
    self->result = self->x;
    co_finally;
    co_sleep(0.25);
    running--;
    cleaned++;
    co_end;
}

ASYNC(other, void, work_there, (double, seconds))
{
    co_begin;
    there++;
    co_sleep(self->seconds);
    co_finally;
    co_sleep(0.25);
    there--;
    co_end;
}

ASYNC(demo, void, naps, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_end;
}

#endif
