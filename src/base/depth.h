/* SPDX-License-Identifier: Apache-2.0
 *
 * How deep a thread has used its stack: in checked builds, on systems that say where that lies.
 *
 * The unused part is painted when the thread begins, and looked at now and then.
 */
#ifndef SYNI_DEPTH_H
#define SYNI_DEPTH_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct syni_depth {
    uintptr_t low, painted_to, top; /* 0: nothing is painted */
    atomic_size_t used_bytes, size_bytes; /* the most so far, of so many; 0: not known */
};

/* By the thread itself, while its stack is still nearly empty. */
void syni_depth_begin(struct syni_depth *depth);

/* By the thread itself: finds out how deep it was by now. */
void syni_depth_measure(struct syni_depth *depth);

#endif
