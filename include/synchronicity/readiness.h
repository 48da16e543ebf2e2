/* SPDX-License-Identifier: Apache-2.0
 *
 * Readiness: waiting until a descriptor can be read or written. C only.
 *
 *     syn_co_readable(self->fd);                  // one direction
 *     n = read(self->fd, self->buffer, sizeof self->buffer);
 *
 *     syn_co_poll(self->fd, SYN_READABLE | SYN_WRITABLE, &self->ready);   // the first of both
 *
 * For code that has a descriptor in hand: a foreign library's, a pipe, a socket of a kind that
 * tcp.h does not know. One task at a time waits for each direction of a descriptor. Hang-up and
 * error count as both, so that no task sleeps through the end. Do not close a descriptor that
 * a task waits for without syn_forget_descriptor(): most kernels say nothing, ever.
 *
 * What never blocks, such as /dev/null, is always ready. These waits fail with SYN_EBADF,
 * SYN_ENOTSUP (a regular file, a directory, a disk: read those by file.h, on every backend),
 * SYN_EBUSY (another task waits for this direction) and SYN_ENOMEM; the coroutine's forms
 * leave then.
 */
#ifndef SYNCHRONICITY_READINESS_H
#define SYNCHRONICITY_READINESS_H

#include <synchronicity/task.h>

#ifndef __cplusplus

/* What can be waited for at a descriptor, and what an answer says. */
enum {
    SYN_READABLE = 1,
    SYN_WRITABLE = 2,
    SYN_FORGOTTEN = 4 /* an answer: it was closed, or is about to be; do not touch it */
};

/* A descriptor, what is waited for at it, and until when. */
struct syni_polled {
    int fd, events;
    struct syn_deadline deadline;
};
static inline struct syni_polled syni_polled(int fd, int events, struct syn_deadline deadline)
{
    struct syni_polled polled = {fd, events, deadline};

    return polled;
}
struct syn_step syni_step_poll(struct syn_task *task, struct syni_polled polled, int *out_ready);

/* --- in a task --- */

/* Waits until FD can be read, or written, without blocking. */
#define syn_co_readable(fd)                                                                        \
    SYNI_CO_OR_LEAVE(                                                                              \
        syni_step_poll(&self->syn, syni_polled((fd), SYN_READABLE, syn_never()), NULL))
#define syn_co_writable(fd)                                                                        \
    SYNI_CO_OR_LEAVE(                                                                              \
        syni_step_poll(&self->syn, syni_polled((fd), SYN_WRITABLE, syn_never()), NULL))
/* syn_co_poll(fd, SYN_READABLE | SYN_WRITABLE, &self->ready): waits until FD is ready for one of
 * EVENTS (where both are ready, systems with kqueue may report one of them first), and *OUT_READY,
 * an int of the frame, says for which; or until DEADLINE, with 0; or until syn_forget_descriptor()
 * was called for it, with SYN_FORGOTTEN alone. Fails also with SYN_EINVAL, for other EVENTS. One
 * task for each socket of a library that has a loop of its own: docs/wrapping-a-library.md. */
#define syn_co_poll(fd, events, out_ready) syn_co_poll_by(fd, events, out_ready, syn_never())
#define syn_co_poll_by(fd, events, out_ready, deadline)                                            \
    SYNI_CO_OR_LEAVE(                                                                              \
        syni_step_poll(&self->syn, syni_polled((fd), (events), (deadline)), (out_ready)))

/* --- owners --- */

/* For the owner of a descriptor that is waited for again and again: from here on waiting for
 * it costs no system call of its own. The owner calls syn_forget_descriptor() before closing
 * it, without fail. In a step of TASK, which belongs to the synchronizer that waits. Fails:
 * SYN_EBADF, SYN_ENOMEM. */
syn_err syn_keep_descriptor(struct syn_task *task, int fd);

/* FD is about to be closed. The loop takes no event for it any more, so that its number can be
 * another file's at once; and the tasks that wait for it are resumed: syn_co_poll() gives
 * them SYN_FORGOTTEN, others see it when they try. Required for a descriptor that was kept, and
 * for any that a task waits for; fine for all others.
 *
 * TASK: any of the synchronizer; or NULL: that which the calling thread drives, for a
 * foreign library's callback, which knows no task. Thread: the one that drives it. One that
 * drives no loop may call it with NULL, which does nothing, so that such a library may be
 * cleaned up after a stop. */
void syn_forget_descriptor(struct syn_task *task, int fd);

#endif /* !__cplusplus */

#endif
