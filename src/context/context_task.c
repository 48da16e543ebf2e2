/* SPDX-License-Identifier: Apache-2.0
 *
 * Entering and leaving contexts, in tasks.
 *
 * Driver only. All waiting is that of consumers of a channel; this file says what an answer
 * means. A context that a task of the same loop has entered is sheltered from a stop: its owner
 * is stopped, and leaves it, in the right order. One that a thread owns, or a task
 * elsewhere, is stopped by itself.
 *
 *     NEW ─> ENTERING ─> ENTERED ─> TELLING ─(it ended)─> NEW
 *                                      └─(an item)─> TWICE ─> CLOSING ─> NEW
 *
 * LEFT_... are the same when the engine leaves it, because its task leaves from inside.
 * Discarded: an error in the channel's own words for "yielded twice"; a generator may.
 */
#include "context/context.h"

#include "base/report.h"
#include "channel/channel.h"
#include "task/engine.h"
#include "task/outcome.h"
#include "task/place.h"
#include "task/shelter.h"
#include "task/task_resume.h"

enum state { NEW, ENTERING, ENTERED, TELLING, TWICE, CLOSING, LEFT_TELLING, LEFT_CLOSING };

static bool contexts_close(struct syni_task *task);
static void contexts_drop(struct syni_task *task);

static void context_list(struct syni_task *task, struct syn_context *context)
{
    static const struct syni_open_ops ops = {.close = contexts_close, .drop = contexts_drop};

    SYNI_DRIVEN_FOR(task);
    syni_open_register(SYNI_OPEN_CONTEXTS, &ops);
    context->outer = task->contexts;
    task->contexts = context;
    task->owns = true;
}

static void context_unlist(struct syni_task *task, struct syn_context *context)
{
    struct syn_context **place = &task->contexts;

    SYNI_DRIVEN_FOR(task);
    while (*place && *place != context)
        place = &(*place)->outer;
    if (*place)
        *place = context->outer;
    context->state = NEW;
}

/* The generator of CONTEXT, which runs on the loop of TASK, is left to its owner by a stop. */
static void shelter(struct syni_task *task, struct syn_context *context, bool on)
{
    struct syni_channel *channel;

    if (syni_channel_pin(context->channel, &channel) != SYN_OK)
        return;
    syni_mutex_lock(&channel->lock);
    if (channel->generator && syni_core_task(channel->generator) && channel->home == task->home)
        (on ? syni_shelter_begin : syni_shelter_end)(syni_core_task(channel->generator));
    syni_mutex_unlock(&channel->lock);
    syni_channel_unpin(channel);
}

enum syni_exit syni_context_judge(struct syn_context *context, syn_err status)
{
    struct syni_channel *channel;

    if (status) {
        syni_channel_drop(context->channel); /* it ended: there is nothing to wait for */
        return SYNI_EXIT_OVER;
    }
    if (syni_channel_pin(context->channel, &channel) == SYN_OK) {
        if (channel->item->destroy)
            channel->item->destroy(context->second);
        syni_channel_unpin(channel);
    }
    return SYNI_EXIT_TWICE;
}

struct syn_step syni_step_enter(struct syn_task *task, struct syn_context *context, void *out)
{
    syni_place_check(SYNI_TASK(task), context, "a context");
    context_list(SYNI_TASK(task), context);
    context->state = ENTERING;
    return syni_step_next(task, context->channel, out, syn_never());
}

static void context_fail(struct syni_task *task, syn_err err)
{
    syni_report_free(task->heard);
    task->heard = syni_report_new(err, SYN_BY_LIBRARY,
                                  err == SYN_ENOYIELD     ? "a context ended without having yielded"
                                  : err == SYN_EYIELDTWICE ? "a context yielded where it should end"
                                                           : NULL);
    task->status = err;
}

