/* SPDX-License-Identifier: Apache-2.0
 *
 * The contract of src/backend/poller.h, over every backend that this build has:
 * what is reported, how often, and that the end of a descriptor wakes what
 * waits for it. backend_wake_test.c is about waking and time,
 * backend_descriptor_test.c about numbers, refusals and failures.
 *
 * Real descriptors: there is nothing below a backend to replace.
 */
#define _GNU_SOURCE /* pipe2 */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>

#include "support/backend_rig.h"

/* Readiness. */

static void reports_readable(struct rig *rig)
{
    int ends[2];
    make_pipe(ends);
    watch(rig, ends[0], 7, SYNI_READ);
    look(rig);
    CHECK_INT(rig->count, 0);
    put(ends[1]);
    look_for(rig, ROOM, -1);
    CHECK_INT(rig->count, 1);
    CHECK_INT(ready(rig, ends[0], 7), SYNI_READ);
    close_both(ends);
}

static void reports_writable(struct rig *rig)
{
    int ends[2];
    make_sockets(ends);
    fill(ends[0]);
    watch(rig, ends[0], UINT32_MAX, SYNI_WRITE);
    look(rig);
    CHECK_INT(rig->count, 0);
    char block[4096];
    while (read(ends[1], block, sizeof block) > 0)
        ;
    look_for(rig, ROOM, -1);
    CHECK_INT(ready(rig, ends[0], UINT32_MAX), SYNI_WRITE);
    close_both(ends);
}

static void reports_both_and_only_what_was_asked(struct rig *rig)
{
    int ends[2];
    make_sockets(ends);
    put(ends[1]);
    watch(rig, ends[0], 1, BOTH);
    look(rig);
    CHECK_INT(ready(rig, ends[0], 1), BOTH);
    watch(rig, ends[0], 2, SYNI_READ);
    look(rig);
    CHECK_INT(ready(rig, ends[0], 2), SYNI_READ);
    CHECK_INT(rig->count, 1);
    watch(rig, ends[0], 3, SYNI_WRITE);
    look(rig);
    CHECK_INT(ready(rig, ends[0], 3), SYNI_WRITE);
    CHECK_INT(rig->count, 1);
    close_both(ends);
}

static void reports_again_while_ready(struct rig *rig)
{
    int ends[2];
    make_pipe(ends);
    watch(rig, ends[0], 1, SYNI_READ);
    put(ends[1]);
    for (int i = 0; i < 3; i++) {
        look(rig);
        CHECK_INT(ready(rig, ends[0], 1), SYNI_READ);
    }
    char byte;
    CHECK_INT(read(ends[0], &byte, 1), 1);
    look(rig);
    CHECK_INT(rig->count, 0);
    close_both(ends);
}

static void reports_once_until_watched_again(struct rig *rig)
{
    int ends[2];
    make_pipe(ends);
    put(ends[1]);
    for (uint32_t tag = 0; tag < 3; tag++) {
        watch(rig, ends[0], tag, SYNI_READ | SYNI_ONCE | (tag ? 0 : SYNI_FRESH));
        look(rig);
        CHECK_INT(rig->count, 1);
        CHECK_INT(ready(rig, ends[0], tag), SYNI_READ);
        look(rig);
        CHECK_INT(rig->count, 0);
    }
    close(ends[1]); /* a hang-up is a report like others */
    look(rig);
    CHECK_INT(rig->count, 0);
    close(ends[0]);
}

static void changes_between_once_and_again_and_again(struct rig *rig)
{
    int ends[2];
    make_sockets(ends);
    put(ends[1]);
    watch(rig, ends[0], 1, BOTH | SYNI_FRESH);
    watch(rig, ends[0], 2, BOTH | SYNI_ONCE | SYNI_FRESH); /* the hint may be wrong */
    look(rig);
    CHECK_INT(ready(rig, ends[0], 2), BOTH);
    look(rig);
    CHECK_INT(rig->count, 0);
    watch(rig, ends[0], 3, BOTH | SYNI_ONCE);
    watch(rig, ends[0], 4, BOTH);
    look(rig);
    look(rig);
    CHECK_INT(ready(rig, ends[0], 4), BOTH);
    close_both(ends);
}

