/* SPDX-License-Identifier: Apache-2.0
 *
 * What streams cost: waits, registrations, calls of the system. Both modes.
 */
#define _DEFAULT_SOURCE
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "support/io_rig.h"

/* Reads into more than there is: a buffer that is full says that there may be more. */
ASYNC(SYN_FREE, void, pong, (struct syn_stream *, s), SYN_LOCAL(char, text[64]),
      SYN_LOCAL(size_t, n))
{
    co_begin;
    for (;;) {
        co_try(syn_stream_read_future(self->s, self->text, sizeof self->text), &self->n);
        if (self->n == 0)
            co_done;
        co_try(syn_stream_write_all_future(self->s, self->text, self->n));
    }
    co_end;
}

static void serve_rounds(struct link *l, int rounds)
{
    struct pong_future f = pong_future(l->stream);
    char c = 0;

    for (int i = 0; i < rounds; i++) {
        CHECK_INT(write(l->peer, &c, 1), 1);
        CHECK_INT(read(l->peer, &c, 1), 1);
    }
    shutdown(l->peer, SHUT_WR);
    CHECK_INT(future_get(f), SYN_OK);
}

static void I2_a_round_trip_costs_one_wait_and_no_new_registration(void)
{
    enum { ROUNDS = 1000 };
    struct syn_synchronizer_stats stats;
    struct link l;

    begin_in_real_time(); /* a virtual clock looks before it waits */
    l = tcp_link();
    serve_rounds(&l, ROUNDS);
    stats = synchronizer_stats(syn_default_synchronizer());
    CHECK(stats.watches <= 4);
    CHECK(stats.waits <= ROUNDS + 50);
    unlink_link(&l);
    finish(syn_default_synchronizer());
}

static int count_in(const char *path, const char *text)
{
    FILE *file = fopen(path, "r");
    char line[500];
    int n = 0;

    if (!file)
        return -1;
    while (fgets(line, sizeof line, file))
        n += strstr(line, text) != NULL;
    fclose(file);
    return n;
}

/* Attaches strace to this process; its output goes to PATH. */
static pid_t trace_me(const char *path)
{
    struct stat said;
    char number[20];
    pid_t tracer;

    snprintf(number, sizeof number, "%d", (int)getpid());
    tracer = fork();
    if (tracer == 0) {
        execlp("strace", "strace", "-f", "-q", "-e", "trace=read,epoll_ctl,sendto", "-o", path,
               "-p", number, (char *)NULL);
        _exit(1);
    }
    for (;;) { /* until it says something, or gave up */
        char byte = 0;
        int ends[2];

        if (waitpid(tracer, NULL, WNOHANG) != 0) {
            unlink(path);
            TEST_SKIP("strace is missing, or may not attach");
        }
        CHECK_INT(pipe(ends), 0);
        CHECK_INT(write(ends[1], &byte, 1), 1);
        CHECK_INT(read(ends[0], &byte, 1), 1);
        close(ends[0]);
        close(ends[1]);
        if (stat(path, &said) == 0 && said.st_size > 0)
            break; /* not read now: that would be traced, too */
        usleep(50000);
    }
    return tracer;
}

static void I2_no_read_is_made_that_is_bound_to_say_EAGAIN(void)
{
    enum { ROUNDS = 200 };
    char path[] = "/tmp/stream_test_XXXXXX";
    struct link l;
    pid_t tracer;
    int fd;
    char c;

#if defined(__SANITIZE_THREAD__)
    TEST_SKIP("too slow under a sanitizer that watches threads");
#endif
    begin_in_real_time();
    fd = mkstemp(path);
    l = tcp_link();
    CHECK_INT(syn_stream_write_all(l.stream, "x", 1), SYN_OK); /* its loop runs */
    CHECK_INT(read(l.peer, &c, 1), 1);
    tracer = trace_me(path);
    serve_rounds(&l, ROUNDS);
    kill(tracer, SIGTERM); /* it detaches; SIGINT may be ignored */
    waitpid(tracer, NULL, 0);
    CHECK(count_in(path, "sendto(") >= ROUNDS);
    CHECK(count_in(path, "EAGAIN") <= 2);
    close(fd);
    unlink(path);
    unlink_link(&l);
    finish(syn_default_synchronizer());
}

static const struct test_case cases[] = {
    TEST(I2_a_round_trip_costs_one_wait_and_no_new_registration),
    TEST(I2_no_read_is_made_that_is_bound_to_say_EAGAIN),
};
TEST_MAIN_BOTH_MODES("stream_cost", cases);
