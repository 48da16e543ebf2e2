/* SPDX-License-Identifier: Apache-2.0
 *
 * Child processes: waiting for them, ending them.
 *
 * Tasks, on whatever synchronizer waits; one at a time for each child.
 */
#define _POSIX_C_SOURCE 200809L
#define SYNI_IN_LIBRARY 1

#include "io/child.h"

#include <signal.h>
#include <stdatomic.h>

#include "base/listener.h"
#include "base/mem.h"
#include "io/socket.h"

#include <synchronicity/step.h>

/* Seconds between two looks where the end of a process is no event: from, to. Where SIGCHLD says it, a
 * look is still due: the program may block that signal, or set an action of its own meanwhile. */
#define CHILD_WAIT_FIRST_LOOK 0.001
#define LATER_LOOK 0.1
static _Atomic(double) signalled_look = 1.0;

void syni_child_set_look(double seconds)
{
    atomic_store_explicit(&signalled_look, seconds, memory_order_relaxed); /* a number */
}

/* --------------------------------------------------------- the end of a process -- */

struct ends;
static struct syn_step child_wait_look(struct ends *self);
static struct syn_step forget_watch(struct ends *self);

/* Until CHILD has ended and was reaped; NULL: until process ID has ended. */
SYN_ASYNC(SYN_FREE, void, ends, (struct syn_child *, child), (pid_t, id),
          SYN_LOCAL(struct syni_process_watch, own_watch), SYN_LOCAL(struct syni_listener *, signals),
          SYN_LOCAL(double, pause), SYN_LOCAL(int, is_readable), SYN_LOCAL(int, is_signalled))
{
    syn_err err = self->child ? SYN_OK : syni_process_watch_open(&self->own_watch, self->id);

    if (err && err != ENOSYS && err != EMFILE && err != ENFILE)
        return syn_step_fail(self, err, "the process cannot be watched: there is none, or not for us");
    self->pause = CHILD_WAIT_FIRST_LOOK;
    syn_step_finally(self, forget_watch);
    return child_wait_look(self);
}

static int watch_of(const struct ends *self)
{
    return self->child ? self->child->watch.fd : self->own_watch.fd;
}

static bool has_ended(const struct ends *self)
{
    if (self->child)
        return syni_child_has_ended(self->child);
    return self->own_watch.fd >= 0 ? self->is_readable : kill(self->id, 0) < 0 && errno == ESRCH;
}

static struct syn_step child_wait_readable(struct ends *self)
{
    if (syn_step_status(self))
        return syn_step_fail(self, syn_step_status(self));
    self->is_readable = 1;
    return child_wait_look(self);
}

/* Listens to SIGCHLD, of which the program's handler hears as ever. Each wait listens for itself: one
 * signal may stand for several children, so all look. False: it cannot, now. */
static bool listens(struct ends *self)
{
    struct syni_listener *signals = syni_alloc(sizeof *signals);

    if (!signals)
        return false;
    signals->shares = true;
    signals->wants[SIGCHLD] = true;
    if (syni_listener_add(signals)) {
        syni_free(signals, sizeof *signals);
        return false;
    }
    self->signals = signals;
    return true;
}

/* The next pause, which grows. */
static double next_pause(struct ends *self)
{
    double pause = self->pause, longest = LATER_LOOK;

    if (self->signals)
        longest = atomic_load_explicit(&signalled_look, memory_order_relaxed); /* a number */
    self->pause = pause * 2 < longest ? pause * 2 : longest;
    return pause;
}

static struct syn_step child_wait_signalled(struct ends *self)
{
    if (syn_step_status(self))
        return syn_step_fail(self, syn_step_status(self));
    syni_notice_take(&self->signals->notice); /* and then look */
    return child_wait_look(self);
}

static struct syn_step child_wait_look(struct ends *self)
{
    if (has_ended(self))
        return syn_step_done(self);
    if (watch_of(self) >= 0 && !self->is_readable)
        return syn_step_readable(self, watch_of(self), child_wait_readable);
    if (watch_of(self) < 0 && self->child && !self->signals && listens(self))
        return child_wait_look(self); /* it may have ended before */
    if (self->signals)
        return syn_step_poll_by(self, syni_notice_descriptor(&self->signals->notice), SYN_READABLE,
                                &self->is_signalled, syn_after(next_pause(self)),
                                child_wait_signalled);
    /* There is no event, or it came before the child could be reaped. */
    return syn_step_sleep(self, next_pause(self), child_wait_look);
}

static struct syn_step forget_watch(struct ends *self)
{
    if (!self->child)
        syni_process_watch_close(&self->own_watch);
    if (self->signals) {
        syni_listener_remove(self->signals);
        syni_free(self->signals, sizeof *self->signals);
    }
    return syn_step_done(self);
}

static struct syn_step process_gone(struct syn_process_ended *self);

SYN_ASYNC_DEFINE(SYN_FREE, void, syn_process_ended, (pid_t, id))
{
    if (self->id <= 0)
        return syn_step_fail(self, SYN_EINVAL, "the number of a process is more than 0");
    return syn_step_await(self, ends_future(NULL, self->id), process_gone);
}

static struct syn_step process_gone(struct syn_process_ended *self)
{
    return syn_step_status(self) ? syn_step_fail(self, syn_step_status(self), "no such process")
                                 : syn_step_done(self);
}

/* -------------------------------------------------------------------- wait -- */

static struct syn_step child_gone(struct syn_child_wait *self);
static struct syn_step child_wait_wait_ends(struct syn_child_wait *self);

