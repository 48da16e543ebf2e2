/* SPDX-License-Identifier: Apache-2.0
 *
 * Tasks that arrive and do not begin: their home dies or is being stopped, they were cancelled before, or their
 * deadline has passed.
 */
#include "task/engine.h"

#include <stddef.h>

#include "base/report.h"
#include "loop/loop_turn.h"
#include "loop/role.h"
#include "task/home.h"
#include "task/outcome.h"
#include "task/shelter.h"
#include "task/task_cancel.h"

/* TASK is about to end with ERR, by ORIGIN. */
static void begin_not(struct syni_task *task, syn_err err, enum syn_origin origin)
{
    const char *why = err == SYN_ELOOPDEAD        ? task->home->why_died
                      : err == SYN_ENOMEM         ? "no memory for a copied argument"
                      : origin == SYN_BY_DEADLINE ? SYNI_TOO_LATE
                                                  : NULL;

    SYNI_INVARIANT(15, !task->begun);
    syni_shelter_leaving(task);
    syni_outcome_set(task, err, origin, why);
    task->leaving = true;
}

bool syni_engine_refuses(struct syni_task *task)
{
    struct syni_home *home = task->home;
    syn_err err;

    SYNI_INVARIANT(10, syni_drives(&home->loop));
    if (home->loop.closing && !task->sheltered)
        syni_task_request(task, SYN_BY_STOP);
    if (home->loop.died) {
        begin_not(task, SYN_ELOOPDEAD, SYN_BY_LIBRARY);
    } else if (task->sheltered && syni_home_gave_up(home)) {
        begin_not(task, SYN_EABANDONED, SYN_BY_STOP);
    } else if (task->copy_failed) {
        begin_not(task, SYN_ENOMEM, SYN_BY_LIBRARY);
    } else if (syni_task_is_asked(task)) {
        /* Asked before it began: it never does. */
        enum syn_origin origin = syni_task_asked_by(task);

        begin_not(task, syni_task_code(origin), origin);
    } else if (task->in_time && task->deadline <= syni_loop_now(&home->loop)) {
        begin_not(task, SYN_ETIMEDOUT, SYN_BY_DEADLINE);
    } else {
        const struct syn_function *function = task->function;

        err = function->begins ? function->begins((struct syn_task *)(void *)task) : SYN_OK;
        if (!err)
            return false;
        begin_not(task, err, SYN_BY_LIBRARY);
    }
    return true;
}
