/* SPDX-License-Identifier: Apache-2.0
 *
 * What a task comes to: its error, the report of that, and which outcome stands when its
 * clean-up has one of its own.
 *
 * Driver only. A report has one owner: the task while it handles the error (`heard`), then the
 * core, from which it moves to the task that awaits. No error is dropped on the way: one that
 * is replaced becomes the cause of the next, and that of a clean-up, which replaces nothing,
 * is added at the end of the chain. Discarded: telling of it by syn_on_unobserved() alone,
 * since without that hook the caller of a rollback that failed would know nothing.
 */
#include "task/outcome.h"

#include "base/report.h"
#include "task/task_cancel.h"
#include "task/task_resume.h"

static void outcome_add_site(struct syni_task *task, struct syn_report *report)
{
    struct syn_site site = {
        task->function->name,
        task->function->file,
        task->at ? task->at : task->function->line,
        task->function->library,
    };

    syni_report_site(report, &site);
}

/* The report of TASK's failure: that of the wait that brought the error, if it
 * is the same error on its way up, else a new one, with that as its cause. */
static struct syn_report *make_report(struct syni_task *task, syn_err err, enum syn_origin origin,
                                      const char *message)
{
    struct syn_report *report = task->heard;

    SYNI_SURE(err);
    task->heard = NULL;
    if (!report || report->code != err || message) {
        struct syn_report *cause = report;

        report = syni_report_new(err, origin, message);
        if (report)
            report->cause = cause;
        else
            syni_report_free(cause);
    }
    if (report)
        report->origin = origin;
    outcome_add_site(task, report);
    return report;
}

void syni_outcome_set(struct syni_task *task, syn_err err, enum syn_origin origin,
                      const char *message)
{
    struct syn_report *before = task->core.report;

    SYNI_DRIVEN_FOR(task);
    task->core.err = err;
    task->core.origin = origin;
    task->core.report = err ? make_report(task, err, origin, message) : NULL;
    if (!syni_report_append(task->core.report, before))
        syni_report_free(before);
}

/* The clean-up failed with ERR though another error stands. */
static void add_failure(struct syni_task *task, syn_err err, const char *message)
{
    struct syn_report *report;

    SYNI_SURE(err && task->core.err);
    if (err == task->core.err && !message && !task->heard)
        return; /* the outcome itself, once more */
    report = make_report(task, err, SYN_BY_TASK, message);
    if (report)
        report->in_clean_up = 1;
    if (syni_report_append(task->core.report, report))
        return;
    syni_core_unobserved(task->function->name, err, SYN_BY_TASK, report);
    syni_report_free(report);
}

void syni_outcome_amend(struct syni_task *task, syn_err err, const char *message)
{
    bool by_request = task->core.err && syni_task_origin_is_request(task->core.origin);
    /* A value that nobody will fetch: made before the clean-up failed, or returned by
     * a clean-up though another error stands. */
    bool lost = err ? !task->core.err : task->core.err && !by_request;

    SYNI_DRIVEN_FOR(task);
    SYNI_INVARIANT(14, task->leaving);
    if (lost && task->core.type->destroy)
        task->core.type->destroy(syni_core_value(&task->core));
    if (err ? !task->core.err : by_request)
        syni_outcome_set(task, err, SYN_BY_TASK, message);
    else if (err)
        add_failure(task, err, message);
}

void syni_outcome_abandon(struct syni_task *task, syn_err err, enum syn_origin origin,
                          const char *message)
{
    SYNI_DRIVEN_FOR(task);
    SYNI_SURE(task->abandoned);
    /* It had returned one, which nobody will fetch. */
    if (task->leaving && !task->core.err && task->core.type->destroy)
        task->core.type->destroy(syni_core_value(&task->core));
    syni_outcome_set(task, err, origin, message);
}

syn_err syn_task_outcome(const struct syn_task *public_task)
{
    const struct syni_task *task = SYNI_TASK(public_task);

    return task->leaving ? task->core.err : SYN_OK;
}

const struct syn_report *syn_task_report(const struct syn_task *public_task)
{
    const struct syni_task *task = SYNI_TASK(public_task);

    if (!task->status)
        return NULL;
    if (!task->heard && task->leaving && task->status == task->core.err)
        return task->core.report; /* in clean-up, at first */
    return task->heard;
}
