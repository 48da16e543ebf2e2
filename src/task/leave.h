/* SPDX-License-Identifier: Apache-2.0
 *
 * What a step returns, and how a task begins to leave. See engine.c.
 */
#ifndef SYNI_LEAVE_H
#define SYNI_LEAVE_H

#include "task/state.h"

enum syni_token { SYNI_SUSPENDED = 1, SYNI_LEFT, SYNI_ENDED }; /* and SYNI_GOES_ON, of <synchronicity/task.h> */

/* TASK leaves with ERR, or, 0, with its value: its clean-up comes next. */
struct syn_step syni_leave_begin(struct syni_task *task, syn_err err, enum syn_origin origin,
                                 const char *message);

#endif
