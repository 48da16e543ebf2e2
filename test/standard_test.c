/* SPDX-License-Identifier: Apache-2.0
 *
 * Streams of what somebody else opened and others share: pipes, terminals, files, devices,
 * sockets, as standard input and output and taken over. The open file stays as it is, and what
 * it is makes no difference to its reader. Both modes.
 */
#define _GNU_SOURCE /* posix_openpt */
#include <sys/stat.h>

#include "support/io_rig.h"

enum kind { PIPE, FIFO, FILE_, TERMINAL, SOCKET, KINDS };

/* One end for the library, IN, with the text "one\ntwo\n" in it and then its end; what must stay
 * open meanwhile is OTHER. */
static void make(enum kind kind, int *in, int *other)
{
    char path[] = "/tmp/syn-standard-XXXXXX";
    int ends[2];

    *other = -1;
    switch (kind) {
    case PIPE:
        CHECK_INT(pipe(ends), 0);
        break;
    case SOCKET:
        CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
        break;
    case FIFO:
        close(mkstemp(path));
        unlink(path);
        CHECK_INT(mkfifo(path, 0600), 0);
        ends[0] = open(path, O_RDONLY | O_NONBLOCK);
        ends[1] = open(path, O_WRONLY);
        fcntl(ends[0], F_SETFL, 0);
        unlink(path);
        break;
    case FILE_:
        ends[1] = mkstemp(path);
        ends[0] = open(path, O_RDONLY);
        unlink(path);
        break;
    default:
        ends[1] = posix_openpt(O_RDWR | O_NOCTTY);
        if (ends[1] < 0 || grantpt(ends[1]) || unlockpt(ends[1]))
            TEST_SKIP("there are no terminals here");
        ends[0] = open(ptsname(ends[1]), O_RDWR | O_NOCTTY);
    }
    CHECK(ends[0] >= 0);
    CHECK_INT(write(ends[1], "one\ntwo\n", 8), 8);
    *in = ends[0];
    if (kind == TERMINAL) {
        CHECK_INT(write(ends[1], "\004", 1), 1); /* the end, in a terminal */
        *other = ends[1];
    } else {
        close(ends[1]);
    }
}

/* FD is descriptor 0 until put_back(). */
static int saved;

static void become_input(int fd)
{
    saved = dup(0);
    CHECK_INT(dup2(fd, 0), 0);
    close(fd);
}

static void put_back(int number)
{
    CHECK_INT(dup2(saved, number), number);
    close(saved);
}

static void check_lines(struct syn_stream *s)
{
    struct syn_reader r;
    struct syn_span line;

    syn_reader_init(&r, s, 0);
    CHECK_INT(syn_read_line(&r, &line), SYN_OK);
    CHECK_MEM(line.data, "one", 3);
    CHECK_INT(syn_read_line(&r, &line), SYN_OK);
    CHECK_MEM(line.data, "two", 3);
    CHECK_INT(syn_read_line(&r, &line), SYN_EEND);
    syn_reader_fini(&r);
}

