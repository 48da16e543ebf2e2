/* SPDX-License-Identifier: Apache-2.0
 *
 * A notice: what a signal handler sends, and a descriptor by which others find out.
 *
 * A flag SENT and a pipe. The sender sets the flag, and writes a byte if it was not set; the taker
 * empties the pipe first and then takes the flag. So a flag that is set has a byte in the pipe, or one
 * on the way, and the pipe is never full.
 *
 * Other code may close these descriptors, and the numbers then be other files. The pipe is known by its
 * file's device and number: nothing is written into a foreign file, read from it or closed.
 */
#ifndef SYNI_NOTICE_H
#define SYNI_NOTICE_H

#include <stdatomic.h>
#include <stdbool.h>

#include <synchronicity/err.h>

/* Zero: not open. */
struct syni_notice {
    atomic_int in, out; /* the ends of its pipe, and 1; 0: not open */
    atomic_int process; /* that it belongs to */
    atomic_int senders; /* that may still write */
    atomic_bool sent;
    atomic_bool waited; /* one waits */
    unsigned device, number; /* of the pipe, cut; written before `in` */
};

/* Fails: SYN_EALREADY; as syni_descriptor_pipe(). */
syn_err syni_notice_open(struct syni_notice *notice);

/* Async-signal-safe. Thread: any. */
void syni_notice_send(struct syni_notice *notice);

/* The caller is the only waiter, until it leaves. Fails: SYN_EINVAL, not open;
 * SYN_EBUSY; SYN_EFORKED. */
syn_err syni_notice_enter(struct syni_notice *notice);
void syni_notice_leave(struct syni_notice *notice);

/* Both ends are still its pipe. By the waiter. */
bool syni_notice_is_whole(const struct syni_notice *notice);

/* It was sent since this last said so. By the waiter. */
bool syni_notice_take(struct syni_notice *notice);
/* Readable when it was sent, or for no reason. */
int syni_notice_descriptor(struct syni_notice *notice);

/* Fails: SYN_EBUSY. */
syn_err syni_notice_close(struct syni_notice *notice);

#endif
