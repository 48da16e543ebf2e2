/* SPDX-License-Identifier: Apache-2.0
 *
 * Each thread of ours keeps its own account. Discarded: blocking all for good (children ignored
 * SIGTERM, through exec), and changing the mask around each step (two system calls each).
 * A handler that the program installs later is found at the next look; until then it can run on a
 * thread of ours only if every thread of the program blocks the signal.
 */
#define _POSIX_C_SOURCE 200809L
#if defined(__APPLE__)
#define _DARWIN_C_SOURCE
#elif defined(__FreeBSD__) || defined(__NetBSD__) || defined(__OpenBSD__)
#undef _POSIX_C_SOURCE
#endif
#include "base/signals.h"

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

#include "base/time.h"

enum { LOOK_AGAIN_NS = 10000000 };

#if defined(SIGRTMAX)
#define LAST_SIGNAL SIGRTMAX
#else
#define LAST_SIGNAL 31
#endif

static _Thread_local struct {
    bool ours, open;
    unsigned lent;
    int64_t looked;   /* when `awake` was found out; 0: never */
    sigset_t program; /* what the program blocks on its own threads */
    sigset_t awake;   /* what is blocked while the program's code runs */
} mine;

/* All but what a thread's own fault raises: where that is blocked the system ends the process
 * without a word, and no crash reporter or sanitizer hears of it. */
static void all_but_faults(sigset_t *out_set)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};

    sigfillset(out_set);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        sigdelset(out_set, faults[i]);
}

static void set_mask(const sigset_t *set)
{
    pthread_sigmask(SIG_SETMASK, set, NULL);
}

void syni_signals_prepare(void *out_before, void *out_program)
{
    sigset_t blocked;

    all_but_faults(&blocked);
    pthread_sigmask(SIG_SETMASK, &blocked, out_before);
    *(sigset_t *)out_program = mine.ours ? mine.program : *(sigset_t *)out_before;
}

void syni_signals_finish(const void *before)
{
    set_mask(before);
}

void syni_signals_begin(const void *program)
{
    mine.ours = true;
    mine.program = *(const sigset_t *)program;
}

/* Raised by what the thread itself writes, and would end the process for it; blocked, the write
 * fails with EPIPE, EFBIG. */
static bool is_of_a_write(int signal)
{
    return signal == SIGPIPE || signal == SIGXFSZ;
}

static bool runs_a_handler(int signal)
{
    struct sigaction action;

    return sigaction(signal, NULL, &action) != 0 || (action.sa_flags & SA_SIGINFO) ||
           (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN);
}

static void signals_look(void)
{
    int64_t now = syni_now();

    if (mine.looked && now - mine.looked < LOOK_AGAIN_NS)
        return;
    mine.looked = now;
    all_but_faults(&mine.awake);
    for (int s = 1; s <= LAST_SIGNAL; s++)
        if (!is_of_a_write(s) && sigismember(&mine.program, s) == 0 && !runs_a_handler(s))
            sigdelset(&mine.awake, s);
}

void syni_signals_open(void)
{
    if (!mine.ours || mine.open)
        return;
    signals_look();
    set_mask(mine.lent ? &mine.program : &mine.awake);
    mine.open = true;
}

bool syni_signals_shut(void)
{
    sigset_t blocked;

    if (!mine.open)
        return false;
    all_but_faults(&blocked);
    set_mask(&blocked);
    mine.open = false;
    return true;
}

void syni_signals_lend(void)
{
    if (mine.ours && mine.lent++ == 0)
        set_mask(&mine.program);
}

void syni_signals_take_back(void)
{
    if (!mine.ours || mine.lent == 0 || --mine.lent > 0)
        return;
    mine.looked = 0;
    mine.open = false;
    syni_signals_open();
}

void syni_signals_forked(void)
{
    if (!mine.ours)
        return;
    mine.ours = mine.open = false;
    set_mask(&mine.program);
}
