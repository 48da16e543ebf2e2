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

/* Both go to ALLOCATOR from here on; NULL: malloc. False: memory is out. */
bool syni_mem_set(const struct syn_allocator *allocator);

#endif
