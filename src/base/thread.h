/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads, as the library uses them: the only place that includes <pthread.h>.
 *
 * Locks and conditions never fail here: pthread's errors for them mean a broken
 * program, and end it with a message. Times are nanoseconds of the monotonic
 * clock.
 */
#ifndef SYNI_THREAD_H
#define SYNI_THREAD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <synchronicity/err.h>

#include "base/invariant.h"
#include "base/rank.h"

/* Bytes of a cache line: what different threads write often lies so far apart. Where
 * lines are shorter it costs only room. */
enum { SYNI_LINE = 64 };

struct syni_mutex {
    pthread_mutex_t raw;
#if defined(SYN_CHECKED) && SYN_CHECKED
    enum syni_rank rank;
    atomic_uint holder; /* the number of the thread that has it; 0: nobody */
#endif
};

struct syni_cond {
    pthread_cond_t raw;
};

/* RANK is one of rank.h, as in SYNI_MUTEX_INIT(LIFE). */
#if defined(SYN_CHECKED) && SYN_CHECKED
#define SYNI_MUTEX_INIT(name)                                                                      \
    {                                                                                              \
        PTHREAD_MUTEX_INITIALIZER, SYNI_RANK_##name, 0                                                \
    }
#else
#define SYNI_MUTEX_INIT(name)                                                                      \
    {                                                                                              \
        PTHREAD_MUTEX_INITIALIZER                                                                  \
    }
#endif

void syni_mutex_init(struct syni_mutex *mutex, enum syni_rank rank);
/* In a forked child: its holder is not there. */
void syni_mutex_renew(struct syni_mutex *mutex);
void syni_mutex_fini(struct syni_mutex *mutex);
void syni_mutex_lock(struct syni_mutex *mutex);
void syni_mutex_unlock(struct syni_mutex *mutex);

/* The calling thread holds MUTEX: what each function with a name in _locked needs. Known in
 * checked builds only. */
#if defined(SYN_CHECKED) && SYN_CHECKED
bool syni_mutex_is_held(const struct syni_mutex *mutex);
#else
#define syni_mutex_is_held(mutex) true
#endif
#define SYNI_HOLDS(mutex) SYNI_SURE(syni_mutex_is_held(mutex))

void syni_cond_init(struct syni_cond *cond);
void syni_cond_fini(struct syni_cond *cond);
/* The caller holds MUTEX. May return for no reason. No cancellation point. */
void syni_cond_wait(struct syni_cond *cond, struct syni_mutex *mutex);
/* Waits until DEADLINE_NS at most; returns false when that has passed. */
bool syni_cond_wait_until(struct syni_cond *cond, struct syni_mutex *mutex, int64_t deadline_ns);
void syni_cond_signal(struct syni_cond *cond);
void syni_cond_broadcast(struct syni_cond *cond);

/* A thread of ours: its signals are those of signals.h, it has the stack that was asked for, and a
 * name that debuggers and top(1) show. */
struct syni_thread {
    pthread_t raw;
};

/* Where the calling thread's stack begins, *OUT_LOW, and its size without the guard; 0: the system
 * does not say. */
size_t syni_thread_stack(uintptr_t *out_low);

/* Starts FN(ARGUMENT). STACK_SIZE_BYTES 0 means 256 KiB, and what is less than
 * the system's least is raised to that. NAME is cut where the system limits it.
 * Fails: SYN_EAGAIN or SYN_ENOMEM when the system has no thread to give; or, for a
 * stack of absurd size, as the system does. */
syn_err syni_thread_start(struct syni_thread *thread, const char *name, size_t stack_size_bytes,
                          void (*fn)(void *argument), void *argument);

/* Waits for its end. Once for each started thread that is not detached. A thread that hosts loops turns them
 * meanwhile, since what a program does at the end of the other may call into them; PLAINLY: it does not. */
void syni_thread_join(struct syni_thread *thread);
void syni_thread_join_plainly(struct syni_thread *thread);
/* From here on JOIN is asked first, for any thread that joins; false: this one joins plainly. */
void syni_thread_joins_by(bool (*join)(struct syni_thread *thread));
/* Nobody waits for the calling thread, which is about to end: the next that says so does, or the thread
 * that waits for all. So none runs code of the library any more when that is unloaded. It says so under the
 * lock under which it stops to count, so that a thread that sees it gone can wait for its end. True: *OUT_BEFORE
 * said so before; join it when no lock is held. */
bool syni_thread_retire(struct syni_thread *out_before);
/* All that have retired have ended; but not on a thread that has, and still runs what a program does at
 * its end. */
void syni_thread_join_retired(void);
struct syni_thread syni_thread_self(void);
/* The name of the calling thread, cut at SIZE; "thread" where the system does not say. */
void syni_thread_name(char *out_name, size_t size);
/* The number that the system's tools know the calling thread by; 0: there is none. */
long syni_thread_number(void);

/* Something to do when a thread ends, however it ends. Lies in the thread's own
 * storage, or somewhere that outlives the thread. */
struct syni_exit_call {
    void (*fn)(void *argument);
    void *argument;
    struct syni_exit_call *next; /* own */
};

/* Runs CALL when the calling thread ends, latest first. Not twice for one CALL, but
 * again once it runs. False, and it is not run: the system has no key or memory for it. */
bool syni_thread_at_exit(struct syni_exit_call *call);

/* The one key of the system that this needs; taken by itself at the first use, too. Fails:
 * SYN_EAGAIN, it has none left. Given back, no thread runs its calls any more, until one says
 * so anew. */
syn_err syni_thread_take_key(void);
void syni_thread_give_key_back(void);

/* Runs the three around every later fork(), as pthread_atfork() does. */
syn_err syni_at_fork(void (*before)(void), void (*parent)(void), void (*child)(void));

/* BODY(ARGUMENT). If code of the program ends the thread in there, by pthread_exit() or a cancel, UNWOUND(ARGUMENT)
 * is called, while the stack is still there. */
void syni_thread_guard(void (*body)(void *argument), void *argument, void (*unwound)(void *argument));

/* Between the two pthread_cancel() of the calling thread waits: while others know of what lies on
 * its stack, or it holds a lock. A cancel that came meanwhile takes effect at the thread's next
 * cancellation point. Returns what is to be given back. */
static inline int syni_thread_hold_cancel(void)
{
    int before = PTHREAD_CANCEL_DISABLE;

    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    return before;
}

static inline void syni_thread_let_cancel(int before)
{
    int unused;

    if (before != PTHREAD_CANCEL_DISABLE)
        pthread_setcancelstate(before, &unused);
}

/* In a forked child. */
void syni_thread_forked(void);

/* Lets other threads run. */
void syni_thread_yield(void);

/* Prints "synchronicity: WHAT" to standard error and aborts. For what must not
 * go on: a broken contract that would hang or corrupt. */
_Noreturn void syni_panic(const char *what);

#endif
