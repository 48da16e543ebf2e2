/* SPDX-License-Identifier: Apache-2.0
 *
 * The loop under test, see loop_rig.h. Runs on the test's thread, but for
 * close_rig(), which the loop's own thread runs.
 */
#define _GNU_SOURCE /* pipe2 */
#include "loop/live.h"
#include "loop/loop_drive.h"
#include "loop/loop_inbox.h"
#include "loop/loop_turn.h"
#include "loop/role.h"
#include "loop/watch.h"
#include "support/loop_rig.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void close_rig(struct syni_loop *loop)
{
    struct rig *rig = SYNI_CONTAINER(loop, struct rig, loop);

    rig->closings++;
    syni_loop_shut(loop);
    while (loop->taken || loop->ready.first)
        syni_loop_turn(loop, 0);
    syni_loop_retire(loop);
}

static void stop_arrives(struct syni_job *job)
{
    struct rig *rig = SYNI_CONTAINER(job, struct rig, stop);

    rig->loop.closing = true;
    rig->loop.hurry = true;
}

static void start(struct rig *rig, struct syni_loop_options options)
{
    options.name = "rig";
    options.on_closing = close_rig;
    memset(rig, 0, sizeof *rig);
    rig->stop.run = stop_arrives;
    syni_loop_prepare(&rig->loop);
    CHECK_INT(syni_loop_init(&rig->loop, &options), SYN_OK);
    CHECK_INT(syni_loop_start(&rig->loop), SYN_OK);
}

void rig_start(struct rig *rig, struct syn_clock *clock)
{
    start(rig, (struct syni_loop_options){.clock = clock, .callers_drive = test_driving});
}

void rig_by_hand(struct rig *rig, const char *backend, struct syn_clock *clock)
{
    if (!syni_poller_find(backend))
        TEST_SKIP("this build lacks the backend");
    start(rig,
          (struct syni_loop_options){.backend = backend, .clock = clock, .callers_drive = true});
    CHECK(rig_take(rig));
    syni_live_add(&rig->loop, &rig->live);
}

bool rig_take(struct rig *rig)
{
    if (!syni_loop_try_drive(&rig->loop))
        return false;
    syni_role_enter(syni_self(), &rig->here, &rig->loop);
    return true;
}

void rig_give(struct rig *rig)
{
    syni_role_leave(syni_self(), &rig->here);
    syni_loop_stop_driving(&rig->loop);
}

void rig_end(struct rig *rig)
{
    if (syni_drives(&rig->loop)) {
        if (rig->live.link.next)
            syni_live_remove(&rig->loop, &rig->live);
        rig->loop.closing = true;
        rig_give(rig);
    } else {
        syni_loop_post(&rig->loop, &rig->stop);
    }
    syni_loop_join(&rig->loop);
    syni_loop_fini(&rig->loop);
    syni_mutex_fini(&rig->loop.lock);
    syni_cond_fini(&rig->loop.standby);
}

void rig_turns(struct rig *rig, int n)
{
    for (int i = 0; i < n; i++)
        syni_loop_turn(&rig->loop, 0);
}

/* Lies on the caller's stack. */
struct call {
    struct syni_job job;
    void (*fn)(void *argument);
    void *argument;
    struct syni_parker *caller;
    _Atomic(bool) done;
};

static void run_call(struct syni_job *job)
{
    struct call *call = SYNI_CONTAINER(job, struct call, job);

    call->fn(call->argument);
    syni_parker_wake(call->caller, &call->done);
}

void rig_call(struct rig *rig, void (*fn)(void *argument), void *argument)
{
    struct call call = {{.run = run_call}, fn, argument, syni_parker_mine(), false};

    CHECK(syni_loop_post(&rig->loop, &call.job));
    CHECK(syni_clock_sleep(&call.done, SYNI_NEVER));
}

static void count_wake(struct syni_fd_wait *wait)
{
    SYNI_CONTAINER(wait, struct wait, wait)->woken++;
}

syn_err rig_wait(struct rig *rig, struct wait *wait, int fd, unsigned direction)
{
    wait->wait.fd = fd;
    wait->wait.direction = direction;
    wait->wait.ready = count_wake;
    wait->woken = 0;
    return syni_watch_start(&rig->loop, &wait->wait);
}

static void count_run(struct syni_job *job)
{
    SYNI_CONTAINER(job, struct count_job, job)->runs++;
}

void count_job_init(struct count_job *job)
{
    job->job.run = count_run;
    job->runs = 0;
}

void make_pipe(int ends[2])
{
    CHECK_INT(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
}

void make_sockets(int ends[2])
{
    CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
}

void close_both(const int ends[2])
{
    close(ends[0]);
    close(ends[1]);
}

void put(int fd)
{
    CHECK_INT(write(fd, "x", 1), 1);
}

void take(int fd)
{
    char byte;

    CHECK_INT(read(fd, &byte, 1), 1);
}

void fill(int fd)
{
    static char block[4096];

    while (write(fd, block, sizeof block) > 0)
        ;
    CHECK_INT(errno, EAGAIN);
}

int open_descriptors(void)
{
    int n = 0;

    for (int fd = 0; fd < 4096; fd++)
        n += fcntl(fd, F_GETFD) != -1;
    return n;
}

void run_on_backend(const char *backend, void (*body)(struct rig *rig))
{
    static struct rig rig;
    struct syn_clock *clock;

    CHECK_INT(syn_clock_new(&clock), SYN_OK);
    rig_by_hand(&rig, backend, clock);
    body(&rig);
    rig_end(&rig);
    CHECK_INT(syn_clock_free(clock), SYN_OK);
}
