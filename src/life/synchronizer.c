/* SPDX-License-Identifier: Apache-2.0
 *
 * Synchronizers as their users see them; life.c, home_start.c and home_stop.c do the work. Any thread.
 */
#include "life/synchronizer.h"

#include "base/mem.h"
#include "base/report.h"
#include "base/reserved.h"
#include "inspect/stats.h"
#include "inspect/unclaimed.h"
#include "life/home_refusal.h"
#include "life/home_start.h"
#include "life/home_stop.h"
#include "life/life.h"
#include "life/stop_everything.h"
#include "loop/role.h"
#include "task/home.h"

static struct syn_synchronizer default_synchronizer = {.options = {.name = "default"}};

struct syn_synchronizer *syn_default_synchronizer(void)
{
    return &default_synchronizer;
}

syn_err syni_synchronizer_home(struct syn_synchronizer *synchronizer, struct syni_home **out_home)
{
    struct syni_home *home = syni_home_peek(synchronizer);
    syn_err err;

    if (home && (syni_home_accepts(home) || syni_drives(&home->loop))) {
        *out_home = home;
        return SYN_OK;
    }
    syni_stop_everything_at_exit();
    err = syni_life_start(synchronizer, false, NULL);
    if (!err)
        *out_home = syni_home_peek(synchronizer);
    return err;
}

syn_err syn_synchronizer_start(struct syn_synchronizer *synchronizer)
{
    syn_err err;

    if (!synchronizer)
        return syni_refuse(SYN_EINVAL, "no synchronizer to start");
    syni_stop_everything_at_exit();
    err = syni_home_start(synchronizer);
    if (err == SYN_EBUSY)
        return syni_refuse(err, "the synchronizer '%s' is being stopped; start it when that is over",
                           syni_home_name(synchronizer));
    return err ? syni_home_refuse(synchronizer, err, "syn_synchronizer_start") : SYN_OK;
}

syn_err syn_synchronizer_stop(struct syn_synchronizer *synchronizer, struct syn_deadline deadline)
{
    struct syni_home *home;
    int64_t latest = 0;

    if (!synchronizer)
        return syni_refuse(SYN_EINVAL, "no synchronizer to stop");
    home = syni_home_peek(synchronizer);
    return home ? syni_home_stop(home, deadline, &latest) : SYN_OK;
}

syn_err syn_synchronizer_new(const struct syn_synchronizer_options *options,
                             struct syn_synchronizer **out_new)
{
    struct syn_synchronizer *synchronizer;

    if (!out_new)
        return syni_refuse(SYN_EINVAL, "nowhere to put the synchronizer");
    if (options && !syni_options_are_known(options->struct_bytes, sizeof *options, options->reserved))
        return syni_refuse(SYN_EABI, "a synchronizer: " SYNI_OPTION_UNKNOWN);
    synchronizer = syni_alloc(sizeof *synchronizer);
    if (!synchronizer)
        return syni_refuse(SYN_ENOMEM, "no memory for a synchronizer");
    if (options)
        synchronizer->options = *options;
    synchronizer->allocated = 1;
    *out_new = synchronizer;
    return SYN_OK;
}

syn_err syn_synchronizer_free(struct syn_synchronizer *synchronizer)
{
    struct syni_home *home = synchronizer ? syni_home_peek(synchronizer) : NULL;
    syn_err err = home ? syni_home_free(home) : SYN_OK;

    if (err || !synchronizer)
        return err;
    synchronizer->home = NULL;
    if (synchronizer->allocated)
        syni_free(synchronizer, sizeof *synchronizer);
    return SYN_OK;
}

struct syn_synchronizer_stats syn_synchronizer_stats(struct syn_synchronizer *synchronizer)
{
    struct syn_synchronizer_stats stats = {0};
    struct syni_home *home = synchronizer ? syni_home_peek(synchronizer) : NULL;

    if (home) {
        stats = syni_stats_of(home);
        stats.unclaimed = syni_unclaimed_count(home);
    }
    return stats;
}

struct syn_synchronizer_stats
syn_synchronizer_stats_since(struct syn_synchronizer_stats later,
                             struct syn_synchronizer_stats earlier)
{
    later.turns -= earlier.turns;
    later.waits -= earlier.waits;
    later.wakes -= earlier.wakes;
    later.hand_overs -= earlier.hand_overs;
    later.passes -= earlier.passes;
    later.watches -= earlier.watches;
    later.started -= earlier.started;
    later.ended -= earlier.ended;
    later.timer_lag = syn_histogram_since(later.timer_lag, earlier.timer_lag);
    later.step_time = syn_histogram_since(later.step_time, earlier.step_time);
    later.ready_time = syn_histogram_since(later.ready_time, earlier.ready_time);
    return later;
}
