/* SPDX-License-Identifier: Apache-2.0
 *
 * The one signal handler, and the listeners that it tells.
 *
 * It walks a list without a lock; the thread that takes a listener out waits until no handler is on its way,
 * before it is freed. All changes are under a lock, which no handler takes. A program that sets its
 * own action while we listen has it: ours is restored by nobody.
 *
 * A signal that all its listeners share goes on to the handler of the program, with what the kernel told.
 * That handler may leave by siglongjmp(), so it is called when nothing of ours is under way.
 */
#define _XOPEN_SOURCE 700 /* SA_RESTART on FreeBSD */
#if defined(__APPLE__)
#define _DARWIN_C_SOURCE
#endif
#include "base/listener.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "base/fork.h"
#include "base/thread.h"

static struct syni_mutex listener_lock = SYNI_MUTEX_INIT(SIGNALS);
static _Atomic(struct syni_listener *) listeners;
static atomic_int handlers; /* that run */

static struct {
    unsigned listeners;         /* under lock */
    atomic_uint takers;         /* of them, those that do not share; the handler reads it */
    struct sigaction before[2]; /* the program's: the one that WHICH says; the other is being written */
    atomic_uint which;
    atomic_bool is_spent; /* that was for one signal, which came */
} signals[SYNI_SIGNALS];

static const struct sigaction *program_action(int number)
{
    return &signals[number].before[signals[number].which];
}

/* Nobody takes the signal, so the program's ACTION is due; one that is for one signal is spent by it. */
static bool is_due(int number, struct sigaction *out_action)
{
    if (signals[number].takers)
        return false;
    *out_action = *program_action(number);
    return !((unsigned)out_action->sa_flags & (unsigned)SA_RESETHAND) || !atomic_exchange(&signals[number].is_spent, true);
}

/* The default action of what may be shared is to do nothing. */
static void act(const struct sigaction *action, int number, siginfo_t *info, void *context)
{
    if (action->sa_flags & SA_SIGINFO)
        action->sa_sigaction(number, info, context);
    else if (action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN)
        action->sa_handler(number);
}

static void handle(int number, siginfo_t *info, void *context)
{
    struct sigaction action;
    struct syni_listener *l;
    bool due;

    /* seq_cst: the count is written and then the list read, in syni_listener_remove() the other
     * way round */
    atomic_fetch_add(&handlers, 1);
    due = is_due(number, &action); /* before somebody is told, and restores it */
    for (l = listeners; l; l = l->next)
        if (l->wants[number]) {
            atomic_fetch_add(&l->counts[number], 1);
            syni_notice_send(&l->notice);
        }
    atomic_fetch_sub(&handlers, 1); /* before the program's handler, which may never return */
    if (due)
        act(&action, number, info, context);
}

static bool is_ours(int number)
{
    struct sigaction now;

    return sigaction(number, NULL, &now) == 0 && (now.sa_flags & SA_SIGINFO) &&
           now.sa_sigaction == handle;
}

static void restore(int number)
{
    struct sigaction none = {.sa_handler = SIG_DFL};

    if (is_ours(number))
        sigaction(number, signals[number].is_spent ? &none : program_action(number), NULL);
}

/* Nobody listens in a child. */
static void listener_forked(void)
{
    listeners = NULL;
    handlers = 0;
    for (int s = 1; s < SYNI_SIGNALS; s++) {
        if (signals[s].listeners)
            restore(s);
        signals[s].listeners = 0;
        signals[s].takers = 0;
    }
}

static struct syni_fork_call listener_fork_call = {.lock = &listener_lock,
                                                   .child = listener_forked};

/* The handler may run as soon as it is installed, and reads this then. */
static void remember(int number, const struct sigaction *before)
{
    unsigned other = !signals[number].which;

    signals[number].before[other] = *before;
    signals[number].which = other;
    signals[number].is_spent = false;
}

/* A listener that shares a signal leaves its mask and flags as the program said, so that its handler runs as ever. */
static struct sigaction action_of_ours(const struct sigaction *before, bool shares)
{
    struct sigaction ours = {.sa_flags = shares ? SA_RESTART | SA_NOCLDSTOP : SA_RESTART};

