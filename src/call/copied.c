/* SPDX-License-Identifier: Apache-2.0
 *
 * Arguments that a call copies: texts and bytes, on the heap. A copy for which there is no memory is noted in the
 * frame, and the call ends with that when it arrives (task/engine.c). Any thread.
 */
#include "call/call.h"

#include <stddef.h>
#include <string.h>

#include "base/mem.h"

const char *syni_call_text_copy(const char *text)
{
    char *copy = text ? syni_alloc(strlen(text) + 1) : NULL;

    if (copy)
        memcpy(copy, text, strlen(text) + 1);
    return copy;
}

const char *syni_call_copy(struct syn_task *frame, const char *text)
{
    const char *copy = syni_call_text_copy(text);

    if (text && !copy)
        SYNI_TASK(frame)->copy_failed = true;
    return copy;
}

void syni_call_free_copy(const char *text)
{
    if (text)
        syni_free((void *)(uintptr_t)text, strlen(text) + 1);
}

/* What stands before copied bytes: how many. */
union head {
    max_align_t align;
    size_t size;
};

void *syni_call_bytes_copy(const void *bytes, size_t size)
{
    union head *head = bytes && size <= SIZE_MAX - sizeof *head ? syni_alloc(sizeof *head + size)
                                                                : NULL;

    if (!head)
        return NULL;
    head->size = size;
    if (size > 0)
        memcpy(head + 1, bytes, size);
    return head + 1;
}

void *syni_call_copy_bytes(struct syn_task *frame, const void *bytes, size_t size)
{
    void *copy = syni_call_bytes_copy(bytes, size);

    if (bytes && !copy)
        SYNI_TASK(frame)->copy_failed = true;
    return copy;
}

void syni_call_free_bytes(const void *bytes)
{
    union head *head = (union head *)(uintptr_t)bytes;

    if (head)
        syni_free(head - 1, sizeof *head + head[-1].size);
}
