/* SPDX-License-Identifier: Apache-2.0
 *
 * The numbers of the library's own descriptors: never 0, 1 or 2.
 *
 * In a process whose standard streams are closed the system gives these numbers out first.
 * Then each line that anybody prints to standard error would go into a poller, a socket or a
 * file of the library. So every call that makes a descriptor passes its result through here
 * (lint.descriptors_are_above_the_standard_ones):
 *
 *     int fd = syni_descriptor(syni_fault("socket") ? -1 : socket(family, type, 0));
 */
#ifndef SYNI_DESCRIPTOR_H
#define SYNI_DESCRIPTOR_H

#include <synchronicity/err.h>

/* FD, or the same open file under another number if FD is 0, 1 or 2. FD < 0: FD, and errno as
 * it is. Takes FD over: on failure it is closed. Close-on-exec stays as it was for a number
 * that stays, and is set for another. Returns -1 with errno: EMFILE. */
int syni_descriptor(int fd);

/* Both ends of a pipe: close-on-exec, non-blocking. Returns 0, or the errno of the system call;
 * then nothing stays open and ENDS is untouched. */
syn_err syni_pipe(int ends[2]);

#endif
