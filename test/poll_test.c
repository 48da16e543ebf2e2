/* SPDX-License-Identifier: Apache-2.0
 *
 * co_poll(): a task that waits for both directions of a descriptor, and what a foreign library
 * does that opens and closes its sockets itself.
 */
#define _DEFAULT_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>

#include "support/call_rig.h"

SYNCHRONIZER(demo);

enum { BOTH = SYN_READABLE | SYN_WRITABLE };

static int ends[2]; /* a connection: ours, and the peer's */

static void open_pair(void)
{
    CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    for (int i = 0; i < 2; i++)
        CHECK_INT(fcntl(ends[i], F_SETFL, O_NONBLOCK), 0);
}

static void close_pair(void)
{
    close(ends[0]);
    close(ends[1]);
}

/* Until it takes no more. */
static void fill(int fd)
{
    static char block[4096];

    while (write(fd, block, sizeof block) > 0)
        ;
}

static void drain(int fd)
{
    static char block[4096];

    while (read(fd, block, sizeof block) > 0)
        ;
}

ASYNC(demo, int, polls, (int, fd), (int, events), SYN_LOCAL(int, ready))
{
    co_begin;
    self->ready = 77;
    co_poll(self->fd, self->events, &self->ready);
    co_return(self->ready);
    co_end;
}

struct polls_in_steps;
static struct syn_step polled(struct polls_in_steps *self);

ASYNC(demo, int, polls_in_steps, (int, fd), (double, seconds), SYN_LOCAL(int, ready))
{
    return step_poll_by(self, self->fd, BOTH, &self->ready, syn_after(self->seconds), polled);
}

static struct syn_step polled(struct polls_in_steps *self)
{
    CHECK_INT(step_status(self), 0);
    return step_return(self, self->ready);
}

/* kqueue tells of the directions one by one, the others of both at once. */
static void check_some_of_both(int ready)
{
    CHECK(ready & BOTH);
    CHECK_INT(ready & ~BOTH, 0);
}

static void I2_one_wait_for_both_directions_says_which(void)
{
    int ready = 0;

    begin();
    open_pair();
    CHECK_INT(polls(ends[0], BOTH, &ready), 0);
    CHECK_INT(ready, SYN_WRITABLE);
    CHECK_INT(write(ends[1], "x", 1), 1);
    CHECK_INT(polls(ends[0], BOTH, &ready), 0);
    check_some_of_both(ready);
    CHECK_INT(polls(ends[0], SYN_READABLE, &ready), 0);
    CHECK_INT(ready, SYN_READABLE);
    fill(ends[0]);
    CHECK_INT(polls_in_steps(ends[0], 1.0, &ready), 0);
    CHECK_INT(ready, SYN_READABLE);
    drain(ends[0]);
    CHECK_INT(polls_in_steps(ends[0], 1.0, &ready), 0);
    CHECK_INT(ready, 0); /* time is up */
    CHECK_INT(now(), SECOND);
    close(ends[1]); /* a hang-up is both */
    CHECK_INT(polls(ends[0], BOTH, &ready), 0);
    check_some_of_both(ready);
    close(ends[0]);
    finish(&demo);
    done();
}

static void I2_each_direction_alone_wakes_who_waits_for_both(void)
{
    struct polls_future f;
    int ready = 0;

    begin();
    open_pair();
    fill(ends[0]);
    f = polls_future(ends[0], BOTH);
    CHECK_INT(future_wait_by(f, syn_after(1.0)), SYN_ETIMEDOUT);
    drain(ends[1]);
    CHECK_INT(future_get(f, &ready), 0);
    CHECK_INT(ready, SYN_WRITABLE);
    fill(ends[0]);
    f = polls_future(ends[0], BOTH);
    CHECK_INT(future_wait_by(f, syn_after(1.0)), SYN_ETIMEDOUT);
    CHECK_INT(write(ends[1], "x", 1), 1);
    CHECK_INT(future_get(f, &ready), 0);
    CHECK_INT(ready, SYN_READABLE);
    close_pair();
    finish(&demo);
    done();
}

/* After each of these nobody waits for the descriptor any more. */
static void X3_a_wait_for_both_directions_can_be_given_up(void)
{
    struct polls_future f, g;
    int ready = 0;

    begin();
    open_pair();
    fill(ends[0]);
    for (int i = 0; i < 3; i++) {
        f = polls_future(ends[0], BOTH);
        CHECK_INT(future_wait_by(f, syn_after(1.0)), SYN_ETIMEDOUT);
        g = polls_future(ends[0], SYN_WRITABLE);
        CHECK_INT(future_get(g, &ready), SYN_EBUSY);
        CHECK_SAYS("another task waits for this direction of descriptor");
        CHECK_INT(future_cancel(f), SYN_ECANCELED);
    }
    f = polls_future(ends[0], BOTH);
    CHECK_INT(future_wait_by(f, syn_after(1.0)), SYN_ETIMEDOUT);
    finish(&demo);
    CHECK_INT(future_get(f, &ready), SYN_ECANCELED);
    close_pair();
    done();
}

