/* SPDX-License-Identifier: Apache-2.0 */
#include "base/exits.h"

#include "base/parker.h"
#include "base/self.h"
#include "base/time.h"

atomic_uint syni_exited_in;

static atomic_uint exits_in; /* as that */
static _Atomic(const struct syni_self *) exits_first;
static _Atomic(int64_t) exits_limit; /* its limit */

bool syni_exits(void)
{
    /* relaxed: a start that races with an exit may be either's */
    return atomic_load_explicit(&exits_in, memory_order_relaxed) == syni_process();
}

void syni_exit_begins(int64_t limit_ns)
{
    exits_first = syni_self();
    exits_limit = syni_now() + limit_ns;
    exits_in = syni_process();
}

void syni_exit_stopped(void)
{
    syni_exited_in = syni_process();
}

void syni_exit_await(void)
{
    if (exits_in != syni_process() || exits_first == syni_self())
        return;
    while (syni_now() < exits_limit)
        syni_parker_sleep(syni_parker_mine(), exits_limit);
}
