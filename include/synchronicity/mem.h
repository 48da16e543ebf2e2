/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the library gets its memory.
 *
 * By default from malloc() and free(). A program that has an allocator of its
 * own names it here, once, before anything else of the library is used.
 *
 *     static void *arena_allocate(void *arena, size_t size) { return arena_get(arena, size); }
 *     static void arena_release(void *arena, void *memory, size_t size) { arena_put(arena, memory, size); }
 *
 *     syn_set_allocator(&(struct syn_allocator){
 *         .allocate = arena_allocate, .release = arena_release, .context = &arena});
 */
#ifndef SYNCHRONICITY_MEM_H
#define SYNCHRONICITY_MEM_H

#include <stddef.h>
#include <stdint.h>

#include <synchronicity/err.h>
#include <synchronicity/map.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Both functions may be called by any thread at any time. */
struct syn_allocator {
    /* SIZE bytes (never 0), aligned like malloc()'s; NULL if there are none. */
    void *(*allocate)(void *context, size_t size);
    /* MEMORY came from allocate() and is not NULL; SIZE is what was asked for. */
    void (*release)(void *context, void *memory, size_t size);
    void *context;
    int64_t reserved[4]; /* zero: options of later versions */
};

/* Takes memory from ALLOCATOR (copied) from now on; NULL goes back to malloc().
 *
 * Thread: any, but while nothing of the library is in use.
 * Fails: SYN_EABI, an option of a later version; SYN_EBUSY when something was allocated and not
 * yet given back, since it would be given back to the wrong one. */
syn_err syn_set_allocator(const struct syn_allocator *allocator);

/* How often memory was asked for since the process began, and how many pieces
 * are out at present. Thread: any. For tests: a blocking call must leave both as
 * they were. */
struct syn_memory_use {
    unsigned long allocations;
    unsigned long outstanding;
};
SYNI_NAMESAKE(syn_memory_use, struct syn_memory_use syn_memory_use(void));

/* Gives back to the allocator what the library keeps for later calls, as after a burst of them: until this call, or
 * until nothing runs any more, it keeps what more than 4,096 calls of a size took, in blocks of 2 MB, since memory fresh
 * from the system costs more than all else of a call. The next calls ask for it again. What stays: up to 256 frames of
 * each size of a synchronizer that runs and 64 of each other thread that made calls, until it ends, which only these may
 * touch; blocks in which one of those lies, or one of a call that is under way, without the pages that have none (with an
 * allocator of the program, with them); and the numbers of handles, 32 bytes for each future that there ever was at one
 * time, by which a stale handle is known. Whether the allocator gives it back to the system is up to that (glibc:
 * malloc_trim(0)).
 * Thread: any. */
void syn_memory_trim(void);

#ifdef __cplusplus
}
#endif

#endif
