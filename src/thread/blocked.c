/* SPDX-License-Identifier: Apache-2.0
 *
 * What is said of a thread that drives a loop and is about to block: to `on_blocked`, and to
 * itself, if it would wait for itself. circle.c has threads that wait for each other.
 *
 * The thread that waits.
 */
#include "thread/thread_waits.h"

#include "base/report.h"
#include "task/home.h"

/* Waiting would be for itself, or stop a loop that it may need: a job may call back. */
syn_err syni_blocked_refuse_own(const struct syni_thread_wait *wait)
{
    const struct syni_source *source = &wait->source;
    const char *loop = wait->self->driving->loop->name;
    syn_err err = source->home ? syni_circle_own(source->home, source->name) : SYN_OK;

    if (err)
        return err;
    if (!source->home)
        return syni_refuse(SYN_EDEADLK,
                           "waiting for %s, which a pool runs, would stop '%s', which this thread "
                           "drives; write %s there",
                           source->name, loop, wait->instead);
    if (wait->begins)
        return syni_refuse(SYN_EDEADLK,
                           "%s: a blocking call on the thread that drives its synchronizer '%s' "
                           "would wait for itself; write co_await(%s_future(...)) there",
                           source->name, source->home->loop.name, source->name);
    return syni_refuse(SYN_EDEADLK,
                       "waiting for %s on the thread that drives its synchronizer '%s' would wait "
                       "for itself; write %s there",
                       source->name, source->home->loop.name, wait->instead);
}

bool syni_blocked_is_own(const struct syni_self *self, const struct syni_source *source)
{
    if (!source->home)
        return source->is_job;
    for (const struct syni_driving *d = self->driving; d; d = d->outer)
        if (d->loop == &source->home->loop)
            return true;
    return false;
}

void syni_blocked_tell(const struct syni_self *self, const char *name)
{
    const struct syn_synchronizer_options *options = &syni_home_of(self)->synchronizer->options;

    if (options->on_blocked)
        options->on_blocked(options->user, self->driving->loop->name, name);
}
