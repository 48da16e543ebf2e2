/* SPDX-License-Identifier: Apache-2.0
 *
 * The trace: hooks that note each event in a ring of their thread, and a thread that writes them out.
 *
 * A ring has one writer, its thread, and one reader, the holder of `draining`: the thread of the trace, the one that
 * ends it, or the handler of SIGABRT. Rings are freed when the hooks were removed, so that no thread
 * is inside; until then that of a thread which has ended serves the next one that comes.
 *
 * A slice that was begun is always ended: room for that is kept free, and where there is none for the
 * beginning, what lies inside is dropped whole. Discarded: writing JSON in the thread to which it
 * happens, which takes it 1 us an event and a lock; and a common ring, for which all threads would contend.
 */
#define _POSIX_C_SOURCE 200809L
#include "inspect/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <synchronicity/inspect.h>

#include "base/descriptor.h"
#include "base/fork.h"
#include "base/hooks.h"
#include "base/mem.h"
#include "base/report.h"
#include "base/reserved.h"
#include "base/say.h"
#include "base/spin.h"
#include "base/thread.h"
#include "base/time.h"

enum { TRACE_PLACES = 2048, TRACE_TICK_NS = 10000000 };

static struct syni_mutex trace_lock = SYNI_MUTEX_INIT(TRACE);
static struct syni_cond trace_changed;

/* Under the lock. */
static int trace_fd = -1;
static struct stat trace_file; /* what was opened under it */
static struct syni_thread trace_thread;
static bool trace_ends;
static unsigned long trace_events;
static struct sigaction trace_before; /* the program's handler of SIGABRT */
static bool trace_handles, trace_at_exit;

static atomic_flag trace_draining = ATOMIC_FLAG_INIT;
static struct syni_text trace_text; /* by the draining thread */

/* --- by the reader --- */

static void trace_drain_ring(struct syni_trace_ring *ring)
{
    unsigned tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    /* acquire: pairs with trace_note() */
    unsigned head = atomic_load_explicit(&ring->head, memory_order_acquire);

    if (tail != head && !ring->named) {
        syni_trace_put_thread(&trace_text, ring);
        ring->named = true;
    }
    trace_events += head - tail;
    for (; tail != head; tail++) {
        syni_trace_put(&trace_text, ring, &ring->events[tail & (ring->places - 1)]);
        /* release: the place is free after we have read it */
        atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
    }
}

static unsigned long trace_dropped(void)
{
    unsigned long n = atomic_load(&syni_trace_lost);

    for (struct syni_trace_ring *ring = atomic_load(&syni_trace_rings); ring; ring = ring->next)
        n += atomic_load(&ring->dropped);
    return n;
}

static void trace_drain(void)
{
    for (struct syni_trace_ring *ring = atomic_load(&syni_trace_rings); ring; ring = ring->next)
        trace_drain_ring(ring);
}

/* The calling thread reads from here on; false: somebody does and does not end. */
static bool trace_claim(unsigned patience)
{
    for (unsigned i = 0; atomic_flag_test_and_set(&trace_draining); i++) {
        if (i == patience)
            return false;
        syni_spin_once(i);
    }
    return true;
}

static void trace_write(void *unused)
{
    (void)unused;
    syni_mutex_lock(&trace_lock);
    while (!trace_ends) {
        syni_mutex_unlock(&trace_lock);
        if (trace_claim(1000)) {
            trace_drain();
            syni_text_flush(&trace_text);
            atomic_flag_clear(&trace_draining);
        }
        syni_mutex_lock(&trace_lock);
        if (!trace_ends)
            syni_cond_wait_until(&trace_changed, &trace_lock, syni_now() + TRACE_TICK_NS);
    }
    syni_mutex_unlock(&trace_lock);
}

/* The process dies: what there is is written, and the array ended. Nobody reads after that. */
static void trace_aborts(int number)
{
    if (atomic_load(&syni_trace_number) % 2 && trace_claim(1000)) {
        trace_drain();
        syni_trace_end_json(&trace_text, trace_dropped());
    }
    sigaction(SIGABRT, &trace_before, NULL);
    if (trace_before.sa_handler != SIG_DFL && trace_before.sa_handler != SIG_IGN)
        raise(number); /* when this returns; abort() ends the process in any case */
}

/* --- the file --- */

/* No other code has closed it and has another file under its number by now. Async-signal-safe. */
static bool trace_is_ours(void)
{
    struct stat now;

    return trace_fd >= 0 && fstat(trace_fd, &now) == 0 && now.st_dev == trace_file.st_dev &&
           now.st_ino == trace_file.st_ino;
}

/* By the draining thread. */
static void trace_to_file(void *unused, const char *data, size_t size)
{
    (void)unused;
    if (trace_is_ours()) {
        syni_text_to_descriptor(&trace_fd, data, size);
    } else if (trace_fd >= 0) {
        syni_put(STDERR_FILENO, "synchronicity: other code closed the file of the trace, which ends there\n");
        trace_fd = -1;
    }
}

static void trace_close_file(void)
{
    if (trace_is_ours())
        close(trace_fd);
    trace_fd = -1;
}

/* --- beginning and end --- */

/* A child is not traced, and has no thread for it. What the parent had is left alone. */
static void trace_forked(void)
{
    if (atomic_load(&syni_trace_number) % 2)
        atomic_fetch_add(&syni_trace_number, 1);
    atomic_store(&syni_trace_rings, NULL);
    atomic_flag_clear(&trace_draining);
    trace_text.n = 0;
    trace_close_file();
    if (trace_handles)
        sigaction(SIGABRT, &trace_before, NULL);
    trace_handles = false;
}

