/* SPDX-License-Identifier: Apache-2.0
 *
 * Which process this is, for what a forked child must tell from its own; see fork.h.
 */
#ifndef SYNI_GENERATION_H
#define SYNI_GENERATION_H

/* Written while there is one thread. */
extern unsigned syni_process_number;

/* 1, and one more in each forked child. */
static inline unsigned syni_process(void)
{
    return syni_process_number;
}

#endif