static void check_unchanged(int fd)
{
    CHECK_INT(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    CHECK_INT(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
}

static void finish_pools(void)
{
    finish(syn_default_synchronizer());
    CHECK_INT(pool_stop(syn_default_pool(), syn_never()), SYN_OK);
}

/* REOPEN: whether a pipe or a terminal may be opened again. */
static void read_lines_of(enum kind kind, bool reopen)
{
    struct syn_stream *s;
    int in, other;

    make(kind, &in, &other);
    become_input(in);
    if (!reopen)
        syn_fault_set("reopen", 1, 1, EACCES);
    CHECK_INT(syn_stream_standard(0, &s), SYN_OK);
    syn_fault_clear();
    check_unchanged(0);
    check_lines(s);
    check_unchanged(0);
    CHECK_INT(syn_stream_close(s), SYN_OK);
    check_unchanged(0);
    put_back(0);
    if (other >= 0)
        close(other);
}

static void I8_standard_input_is_read_whatever_it_is_and_stays_as_it_is(void)
{
    begin_in_real_time();
    for (enum kind kind = 0; kind < KINDS; kind++)
        for (int reopen = 0; reopen < 2; reopen++)
            read_lines_of(kind, reopen);
    finish_pools();
}

static void I8_devices_are_streams_too(void)
{
    struct syn_stream *s;
    char bytes[4] = "abc";
    size_t n = 9;

    begin_in_real_time();
    CHECK_INT(syn_stream_from_descriptor(open("/dev/null", O_RDWR), &s), SYN_OK);
    CHECK_INT(syn_stream_read(s, bytes, 4, &n), SYN_OK);
    CHECK_INT(n, 0);
    CHECK_INT(syn_stream_write_all(s, bytes, 4), SYN_OK);
    CHECK_INT(syn_stream_close(s), SYN_OK);
    CHECK_INT(syn_stream_from_descriptor(open("/dev/zero", O_RDWR | O_NONBLOCK), &s), SYN_OK);
    CHECK_INT(syn_stream_read(s, bytes, 3, &n), SYN_OK);
    CHECK_INT(n, 3);
    CHECK_MEM(bytes, "\0\0\0", 3);
    CHECK_INT(syn_stream_close(s), SYN_OK);
    CHECK_INT(syn_stream_from_descriptor(open("/dev/full", O_WRONLY), &s), SYN_OK);
    CHECK_INT(syn_stream_write_all(s, bytes, 4), ENOSPC);
    CHECK_INT(syn_stream_close(s), SYN_OK);
    CHECK_INT(syn_stream_from_descriptor(open("/", O_RDONLY), &s), SYN_OK);
    CHECK_INT(syn_stream_read(s, bytes, 4, &n), EISDIR);
    CHECK_INT(syn_stream_close(s), SYN_OK);
    finish_pools();
}

/* What the shell, or the next program of the pipeline, has of it. */
static void H2_standard_output_stays_blocking_and_children_have_it(void)
{
    struct syn_stream *s;
    char got[40] = "";
    int ends[2], shared, status;

    begin_in_real_time();
    CHECK_INT(pipe(ends), 0);
    shared = dup(ends[1]);
    fflush(stdout);
    saved = dup(1);
    CHECK_INT(dup2(ends[1], 1), 1);
    close(ends[1]);
    for (int taken = 0; taken < 2; taken++) {
        CHECK_INT(taken ? syn_stream_from_descriptor(1, &s) : syn_stream_standard(1, &s),
                  SYN_OK);
        CHECK_INT(syn_stream_write_all(s, "ours ", 5), SYN_OK);
        status = system("printf theirs");
        check_unchanged(1);
        CHECK_INT(syn_stream_close(s), SYN_OK);
        CHECK_INT(status, 0);
        CHECK_INT(fcntl(shared, F_GETFL) & O_NONBLOCK, 0);
        CHECK_INT(fcntl(1, F_GETFD) < 0, taken); /* closed only where it was taken over */
    }
    put_back(1);
    close(shared);
    CHECK_INT(read(ends[0], got, sizeof got - 1), 22);
    CHECK_STR(got, "ours theirsours theirs");
    close(ends[0]);
    finish_pools();
}

/* Input that does not come is given up in time, wherever the read waits, and nothing is lost. */
static void X3_a_read_of_a_shared_pipe_is_given_up_and_loses_nothing(void)
{
    struct syn_stream *s;
    struct syn_stream_bytes_future f;
    char c = 0;
    size_t n;
    int ends[2];

    begin_in_real_time();
    for (int reopen = 0; reopen < 2; reopen++) {
        CHECK_INT(pipe(ends), 0);
        if (!reopen)
            syn_fault_set("reopen", 1, 1, EACCES);
        CHECK_INT(syn_stream_from_descriptor(ends[0], &s), SYN_OK);
        syn_fault_clear();
        CHECK_INT(call_by(syn_after(0.01), syn_stream_read(s, &c, 1, &n)), SYN_ETIMEDOUT);
        f = syn_stream_read_future(s, &c, 1);
        CHECK_INT(future_cancel(f), SYN_ECANCELED);
        put(ends[1], "x");
        CHECK_READS(s, "x");
        CHECK_INT(syn_stream_close(s), SYN_OK);
        CHECK_INT(fcntl(ends[0], F_GETFD), -1);
        close(ends[1]);
    }
    finish_pools();
}

/* Much, through a pipe that is full most of the time, in both ways of writing. */
static void I3_a_shared_pipe_takes_all_of_a_write(void)
{
    enum { MUCH = 300000 };
    static unsigned char sent[MUCH], got[MUCH];
    struct syn_stream_write_all_future w;
    struct syn_stream *s;
    int ends[2];

    begin_in_real_time();
    fill_bytes(sent, 0, MUCH);
    for (int reopen = 0; reopen < 2; reopen++) {
        CHECK_INT(pipe(ends), 0);
        if (!reopen)
            syn_fault_set("reopen", 1, 1, EACCES);
        CHECK_INT(syn_stream_from_descriptor(ends[1], &s), SYN_OK);
        syn_fault_clear();
        w = syn_stream_write_all_future(s, sent, MUCH);
        for (size_t done = 0; done < MUCH;) {
            ssize_t n = read(ends[0], got + done, MUCH - done);

            CHECK(n > 0);
            done += (size_t)n;
        }
        CHECK_INT(future_get(w), SYN_OK);
        check_bytes(got, 0, MUCH);
        CHECK_INT(syn_stream_close(s), SYN_OK);
        CHECK_INT(read(ends[0], got, 1), 0); /* no writer is left */
        close(ends[0]);
    }
    finish_pools();
}

static void H8_a_standard_stream_that_cannot_be_had_says_why(void)
{
    struct syn_stream *s = NULL;
    int open, ends[2];

    begin_in_real_time();
    CHECK_INT(pipe(ends), 0);
    become_input(ends[0]);
    open = count_open();
    syn_fault_set("fcntl", 1, 1, EBADF);
    CHECK_INT(syn_stream_standard(0, &s), SYN_EBADF);
    syn_fault_set("alloc", 1, 1, ENOMEM);
    CHECK_INT(syn_stream_standard(0, &s), SYN_ENOMEM);
    syn_fault_clear();
    CHECK_PTR(s, NULL);
    CHECK_INT(count_open(), open);
    close(0);
    CHECK_INT(syn_stream_standard(0, &s), SYN_EBADF);
    put_back(0);
    close(ends[1]);
    CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    become_input(ends[0]);
    syn_fault_set("dupfd", 1, 1, EMFILE);
    CHECK_INT(syn_stream_standard(0, &s), EMFILE);
    syn_fault_clear();
    put_back(0);
    close(ends[1]);
}

static const struct test_case cases[] = {
    TEST(I8_standard_input_is_read_whatever_it_is_and_stays_as_it_is),
    TEST(I8_devices_are_streams_too),
    TEST(H2_standard_output_stays_blocking_and_children_have_it),
    TEST(X3_a_read_of_a_shared_pipe_is_given_up_and_loses_nothing),
    TEST(I3_a_shared_pipe_takes_all_of_a_write),
    TEST(H8_a_standard_stream_that_cannot_be_had_says_why),
};
TEST_MAIN_BOTH_MODES("standard", cases);