static struct syni_fork_call trace_fork = {.lock = &trace_lock, .child = trace_forked};

static void trace_at_end(void)
{
    syn_trace_stop();
}

static syn_err trace_open(const struct syn_trace_options *options)
{
    trace_text = (struct syni_text){.write = options->write, .user = options->user};
    if (!options->path)
        return SYN_OK;
    do
        trace_fd = syni_descriptor(
            open(options->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    while (trace_fd < 0 && errno == EINTR);
    if (trace_fd < 0)
        return (syn_err)errno;
    if (fstat(trace_fd, &trace_file) != 0)
        memset(&trace_file, 0, sizeof trace_file); /* it is nobody's, then */
    trace_text.write = trace_to_file;
    return SYN_OK;
}

static void trace_handle_abort(void)
{
    struct sigaction action = {.sa_handler = trace_aborts};

    sigemptyset(&action.sa_mask);
    trace_handles = sigaction(SIGABRT, &action, &trace_before) == 0;
    if (!trace_at_exit)
        trace_at_exit = atexit(trace_at_end) == 0;
}

static unsigned trace_power(unsigned wanted)
{
    unsigned places = 64;

    while (places < wanted && places < 1U << 20)
        places *= 2;
    return places;
}

/* Under the lock. */
static syn_err trace_begin_locked(const struct syn_trace_options *options)
{
    syn_err err = trace_open(options);

    SYNI_HOLDS(&trace_lock);
    syn_hooks_remove(&syni_trace_hooks); /* in a child of one that was traced */
    syni_cond_init(&trace_changed);
    if (err)
        return err;
    syni_trace_places = trace_power(options->ring_events ? options->ring_events : TRACE_PLACES);
    trace_ends = false;
    trace_events = 0;
    atomic_store(&syni_trace_lost, 0);
    atomic_store(&syni_trace_threads, 0);
    syni_trace_begin_json(&trace_text);
    err = syni_thread_start(&trace_thread, "trace", 0, trace_write, NULL);
    if (!err) {
        atomic_fetch_add(&syni_trace_number, 1);
        err = syn_hooks_add(&syni_trace_hooks);
        if (!err)
            return SYN_OK;
        atomic_fetch_add(&syni_trace_number, 1);
        trace_ends = true;
        syni_mutex_unlock(&trace_lock);
        syni_thread_join(&trace_thread);
        syni_mutex_lock(&trace_lock);
    }
    trace_close_file();
    return err;
}

syn_err syn_trace_start(const struct syn_trace_options *options)
{
    syn_err err = syni_fork_watch(&trace_fork);
    int cancel_state;

    if (!options || !options->path == !options->write)
        return syni_refuse(SYN_EINVAL, "a trace needs a path, or a function that takes the text, and not both");
    if (!syni_options_are_known(0, 0, options->reserved))
        return syni_refuse(SYN_EABI, "a trace: " SYNI_OPTION_UNKNOWN);
    if (err)
        return syni_refuse(err, "no memory for a trace");
    cancel_state = syni_thread_hold_cancel(); /* open() and what writes are cancellation points */
    syni_mutex_lock(&trace_lock);
    err = atomic_load(&syni_trace_number) % 2 ? SYN_EBUSY : trace_begin_locked(options);
    if (!err && options->path)
        trace_handle_abort();
    syni_mutex_unlock(&trace_lock);
    syni_thread_let_cancel(cancel_state);
    if (err == SYN_EBUSY)
        return syni_refuse(err, "there is a trace already; end it by syn_trace_stop()");
    return err ? syni_refuse(err, "the trace to %s could not begin: %s",
                             options->path ? options->path : "a function", syn_strerror(err))
               : SYN_OK;
}

static void trace_free_rings(void)
{
    struct syni_trace_ring *ring = atomic_exchange(&syni_trace_rings, NULL);

    while (ring) {
        struct syni_trace_ring *next = ring->next;

        syni_free(ring, sizeof *ring + ring->places * sizeof(struct syni_traced));
        ring = next;
    }
}

static struct syn_trace_end trace_stop(void)
{
    struct syn_trace_end end = {0, 0};

    syni_mutex_lock(&trace_lock);
    if (atomic_load(&syni_trace_number) % 2 == 0 || trace_ends) {
        syni_mutex_unlock(&trace_lock);
        return end;
    }
    trace_ends = true;
    syni_cond_broadcast(&trace_changed);
    syni_mutex_unlock(&trace_lock);
    syn_hooks_remove(&syni_trace_hooks);
    syni_thread_join(&trace_thread);
    syni_mutex_lock(&trace_lock);
    if (trace_handles)
        sigaction(SIGABRT, &trace_before, NULL);
    trace_handles = false;
    trace_drain();
    end.events = trace_events;
    end.dropped = trace_dropped();
    syni_trace_end_json(&trace_text, end.dropped);
    trace_close_file();
    syni_cond_fini(&trace_changed);
    atomic_fetch_add(&syni_trace_number, 1);
    trace_free_rings();
    syni_mutex_unlock(&trace_lock);
    return end;
}

struct syn_trace_end syn_trace_stop(void)
{
    int cancel_state = syni_thread_hold_cancel();
    struct syn_trace_end end = trace_stop();

    syni_thread_let_cancel(cancel_state);
    return end;
}
