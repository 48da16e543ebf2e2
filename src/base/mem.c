/* SPDX-License-Identifier: Apache-2.0
 *
 * The allocator hook and its counters.
 *
 * Any thread. The allocator is set while nothing is allocated, so it needs no
 * lock. The counters are relaxed: each is a sum that nobody orders anything by.
 * calloc() is used by default because zeroed pages from the kernel are free.
 */
#include "base/mem.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <synchronicity/mem.h>

#include "base/fault.h"

static struct syn_allocator user; /* allocate is NULL: malloc */
static atomic_ulong allocations, outstanding;

void *syni_alloc(size_t size)
{
    void *memory;

    if (syni_fault("alloc"))
        return NULL;
    if (user.allocate) {
        memory = user.allocate(user.context, size);
        if (memory)
            memset(memory, 0, size);
    } else {
        memory = calloc(1, size);
    }
    if (!memory)
        return NULL;
    atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&outstanding, 1, memory_order_relaxed);
    return memory;
}

void syni_free(void *memory, size_t size)
{
    if (!memory)
        return;
    atomic_fetch_sub_explicit(&outstanding, 1, memory_order_relaxed);
    if (user.release)
        user.release(user.context, memory, size);
    else
        free(memory);
}

bool syni_mem_set(const struct syn_allocator *allocator)
{
    if (atomic_load_explicit(&outstanding, memory_order_relaxed) != 0)
        return false;
    user = allocator ? *allocator : (struct syn_allocator){0};
    return true;
}

struct syn_memory_use syn_memory_use(void)
{
    struct syn_memory_use use = {
        .allocations = atomic_load_explicit(&allocations, memory_order_relaxed),
        .outstanding = atomic_load_explicit(&outstanding, memory_order_relaxed),
    };
    return use;
}
