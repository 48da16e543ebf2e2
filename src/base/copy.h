/* SPDX-License-Identifier: Apache-2.0
 *
 * Copying a value of a size that is known at run time only. Most are a number or a pointer, for which
 * memcpy() would be a call.
 */
#ifndef SYNI_COPY_H
#define SYNI_COPY_H

#include <stdint.h>
#include <string.h>

/* SIZE is that of a number. */
static inline void syni_copy_number(void *to, const void *from, size_t size)
{
    if (size == sizeof(int32_t))
        memcpy(to, from, sizeof(int32_t));
    else
        memcpy(to, from, sizeof(int64_t));
}

/* SIZE bytes, which may be 0, and then the pointers are not looked at. */
static inline void syni_copy(void *to, const void *from, size_t size)
{
    if (size == sizeof(int32_t))
        memcpy(to, from, sizeof(int32_t));
    else if (size == sizeof(int64_t))
        memcpy(to, from, sizeof(int64_t));
    else if (size > 0)
        memcpy(to, from, size);
}

#endif
