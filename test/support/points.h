/* SPDX-License-Identifier: Apache-2.0
 *
 * For cases that open a window at a named point (synchronicity/testing.h).
 */
#ifndef POINTS_H
#define POINTS_H

#include <synchronicity/testing.h>

#include "test.h"

/* Skips the case, which says so, where there are none. */
static inline void points_needed(void)
{
    if (syn_test_delay("core_done", 0, 0) != 0)
        TEST_SKIP("this build has no points of delay (SYN_CHECKED)");
    syn_test_delay_clear();
}

/* A thread stands at POINT by now, or soon; else the case fails. */
#define AWAIT_HELD(point) CHECK_INT(syn_test_await_held(point, 100), 0)

#endif