static void stops_watching(struct rig *rig)
{
    int ends[2];
    make_sockets(ends);
    put(ends[1]);
    watch(rig, ends[0], 1, BOTH);
    watch(rig, ends[0], 1, 0);
    look(rig);
    CHECK_INT(rig->count, 0);
    watch(rig, ends[0], 1, 0); /* twice */
    watch(rig, ends[0], 2, SYNI_READ);
    look(rig);
    CHECK_INT(ready(rig, ends[0], 2), SYNI_READ);
    close_both(ends);
}

static void stops_watching_what_is_closed_or_unknown(struct rig *rig)
{
    int ends[2];
    make_pipe(ends);
    watch(rig, ends[0], 1, SYNI_READ);
    close_both(ends);
    watch(rig, ends[0], 1, 0);
    watch(rig, ends[1], 1, 0);
    watch(rig, -1, 1, 0);
    watch(rig, INT_MAX, 1, SYNI_ONCE);
    look(rig);
    CHECK_INT(rig->count, 0);
}

static void keeps_the_others_when_one_leaves(struct rig *rig)
{
    int ends[8][2];
    for (int i = 0; i < 8; i++) {
        make_pipe(ends[i]);
        put(ends[i][1]);
        watch(rig, ends[i][0], (uint32_t)i, SYNI_READ);
    }
    for (int i = 0; i < 8; i += 3)
        watch(rig, ends[i][0], 0, 0);
    look(rig);
    CHECK_INT(rig->count, 5);
    for (int i = 0; i < 8; i++) {
        CHECK_INT(ready(rig, ends[i][0], (uint32_t)i), i % 3 ? SYNI_READ : 0);
        close_both(ends[i]);
    }
}

/* The end of a descriptor. */

static void expect_end(struct rig *rig, int fd, unsigned want)
{
    watch(rig, fd, 5, want);
    look_for(rig, ROOM, -1);
    CHECK_INT(ready(rig, fd, 5), want);
    watch(rig, fd, 5, want | SYNI_ONCE);
    look_for(rig, ROOM, -1);
    CHECK_INT(ready(rig, fd, 5), want);
    look(rig);
    CHECK_INT(rig->count, 0);
}

static void hang_up_of_a_pipe_wakes_either_end(struct rig *rig)
{
    int ends[2];
    make_pipe(ends);
    close(ends[1]);
    expect_end(rig, ends[0], SYNI_READ);
    close(ends[0]);

    make_pipe(ends);
    fill(ends[1]); /* so that only the end can make it writable */
    close(ends[0]);
    expect_end(rig, ends[1], SYNI_WRITE);
    close(ends[1]);
}

static void hang_up_of_a_socket_wakes_reader_and_writer(struct rig *rig)
{
    int ends[2];
    make_sockets(ends);
    fill(ends[0]);
    watch(rig, ends[0], 9, BOTH);
    look(rig);
    CHECK_INT(rig->count, 0);
    close(ends[1]);
    look_for(rig, ROOM, -1);
    CHECK_INT(ready(rig, ends[0], 9), BOTH);
    expect_end(rig, ends[0], SYNI_READ);
    expect_end(rig, ends[0], SYNI_WRITE);
    expect_end(rig, ends[0], BOTH);
    close(ends[0]);
}

/* A port that is ours; nobody listens there. */
static int bind_to(struct sockaddr_in *out_address)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t length = sizeof *out_address;
    *out_address = (struct sockaddr_in){.sin_family = AF_INET};
    out_address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK_INT(bind(fd, (struct sockaddr *)out_address, length), 0);
    CHECK_INT(getsockname(fd, (struct sockaddr *)out_address, &length), 0);
    return fd;
}

static int listen_on(struct sockaddr_in *out_address)
{
    int fd = bind_to(out_address);
    CHECK_INT(listen(fd, 1), 0);
    return fd;
}

