/* SPDX-License-Identifier: Apache-2.0
 *
 * Stopping all synchronizers and pools.
 */
#ifndef SYNI_STOP_ALL_H
#define SYNI_STOP_ALL_H

#include <stdint.h>

#include <synchronicity/synchronizer.h>

/* How all are stopped. */
struct syni_stop_all {
    struct syn_deadline deadline; /* on the calling thread's clock; an interrupt makes it pass */
    int64_t latest;               /* for all of them together; see syni_home_stop() */
    /* It is told of each that would not end, with the report's words, and of those that the calling
     * thread is inside of, which are asked and not waited for. */
    void (*stuck)(void *user, const char *name, const char *why);
    void *user;
    unsigned n_stuck; /* how many these were */
};

/* Stops every synchronizer, and then every pool. All are asked at first, so that their clean-ups run
 * side by side. Any thread, also inside a step or a job. */
void syni_stop_all(struct syni_stop_all *all);

#endif
