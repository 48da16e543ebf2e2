/* SPDX-License-Identifier: Apache-2.0
 *
 * Zeroing a little memory, without a call. gcc makes `rep stos` of a short memset(), which takes longer to
 * begin than this takes.
 */
#ifndef SYNI_ZERO_H
#define SYNI_ZERO_H

#include <stddef.h>

typedef long long syni_zeros __attribute__((vector_size(16), may_alias, aligned(4)));
typedef long long syni_zero_two __attribute__((may_alias, aligned(4)));
typedef int syni_zero_one __attribute__((may_alias));

/* SIZE bytes, a multiple of 4, at PLACE, which is aligned so. */
static inline __attribute__((always_inline)) void syni_zero(void *place, size_t size)
{
    size_t i = 0;

    for (; i + sizeof(syni_zeros) <= size; i += sizeof(syni_zeros)) {
        *(syni_zeros *)(void *)((char *)place + i) = (syni_zeros){0, 0};
        __asm__("" : "+r"(place)); /* so that gcc does not make it a memset() again */
    }
    if (i + sizeof(syni_zero_two) <= size) {
        *(syni_zero_two *)(void *)((char *)place + i) = 0;
        i += sizeof(syni_zero_two);
    }
    if (i < size)
        *(syni_zero_one *)(void *)((char *)place + i) = 0;
}

#endif
