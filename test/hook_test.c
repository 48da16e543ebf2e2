/* SPDX-License-Identifier: Apache-2.0
 *
 * The two ways of the guide (docs/blocking-code.md) to make a blocking call return when its job is
 * asked to end: a shutdown, and a poll with a bell. Real time: a job that the hook did not reach
 * would end by being abandoned.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

#include <poll.h>
#include <sys/socket.h>

POOL(disk, .max_threads = 4);

static void hang_up(void *user)
{
    shutdown(*(int *)user, SHUT_RDWR);
}

BLOCKING(disk, int, first_byte, (int, connection))
{
    unsigned char byte = 0;
    ssize_t n;

    if (pool_on_cancel(hang_up, &connection) != SYN_OK)
        return job_fail(job, SYN_ECANCELED);
    n = read(connection, &byte, 1);
    pool_on_cancel(NULL, NULL);
    if (pool_job_cancelled())
        return job_fail(job, SYN_ECANCELED);
    return n == 1 ? byte : job_fail(job, SYN_EIO);
}

static void ring(void *user)
{
    ssize_t n = write(*(int *)user, "", 1);

    (void)n;
}

static ssize_t read_or_bell(int fd, int bell, unsigned char *byte)
{
    struct pollfd wait[2] = {{fd, POLLIN, 0}, {bell, POLLIN, 0}};

    if (poll(wait, 2, -1) < 1 || wait[1].revents)
        return -1;
    return read(fd, byte, 1);
}

BLOCKING(disk, int, next_byte, (int, fd))
{
    unsigned char byte = 0;
    ssize_t n = -1;
    int bell[2];

    if (pipe(bell) != 0)
        return job_fail(job, errno, "no pipe for the bell");
    if (pool_on_cancel(ring, &bell[1]) == SYN_OK) {
        n = read_or_bell(fd, bell[0], &byte);
        pool_on_cancel(NULL, NULL);
    }
    close(bell[0]);
    close(bell[1]);
    if (pool_job_cancelled())
        return job_fail(job, SYN_ECANCELED);
    return n == 1 ? byte : job_fail(job, SYN_EIO);
}

static void finish_disk(int *ends)
{
    CHECK_INT(pool_stats(&disk).abandoned, 0);
    CHECK_INT(pool_stop(&disk, syn_never()), 0);
    CHECK_INT(pool_free(&disk), 0);
    close(ends[0]);
    close(ends[1]);
}

static void X3_a_shutdown_makes_a_read_of_a_socket_return(void)
{
    int ends[2], byte;

    begin_in_real_time();
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    CHECK(write(ends[1], "a", 1) == 1);
    CHECK_INT(first_byte(ends[0], &byte), 0);
    CHECK_INT(byte, 'a');
    CHECK_INT(call_by(syn_after(0.05), first_byte(ends[0], &byte)), SYN_ETIMEDOUT);
    finish_disk(ends);
}

static void X3_a_bell_makes_a_wait_for_a_pipe_return(void)
{
    int ends[2], byte;

    begin_in_real_time();
    CHECK(pipe(ends) == 0);
    CHECK(write(ends[1], "a", 1) == 1);
    CHECK_INT(next_byte(ends[0], &byte), 0);
    CHECK_INT(byte, 'a');
    CHECK_INT(call_by(syn_after(0.05), next_byte(ends[0], &byte)), SYN_ETIMEDOUT);
    CHECK(write(ends[1], "b", 1) == 1);
    CHECK_INT(next_byte(ends[0], &byte), 0); /* nothing was lost */
    CHECK_INT(byte, 'b');
    finish_disk(ends);
}

static const struct test_case cases[] = {
    TEST(X3_a_shutdown_makes_a_read_of_a_socket_return),
    TEST(X3_a_bell_makes_a_wait_for_a_pipe_return),
};
TEST_MAIN("hook", cases);
