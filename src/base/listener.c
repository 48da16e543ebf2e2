/* SPDX-License-Identifier: Apache-2.0
 *
 * The one signal handler, and whom it tells.
 *
 * It walks a list without a lock; who takes a listener out waits until no handler is on its way,
 * before it is freed. All changes are under a lock, which no handler takes. A program that sets its
 * own action while we listen has it: ours is restored by nobody.
 */
#define _POSIX_C_SOURCE 200809L
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

/* under lock */
static struct {
    unsigned listeners;
    struct sigaction before; /* the program's */
} signals[SYNI_SIGNALS];

static void handle(int number)
{
    struct syni_listener *l;

    /* seq_cst: the count is written and then the list read, in syni_listener_remove() the other
     * way round */
    atomic_fetch_add(&handlers, 1);
    for (l = listeners; l; l = l->next)
        if (l->wants[number]) {
            atomic_fetch_add(&l->counts[number], 1);
            syni_notice_send(&l->notice);
        }
    atomic_fetch_sub(&handlers, 1);
}

static bool is_ours(int number)
{
    struct sigaction now;

    return sigaction(number, NULL, &now) == 0 && !(now.sa_flags & SA_SIGINFO) &&
           now.sa_handler == handle;
}

static void restore(int number)
{
    if (is_ours(number))
        sigaction(number, &signals[number].before, NULL);
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
    }
}

static struct syni_fork_call listener_fork_call = {.lock = &listener_lock,
                                                   .child = listener_forked};

static syn_err listener_begin(int number)
{
    struct sigaction ours = {.sa_handler = handle, .sa_flags = SA_RESTART};

    sigfillset(&ours.sa_mask);
    if (signals[number].listeners == 0 &&
        sigaction(number, &ours, &signals[number].before) != 0)
        return errno;
    signals[number].listeners++;
    return SYN_OK;
}

static void end_below(const struct syni_listener *listener, int end)
{
    for (int s = 1; s < end; s++)
        if (listener->wants[s] && --signals[s].listeners == 0)
            restore(s);
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
        err = listener->wants[s] ? listener_begin(s) : SYN_OK;
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
        err = listener_begin(number);
        listener->wants[number] = !err;
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
