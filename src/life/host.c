/* SPDX-License-Identifier: Apache-2.0
 *
 * Hosting as users see it: src/loop/hosted.c has the protocol.
 *
 * Only the host's thread gets beyond hosted() in these, and to it nothing moves meanwhile.
 */
#include <synchronicity/host.h>

#include <limits.h>

#include "base/fork.h"
#include "base/report.h"
#include "life/home_refusal.h"
#include "life/home_start.h"
#include "life/life.h"
#include "life/stop_everything.h"
#include "loop/hosted.h"
#include "loop/role.h"
#include "task/home.h"
#include "thread/driver.h"
#include "thread/thread_waits.h"

static struct syn_synchronizer *or_default(struct syn_synchronizer *synchronizer)
{
    return synchronizer ? synchronizer : syn_default_synchronizer();
}

static syn_err host_refuse_inside(const struct syn_synchronizer *synchronizer, const char *what)
{
    return syni_refuse(SYN_EDEADLK, "%s('%s') inside a step, a callback or a job: call it in the loop "
                                    "of the thread that hosts",
                       what, syni_home_name(synchronizer));
}

static syn_err refuse_other(struct syn_synchronizer *synchronizer, const char *what)
{
    struct syni_home *home = syni_home_peek(synchronizer);

    if (!home && synchronizer->home)
        return syni_refuse(SYN_EFORKED, "%s: '%s' was hosted in the parent process", what,
                           syni_home_name(synchronizer));
    if (home && !syni_home_accepts(home) && home->life != SYNI_LIFE_NEW)
        return syni_home_refuse(synchronizer, syni_life_refusal(home), what);
    return syni_refuse(SYN_EINVAL, "%s: this thread does not host '%s': syn_host_begin() first", what,
                       syni_home_name(synchronizer));
}

/* Its home, if the calling thread hosts it; NULL: not, and the report says what WHAT wants. */
static struct syni_home *hosted(struct syn_synchronizer *synchronizer)
{
    struct syni_home *home = syni_home_peek(synchronizer);

    return home && syni_hosts(syni_self(), &home->loop) ? home : NULL;
}

/* A thread that waits until the loop's own thread may leave. */
struct moving {
    struct syni_thread_wait wait;
    struct syni_newcomer here;
};

static void may_move(struct syni_newcomer *here)
{
    syni_thread_told(&SYNI_CONTAINER(here, struct moving, here)->wait.waiter);
}

static bool host_ask(struct syni_thread_wait *wait)
{
    struct moving *moving = SYNI_CONTAINER(wait, struct moving, wait);
    bool asked = syni_hosted_ask(&wait->source.home->loop, &moving->here, may_move);

    if (!asked)
        moving->here.err = SYN_ECLOSED;
    return asked;
}

static bool cannot_withdraw(struct syni_thread_wait *wait, enum syn_origin origin)
{
    (void)wait;
    (void)origin;
    return false;
}

/* HOME has a thread; the calling one takes its place. */
static syn_err move_in(struct syni_home *home, struct syni_self *self)
{
    static const struct syni_thread_wait_ops ops = {host_ask, cannot_withdraw, NULL, NULL};
    struct moving moving = {.wait = {.ops = &ops,
                                     .source = {.home = home, .name = "syn_host_begin()"},
                                     .deadline = SYNI_NEVER,
                                     .stays = true}};
    int cancel_state = syni_thread_hold_cancel();
    /* It is the dedicated thread that makes room: a caller that drives goes on for a while. */
    syn_err err = syni_home_keep_thread(home);

    if (!err)
        err = syni_thread_wait(self, &moving.wait);
    if (!err)
        err = moving.here.err;
    if (!err)
        syni_hosted_move_in(&moving.here, self);
    syni_thread_let_cancel(cancel_state);
    return err;
}

