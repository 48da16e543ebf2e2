/* SPDX-License-Identifier: Apache-2.0
 *
 * The numbers of the library's own descriptors: never 0, 1 or 2.
 *
 * In a process with closed standard streams the system gives these numbers out first.
 * Then each line that anybody prints to standard error would go into a poller, a socket or a
 * file of the library. So every call that makes a descriptor passes its result through here
 * (lint.descriptors_are_above_the_standard_ones):
 *
 *     int fd = syni_descriptor(syni_fault("socket") ? -1 : socket(family, type, 0));
 */
#ifndef SYNI_DESCRIPTOR_H
#define SYNI_DESCRIPTOR_H

#include <stdbool.h>

#include <synchronicity/err.h>

/* FD, or the same open file under another number if FD is 0, 1 or 2. FD < 0: FD, and errno as
 * it is. Takes FD over: on failure it is closed. Close-on-exec stays as it was for a number
 * that stays, and is set for another. Returns -1 with errno: EMFILE. */
int syni_descriptor(int fd);

/* Both ends of a pipe: close-on-exec, non-blocking. Returns 0, or the errno of the system call;
 * then nothing stays open and ENDS is untouched. */
syn_err syni_descriptor_pipe(int ends[2]);

/* Two Unix stream sockets that are connected to each other; close-on-exec and non-blocking where
 * the system can say so at once. As syni_descriptor_pipe(). */
syn_err syni_descriptor_pair(int ends[2]);

/* Another open file of the pipe, named or not, or terminal that FD is: with FD's direction, but
 * non-blocking, without a change to the file that FD shares with others. Returns -1 where that is
 * not possible: other kinds, a system without /proc, no right to open it. */
int syni_descriptor_again(int fd);

/* FD is a regular file, a directory or a disk: never waited for, whatever poll() says. */
bool syni_descriptor_is_file(int fd);

/* Waits, in the kernel, at most TIMEOUT_MS until FD can be read (or written), has ended or is
 * no descriptor. */
bool syni_descriptor_ready(int fd, bool to_write, int timeout_ms);

#endif
