/* SPDX-License-Identifier: Apache-2.0
 *
 * The plan of what is to fail: one at a time, for the whole process.
 *
 * Any thread asks. The plan is set while a test is quiet, so plain relaxed
 * counters are enough: what a racing thread may see late is a plan that was just
 * set or cleared. Discarded: wrapping calls at link time, which only some linkers
 * can and users' tests cannot.
 */
#include "base/fault.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include <synchronicity/testing.h>

_Atomic(bool) syni_fault_armed;

static _Atomic(const char *) plan_what;
static atomic_ulong plan_first, plan_count, plan_hits;
static atomic_int plan_error;

bool syni_fault_hit(const char *what)
{
    const char *wanted = plan_what;

    if (wanted && strcmp(wanted, what) != 0)
        return false;

    unsigned long hit = atomic_fetch_add(&plan_hits, 1) + 1;
    if (hit < plan_first || hit - plan_first >= plan_count)
        return false;
    errno = plan_error;
    return true;
}

void syn_fault_set(const char *what, unsigned long nth, unsigned long count, int error)
{
    syni_fault_armed = false;
    plan_what = what;
    plan_first = nth;
    plan_count = count;
    plan_error = error;
    plan_hits = 0;
    syni_fault_armed = true;
}

void syn_fault_clear(void)
{
    syni_fault_armed = false;
}

unsigned long syn_fault_hits(void)
{
    return plan_hits;
}
