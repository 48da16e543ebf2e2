/* SPDX-License-Identifier: Apache-2.0
 *
 * The allocator hook and its counters.
 *
 * Any thread. The allocator is set while nothing is allocated, so it needs no
 * lock. The counters are relaxed: each is a sum that nobody orders anything by.
 * calloc() is used by default because zeroed pages from the kernel are free.
 */
#define _GNU_SOURCE 1 /* madvise */
#include "base/mem.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <synchronicity/mem.h>

#include "base/fault.h"

static struct syn_allocator user; /* allocate is NULL: malloc */
static atomic_ulong allocations, outstanding;

static void mem_count(void)
{
    atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&outstanding, 1, memory_order_relaxed);
}

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
    mem_count();
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

/* A large page saves a fault for each 4096 bytes, 511 in a block. */
void *syni_mem_new_block(void)
{
    void *memory = NULL;
    int before = errno;

    if (syni_fault("alloc"))
        return NULL;
    if (user.allocate)
        memory = user.allocate(user.context, SYNI_MEM_BLOCK);
    else if (posix_memalign(&memory, SYNI_MEM_BLOCK, SYNI_MEM_BLOCK))
        memory = NULL;
    if (!memory)
        return NULL;
    mem_count();
#ifdef MADV_HUGEPAGE
    if (!user.allocate && madvise(memory, SYNI_MEM_BLOCK, MADV_HUGEPAGE))
        errno = before; /* then its pages are small */
#endif
    (void)before;
    return memory;
}

void syni_mem_unused(void *memory, size_t size)
{
#ifdef MADV_DONTNEED
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), first = ((uintptr_t)memory + page - 1) / page * page;
    uintptr_t end = ((uintptr_t)memory + size) / page * page;
    int before = errno;

    if (!user.allocate && first < end && madvise((void *)first, end - first, MADV_DONTNEED))
        errno = before; /* then it stays */
#else
    (void)memory, (void)size;
#endif
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
