/* SPDX-License-Identifier: Apache-2.0
 *
 * Giving up all tasks of a home: they would not end in time, or the loop died. By its
 * last driver.
 */
#include "task/task.h"

#include <stdio.h>

int syni_home_abandon_all(struct syni_home *home, syn_err err, enum syn_origin origin,
                          const char *message, char *names, size_t size)
{
    int n = 0;
    size_t length = 0;

    home->current = NULL;
    SYNI_LIST_EACH (node, &home->loop.live) {
        struct syni_task *task = SYNI_CONTAINER(node, struct syni_task, live.link);
        int m;

        if (task->ending)
            continue;
        m = snprintf(names + length, size - length, "%s%s (waits for %s)", n ? ", " : "",
                     task->function->name,
                     task->live.waits_for[0] ? task->live.waits_for : "nothing");
        length += m < 0 ? 0 : (size_t)m < size - length ? (size_t)m : size - length - 1;
        n++;
        syni_task_abandon(task, err, origin, message);
    }
    return n;
}
