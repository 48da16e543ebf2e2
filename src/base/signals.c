/* SPDX-License-Identifier: Apache-2.0
 *
 * Each thread of ours keeps its own account. Discarded: blocking all for good (children ignored
 * SIGTERM, through exec), and changing the mask around each step (two system calls each).
 *
 * A change of the mask is a system call, and a look at the handlers is sixty. So a thread after a short
 * sleep dozes at first: it sleeps with the mask that it has, and blocks all only when
 * nothing has woken it within DOZE_NS. A thread that always sleeps shortly changes no mask. It looks
 * at the handlers after LOOK_AGAIN_NS, and, while they stay the same, ever later, up to
 * LOOK_AT_LAST_NS; one that blocked all looks when it wakes, before it opens anything. A handler
 * that the program installs is found by then; until then it can run on a thread of ours only if
 * every thread of the program blocks the signal.
 */
#define _POSIX_C_SOURCE 200809L
#if defined(__APPLE__)
#define _DARWIN_C_SOURCE
#elif defined(__FreeBSD__) || defined(__NetBSD__) || defined(__OpenBSD__)
#undef _POSIX_C_SOURCE
#endif
#include "base/signals.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/time.h"

enum { LOOK_AGAIN_NS = 10000000, LOOK_AT_LAST_NS = 1000000000, DOZE_NS = 10000000 };

#if defined(SIGRTMAX)
#define LAST_SIGNAL SIGRTMAX
#else
#define LAST_SIGNAL 31
#endif

static _Thread_local struct {
    bool ours;
    bool open;        /* what runs no handler is open, but while it is `shut` */
    bool shut;        /* it sleeps, and all is blocked */
    bool dozes;       /* it sleeps as it was, or did so in vain */
    bool long_sleeps; /* the last one was long */
    unsigned lent;
    int64_t shut_at;
    int64_t looked;   /* when `awake` was found out; 0: never */
    int64_t holds;    /* for how long that is believed */
    sigset_t program; /* what the program blocks on its own threads */
    sigset_t awake;   /* what is blocked while the program's code runs */
} mine;

/* All but what a thread's own fault raises: where that is blocked the system ends the process
 * without a word, and no crash reporter or sanitizer hears of it. */
static void all_but_faults(sigset_t *out_set)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT};

    sigfillset(out_set);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        sigdelset(out_set, faults[i]);
}

static atomic_ulong n_changes, n_looks, n_shut; /* for tests */
static _Atomic(int64_t) doze_ns = DOZE_NS;      /* theirs to set */

/* relaxed: a count */
static void set_mask(const sigset_t *set)
{
    pthread_sigmask(SIG_SETMASK, set, NULL);
    atomic_fetch_add_explicit(&n_changes, 1, memory_order_relaxed);
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

/* True: the mask is another than before. */
static bool look_at_handlers(int64_t now)
{
    sigset_t before = mine.awake;

    mine.looked = now;
    atomic_fetch_add_explicit(&n_looks, 1, memory_order_relaxed); /* a count */
    all_but_faults(&mine.awake);
    for (int s = 1; s <= LAST_SIGNAL; s++)
        if (!is_of_a_write(s) && sigismember(&mine.program, s) == 0 && !runs_a_handler(s))
            sigdelset(&mine.awake, s);
    return memcmp(&before, &mine.awake, sizeof before) != 0;
}

/* The same, if it was done too long ago. */
static bool look_again(int64_t now)
{
    bool news;

    if (mine.looked && now - mine.looked < mine.holds)
        return false;
    news = look_at_handlers(now);
    if (news)
        mine.holds = LOOK_AGAIN_NS;
    else if (mine.holds < LOOK_AT_LAST_NS)
        mine.holds *= 2;
    return news;
}

static void open_what_runs_no_handler(void)
{
    set_mask(mine.lent ? &mine.program : &mine.awake);
}

void syni_signals_open(void)
{
    if (!mine.ours || mine.open)
        return;
    look_again(syni_now());
    open_what_runs_no_handler();
    mine.open = true;
}

int64_t syni_signals_sleep(void)
{
    int64_t doze = atomic_load_explicit(&doze_ns, memory_order_relaxed); /* a number */
    sigset_t blocked;

    if (!mine.open || mine.shut)
        return SYNI_NEVER;
    if (!mine.dozes && !mine.long_sleeps && doze > 0) {
        mine.dozes = true;
        return doze;
    }
    all_but_faults(&blocked);
    set_mask(&blocked);
    mine.shut = true;
    mine.shut_at = syni_now();
    atomic_fetch_add_explicit(&n_shut, 1, memory_order_relaxed); /* a count */
    return SYNI_NEVER;
}

int64_t syni_signals_wake(void)
{
    int64_t now;
    bool news;

    if (!mine.open)
        return -1;
    now = syni_now();
    if (mine.shut) {
        atomic_fetch_sub_explicit(&n_shut, 1, memory_order_relaxed); /* a count */
        mine.long_sleeps = now - mine.shut_at >= DOZE_NS;
        mine.looked = 0;
    }
    news = look_again(now);
    if (mine.shut || news)
        open_what_runs_no_handler();
    mine.shut = mine.dozes = false;
    return now;
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
    atomic_store_explicit(&n_shut, 0, memory_order_relaxed); /* this is the only thread */
    if (!mine.ours)
        return;
    mine.ours = mine.open = mine.shut = false;
    set_mask(&mine.program);
}

struct syni_signals_counts syni_signals_count(void)
{
    /* relaxed: counts */
    return (struct syni_signals_counts){
        atomic_load_explicit(&n_changes, memory_order_relaxed),
        atomic_load_explicit(&n_looks, memory_order_relaxed),
        atomic_load_explicit(&n_shut, memory_order_relaxed),
    };
}

void syni_signals_set_doze(int64_t ns)
{
    atomic_store_explicit(&doze_ns, ns, memory_order_relaxed); /* a number */
}