syn_err syn_host_begin(struct syn_synchronizer *synchronizer)
{
    struct syni_self *self = syni_self();
    syn_err err;

    synchronizer = or_default(synchronizer);
    if (self->driving || self->worker)
        return host_refuse_inside(synchronizer, "syn_host_begin");
    syni_thread_joins_by(syni_thread_join_as_host);
    if (hosted(synchronizer))
        return syni_refuse(SYN_EBUSY, "syn_host_begin: this thread hosts '%s' already",
                           syni_home_name(synchronizer));
    syni_stop_everything_at_exit();
    err = syni_life_start(synchronizer, false, self);
    if (!err && !hosted(synchronizer)) /* else it did not run, and was started so */
        err = move_in(syni_home_peek(synchronizer), self);
    if (err == SYN_EBUSY)
        return syni_refuse(err, "syn_host_begin: another thread hosts '%s'",
                           syni_home_name(synchronizer));
    return err ? syni_home_refuse(synchronizer, err, "syn_host_begin") : SYN_OK;
}

syn_err syn_host_end(struct syn_synchronizer *synchronizer)
{
    struct syni_home *home;
    syn_err err;

    synchronizer = or_default(synchronizer);
    home = hosted(synchronizer);
    if (!home)
        return refuse_other(synchronizer, "syn_host_end");
    if (syni_drives(&home->loop))
        return host_refuse_inside(synchronizer, "syn_host_end");
    err = syni_hosted_move_out(&home->loop);
    return err ? syni_refuse(err, "syn_host_end: the system gave no thread for the loop of '%s', which "
                                  "this thread hosts on: %s",
                             syni_home_name(synchronizer), syn_strerror(err))
               : SYN_OK;
}

int syn_host_fd(struct syn_synchronizer *synchronizer)
{
    struct syni_home *home = hosted(or_default(synchronizer));

    if (!home || !home->loop.backend->descriptor)
        return -1;
    return home->loop.backend->descriptor(home->loop.poller);
}

size_t syn_host_fds(struct syn_synchronizer *synchronizer, struct pollfd *fds, size_t n)
{
    struct syni_home *home = hosted(or_default(synchronizer));

    if (!home)
        return 0;
    return syni_poller_sources(home->loop.backend, home->loop.poller, fds,
                               n > UINT_MAX ? UINT_MAX : (unsigned)n);
}

int syn_host_timeout_ms(struct syn_synchronizer *synchronizer)
{
    enum { HOST_NS_PER_MS = 1000000 };
    struct syni_home *home = hosted(or_default(synchronizer));
    int64_t ns = home ? syni_hosted_patience(&home->loop) : SYNI_NEVER, ms;

    if (ns == SYNI_NEVER)
        return -1;
    ms = ns / HOST_NS_PER_MS + (ns % HOST_NS_PER_MS != 0);
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

/* Why it was the last turn: HOME, which may go when its host leaves it. */
static struct syn_report *last_words(struct syni_home *home)
{
    if (home->loop.died)
        return syni_report_format(SYN_ELOOPDEAD, SYN_BY_LIBRARY, "%.150s", home->why_died);
    return syni_report_format(SYN_ECLOSED, SYN_BY_STOP, "the synchronizer '%s' was stopped",
                              home->loop.name);
}

syn_err syn_host_turn(struct syn_synchronizer *synchronizer)
{
    struct syni_self *self = syni_self();
    struct syn_report *report = NULL;
    struct syni_drive drive;
    struct syni_home *home;
    int cancel_state;
    syn_err err = SYN_OK;

    synchronizer = or_default(synchronizer);
    home = hosted(synchronizer);
    if (!home)
        return refuse_other(synchronizer, "syn_host_turn");
    if (syni_drives(&home->loop))
        return host_refuse_inside(synchronizer, "syn_host_turn");
    cancel_state = syni_thread_hold_cancel();
    syni_driver_begin(self, &drive, &home->loop);
    if (!syni_hosted_turn(&home->loop, 0, true)) {
        err = home->loop.died ? SYN_ELOOPDEAD : SYN_ECLOSED;
        report = last_words(home);
        syni_life_hold(home); /* a free of it, or a stop of everything, waits until we are out of it */
    }
    syni_driver_end(self, &drive);
    if (err) {
        syni_report_keep(err, SYN_BY_LIBRARY, report);
        syni_life_let_go(home);
    }
    syni_thread_let_cancel(cancel_state);
    return err;
}
