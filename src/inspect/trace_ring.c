/* SPDX-License-Identifier: Apache-2.0
 *
 * The rings of a trace: each event is noted by the thread to which it happens, in less than 0.1 us, without a
 * lock and without memory but for the ring itself, with its first event.
 */
#include "inspect/trace.h"

#include <string.h>

#include "base/hooks.h"
#include "base/mem.h"

atomic_uint syni_trace_number;
_Atomic(struct syni_trace_ring *) syni_trace_rings;
atomic_uint syni_trace_threads;
unsigned syni_trace_places;
atomic_ulong syni_trace_lost;

static void trace_copy(char *to, size_t size, const char *from)
{
    size_t n = from ? strlen(from) : 0;

    n = n < size ? n : size - 1;
    if (n)
        memcpy(to, from, n);
    to[n] = '\0';
}

/* A ring that a thread left behind. */
static struct syni_trace_ring *trace_reuse(void)
{
    struct syni_trace_ring *ring = atomic_load(&syni_trace_rings);
    bool over = true;

    for (; ring; ring = ring->next, over = true)
        if (atomic_load(&ring->head) == atomic_load(&ring->tail) &&
            atomic_compare_exchange_strong(&ring->over, &over, false))
            return ring;
    return NULL;
}

static struct syni_trace_ring *trace_new_ring(void)
{
    struct syni_trace_ring *ring =
        syni_alloc(sizeof *ring + syni_trace_places * sizeof(struct syni_traced));

    if (!ring)
        return NULL;
    ring->places = syni_trace_places;
    ring->next = atomic_load(&syni_trace_rings);
    while (!atomic_compare_exchange_weak(&syni_trace_rings, &ring->next, ring))
        ;
    return ring;
}

/* Its thread has ended. */
static void trace_thread_ends(struct syni_self *self)
{
    if (self->trace && self->trace_number == atomic_load(&syni_trace_number))
        atomic_store(&self->trace->over, true);
    self->trace = NULL;
}

static struct syni_trace_ring *trace_ring_of(struct syni_self *self)
{
    unsigned number = atomic_load_explicit(&syni_trace_number, memory_order_relaxed);
    struct syni_trace_ring *ring;

    if (self->trace_number == number)
        return self->trace;
    ring = trace_reuse();
    if (!ring)
        ring = trace_new_ring();
    self->trace = ring;
    self->trace_number = number;
    if (ring) {
        ring->n_open = ring->n_lost = 0;
        ring->thread = 1 + atomic_fetch_add(&syni_trace_threads, 1);
        syni_thread_name(ring->thread_name, sizeof ring->thread_name);
        ring->named = false; /* the reader is through with it: it is empty */
        syni_self_owns(self, SYNI_OWNS_TRACE, trace_thread_ends);
    }
    return ring;
}

/* Places that are free, beyond those in which the open slices end. */
static unsigned trace_room(const struct syni_trace_ring *ring)
{
    /* acquire: what was read there was read */
    unsigned used = atomic_load_explicit(&ring->head, memory_order_relaxed) -
                    atomic_load_explicit(&ring->tail, memory_order_acquire);
    unsigned kept = used + ring->n_open + 1;

    return kept < ring->places ? ring->places - kept : 0;
}

/* What a slice is known by: its task or job, or, of a drive or wait, the name. */
static uintptr_t trace_slice(const struct syn_hook_event *event)
{
    return event->id ? (uintptr_t)event->id
                     : (uintptr_t)(event->where ? event->where : event->what);
}

static bool trace_opens(enum syn_hook hook)
{
    return hook == SYN_HOOK_TASK_BEGINS || hook == SYN_HOOK_TASK_RESUMES ||
           hook == SYN_HOOK_JOB_BEGINS || hook == SYN_HOOK_DRIVE_BEGINS ||
           hook == SYN_HOOK_WAIT_BEGINS;
}

static bool trace_ends_slice(enum syn_hook hook)
{
    return hook == SYN_HOOK_TASK_SUSPENDS || hook == SYN_HOOK_TASK_ENDS ||
           hook == SYN_HOOK_JOB_ENDS || hook == SYN_HOOK_DRIVE_ENDS || hook == SYN_HOOK_WAIT_ENDS;
}

/* How many open slices EVENT ends: that of its own, and those inside it, which a thread left by a jump. */
static unsigned trace_close(struct syni_trace_ring *ring, const struct syn_hook_event *event)
{
    unsigned n = 0;

    if (!trace_ends_slice(event->hook))
        return 0;
    for (unsigned i = ring->n_open; i > 0; i--)
        if (ring->open[i - 1] == trace_slice(event)) {
            n = ring->n_open - (i - 1);
            ring->n_open = i - 1;
            break;
        }
    return n;
}

static void trace_note(struct syni_trace_ring *ring, const struct syn_hook_event *event,
                       unsigned closes)
{
    unsigned head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    struct syni_traced *traced = &ring->events[head & (ring->places - 1)];

    traced->hook = event->hook;
    traced->detail = event->detail;
    traced->err = event->err;
    traced->closes = closes;
    traced->ns = event->now_ns;
    traced->id = (uintptr_t)event->id;
    traced->by = (uintptr_t)event->by;
    trace_copy(traced->name, sizeof traced->name, event->name);
    trace_copy(traced->where, sizeof traced->where, event->where);
    trace_copy(traced->what, sizeof traced->what, event->what);
    /* release: the reader sees it whole */
    atomic_store_explicit(&ring->head, head + 1, memory_order_release);
}

static void trace_event(void *unused, const struct syn_hook_event *event)
{
    struct syni_trace_ring *ring = trace_ring_of(syni_self());
    unsigned closes;

    (void)unused;
    if (!ring) {
        atomic_fetch_add_explicit(&syni_trace_lost, 1, memory_order_relaxed);
        return;
    }
    closes = trace_close(ring, event);
    if (closes == 0 && trace_room(ring) < (trace_opens(event->hook) ? 3U : 2U)) {
        atomic_fetch_add_explicit(&ring->dropped, 1, memory_order_relaxed);
        return;
    }
    if (trace_opens(event->hook)) {
        if (ring->n_open == SYNI_TRACE_DEEP) {
            atomic_fetch_add_explicit(&ring->dropped, 1, memory_order_relaxed);
            return;
        }
        ring->open[ring->n_open++] = trace_slice(event);
    }
    trace_note(ring, event, closes);
}

const struct syn_hooks syni_trace_hooks = {.on_event = trace_event};
