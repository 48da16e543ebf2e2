/* SPDX-License-Identifier: Apache-2.0
 *
 * Marks on their way: to what is waited for, and from there to what that waits for. circle.c has why.
 *
 * Any thread; what a task waits for is looked at by its driver only.
 */
#include "circle/circle.h"

#include <stddef.h>

#include "base/mem.h"
#include "base/report.h"
#include "loop/loop_inbox.h"
#include "loop/role.h"
#include "task/home.h"
#include "task/task_resume.h"

/* On its way to the driver of CORE's task; or of HOME, for all that lives there. */
struct probe {
    struct syni_job job;
    struct syni_core *core; /* held; NULL: all */
    struct syni_home *home;
    uint64_t id;
};

static void send_probe(uint64_t id, struct syni_core *core);

/* The task of CORE has just got the mark: so does what it waits for, and so on. */
static void follow(uint64_t id, struct syni_core *core)
{
    bool marked = true;

    while (marked && syni_core_task(core) && syni_drives(&syni_core_task(core)->home->loop)) {
        struct syni_task *task = syni_core_task(core);
        struct syn_report *report;

        if (task->queued)
            return;
        if (syni_task_wait(task) == SYNI_WAIT_OTHER && task->ops && task->ops->implicate)
            task->ops->implicate(task, id);
        if (syni_task_wait(task) != SYNI_WAIT_RESULT || task->on.result.given_up)
            return;
        core = task->on.result.child;
        if (syni_circle_mark(id, core, &marked, &report)) {
            task->on.result.refuse(task, report);
            return;
        }
    }
    if (marked && syni_core_task(core) && core->slot)
        send_probe(id, core);
}

static void drop_probe(struct probe *probe)
{
    syni_core_unpin(probe->core);
    syni_free(probe, sizeof *probe);
}

static void probe_arrives(struct syni_job *job)
{
    struct probe *probe = SYNI_CONTAINER(job, struct probe, job);

    if (!syni_core_done(probe->core))
        follow(probe->id, probe->core);
    drop_probe(probe);
}

static void post_probe(struct syni_counted *counted, void *user)
{
    struct probe *probe = user;

    if (!syni_loop_post(&SYNI_CONTAINER(counted, struct syni_home, counted)->loop, &probe->job))
        drop_probe(probe);
}

/* Without memory what it waits for already is not seen; what it will wait for is. The task of CORE may have ended
 * since it was marked, and its home be gone. */
static void send_probe(uint64_t id, struct syni_core *core)
{
    struct probe *probe = syni_alloc(sizeof *probe);

    if (!probe)
        return;
    probe->job.run = probe_arrives;
    probe->core = core;
    probe->id = id;
    syni_core_hold(core);
    if (!syni_census_visit_one(&syni_homes, &syni_core_task(core)->home->counted, post_probe, probe))
        drop_probe(probe);
}

syn_err syni_circle_depend(uint64_t id, struct syni_core *core, struct syn_report **out_report)
{
    bool marked = false;
    syn_err err = id ? syni_circle_mark(id, core, &marked, out_report) : SYN_OK;

    if (marked && core->slot) /* else it has not begun */
        follow(id, core);
    return err;
}

syn_err syni_circle_depend_here(uint64_t id, struct syni_task *task, struct syn_report **out_report)
{
    bool marked;
    syn_err err = syni_circle_mark(id, &task->core, &marked, out_report);

    SYNI_DRIVEN_FOR(task);
    if (marked)
        follow(id, &task->core);
    return err;
}

syn_err syni_circle_depend_soon(uint64_t id, struct syni_core *core, struct syn_report **out_report)
{
    bool marked;
    syn_err err = syni_circle_mark(id, core, &marked, out_report);

    if (marked && core->slot)
        send_probe(id, core);
    return err;
}

static void probe_for_all_arrives(struct syni_job *job)
{
    struct probe *probe = SYNI_CONTAINER(job, struct probe, job);

    SYNI_LIST_EACH (node, &probe->home->loop.live) {
        struct syni_task *task = SYNI_CONTAINER(node, struct syni_task, live.link);
        struct syn_report *report = NULL;
        bool marked;

        if (!syni_circle_mark(probe->id, &task->core, &marked, &report) && marked)
            follow(probe->id, &task->core);
        syni_report_free(report); /* the stop's own wait was refused, or is about to be over */
    }
    syni_free(probe, sizeof *probe);
}

void syni_circle_depend_on_all(uint64_t id, struct syni_home *home)
{
    struct probe *probe = syni_alloc(sizeof *probe);

    if (!probe)
        return;
    probe->job.run = probe_for_all_arrives;
    probe->core = NULL;
    probe->home = home;
    probe->id = id;
    if (!syni_loop_post(&home->loop, &probe->job))
        syni_free(probe, sizeof *probe);
}
