/* SPDX-License-Identifier: Apache-2.0
 *
 * Why a synchronizer would not run something, as an error and in words.
 * Any thread for which it stays.
 */
#include "life/home_refusal.h"

#include <stdio.h>

#include "base/report.h"
#include "life/home_start.h"
#include "loop/loop_turn.h"

syn_err syni_home_refusal(enum syni_life life, bool died, bool again)
{
    switch (life) {
    case SYNI_LIFE_NEW:
    case SYNI_LIFE_RUNNING:
        return SYN_OK;
    case SYNI_LIFE_STOPPED:
        return again ? SYN_OK : SYN_ECLOSED;
    case SYNI_LIFE_STOPPING:
    case SYNI_LIFE_GIVING_UP:
        return again ? SYN_EBUSY : SYN_ECLOSED;
    case SYNI_LIFE_ENDED:
    case SYNI_LIFE_REAPING:
        return died ? SYN_ELOOPDEAD : again ? SYN_EBUSY : SYN_ECLOSED;
    case SYNI_LIFE_STUCK:
    case SYNI_LIFE_DYING:
    case SYNI_LIFE_DEAD:
        break;
    }
    return SYN_ELOOPDEAD;
}

void syni_home_note_death(struct syni_home *home)
{
    const char *step = atomic_load_explicit(&home->running, memory_order_relaxed);
    size_t size = sizeof home->why_died;

    if (home->loop.died != SYN_ELOOPDEAD)
        snprintf(home->why_died, size, "the loop of synchronizer '%s' died: %s", home->loop.name,
                 syni_loop_cause(&home->loop));
    else
        snprintf(home->why_died, size,
                 "the loop of synchronizer '%s' died: its thread was ended inside %s",
                 home->loop.name, step ? step : "a callback");
}

static struct syn_report *died(struct syn_synchronizer *synchronizer, const char *name)
{
    struct syni_home *home = syni_home_peek(synchronizer);

    if (home && home->why_died[0])
        return syni_report_format(SYN_ELOOPDEAD, SYN_BY_LIBRARY, "%s: %.150s", name,
                                  home->why_died);
    return syni_report_format(SYN_ELOOPDEAD, SYN_BY_LIBRARY,
                              "%s: the thread of its synchronizer '%s' stayed behind in a step when "
                              "it was stopped",
                              name, syni_home_name(synchronizer));
}

/* The first call starts it, which failed. */
static struct syn_report *not_started(struct syn_synchronizer *synchronizer, syn_err err,
                                      const char *name)
{
    struct syn_report *cause = syni_report_take();
    struct syn_report *report =
        syni_report_format(err, SYN_BY_LIBRARY, "%s: its synchronizer '%s' could not be started",
                           name, syni_home_name(synchronizer));

    if (report && cause && cause->code == err)
        report->cause = cause;
    else
        syni_report_free(cause);
    return report;
}

struct syn_report *syni_home_report(struct syn_synchronizer *synchronizer, syn_err err,
                                    const char *name)
{
    if (err == SYN_EABI)
        return syni_report_format(err, SYN_BY_LIBRARY,
                                  "%s: compiled against another version of the headers", name);
    if (err == SYN_ELOOPDEAD)
        return died(synchronizer, name);
    if (err == SYN_ECLOSED)
        return syni_report_format(err, SYN_BY_LIBRARY,
                                  "%s: its synchronizer '%s' was stopped and takes no calls; "
                                  "syn_synchronizer_start() begins anew",
                                  name, syni_home_name(synchronizer));
    return not_started(synchronizer, err, name);
}

syn_err syni_home_refuse(struct syn_synchronizer *synchronizer, syn_err err, const char *name)
{
    return syni_report_keep(err, SYN_BY_LIBRARY, syni_home_report(synchronizer, err, name));
}
