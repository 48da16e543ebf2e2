/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory: the one place that calls malloc, through the allocator that the user
 * may have set (<synchronicity/testing.h> and <synchronicity/mem.h>).
 */
#ifndef SYNI_MEM_H
#define SYNI_MEM_H

#include <stdbool.h>
#include <stddef.h>

struct syn_allocator;

/* SIZE bytes, aligned for any type, zeroed; NULL when there is no memory.
 * Thread: any. */
void *syni_alloc(size_t size);

/* Gives back what syni_alloc() returned; SIZE is what was asked for. NULL is
 * fine. Thread: any. */
void syni_free(void *memory, size_t size);

/* SYNI_MEM_BLOCK bytes, not zeroed; NULL when there is no memory. By the system's allocator, on a boundary of as many, and
 * in one page if the system has such large ones on request. Given back by syni_free(). Thread: any. */
enum { SYNI_MEM_BLOCK = 2 << 20 };
void *syni_mem_new_block(void);

/* Nothing that is needed is in MEMORY, a part of a block: its whole pages go back to the system, and come back when they
 * are touched. Not with an allocator of the program, of which it is not known what its memory is. Thread: any. */
void syni_mem_unused(void *memory, size_t size);

/* Both go to ALLOCATOR from here on; NULL: malloc. False: memory is out. */
bool syni_mem_set(const struct syn_allocator *allocator);

#endif
