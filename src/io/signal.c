/* SPDX-License-Identifier: Apache-2.0
 *
 * Notices and signals, for tasks and threads.
 *
 * A wait is a task that waits for the descriptor of a notice; so every mode of a loop serves it.
 * The synchronizer is whichever waits.
 */
#define _POSIX_C_SOURCE 200809L
#define SYNI_IN_LIBRARY 1

#include <synchronicity/signal.h>

#include <signal.h>
#include <stddef.h>
#include <synchronicity/readiness.h>
#include <synchronicity/step.h>

#include "base/listener.h"
#include "base/mem.h"
#include "base/probe.h"
#include "base/report.h"

/* ----------------------------------------------------------------- notices -- */

_Static_assert(sizeof(struct syni_notice) <= sizeof(struct syn_notice), "a notice fits its place");
_Static_assert(_Alignof(struct syni_notice) <= _Alignof(struct syn_notice), "and may lie there");

static struct syni_notice *notice_of(struct syn_notice *notice)
{
    return (struct syni_notice *)(void *)notice;
}

syn_err syn_notice_open(struct syn_notice *notice)
{
    syn_err err = syni_notice_open(notice_of(notice));

    if (err == SYN_EALREADY)
        return syni_refuse(err, "the notice is open already");
    return err ? syni_refuse(err, "no pipe for a notice") : SYN_OK;
}

void syn_notice_send(struct syn_notice *notice)
{
    syni_notice_send(notice_of(notice));
}

syn_err syn_notice_close(struct syn_notice *notice)
{
    syn_err err = syni_notice_close(notice_of(notice));

    return err ? syni_refuse(err, "something waits for this notice; cancel that first") : SYN_OK;
}

static const char *why_not(syn_err err)
{
    return err == SYN_EINVAL  ? "the notice is not open; write syn_notice_open() before"
           : err == SYN_EBUSY ? "another task or thread waits for this already; give each waiter its own"
                              : "it is one of the parent process; open one here";
}

struct syn_notice_wait;
static struct syn_step signal_look(struct syn_notice_wait *self);
static struct syn_step signal_wait_ends(struct syn_notice_wait *self);

SYN_ASYNC_DEFINE(SYN_FREE, void, syn_notice_wait, (struct syn_notice *, notice))
{
    syn_err err = self->notice ? syni_notice_enter(notice_of(self->notice)) : SYN_EINVAL;

    if (err)
        return syn_step_fail(self, err, why_not(err));
    syn_step_finally(self, signal_wait_ends);
    return signal_look(self);
}

static struct syn_step signal_readable(struct syn_notice_wait *self)
{
    return syn_step_status(self) ? syn_step_fail(self, syn_step_status(self)) : signal_look(self);
}

static struct syn_step signal_look(struct syn_notice_wait *self)
{
    if (syni_notice_take(notice_of(self->notice)))
        return syn_step_done(self);
    return syn_step_readable(self, syni_notice_descriptor(notice_of(self->notice)),
                             signal_readable);
}

static struct syn_step signal_wait_ends(struct syn_notice_wait *self)
{
    syni_notice_leave(notice_of(self->notice));
    return syn_step_done(self);
}

/* ----------------------------------------------------------------- signals -- */

struct syn_signals {
    struct syni_listener listener;
};

/* A thread that returns from a handler for one of these makes the same fault again. */
static bool is_fault(int number)
{
    return number == SIGSEGV || number == SIGBUS || number == SIGFPE || number == SIGILL;
}

static syn_err choose(struct syni_listener *listener, const int *numbers)
{
    if (!numbers || !*numbers)
        return syni_refuse(SYN_EINVAL, "there is no signal to listen to");
    for (; *numbers; numbers++) {
        if (*numbers < 0 || *numbers >= SYNI_SIGNALS || is_fault(*numbers))
            return syni_refuse(SYN_EINVAL, "signal %d cannot be listened to", *numbers);
        listener->wants[*numbers] = true;
    }
    return SYN_OK;
}

syn_err syn_signals_open(const int *numbers, struct syn_signals **out_signals)
{
    struct syn_signals *signals = syni_alloc(sizeof *signals);
    syn_err err;

    if (!signals)
        return syni_refuse(SYN_ENOMEM, "no memory to listen to signals");
    err = choose(&signals->listener, numbers);
    if (!err) {
        err = syni_listener_add(&signals->listener);
        if (err)
            syni_refuse(err, err == SYN_EINVAL ? "a signal among them cannot be listened to"
                                               : "no descriptors to listen to signals");
    }
    if (err)
        syni_free(signals, sizeof *signals);
    else
        *out_signals = signals;
    return err;
}

syn_err syn_signals_close(struct syn_signals *signals)
{
    syn_err err = signals ? syni_listener_remove(&signals->listener) : SYN_OK;

    if (err)
        return syni_refuse(err, "something waits for these signals; cancel that first");
    syni_free(signals, sizeof *signals);
    return SYN_OK;
}

struct syn_signals_next;
static struct syn_step next_look(struct syn_signals_next *self);
static struct syn_step signal_next_ends(struct syn_signals_next *self);

SYN_ASYNC_DEFINE(SYN_FREE, struct syn_signal, syn_signals_next, (struct syn_signals *, signals))
{
    syn_err err = self->signals ? syni_notice_enter(&self->signals->listener.notice) : SYN_EINVAL;

    if (err)
        return syn_step_fail(self, err, err == SYN_EINVAL ? "there are no signals" : why_not(err));
    syn_step_finally(self, signal_next_ends);
    return next_look(self);
}

static struct syn_step next_readable(struct syn_signals_next *self)
{
    return syn_step_status(self) ? syn_step_fail(self, syn_step_status(self)) : next_look(self);
}

static struct syn_step next_look(struct syn_signals_next *self)
{
    struct syni_listener *listener = &self->signals->listener;
    struct syn_signal signal;

    signal.number = syni_listener_take(listener, &signal.count);
    if (signal.number)
        return syn_step_return(self, signal);
    SYNI_DELAY(signals_looked);
    if (syni_notice_take(&listener->notice))
        return next_look(self);
    return syn_step_readable(self, syni_notice_descriptor(&listener->notice), next_readable);
}

static struct syn_step signal_next_ends(struct syn_signals_next *self)
{
    syni_notice_leave(&self->signals->listener.notice);
    return syn_step_done(self);
}

struct syn_signals_each;
static struct syn_step each_fetch(struct syn_signals_each *self);
static struct syn_step each_fetched(struct syn_signals_each *self);

SYN_GENERATOR_DEFINE(SYN_FREE, struct syn_signal, syn_signals_each,
                     (struct syn_signals *, signals), SYN_LOCAL(struct syn_signal, signal))
{
    return each_fetch(self);
}

/* Also after each yield. */
static struct syn_step each_fetch(struct syn_signals_each *self)
{
    if (syn_step_status(self))
        return syn_step_fail(self, syn_step_status(self));
    return syn_step_await(self, syn_signals_next_future(self->signals), &self->signal,
                          each_fetched);
}

static struct syn_step each_fetched(struct syn_signals_each *self)
{
    if (syn_step_status(self))
        return syn_step_fail(self, syn_step_status(self));
    return syn_step_yield(self, self->signal, each_fetch);
}
