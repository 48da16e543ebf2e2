/* SPDX-License-Identifier: Apache-2.0
 *
 * The last tasks of a home: those that came too late, and, when they would not end in time or the
 * loop died, giving up all of them. By its last driver.
 */
#include "life/home_abandon.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "life/resident.h"
#include "loop/loop_turn.h"
#include "task/engine.h"
#include "task/task_resume.h"

void syni_home_abandon_name(struct syni_names *names, const char *format, ...)
{
    size_t length = strlen(names->text), size = sizeof names->text;
    va_list arguments;
    int m;

    m = snprintf(names->text + length, size - length, "%s", names->n++ ? ", " : "");
    length += m < 0 ? 0 : (size_t)m < size - length ? (size_t)m : size - length - 1;
    va_start(arguments, format);
    vsnprintf(names->text + length, size - length, format, arguments);
    va_end(arguments);
}

void syni_home_abandon_all(struct syni_home *home, syn_err err, enum syn_origin origin,
                           const char *message, struct syni_names *names)
{
    unsigned n;

    home->current = NULL;
    syni_task_stop_transfers(home); /* a step ended the thread, and did not return */
    SYNI_LIST_EACH (node, &home->loop.live) {
        struct syni_task *task = SYNI_CONTAINER(node, struct syni_task, live.link);

        if (task->ending)
            continue;
        syni_home_abandon_name(names, "%s (waits for %s)", task->function->name,
                               task->live.waits_for[0] ? task->live.waits_for : "nothing");
        syni_engine_abandon(task, err, origin, message);
    }
    n = syni_residents_give_up(home);
    if (n)
        syni_home_abandon_name(names, "%u objects (their destructors do not run)", n);
}

/* Tasks that cannot end before a request that found the inbox shut: nothing brings them back. */
static void resume_unasked(struct syni_home *home)
{
    SYNI_LIST_EACH (node, &home->loop.live) {
        struct syni_task *task = SYNI_CONTAINER(node, struct syni_task, live.link);

        /* acquire: the canceller does not touch it any more */
        if (task->ending && !task->queued &&
            atomic_load_explicit(&task->asked, memory_order_acquire))
            syni_task_resume(task);
    }
}

/* What arrived since the last turn ends here, without beginning. */
void syni_home_end_posted(struct syni_home *home)
{
    while (home->loop.taken || home->loop.ready.first || home->loop.n_live > 0) {
        syni_loop_turn(&home->loop, 0);
        resume_unasked(home);
    }
}
