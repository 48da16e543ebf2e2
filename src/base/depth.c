/* SPDX-License-Identifier: Apache-2.0
 *
 * The high-water mark of a stack. Discarded: a handler for the fault at the guard page, which the
 * library may not install unasked; a canary near the end, which a large buffer jumps over.
 *
 * The thread itself, but for the two numbers. Sanitizers have stacks of their own kind: not there.
 */
#include "base/depth.h"

#include <synchronicity/map.h>

#include "base/thread.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define IS_SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1
#endif

#if SYNI_CHECKED && !defined(IS_SANITIZED)

enum {
    STRIDE = 512,  /* one word of so many bytes is painted */
    SLACK = 4096,  /* what this file's own calls may use */
    PAINT = 0x5A,
};

static volatile unsigned char *at(uintptr_t address)
{
    return (volatile unsigned char *)address;
}

void syni_depth_begin(struct syni_depth *depth)
{
    uintptr_t low;
    size_t size = syni_thread_stack(&low);

    if (size <= 4 * SLACK)
        return;
    depth->low = low + STRIDE;
    depth->top = low + size;
    depth->painted_to = (uintptr_t)&size - SLACK;
    for (uintptr_t p = depth->low; p < depth->painted_to; p += STRIDE)
        *at(p) = PAINT;
    atomic_store_explicit(&depth->used_bytes, 0, memory_order_relaxed);
    atomic_store_explicit(&depth->size_bytes, size, memory_order_relaxed);
}

void syni_depth_measure(struct syni_depth *depth)
{
    uintptr_t p = depth->low;

    if (!p)
        return;
    while (p < depth->painted_to && *at(p) == PAINT)
        p += STRIDE;
    /* relaxed: a number for people */
    atomic_store_explicit(&depth->used_bytes, depth->top - p, memory_order_relaxed);
}

#else

void syni_depth_begin(struct syni_depth *depth)
{
    (void)depth;
}

void syni_depth_measure(struct syni_depth *depth)
{
    (void)depth;
}

#endif
