/* SPDX-License-Identifier: Apache-2.0
 *
 * What the library has to say on standard error, and writing that raises no signal.
 */
#ifndef SYNI_SAY_H
#define SYNI_SAY_H

#include <stddef.h>

/* write() that never raises SIGPIPE, for descriptors that have no flag against it, and at which
 * pthread_cancel() does not end the thread.
 * Our own threads block the signal anyway; a caller's thread that drives does not. */
long syni_write_quietly(int fd, const void *data, size_t size);

/* Writes one line, "synchronicity: ", FORMAT with what follows it, and a newline, at one time; cut
 * at 1000 bytes. Raises no SIGPIPE where standard error is a pipe that nobody reads, and keeps
 * errno. Thread: any. */
#if defined(__GNUC__)
__attribute__((format(printf, 1, 2)))
#endif
void syni_print(const char *format, ...);

/* All of TEXT to FD, as far as it takes it; no SIGPIPE, and errno stays. */
void syni_put(int fd, const char *text);

#endif
