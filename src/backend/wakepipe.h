/* SPDX-License-Identifier: Apache-2.0
 *
 * A pipe that wakes a poller, for kernels that have nothing lighter: a byte in
 * it makes the read end readable. It belongs to one poller; that watches the
 * read end and drains it.
 */
#ifndef SYNI_WAKEPIPE_H
#define SYNI_WAKEPIPE_H

#include <stdbool.h>
#include <stdint.h>

#include <synchronicity/err.h>

struct syni_wakepipe {
    int read_fd;
    int write_fd;
    uint64_t device, number; /* of the pipe: another file under these numbers has others */
};

/* Opens both ends, non-blocking and close-on-exec. Fails: the errno of the
 * system call; then nothing stays open and OUT_WAKER is untouched. */
syn_err syni_wakepipe_open(struct syni_wakepipe *out_waker);

/* Closes what is still the pipe. */
void syni_wakepipe_close(const struct syni_wakepipe *waker);

/* Both numbers are still the pipe: other code has closed neither. */
bool syni_wakepipe_is_whole(const struct syni_wakepipe *waker);

/* Makes the read end readable; nothing, if it is no longer the pipe. Thread: any, signal
 * handlers too; keeps errno. */
void syni_wakepipe_wake(const struct syni_wakepipe *waker);

/* Takes all wakes that came so far; false: it is no longer the pipe, and nothing was taken.
 * Thread: the one that polls. */
bool syni_wakepipe_drain(const struct syni_wakepipe *waker);

#endif