static void reset_of_a_connection_wakes_reader_and_writer(struct rig *rig)
{
    struct sockaddr_in address;
    int server = listen_on(&address);
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_INT(connect(client, (struct sockaddr *)&address, sizeof address), 0);
    int peer = accept(server, NULL, NULL);
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    CHECK_INT(setsockopt(peer, SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
    watch(rig, client, 6, SYNI_READ);
    look(rig);
    CHECK_INT(rig->count, 0);
    close(peer);
    look_for(rig, ROOM, -1);
    CHECK_INT(ready(rig, client, 6), SYNI_READ);
    expect_end(rig, client, SYNI_WRITE);
    expect_end(rig, client, BOTH);
    close(client);
    close(server);
}

static void error_of_a_connect_wakes_reader_and_writer(struct rig *rig)
{
    struct sockaddr_in address;
    int held = bind_to(&address);
    static const unsigned wants[] = {SYNI_READ, SYNI_WRITE, BOTH};
    for (int i = 0; i < 3; i++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        CHECK_INT(connect(fd, (struct sockaddr *)&address, sizeof address), -1);
        expect_end(rig, fd, wants[i]);
        close(fd);
    }
    close(held);
}

/* Many. */

static void small_capacity_loses_nothing(struct rig *rig)
{
    enum { PIPES = 10 };
    int ends[PIPES][2], seen[PIPES] = {0};
    for (int i = 0; i < PIPES; i++) {
        make_pipe(ends[i]);
        put(ends[i][1]);
        watch(rig, ends[i][0], (uint32_t)i, SYNI_READ);
    }
    for (int turn = 0; turn < PIPES; turn++) {
        look_for(rig, 3, 0);
        for (unsigned i = 0; i < rig->count; i++)
            seen[rig->events[i].tag]++;
    }
    for (int i = 0; i < PIPES; i++) {
        CHECK(seen[i] > 0); /* nobody starves */
        watch(rig, ends[i][0], (uint32_t)i, SYNI_READ | SYNI_ONCE);
    }
    memset(seen, 0, sizeof seen);
    for (int turn = 0; turn < PIPES; turn++) {
        look_for(rig, 3, 0);
        for (unsigned i = 0; i < rig->count; i++)
            seen[rig->events[i].tag]++;
    }
    for (int i = 0; i < PIPES; i++) {
        CHECK_INT(seen[i], 1);
        close_both(ends[i]);
    }
}

static void watches_a_thousand(struct rig *rig)
{
    enum { MANY = 1000 };
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max < MANY + 100)
        TEST_SKIP("too few descriptors allowed");
    int ends[2], copies[MANY], seen[MANY] = {0};
    make_pipe(ends);
    for (int i = 0; i < MANY; i++) {
        copies[i] = fcntl(ends[0], F_DUPFD_CLOEXEC, 0);
        watch(rig, copies[i], (uint32_t)i, SYNI_READ | SYNI_ONCE | SYNI_FRESH);
    }
    put(ends[1]);
    for (int total = 0; total < MANY; total += (int)rig->count) {
        look_for(rig, ROOM, -1);
        for (unsigned i = 0; i < rig->count; i++) {
            uint32_t tag = rig->events[i].tag;
            CHECK_INT(rig->events[i].fd, copies[tag]);
            CHECK_INT(++seen[tag], 1);
        }
    }
    for (int i = 0; i < MANY; i++)
        close(copies[i]);
    close_both(ends);
}

#define CASES(X)                                     \
    X(reports_readable)                              \
    X(reports_writable)                              \
    X(reports_both_and_only_what_was_asked)          \
    X(reports_again_while_ready)                     \
    X(reports_once_until_watched_again)              \
    X(changes_between_once_and_again_and_again)      \
    X(stops_watching)                                \
    X(stops_watching_what_is_closed_or_unknown)      \
    X(keeps_the_others_when_one_leaves)              \
    X(hang_up_of_a_pipe_wakes_either_end)            \
    X(hang_up_of_a_socket_wakes_reader_and_writer)   \
    X(reset_of_a_connection_wakes_reader_and_writer) \
    X(error_of_a_connect_wakes_reader_and_writer)    \
    X(small_capacity_loses_nothing)                  \
    X(watches_a_thousand)

CASES(CASE_FUNCTIONS)

static const struct test_case cases[] = {
    CASES(CASE_ROWS)
};
TEST_MAIN("backend", cases);
