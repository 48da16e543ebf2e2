/* SPDX-License-Identifier: Apache-2.0
 *
 * Waiting for descriptors.
 */
#ifndef SYNI_WATCH_H
#define SYNI_WATCH_H

#include "loop/loop.h"

/* WAIT->ready is called once when WAIT->fd is ready in WAIT->direction; not
 * before this returns. It may begin and stop waits. Driver only.
 * What is always ready is so in the next turn.
 * Fails: SYN_EBADF, SYN_ENOTSUP, SYN_ENOMEM as the backend does; SYN_EBUSY when
 * somebody waits for this direction of it already. */
syn_err syni_watch_start(struct syni_loop *loop, struct syni_fd_wait *wait);
/* The same for both directions of one descriptor, by one registration. */
syn_err syni_watch_start_both(struct syni_loop *loop, struct syni_fd_wait *reader,
                              struct syni_fd_wait *writer);
/* Not any more; fine when it does not wait. */
void syni_watch_stop(struct syni_loop *loop, struct syni_fd_wait *wait);
/* FD will be waited for often, and syni_watch_forget() is called before it is
 * closed: then waiting costs no system call each time. Fails: SYN_ENOMEM. */
syn_err syni_watch_keep(struct syni_loop *loop, int fd);
/* FD is about to be closed; its waiters are made ready. */
void syni_watch_forget(struct syni_loop *loop, int fd);
/* Step 5. */
void syni_watch_dispatch(struct syni_loop *loop, const struct syni_event *event);
void syni_watch_fini(struct syni_loop *loop);

#endif
