/* SPDX-License-Identifier: Apache-2.0
 *
 * What a task does, told to hooks (base/hooks.h). Each is called only where SYNI_HOOKED.
 */
#ifndef SYNI_SEEN_H
#define SYNI_SEEN_H

#include "base/hooks.h"
#include "task/state.h"

/* Around a step, on the engine's stack. */
struct syni_seen_step {
    struct syni_runs before; /* what the thread ran */
    int64_t began_ns;
};

/* A call made TASK; TASK is about to be resumed. By the thread that does it. From here on
 * `live.since` is since when it could run, in real time. */
SYNI_COLD void syni_seen_made(struct syni_task *task);
SYNI_COLD void syni_seen_ready(struct syni_task *task);
/* A step of TASK begins, which BY has handed over to, or NULL: it was ready; it has returned, and TASK, of HOME, may be
 * gone. Driver. */
SYNI_COLD void syni_seen_step_begins(struct syni_task *task, struct syni_seen_step *step,
                                     const void *by);
SYNI_COLD void syni_seen_step_ended(struct syni_home *home, struct syni_task *task,
                          const struct syni_seen_step *step);
/* TASK has ended, or will never begin. */
SYNI_COLD void syni_seen_end(struct syni_task *task);

#endif
