/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbers that look random and are the same in every run (Marsaglia's xorshift),
 * so that what fails once fails again.
 */
#ifndef TEST_RANDOM_H
#define TEST_RANDOM_H

#include <stdint.h>

/* *STATE begins as anything but 0. */
static inline uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

#endif
