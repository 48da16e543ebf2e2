/* SPDX-License-Identifier: Apache-2.0
 *
 * The trace: what is noted of each event, and how that becomes JSON. See <synchronicity/inspect.h>.
 */
#ifndef SYNI_TRACE_H
#define SYNI_TRACE_H

#include <stdatomic.h>

#include <synchronicity/hooks.h>

#include "inspect/text.h"

/* An event in a ring. Names are copied: what they named may be gone when it is written. */
struct syni_traced {
    enum syn_hook hook;
    int detail, err;
    unsigned closes; /* slices of the thread that end with it: written before it */
    int64_t ns;
    uintptr_t id, by;
    char name[40], where[24], what[32];
};

enum { SYNI_TRACE_DEEP = 16 }; /* slices, one inside the other, that a thread can have */

/* The events of one thread. Its thread writes, the holder of the trace's `draining` reads. */
struct syni_trace_ring {
    struct syni_trace_ring *next;
    unsigned places; /* a power of two */
    unsigned thread; /* the number of its track */
    char thread_name[24];
    bool named; /* the reader's: the name was written */
    atomic_bool over; /* its thread has ended */
    atomic_uint head, tail; /* events that were ever written, and read */
    atomic_ulong dropped;

    /* the writer's: its open slices, and how many inside them were dropped */
    uintptr_t open[SYNI_TRACE_DEEP];
    unsigned n_open, n_lost;
    struct syni_traced events[];
};

/* --- trace_ring.c: by the threads that are traced; set by the thread that begins and ends the trace --- */

extern atomic_uint syni_trace_number; /* of the trace that is on; even: none is */
extern _Atomic(struct syni_trace_ring *) syni_trace_rings; /* pushed by threads; freed at the end */
extern atomic_uint syni_trace_threads;                     /* tracks */
extern unsigned syni_trace_places;                         /* of a ring */
extern atomic_ulong syni_trace_lost;                       /* events of threads that got no ring */
extern const struct syn_hooks syni_trace_hooks;

/* --- trace_json.c: by the reader --- */

void syni_trace_begin_json(struct syni_text *text);
void syni_trace_put_thread(struct syni_text *text, const struct syni_trace_ring *ring);
void syni_trace_put(struct syni_text *text, const struct syni_trace_ring *ring,
                    const struct syni_traced *event);
/* DROPPED in all. */
void syni_trace_end_json(struct syni_text *text, unsigned long dropped);

#endif