SYN_ASYNC_DEFINE(SYN_FREE, struct syn_exit, syn_child_wait, (struct syn_child *, child))
{
    if (!self->child)
        return syn_step_fail(self, SYN_EINVAL, "there is no child");
    if (atomic_exchange(&self->child->waited_for, true))
        return syn_step_fail(self, SYN_EBUSY, "another waits for this child");
    syn_step_finally(self, child_wait_wait_ends);
    return syn_step_await(self, ends_future(self->child, 0), child_gone);
}

static struct syn_step child_gone(struct syn_child_wait *self)
{
    struct syn_child *child = self->child;

    if (syn_step_status(self))
        return syn_step_fail(self, syn_step_status(self));
    if (child->err)
        return syn_step_fail(self, child->err, "the program waited for this child itself");
    return syn_step_return(self, child->exit);
}

static struct syn_step child_wait_wait_ends(struct syn_child_wait *self)
{
    atomic_store(&self->child->waited_for, false);
    return syn_step_done(self);
}

/* ------------------------------------------------------------------- close -- */

struct close_child;
static struct syn_step close_streams(struct close_child *self);
static struct syn_step stream_closed(struct close_child *self);
static struct syn_step terminated(struct close_child *self);
static struct syn_step killed(struct close_child *self);

/* All of it is clean-up, which no request interrupts. */
SYN_ASYNC(SYN_FREE, struct syn_exit, close_child, (struct syn_child *, child),
                 SYN_LOCAL(int, stream))
{
    if (!self->child)
        return syn_step_return(self, ((struct syn_exit){-1, 0}));
    if (atomic_exchange(&self->child->waited_for, true))
        return syn_step_fail(self, SYN_EBUSY, "another waits for this child");
    syn_step_finally(self, close_streams);
    return syn_step_done(self);
}

static struct syn_step free_it(struct close_child *self)
{
    struct syn_exit exit = self->child->exit;

    syni_child_free(self->child);
    return syn_step_return(self, exit);
}

static struct syn_step end_it(struct close_child *self)
{
    struct syn_child *child = self->child;

    if (syni_child_has_ended(child))
        return free_it(self);
    syn_child_kill(child, SIGTERM);
    return syn_step_await_by(self, ends_future(child, 0), syn_after(child->grace), terminated);
}

static struct syn_step close_streams(struct close_child *self)
{
    while (self->stream < 3 && !self->child->streams[self->stream])
        self->stream++;
    if (self->stream == 3)
        return end_it(self);
    return syn_step_await(self, syn_stream_close_future(self->child->streams[self->stream]),
                          stream_closed);
}

static struct syn_step stream_closed(struct close_child *self)
{
    if (syn_step_status(self)) {
        atomic_store(&self->child->waited_for, false);
        return syn_step_fail(self, syn_step_status(self), "a stream of the child is in use");
    }
    self->child->streams[self->stream] = NULL;
    return close_streams(self);
}

static struct syn_step terminated(struct close_child *self)
{
    if (syni_child_has_ended(self->child))
        return free_it(self);
    syn_child_kill(self->child, SIGKILL);
    return syn_step_await(self, ends_future(self->child, 0), killed);
}

static struct syn_step killed(struct close_child *self)
{
    if (syni_child_has_ended(self->child))
        return free_it(self);
    return syn_step_sleep(self, LATER_LOOK, killed); /* no memory for a wait, or for its watch */
}

/* Whatever the caller's deadline: it is the end of it. */
syn_err syn_child_close(struct syn_child *child, struct syn_exit *out_result)
{
    syn_err err = SYN_OK;

    syn_without_deadline(err = close_child(child, out_result));
    return err;
}

struct syn_child_close_future syn_child_close_future(struct syn_child *child)
{
    struct syn_child_close_future future;

    syn_without_deadline(future.u.handle = close_child_future(child).u.handle);
    return future;
}

/* --------------------------------------------------------------------- run -- */

static struct syn_step started(struct syn_child_run *self);
static struct syn_step child_wait_ended(struct syn_child_run *self);
static struct syn_step run_ends(struct syn_child_run *self);
static struct syn_step child_wait_closed(struct syn_child_run *self);

SYN_ASYNC_DEFINE(SYN_FREE, struct syn_exit, syn_child_run,
                 (const struct syn_child_options *, options), SYN_LOCAL(struct syn_child *, child),
                 SYN_LOCAL(struct syn_exit, ignored))
{
    const struct syn_child_options *o = self->options;

    if (o && (o->in == SYN_CHILD_PIPE || o->out == SYN_CHILD_PIPE || o->err == SYN_CHILD_PIPE))
        return syn_step_fail(self, SYN_EINVAL,
                             "nobody would read or write the pipes of this child; "
                             "start it by syn_child_start()");
    syn_step_finally(self, run_ends);
    return syn_step_await(self, syn_child_start_future(o), &self->child, started);
}

static struct syn_step started(struct syn_child_run *self)
{
    if (syn_step_status(self))
        return syn_step_fail(self, syn_step_status(self));
    return syn_step_await(self, syn_child_wait_future(self->child), &self->result,
                          child_wait_ended);
}

static struct syn_step child_wait_ended(struct syn_child_run *self)
{
    return syn_step_status(self) ? syn_step_fail(self, syn_step_status(self))
                                 : syn_step_return(self, self->result);
}

static struct syn_step run_ends(struct syn_child_run *self)
{
    if (!self->child)
        return syn_step_done(self);
    return syn_step_await(self, syn_child_close_future(self->child), &self->ignored,
                          child_wait_closed);
}

static struct syn_step child_wait_closed(struct syn_child_run *self)
{
    /* Memory for that call was missing: it comes back. */
    if (syn_step_status(self) == SYN_ENOMEM)
        return syn_step_sleep(self, LATER_LOOK, run_ends);
    return syn_step_done(self);
}
