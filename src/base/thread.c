/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads over POSIX. Platform differences live here: condition variables on the
 * monotonic clock (macOS has only relative waits), thread names, minimal stacks.
 */
#if defined(__linux__)
#define _GNU_SOURCE 1
#elif defined(__APPLE__)
#define _DARWIN_C_SOURCE
#endif

#include "base/thread.h"

#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(__linux__)
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif
#include <time.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/mem.h"
#include "base/processor.h"
#include "base/say.h"
#include "base/signals.h"
#include "base/time.h"

_Noreturn void syni_panic(const char *what)
{
    syni_print("%s", what);
    abort();
}

static void must(int error, const char *what)
{
    if (error)
        syni_panic(what);
}

#if defined(SYN_CHECKED) && SYN_CHECKED
#define RANK(mutex) ((mutex)->rank)

static unsigned number_here(void)
{
    static atomic_uint last;
    static _Thread_local unsigned number;

    if (number == 0)
        number = atomic_fetch_add(&last, 1) + 1;
    return number;
}

bool syni_mutex_is_held(const struct syni_mutex *mutex)
{
    return atomic_load_explicit(&mutex->holder, memory_order_relaxed) == number_here();
}

/* relaxed: a thread looks for itself only */
static void note_holder(struct syni_mutex *mutex, bool holds)
{
    atomic_store_explicit(&mutex->holder, holds ? number_here() : 0, memory_order_relaxed);
}
#else
#define note_holder(mutex, holds) ((void)0)
#endif

void syni_mutex_init(struct syni_mutex *mutex, enum syni_rank rank)
{
    syni_mutex_renew(mutex);
#if defined(SYN_CHECKED) && SYN_CHECKED
    mutex->rank = rank;
#else
    (void)rank;
#endif
}

void syni_mutex_renew(struct syni_mutex *mutex)
{
    must(pthread_mutex_init(&mutex->raw, NULL), "pthread_mutex_init failed");
    note_holder(mutex, false);
}

void syni_mutex_fini(struct syni_mutex *mutex)
{
    must(pthread_mutex_destroy(&mutex->raw), "a mutex was destroyed while in use");
}

void syni_mutex_lock(struct syni_mutex *mutex)
{
    syni_rank_take(RANK(mutex), mutex);
    must(pthread_mutex_lock(&mutex->raw), "pthread_mutex_lock failed");
    note_holder(mutex, true);
}

void syni_mutex_unlock(struct syni_mutex *mutex)
{
    syni_rank_give(RANK(mutex));
    note_holder(mutex, false);
    must(pthread_mutex_unlock(&mutex->raw), "pthread_mutex_unlock failed");
}

void syni_cond_init(struct syni_cond *cond)
{
#if defined(__APPLE__)
    must(pthread_cond_init(&cond->raw, NULL), "pthread_cond_init failed");
#else
    pthread_condattr_t attributes;

    must(pthread_condattr_init(&attributes), "pthread_condattr_init failed");
    must(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC), "no monotonic clock");
    must(pthread_cond_init(&cond->raw, &attributes), "pthread_cond_init failed");
    pthread_condattr_destroy(&attributes);
#endif
}

void syni_cond_fini(struct syni_cond *cond)
{
    must(pthread_cond_destroy(&cond->raw), "a condition was destroyed while in use");
}

void syni_cond_wait(struct syni_cond *cond, struct syni_mutex *mutex)
{
    int before = syni_thread_hold_cancel();

    syni_rank_wait(RANK(mutex));
    note_holder(mutex, false);
    must(pthread_cond_wait(&cond->raw, &mutex->raw), "pthread_cond_wait failed");
    note_holder(mutex, true);
    syni_thread_let_cancel(before);
}

bool syni_cond_wait_until(struct syni_cond *cond, struct syni_mutex *mutex, int64_t deadline_ns)
{
    struct timespec when;
    int error, before;

    syni_rank_wait(RANK(mutex));
#if defined(__APPLE__)
    int64_t left = deadline_ns - syni_now();

    if (left <= 0)
        return false;
    syni_timespec(&when, left);
    before = syni_thread_hold_cancel();
    note_holder(mutex, false);
    error = pthread_cond_timedwait_relative_np(&cond->raw, &mutex->raw, &when);
#else
    syni_timespec(&when, deadline_ns);
    before = syni_thread_hold_cancel();
    note_holder(mutex, false);
    error = pthread_cond_timedwait(&cond->raw, &mutex->raw, &when);
#endif
    note_holder(mutex, true);
    syni_thread_let_cancel(before);
    if (error == ETIMEDOUT)
        return false;
    must(error, "pthread_cond_timedwait failed");
    return true;
}

void syni_thread_guard(void (*body)(void *argument), void *argument, void (*unwound)(void *argument))
{
    pthread_cleanup_push(unwound, argument);
    body(argument);
    pthread_cleanup_pop(0);
}

void syni_cond_signal(struct syni_cond *cond)
{
    must(pthread_cond_signal(&cond->raw), "pthread_cond_signal failed");
}

