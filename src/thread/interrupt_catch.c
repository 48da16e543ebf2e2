/* SPDX-License-Identifier: Apache-2.0
 *
 * Catching interrupts. See interrupt.h, and process.h for what users know.
 *
 * The signal handler is the listener's; all that follows is done by a thread of this module, since
 * interrupting takes locks. It sleeps in the kernel. Discarded: a loop that does it on the side, since
 * none may run, and those that do may be what hangs.
 */
#define _POSIX_C_SOURCE 200809L
#if defined(__APPLE__)
#define _DARWIN_C_SOURCE
#endif
#include "thread/interrupt.h"

#include <synchronicity/process.h>

#include <signal.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/fork.h"
#include "base/listener.h"
#include "base/report.h"
#include "base/say.h"
#include "base/thread.h"

static struct syni_mutex catching = SYNI_MUTEX_INIT(CATCHING);
/* under catching */
static bool caught;
static struct syni_thread thread;
static atomic_bool over; /* the thread shall end */

static struct syni_mutex listening = SYNI_MUTEX_INIT(LISTENING);
/* under listening; of the thread, and of a caller that catches one more signal */
static struct syni_listener listeners_of_ours[2]; /* the second one replaces the first; see renew() */
static struct syni_listener *listener; /* which of them; NULL: none listens */

static void catch_forked(void)
{
    caught = false;
    listener = NULL;
}

static struct syni_fork_call fork_call_catching = {.lock = &catching, .child = catch_forked};
static struct syni_fork_call fork_call_listening = {.lock = &listening};

/* The signal came once. */
static void press(int number)
{
    unsigned abandoned;
    bool passes = syni_interrupt_press(number, &abandoned);

    if (abandoned)
        syni_print("interrupted again; blocking calls that did not end and are abandoned: %u", abandoned);
    if (passes)
        syni_listener_pass_on(number);
}

/* What came is pressed. By the thread. */
static void press_all(void)
{
    unsigned count;
    int number;

    syni_notice_take(&listener->notice);
    while ((number = syni_listener_take(listener, &count)))
        for (; count > 0; count--)
            press(number);
}

/* Starts to listen to what BEFORE (NULL: nothing) listens to, and to NUMBER (0: nothing more). */
static syn_err listen_locked(const struct syni_listener *before, int number)
{
    struct syni_listener *next = &listeners_of_ours[before == &listeners_of_ours[0]];
    syn_err err;

    SYNI_HOLDS(&listening);
    for (int s = 0; s < SYNI_SIGNALS; s++) {
        next->wants[s] = s && (s == number || (before && before->wants[s]));
        next->counts[s] = 0;
    }
    err = syni_listener_add(next);
    if (!err)
        listener = next;
    return err;
}

static void stop_listening_locked(struct syni_listener *which)
{
    SYNI_HOLDS(&listening);
    if (which)
        syni_listener_remove(which);
}

/* Other code has closed the descriptors of the notice: another one takes its place, before it goes, so
 * that no signal finds the program's own action meanwhile. False: there is none to be had. */
static bool renew(void)
{
    struct syni_listener *before;
    syn_err err;

    syni_mutex_lock(&listening);
    before = listener;
    err = listen_locked(before, 0);
    stop_listening_locked(before);
    if (err)
        listener = NULL;
    syni_mutex_unlock(&listening);
    syni_print(err ? "other code closed the descriptors of interrupts, and there are no others; no "
                     "signal interrupts any more"
                   : "other code closed the descriptors of interrupts; there are others now");
    return !err;
}

static void interrupt_run(void *unused)
{
    (void)unused;
    while (!over) {
        if (!syni_descriptor_ready(syni_notice_descriptor(&listener->notice), false, -1))
            continue;
        press_all();
        if (!over && !syni_notice_is_whole(&listener->notice) && !renew()) {
            syni_interrupts = false;
            return;
        }
    }
}

static syn_err catch_first_locked(int number)
{
    syn_err err;

    SYNI_HOLDS(&catching);
    syni_mutex_lock(&listening);
    err = listen_locked(NULL, number);
    syni_mutex_unlock(&listening);
    if (err)
        return err;
    over = false;
    err = syni_thread_start(&thread, "interrupts", 0, interrupt_run, NULL);
    if (err) {
        syni_mutex_lock(&listening);
        stop_listening_locked(listener);
        listener = NULL;
        syni_mutex_unlock(&listening);
    }
    caught = !err;
    syni_interrupts = caught;
    return err;
}

static syn_err catch_one_more(int number)
{
    syn_err err;

    syni_mutex_lock(&listening);
    err = listener ? syni_listener_also(listener, number) : SYN_EBADF;
    syni_mutex_unlock(&listening);
    return err;
}

/* The thread's descriptors may be renewed meanwhile: so it is told until it hears. */
static void end_thread(void)
{
    over = true;
    syni_mutex_lock(&listening);
    if (listener)
        syni_notice_send(&listener->notice);
    syni_mutex_unlock(&listening);
    syni_thread_join(&thread);
}

/* Those that came and no wait got, on OUT_LEFT. */
static void release_locked(bool *out_left)
{
    struct syni_listener *last;
    unsigned count;
    int number;

    SYNI_HOLDS(&catching);
    syni_interrupts = false;
    end_thread();
    syni_mutex_lock(&listening);
    last = listener;
    stop_listening_locked(last);
    listener = NULL;
    syni_mutex_unlock(&listening);
    while (last && (number = syni_listener_take(last, &count)))
        out_left[number] = true; /* they came after the thread's last look */
    out_left[syni_interrupt_forget()] = true;
    caught = false;
}

static void release_all(bool *out_left)
{
    syni_mutex_lock(&catching);
    if (caught)
        release_locked(out_left);
    syni_mutex_unlock(&catching);
}

void syn_release_interrupt(void)
{
    bool left[SYNI_SIGNALS] = {false};

    release_all(left);
    for (int number = 1; number < SYNI_SIGNALS; number++)
        if (left[number])
            kill(getpid(), number);
}

/* The process ends anyway. */
static void release_at_exit(void)
{
    bool unused[SYNI_SIGNALS];

    release_all(unused);
}

syn_err syn_catch_interrupt(int number)
{
    syn_err err = syni_interrupt_prepare(release_at_exit);

    if (!err)
        err = syni_fork_watch(&fork_call_catching);
    if (!err)
        err = syni_fork_watch(&fork_call_listening);
    if (err)
        return syni_refuse(err, "no memory to catch interrupts");
    if (number <= 0 || number >= SYNI_SIGNALS)
        return syni_refuse(SYN_EINVAL, "%d is no signal that can be caught", number);
    syni_mutex_lock(&catching);
    err = caught ? catch_one_more(number) : catch_first_locked(number);
    syni_mutex_unlock(&catching);
    if (err == SYN_EALREADY)
        return syni_refuse(err, "signal %d is caught already; write syn_release_interrupt() before",
                           number);
    return err ? syni_refuse(err, "signal %d cannot be caught", number) : SYN_OK;
}