    sigfillset(&ours.sa_mask);
    if (shares && ((before->sa_flags & SA_SIGINFO) || before->sa_handler != SIG_DFL))
        ours = *before;
    ours.sa_flags = (int)(((unsigned)ours.sa_flags & ~(unsigned)SA_RESETHAND) | SA_SIGINFO);
    ours.sa_sigaction = handle;
    return ours;
}

static bool is_ignored(const struct sigaction *action)
{
    return !(action->sa_flags & SA_SIGINFO) && action->sa_handler == SIG_IGN;
}

static syn_err install(int number, bool shares)
{
    struct sigaction before, ours, replaced;

    if (sigaction(number, NULL, &before) != 0)
        return errno;
    if (shares && is_ignored(&before))
        return SYN_ENOTSUP;
    remember(number, &before);
    ours = action_of_ours(&before, shares);
    if (sigaction(number, &ours, &replaced) != 0)
        return errno;
    if (replaced.sa_flags != before.sa_flags || replaced.sa_sigaction != before.sa_sigaction)
        remember(number, &replaced); /* the program changed it just now */
    return SYN_OK;
}

static syn_err listener_begin(const struct syni_listener *listener, int number)
{
    syn_err err = SYN_OK;

    /* Counted first: a child that is forked meanwhile restores what was installed, and a signal that comes as soon as
     * that is goes to LISTENER, which wants it by now. */
    signals[number].takers += !listener->shares;
    if (signals[number].listeners++ == 0)
        err = install(number, listener->shares);
    if (!err)
        return SYN_OK;
    signals[number].listeners--;
    signals[number].takers -= !listener->shares;
    return err;
}

static void end_below(const struct syni_listener *listener, int end)
{
    for (int s = 1; s < end; s++) {
        if (!listener->wants[s])
            continue;
        signals[s].takers -= !listener->shares;
        if (signals[s].listeners == 1)
            restore(s);
        signals[s].listeners--;
    }
}

static void unlink_it(struct syni_listener *listener)
{
    _Atomic(struct syni_listener *) *at = &listeners;

    while (*at && *at != listener)
        at = &(*at)->next;
    if (*at)
        *at = listener->next;
    while (handlers)
        sched_yield();
}

static syn_err begin_all(struct syni_listener *listener)
{
    syn_err err = SYN_OK;

    listener->next = listeners;
    listeners = listener;
    for (int s = 1; s < SYNI_SIGNALS && !err; s++) {
        err = listener->wants[s] ? listener_begin(listener, s) : SYN_OK;
        if (err)
            end_below(listener, s);
    }
    if (err)
        unlink_it(listener);
    return err;
}

syn_err syni_listener_add(struct syni_listener *listener)
{
    syn_err err = syni_fork_watch(&listener_fork_call);

    if (!err)
        err = syni_notice_open(&listener->notice);
    if (err)
        return err;
    syni_mutex_lock(&listener_lock);
    err = begin_all(listener);
    syni_mutex_unlock(&listener_lock);
    if (err)
        syni_notice_close(&listener->notice);
    return err;
}

syn_err syni_listener_also(struct syni_listener *listener, int number)
{
    syn_err err = SYN_EALREADY;

    syni_mutex_lock(&listener_lock);
    if (!listener->wants[number]) {
        listener->wants[number] = true;
        err = listener_begin(listener, number);
        if (err)
            listener->wants[number] = false;
    }
    syni_mutex_unlock(&listener_lock);
    return err;
}

syn_err syni_listener_remove(struct syni_listener *listener)
{
    bool mine = listener->notice.process == (int)syni_process();

    if (mine && atomic_exchange(&listener->notice.waited, true))
        return SYN_EBUSY;
    if (mine) {
        syni_mutex_lock(&listener_lock);
        end_below(listener, SYNI_SIGNALS);
        unlink_it(listener);
        syni_mutex_unlock(&listener_lock);
        listener->notice.waited = false;
    }
    return syni_notice_close(&listener->notice);
}

void syni_listener_pass_on(int number)
{
    syni_mutex_lock(&listener_lock);
    if (signals[number].listeners)
        restore(number);
    syni_mutex_unlock(&listener_lock);
    kill(getpid(), number);
}

int syni_listener_take(struct syni_listener *listener, unsigned *out_count)
{
    for (int s = 1; s < SYNI_SIGNALS; s++) {
        if (!listener->wants[s])
            continue;
        *out_count = atomic_exchange(&listener->counts[s], 0);
        if (*out_count)
            return s;
    }
    return 0;
}