void syni_cond_broadcast(struct syni_cond *cond)
{
    must(pthread_cond_broadcast(&cond->raw), "pthread_cond_broadcast failed");
}

/* What a new thread needs before it can run; freed by that thread. */
struct start {
    void (*fn)(void *argument);
    void *argument;
    sigset_t program; /* see signals.h */
    bool unpin;       /* it would inherit one processor; see processor.h */
    char name[16];    /* Linux allows 15 characters */
};

static void name_thread(const char *name)
{
#if defined(__linux__)
    pthread_setname_np(pthread_self(), name);
#elif defined(__APPLE__)
    pthread_setname_np(name);
#else
    (void)name;
#endif
}

void syni_thread_name(char *out_name, size_t size)
{
    char name[64] = "";

#if defined(__linux__)
    prctl(PR_GET_NAME, name);
#elif defined(__APPLE__)
    pthread_getname_np(pthread_self(), name, sizeof name);
#endif
    snprintf(out_name, size, "%s", name[0] ? name : "thread");
}

long syni_thread_number(void)
{
#if defined(__linux__) && defined(SYS_gettid)
    return syscall(SYS_gettid);
#else
    return 0;
#endif
}

static void *thread_main(void *argument)
{
    struct start start = *(struct start *)argument;

    syni_free(argument, sizeof start);
    if (start.unpin)
        syni_processor_unpin();
    syni_signals_begin(&start.program);
    name_thread(start.name);
    start.fn(start.argument);
    return NULL;
}

size_t syni_thread_stack(uintptr_t *out_low)
{
    size_t size = 0;
#if defined(__linux__)
    pthread_attr_t attributes;
    void *low = NULL;

    if (pthread_getattr_np(pthread_self(), &attributes) != 0)
        return 0;
    if (pthread_attr_getstack(&attributes, &low, &size) != 0)
        size = 0;
    pthread_attr_destroy(&attributes);
    *out_low = (uintptr_t)low;
#else
    *out_low = 0;
#endif
    return size;
}

static size_t stack_size(size_t asked)
{
    size_t least = 16384, page = 4096;
    long value;

#ifdef PTHREAD_STACK_MIN
    if ((size_t)PTHREAD_STACK_MIN > least)
        least = (size_t)PTHREAD_STACK_MIN;
#endif
    value = sysconf(_SC_PAGESIZE);
    if (value > 0)
        page = (size_t)value;
    if (asked == 0)
        asked = (size_t)256 * 1024;
    if (asked < least)
        asked = least;
    if (asked > SIZE_MAX - page)
        return asked; /* the system refuses it */
    return (asked + page - 1) / page * page;
}

static int create(pthread_t *raw, size_t stack_size_bytes, struct start *start)
{
    pthread_attr_t attributes;
    sigset_t before;
    int error = pthread_attr_init(&attributes);

    if (error)
        return error;
    error = pthread_attr_setstacksize(&attributes, stack_size(stack_size_bytes));
    syni_signals_prepare(&before, &start->program);
    if (!error)
        error = syni_fault("pthread_create")
                    ? errno
                    : pthread_create(raw, &attributes, thread_main, start);
    syni_signals_finish(&before);
    pthread_attr_destroy(&attributes);
    return error;
}

syn_err syni_thread_start(struct syni_thread *thread, const char *name, size_t stack_size_bytes,
                          void (*fn)(void *argument), void *argument)
{
    struct start *start = syni_alloc(sizeof *start);
    int error;

    if (!start)
        return SYN_ENOMEM;
    start->fn = fn;
    start->argument = argument;
    start->unpin = syni_processor_is_pinned();
    snprintf(start->name, sizeof start->name, "%s", name);
    error = create(&thread->raw, stack_size_bytes, start);
    if (error)
        syni_free(start, sizeof *start);
    return error;
}

/* Once a thread has hosted; NULL: all join plainly. */
static bool (*_Atomic thread_joins)(struct syni_thread *thread);

void syni_thread_join_plainly(struct syni_thread *thread)
{
    int before = syni_thread_hold_cancel();

    must(pthread_join(thread->raw, NULL), "pthread_join failed");
    syni_thread_let_cancel(before);
}

void syni_thread_join(struct syni_thread *thread)
{
    bool (*joins)(struct syni_thread *thread) = atomic_load_explicit(&thread_joins, memory_order_acquire);

    if (!joins || !joins(thread))
        syni_thread_join_plainly(thread);
}

void syni_thread_joins_by(bool (*join)(struct syni_thread *thread))
{
    atomic_store_explicit(&thread_joins, join, memory_order_release);
}

struct syni_thread syni_thread_self(void)
{
    struct syni_thread self = {pthread_self()};

    return self;
}

syn_err syni_at_fork(void (*before)(void), void (*parent)(void), void (*child)(void))
{
    return pthread_atfork(before, parent, child);
}

void syni_thread_yield(void)
{
    sched_yield();
}
