/* SPDX-License-Identifier: Apache-2.0
 *
 * Options that a program filled by the headers it was compiled with, which may be newer than this library
 * (docs/abi.md).
 */
#ifndef SYNI_RESERVED_H
#define SYNI_RESERVED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYNI_OPTION_UNKNOWN                                                                        \
    "an option is set that this library does not know: it is older than the headers"

/* True: each option that is set is one of this version. SAID: the size of the struct, as a macro of the
 * headers had it, or 0; SIZE: what it is here. */
static inline bool syni_options_are_known(size_t said, size_t size, const int64_t reserved[4])
{
    return (said == 0 || said == size) && (reserved[0] | reserved[1] | reserved[2] | reserved[3]) == 0;
}

#endif
