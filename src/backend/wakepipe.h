/* SPDX-License-Identifier: Apache-2.0
 *
 * A pipe that wakes a poller, for kernels that have nothing lighter: a byte in
 * it makes the read end readable. It belongs to one poller; that watches the
 * read end and drains it.
 */
#ifndef SYNI_WAKEPIPE_H
#define SYNI_WAKEPIPE_H

#include <synchronicity/err.h>

struct syni_wakepipe {
    int read_fd;
    int write_fd;
};

/* Opens both ends, non-blocking and close-on-exec. Fails: the errno of the
 * system call; then nothing stays open and OUT_WAKER is untouched. */
syn_err syni_wakepipe_open(struct syni_wakepipe *out_waker);

void syni_wakepipe_close(const struct syni_wakepipe *waker);

/* Makes the read end readable. Thread: any, signal handlers too; keeps errno. */
void syni_wakepipe_wake(const struct syni_wakepipe *waker);

/* Takes all wakes that came so far. Thread: the one that polls. */
void syni_wakepipe_drain(const struct syni_wakepipe *waker);

#endif
