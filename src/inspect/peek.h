/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading memory that may be gone, or change, meanwhile.
 *
 * The kernel copies, and says so where there is nothing: so a dump can follow pointers of structures that
 * other threads change, or that a process which is about to die has broken, without a lock and without a
 * fault. What is read may be of two moments, or be something else by now; the reader checks what it can
 * (a list's neighbour points back, a task names its home). Any thread, any moment, also in a signal handler.
 * Sanitizers see none of it.
 *
 * Discarded: locks of the scheduler, which may be held for ever; asking each driver, which may be inside a
 * step that loops; and counters around each change, which each step would pay for.
 */
#ifndef SYNI_PEEK_H
#define SYNI_PEEK_H

#include <stdbool.h>
#include <stddef.h>

struct syni_peek {
    int ends[2]; /* of a pipe, where the system has no call for it; -1: none */
    bool fails;  /* neither can be had */
};

void syni_peek_begin(struct syni_peek *peek);
void syni_peek_end(struct syni_peek *peek);

/* SIZE bytes at FROM to TO; false: they are not there, and TO is garbage. */
bool syni_peek(struct syni_peek *peek, void *to, const void *from, size_t size);

/* The same for the string at FROM, cut at SIZE; "?" where it cannot be read. What is not printable is a
 * question mark. */
void syni_peek_string(struct syni_peek *peek, char *to, size_t size, const char *from);

#endif
