/* SPDX-License-Identifier: Apache-2.0
 *
 * Contexts in plain threads: enter, exit, and the block between them.
 *
 * A thread's own. Leaving is not hurried: the deadlines around it are not seen. What the
 * block's error was, its report too, is there again after the exit.
 */
#include <synchronicity/context.h>

#include <string.h>

#include "base/report.h"
#include "channel/channel.h"
#include "context/context.h"
#include "task/deadline.h"

enum { CONTEXT_CALL_BEFORE, TURN, CONTEXT_CALL_INSIDE, OVER };

static const char *context_call_name_of(const struct syn_context *context)
{
    struct syni_channel *channel;
    const char *name = "a context";

    if (syni_channel_pin(context->channel, &channel) != SYN_OK)
        return name;
    name = channel->name ? channel->name : name;
    syni_channel_unpin(channel);
    return name;
}

/* Cancels it and waits for its end; the thread's report stays. */
static void context_call_end(struct syn_context *context)
{
    struct syn_report *report = syni_report_take();
    enum syn_origin origin = syn_last_origin();
    int deadlines = syni_deadlines_shadow(syni_self());

    syni_channel_close(context->channel, syn_never());
    syni_deadlines_unshadow(syni_self(), deadlines);
    syni_report_keep(SYN_OK, origin, report);
}

syn_err syni_context_enter(struct syn_context *context, void *out_value)
{
    const char *name = context_call_name_of(context);
    syn_err err;

    if (context->state)
        return syni_refuse(SYN_EBUSY, "%s was entered already", name);
    err = syni_channel_next(context->channel, out_value, syn_never());
    if (!err) {
        context->state = 1; /* until it is exited */
        return SYN_OK;
    }
    if (err == SYN_EEND)
        err = syni_refuse(SYN_ENOYIELD, "%s ended without having yielded", name);
    context_call_end(context);
    return err;
}

static syn_err context_call_tell(struct syn_context *context, syn_err err)
{
    const struct syn_report *report = syn_last_report();
    char message[SYN_MESSAGE_MAX] = "";

    if (!err)
        return syni_channel_next(context->channel, context->second, syn_never());
    if (report && report->code == err)
        memcpy(message, report->message, sizeof message);
    return syni_generator_say(context->channel, syni_say_error(err, message[0] ? message : NULL),
                              context->second, syn_never());
}

static syn_err context_call_leave(struct syn_context *context, syn_err err)
{
    const char *name = context_call_name_of(context);
    syn_err answer = context_call_tell(context, err);

    if (answer == SYN_EDEADLK) { /* nothing was said */
        syni_channel_drop(context->channel);
        return answer;
    }
    if (syni_context_judge(context, answer) == SYNI_EXIT_OVER)
        return answer == SYN_EEND ? SYN_OK : answer;
    context_call_end(context);
    return syni_refuse(SYN_EYIELDTWICE, "%s yielded again where it should have ended", name);
}

syn_err syni_context_exit(struct syn_context *context, syn_err err)
{
    const char *name = context_call_name_of(context);
    int deadlines = syni_deadlines_shadow(syni_self());
    struct syn_report *report;
    enum syn_origin origin;
    syn_err answer;

    context->state = 0;
    if (!err) {
        answer = context_call_leave(context, SYN_OK);
        syni_deadlines_unshadow(syni_self(), deadlines);
        return answer;
    }
    report = syni_report_copy(syn_last_report());
    origin = syn_last_origin();
    answer = context_call_leave(context, err);
    syni_deadlines_unshadow(syni_self(), deadlines);
    if (answer && answer != err)
        syni_core_unobserved(name, answer, syn_last_origin(), syn_last_report());
    return syni_report_keep(err, origin, report);
}

/* --- the block --- */

struct syni_with syni_with_begin(struct syn_context context, syn_err *out_err)
{
    struct syni_with with = {context, out_err, CONTEXT_CALL_BEFORE};

    if (out_err)
        *out_err = SYN_OK;
    return with;
}

int syni_with_enter(struct syni_with *with, void *out_value)
{
    syn_err err;

    if (with->state == CONTEXT_CALL_INSIDE) /* the block was left by its end, or by continue */
        return 0;
    err = syni_context_enter(&with->context, out_value);
    with->state = err ? OVER : CONTEXT_CALL_INSIDE;
    if (with->out_err)
        *with->out_err = err;
    return !err;
}

int syni_with_goes_on(struct syni_with *with)
{
    syn_err err;

    if (with->state == CONTEXT_CALL_BEFORE) {
        with->state = TURN;
        return 1;
    }
    if (with->state == CONTEXT_CALL_INSIDE) {
        err = syni_context_exit(&with->context, with->out_err ? *with->out_err : SYN_OK);
        if (with->out_err)
            *with->out_err = err;
    }
    with->state = OVER;
    return 0;
}

void syni_with_leave(struct syni_with *with)
{
    if (with->state == CONTEXT_CALL_INSIDE)
        syni_with_goes_on(with);
}
