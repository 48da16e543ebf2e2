/* SPDX-License-Identifier: Apache-2.0
 *
 * Interrupts: a signal that ends the waits of the program's own threads.
 *
 * While one is caught each such wait is on a list. A thread of this module reads the notice that
 * the signal handler sends, and interrupts them (thread_waits.h). Nothing of it is on the path of a call
 * while none is caught, but a look at one flag.
 */
#ifndef SYNI_INTERRUPT_H
#define SYNI_INTERRUPT_H

#include <stdatomic.h>
#include <stdbool.h>

#include <synchronicity/err.h>

#include "base/list.h"

struct syni_thread_wait;

/* A wait's place in the list. Under its lock. */
struct syni_interruptible {
    struct syni_list link;
    atomic_int times; /* it was interrupted */
    void (*interrupt)(struct syni_interruptible *interruptible);
};

extern atomic_bool syni_interrupts;

static inline bool syni_interrupts_are_caught(void)
{
    /* relaxed: a wait that begins at the same time may be missed */
    return atomic_load_explicit(&syni_interrupts, memory_order_relaxed);
}

/* Around WAIT of the calling thread, which is over with ERR: it may be interrupted in between, and not afterwards. A signal
 * by which no wait ended that it met goes to the next one. */
void syni_interrupt_enter(struct syni_thread_wait *wait);
void syni_interrupt_leave(struct syni_thread_wait *wait, syn_err err);

/* What WAIT, of the calling thread, waits for was asked once and does not end. 0: the thread is told, or
 * will be when the loop comes to it; SYN_EABANDONED: WAIT was withdrawn. */
syn_err syni_interrupt_give_up(struct syni_thread_wait *wait);

/* syn_release_interrupt(), if any was caught. */
void syni_interrupt_end(void);

/* --- for interrupt_catch.c --- */

/* Before a signal is caught, which RELEASE ends, at the end of the process, too. Fails: SYN_ENOMEM. */
syn_err syni_interrupt_prepare(void (*release)(void));
/* The signal NUMBER came: each wait is interrupted, or, where it was once before, given up, which *OUT_N_ABANDONED
 * counts. True: it concerns nobody here, and goes on to the program's own handler. */
bool syni_interrupt_press(int number, unsigned *out_n_abandoned);
/* No signal is caught any more. Returns the one that was kept for the next wait, or 0. */
int syni_interrupt_forget(void);

#endif
