/* SPDX-License-Identifier: Apache-2.0
 *
 * Tasks that wait for a descriptor: for one direction, or for the first of both.
 *
 * Driver only. A task that waits for both has a wait in each place of the loop's table, which
 * the kernel is told of together. The first that is ready resumes it; the other one stays until
 * the task runs, so that what is ready by then is told, too. Discarded: two tasks, one for
 * each direction, which a library that wants to know "readable or writable" cannot use.
 */
#include <synchronicity/readiness.h>

#include <stddef.h>

#include "base/descriptor.h"
#include "base/report.h"
#include "loop/loop_turn.h"
#include "loop/role.h"
#include "loop/watch.h"
#include "task/home.h"
#include "task/place.h"
#include "task/task_resume.h"
#include "task/wait.h"

_Static_assert(SYN_READABLE == (int)SYNI_READ && SYN_WRITABLE == (int)SYNI_WRITE, "not the same");

static void readiness_note(struct syni_task *task, const struct syni_fd_wait *wait)
{
    SYNI_DRIVEN_FOR(task);
    task->on.descriptor.ready |= wait->forgotten ? SYN_FORGOTTEN : (int)wait->direction;
    if (!task->queued)
        syni_task_resume(task);
}

static void readiness_readable(struct syni_fd_wait *wait)
{
    readiness_note(SYNI_CONTAINER(wait, struct syni_task, on.descriptor.reader), wait);
}

static void readiness_writable(struct syni_fd_wait *wait)
{
    readiness_note(SYNI_CONTAINER(wait, struct syni_task, on.descriptor.writer), wait);
}

static void readiness_forget(struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    syni_timer_stop(&task->home->loop, &task->timer);
    if (task->on.descriptor.reader.ready)
        syni_watch_stop(&task->home->loop, &task->on.descriptor.reader);
    if (task->on.descriptor.writer.ready)
        syni_watch_stop(&task->home->loop, &task->on.descriptor.writer);
}

static void readiness_interrupt(struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    task->interrupted = true;
    syni_task_resume(task);
}

static void readiness_time_is_up(struct syni_timer *timer)
{
    struct syni_task *task = SYNI_CONTAINER(timer, struct syni_task, timer);

    SYNI_DRIVEN_FOR(task);
    if (!task->queued) /* it is ready, too */
        syni_task_resume(task);
}

static bool readiness_collect(struct syni_task *task)
{
    int ready = task->on.descriptor.ready;

    SYNI_DRIVEN_FOR(task);
    readiness_forget(task);
    task->status = SYN_OK;
    if (task->on.descriptor.out_ready && !task->interrupted)
        *task->on.descriptor.out_ready = ready & SYN_FORGOTTEN ? SYN_FORGOTTEN : ready;
    return false;
}

static const struct syni_wait_ops descriptor_ops = {readiness_interrupt, readiness_collect,
                                                    readiness_forget, readiness_forget, NULL, NULL, NULL,
                                                    false, NULL, NULL};

static void readiness_refuse(struct syni_task *task, syn_err err, int fd)
{
    const char *why = "descriptor %d cannot be waited for";

    SYNI_DRIVEN_FOR(task);
    if (err == SYN_EBADF)
        why = "descriptor %d is not open";
    else if (err == SYN_ENOTSUP)
        why = "descriptor %d is a file or a directory, which is always ready; file.h reads it on a "
              "pool";
    else if (err == SYN_EBUSY)
        why = "another task waits for this direction of descriptor %d already";
    else if (err == SYN_EINVAL)
        why = "descriptor %d: write SYN_READABLE, SYN_WRITABLE, or both";
    task->ops = NULL;
    task->status = err;
    task->heard = syni_report_format(err, SYN_BY_LIBRARY, why, fd);
    syni_task_resume(task);
}

static void ready_wait(struct syni_fd_wait *wait, int fd, unsigned char direction,
                       void (*ready)(struct syni_fd_wait *))
{
    *wait = (struct syni_fd_wait){.fd = fd, .direction = direction, .ready = ready};
}

static syn_err readiness_start(struct syni_task *task, int fd, int events)
{
    struct syni_fd_wait *reader = &task->on.descriptor.reader;
    struct syni_fd_wait *writer = &task->on.descriptor.writer;

    SYNI_DRIVEN_FOR(task);
    if (events <= 0 || events > (SYN_READABLE | SYN_WRITABLE))
        return SYN_EINVAL;
    ready_wait(reader, fd, SYNI_READ, events & SYN_READABLE ? readiness_readable : NULL);
    ready_wait(writer, fd, SYNI_WRITE, events & SYN_WRITABLE ? readiness_writable : NULL);
    if (events == (SYN_READABLE | SYN_WRITABLE))
        return syni_watch_start_both(&task->home->loop, reader, writer);
    return syni_watch_start(&task->home->loop, events & SYN_READABLE ? reader : writer);
}

/* The deadline has passed: only what is ready already is told. False: it has not. */
static bool readiness_look(struct syni_task *task, struct syni_polled polled)
{
    SYNI_DRIVEN_FOR(task);
    if (syni_loop_now(&task->home->loop) < polled.deadline.ns)
        return false;
    for (int direction = SYN_READABLE; direction <= SYN_WRITABLE; direction <<= 1)
        if ((polled.events & direction) &&
            syni_descriptor_ready(polled.fd, direction == SYN_WRITABLE, 0))
            task->on.descriptor.ready |= direction;
    if (!task->queued)
        syni_task_resume(task);
    return true;
}

struct syn_step syni_step_poll(struct syn_task *public_task, struct syni_polled polled,
                               int *out_ready)
{
    static const char *const what[] = {"", "readable", "writable", "readable or writable"};
    struct syni_task *task = SYNI_TASK(public_task);
    syn_err err;

    syni_place_check(task, out_ready, "what is ready");
    if (!syni_wait_begin(task, SYNI_WAIT_OUTSIDE, what[polled.events & 3]))
        return syni_suspended;
    task->live.detail = polled.fd;
    task->ops = &descriptor_ops;
    task->on.descriptor.out_ready = out_ready;
    task->on.descriptor.ready = 0;
    err = readiness_start(task, polled.fd, polled.events);
    if (err)
        readiness_refuse(task, err, polled.fd);
    else if (polled.deadline.ns != SYNI_NEVER && !readiness_look(task, polled))
        syni_timer_start(&task->home->loop, &task->timer, polled.deadline.ns, readiness_time_is_up);
    return syni_suspended;
}

syn_err syn_keep_descriptor(struct syn_task *task, int fd)
{
    return syni_name_failure(syni_watch_keep(&SYNI_TASK(task)->home->loop, fd),
                             "descriptor %d cannot be kept: it is not open, or there is no memory", fd);
}

void syn_forget_descriptor(struct syn_task *task, int fd)
{
    struct syni_home *home = task ? SYNI_TASK(task)->home : syni_home_now();

    if (home && !syni_drives(&home->loop))
        syni_panic("syn_forget_descriptor() was called on another thread than that of its loop");
    if (home)
        syni_watch_forget(&home->loop, fd);
}