static void E5_a_descriptor_that_cannot_be_waited_for_is_named(void)
{
    int ready = 0, file, dead;
    char text[40];

    begin();
    file = open("/proc/self/exe", O_RDONLY);
    CHECK(file >= 0);
    snprintf(text, sizeof text, "descriptor %d is a file", file);
    CHECK_INT(polls(file, BOTH, &ready), SYN_ENOTSUP);
    CHECK_SAYS(text);
    dead = file;
    close(file);
    snprintf(text, sizeof text, "descriptor %d is not open", dead);
    CHECK_INT(polls(dead, SYN_READABLE, &ready), SYN_EBADF);
    CHECK_SAYS(text);
    CHECK_INT(polls(-1, BOTH, &ready), SYN_EBADF);
    CHECK_INT(polls(0, 0, &ready), SYN_EINVAL);
    CHECK_SAYS("SYN_READABLE");
    CHECK_INT(polls(0, 8, &ready), SYN_EINVAL);
    CHECK_INT(ready, 0);
    finish(&demo);
    done();
}

/* --- a foreign library: it opens and closes sockets when it likes, in the middle of a call that
 * a task makes, and tells its user by a callback that knows no task --- */

struct foreign {
    int fd;
    _Atomic(int) reads;
    void (*on_close)(struct foreign *foreign, int fd);
};

static void foreign_open(struct foreign *foreign)
{
    open_pair();
    foreign->fd = ends[0];
}

static void foreign_close(struct foreign *foreign)
{
    foreign->on_close(foreign, foreign->fd);
    close_pair();
    foreign->fd = -1;
}

/* One read; after it the library may change its mind and take another connection. */
static void foreign_action(struct foreign *foreign, bool reconnects)
{
    drain(foreign->fd);
    foreign->reads++;
    if (reconnects) {
        foreign_close(foreign);
        foreign_open(foreign);
    }
}

static void is_closed(struct foreign *foreign, int fd)
{
    (void)foreign;
    syn_forget_descriptor(NULL, fd);
}

/* The one task of a socket. */
ASYNC(demo, int, serves_socket, (struct foreign *, foreign), (int, fd), SYN_LOCAL(int, ready))
{
    co_begin;
    for (;;) {
        co_poll(self->fd, SYN_READABLE, &self->ready);
        if (self->ready == SYN_FORGOTTEN)
            break;
        foreign_action(self->foreign, false);
    }
    co_return(self->ready);
    co_end;
}

ASYNC(demo, void, reconnects, (struct foreign *, foreign))
{
    foreign_action(self->foreign, true);
    return step_done(self);
}

static void I2_a_foreign_library_closes_a_descriptor_that_a_task_waits_for(void)
{
    struct foreign library = {.on_close = is_closed};
    struct serves_socket_future old, new;
    int ready = 0, first;

    begin();
    foreign_open(&library);
    first = library.fd;
    old = serves_socket_future(&library, library.fd);
    CHECK_INT(future_wait_by(old, syn_after(1.0)), SYN_ETIMEDOUT);
    CHECK_INT(reconnects(&library), 0);
    CHECK_INT(library.fd, first); /* the number came back at once */
    new = serves_socket_future(&library, library.fd);
    CHECK_INT(future_get(old, &ready), 0);
    CHECK_INT(ready, SYN_FORGOTTEN);
    CHECK_INT(write(ends[1], "x", 1), 1);
    while (library.reads < 2) /* the virtual clock does not see what the kernel has */
        usleep(100);
    CHECK_INT(future_cancel(new), SYN_ECANCELED);
    finish(&demo);
    foreign_close(&library); /* after the stop, on a thread that drives nothing */
    done();
}

ASYNC(demo, void, tells_itself, (struct syn_task **, out_task))
{
    co_begin;
    *self->out_task = &self->syn;
    co_sleep(1000.0);
    co_end;
}

static void I2_forgetting_on_another_thread_is_a_panic(void)
{
    struct syn_task *task = NULL;

    begin();
    CHECK_INT(future_wait_by(tells_itself_future(&task), syn_after(1.0)), SYN_ETIMEDOUT);
    syn_forget_descriptor(task, 0);
}

static const struct test_case cases[] = {
    TEST_MODES(I2_one_wait_for_both_directions_says_which),
    TEST_MODES(I2_each_direction_alone_wakes_who_waits_for_both),
    TEST_MODES(X3_a_wait_for_both_directions_can_be_given_up),
    TEST_MODES(E5_a_descriptor_that_cannot_be_waited_for_is_named),
    TEST_MODES(I2_a_foreign_library_closes_a_descriptor_that_a_task_waits_for),
    TEST_DIES(I2_forgetting_on_another_thread_is_a_panic, SIGABRT, "syn_forget_descriptor"),
};
TEST_MAIN("poll", cases);
