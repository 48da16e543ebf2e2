/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads that wait for a flag, which a wake of their parker sets: for what is below this layer, and must
 * not be left before.
 */
#include "facade/thread_wait.h"

#include <stddef.h>

static bool withdraw_flag(struct syni_thread_wait *wait, enum syn_origin origin)
{
    (void)origin;
    return !*wait->done;
}

bool syni_thread_wait_for_flag(_Atomic(bool) *done, int64_t deadline, const char *name)
{
    static const struct syni_thread_wait_ops ops = {NULL, withdraw_flag, NULL, NULL};
    struct syni_thread_wait wait = {.ops = &ops,
                                    .source = {.name = name},
                                    .deadline = deadline,
                                    .reason = SYN_BY_DEADLINE,
                                    .stays = true,
                                    .done = done};

    syni_thread_wait(syni_self(), &wait);
    return *done;
}