syn_err syni_context_entered(struct syn_task *public_task, struct syn_context *context)
{
    struct syni_task *task = SYNI_TASK(public_task);

    SYNI_SURE(context->state == ENTERING);
    if (!task->status) {
        context->state = ENTERED;
        shelter(task, context, true);
        return SYN_OK;
    }
    context_unlist(task, context);
    syni_channel_drop(context->channel);
    if (task->status == SYN_EEND)
        context_fail(task, SYN_ENOYIELD);
    return task->status;
}

/* It goes on from its yield, which gives ERR. */
static struct syn_step context_tell(struct syn_task *task, struct syn_context *context, syn_err err,
                                    const char *message)
{
    if (!err)
        return syni_step_next(task, context->channel, context->second, syn_never());
    return syni_step_say(task, context->channel, syni_say_error(err, message), context->second);
}

struct syn_step syni_step_exit(struct syn_task *task, struct syn_context *context)
{
    if (context->state == TWICE) {
        context->state = CLOSING;
        return syni_step_close(task, context->channel, syn_never());
    }
    context->state = TELLING;
    return context_tell(task, context, SYN_OK, NULL);
}

int syni_context_goes_on(struct syn_task *public_task, struct syn_context *context)
{
    struct syni_task *task = SYNI_TASK(public_task);

    SYNI_SURE(context->state == TELLING || context->state == CLOSING);
    if (context->state == TELLING &&
        syni_context_judge(context, task->status) == SYNI_EXIT_TWICE) {
        context->state = TWICE;
        return 1;
    }
    if (context->state == CLOSING)
        context_fail(task, SYN_EYIELDTWICE);
    else if (task->status == SYN_EEND)
        task->status = SYN_OK;
    context_unlist(task, context);
    return 0;
}

/* --- by the engine --- */

/* The first step of leaving CONTEXT. */
static void context_begin(struct syni_task *task, struct syn_context *context)
{
    struct syn_task *public_task = (struct syn_task *)(void *)task;
    const struct syn_report *report = task->core.report;

    SYNI_DRIVEN_FOR(task);
    if (context->state == ENTERED) {
        context->state = LEFT_TELLING;
        context_tell(public_task, context, task->core.err, report ? report->message : NULL);
    } else { /* it was entering, or exiting, when its task was cancelled */
        context->state = LEFT_CLOSING;
        syni_step_close(public_task, context->channel, syn_never());
    }
}

/* What a step of leaving CONTEXT came to. True: it takes another one. */
static bool answered(struct syni_task *task, struct syn_context *context, syn_err *out_failed)
{
    syn_err err = task->status;

    SYNI_SURE(context->state >= LEFT_TELLING);
    if (context->state == LEFT_TELLING) {
        if (syni_context_judge(context, err) == SYNI_EXIT_TWICE) {
            *out_failed = SYN_EYIELDTWICE;
            context->state = LEFT_CLOSING;
            syni_step_close((struct syn_task *)(void *)task, context->channel, syn_never());
            return true;
        }
        if (err != SYN_EEND && err != task->core.err)
            *out_failed = err;
    } else if (err) {
        *out_failed = err;
    }
    context_unlist(task, context);
    return false;
}

/* Leaves one of those that TASK is in, or goes on with it. True: that takes time. */
static bool context_leave(struct syni_task *task, syn_err *out_failed)
{
    struct syn_context *context = task->contexts;

    SYNI_DRIVEN_FOR(task);
    if (context->state >= LEFT_TELLING) {
        if (answered(task, context, out_failed))
            return true;
        context = task->contexts;
    }
    if (context)
        context_begin(task, context);
    return context != NULL;
}

static bool contexts_close(struct syni_task *task)
{
    syn_err failed = SYN_OK;
    bool waits = context_leave(task, &failed);

    if (failed)
        syni_outcome_amend(task, failed, NULL);
    if (!waits)
        task->status = task->core.err; /* as clean-up expects it */
    return waits;
}

/* TASK was abandoned: what is still open is only cancelled. */
static void contexts_drop(struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    while (task->contexts) {
        struct syn_context *context = task->contexts;

        shelter(task, context, false);
        context_unlist(task, context);
        syni_channel_drop(context->channel);
    }
}
