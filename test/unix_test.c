/* SPDX-License-Identifier: Apache-2.0
 *
 * Unix sockets: paths and their files, abstract names, peers, descriptors that travel, pairs.
 */
#define _DEFAULT_SOURCE
#include "support/io_rig.h"

#include <sys/un.h>
#include <unistd.h>

#include <synchronicity/testing.h>
#include <synchronicity/unix.h>

#include "support/temp_dir.h"

static struct syn_listener *listen_at(const char *path)
{
    struct syn_listener *l = NULL;

    CHECK_INT(syn_unix_listen(path, 0600, &l), SYN_OK);
    return l;
}

static void check_conversation(struct syn_listener *l, const char *path)
{
    struct syn_stream *near, *far;

    CHECK_INT(syn_unix_connect(path, &near), SYN_OK);
    CHECK_INT(syn_tcp_accept(l, &far), SYN_OK);
    CHECK_INT(syn_stream_write_all(near, "there", 5), SYN_OK);
    CHECK_READS(far, "there");
    CHECK_INT(syn_stream_write_all(far, "back", 4), SYN_OK);
    CHECK_READS(near, "back");
    check_flags(syn_tcp_descriptor(near));
    check_flags(syn_tcp_descriptor(far));
    CHECK_INT(syn_stream_close(near), SYN_OK);
    CHECK_INT(syn_stream_close(far), SYN_OK);
}

static void I3_a_path_is_listened_at_with_its_mode_and_gone_at_the_end(void)
{
    struct syn_listener *l;
    struct stat is;
    mode_t before;

    temp_begin();
    begin();
    before = umask(0);
    l = listen_at(in_temp("socket"));
    umask(before);
    CHECK_INT(stat(in_temp("socket"), &is), 0);
    CHECK(S_ISSOCK(is.st_mode));
    CHECK_INT(is.st_mode & 0777, 0600);
    check_conversation(l, in_temp("socket"));
    CHECK_INT(syn_listener_close(l), SYN_OK);
    CHECK(lstat(in_temp("socket"), &is) != 0);
    finish_default();
    temp_end();
}

/* What a process that died leaves: the file, and no listener. */
static void leave_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%.90s", path);
    CHECK_INT(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    CHECK_INT(listen(fd, 1), 0);
    close(fd);
}

static void I3_the_file_of_a_dead_process_is_replaced_and_of_a_living_one_is_not(void)
{
    struct syn_listener *l, *other = NULL;
    struct stat is;

    temp_begin();
    begin();
    leave_socket(in_temp("socket"));
    l = listen_at(in_temp("socket"));
    CHECK_INT(syn_unix_listen(in_temp("socket"), 0600, &other), EADDRINUSE);
    check_conversation(l, in_temp("socket"));
    temp_file("text", "not ours");
    CHECK_INT(syn_unix_listen(in_temp("text"), 0600, &other), EADDRINUSE);
    CHECK_INT(stat(in_temp("text"), &is), 0);
    CHECK_INT(is.st_size, 8);
    CHECK_PTR(other, NULL);
    CHECK_INT(syn_listener_close(l), SYN_OK);
    finish_default();
    temp_end();
}

static void I3_a_close_leaves_the_file_of_a_successor(void)
{
    struct syn_listener *first, *second;

    temp_begin();
    begin();
    first = listen_at(in_temp("socket"));
    CHECK_INT(rename(in_temp("socket"), in_temp("moved")), 0);
    second = listen_at(in_temp("socket"));
    CHECK_INT(syn_listener_close(first), SYN_OK);
    check_conversation(second, in_temp("socket"));
    CHECK_INT(syn_listener_close(second), SYN_OK);
    CHECK_INT(unlink(in_temp("moved")), 0);
    finish_default();
    temp_end();
}

static void I3_an_abstract_name_needs_no_file(void)
{
#if defined(__linux__)
    char name[60];
    struct syn_listener *l;

    begin();
    snprintf(name, sizeof name, "@syn-test-%ld", (long)getpid());
    l = listen_at(name);
    check_conversation(l, name);
    CHECK_INT(syn_listener_close(l), SYN_OK);
    l = listen_at(name); /* free again */
    CHECK_INT(syn_listener_close(l), SYN_OK);
    finish_default();
#else
    TEST_SKIP("only Linux has abstract names");
#endif
}

static void E1_what_cannot_be_a_path_or_a_peer_is_said(void)
{
    struct syn_listener *l = NULL;
    struct syn_stream *s = NULL;
    struct syn_unix_peer peer;
    struct link tcp;
    char longer[200];

    temp_begin();
    begin();
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    CHECK_INT(syn_unix_connect("", &s), SYN_EINVAL);
    CHECK_INT(syn_unix_connect("@", &s), SYN_EINVAL);
    CHECK_INT(syn_unix_connect(longer, &s), ENAMETOOLONG);
    CHECK(strstr(syn_last_report()->message, "longer than the system takes"));
    CHECK_INT(syn_unix_connect(in_temp("nobody"), &s), ENOENT);
    CHECK(strstr(syn_last_report()->message, "nobody"));
    leave_socket(in_temp("dead"));
    CHECK_INT(syn_unix_connect(in_temp("dead"), &s), ECONNREFUSED);
    CHECK_INT(syn_unix_listen(NULL, 0600, &l), SYN_EINVAL);
    CHECK_INT(syn_unix_listen(in_temp("no/such"), 0600, &l), ENOENT);
    CHECK_INT(syn_unix_listen(in_temp("x"), 0600, NULL), SYN_EINVAL);
    CHECK_INT(syn_unix_pair(&s, NULL), SYN_EINVAL);
    tcp = tcp_link();
    CHECK_INT(syn_unix_send(tcp.stream, &(struct syn_unix_message){.data = longer, .size = 1}),
              SYN_ENOTSUP);
    CHECK_INT(syn_unix_peer(tcp.stream, &peer), SYN_ENOTSUP);
    CHECK_INT(syn_unix_peer(NULL, &peer), SYN_ENOTSUP);
    unlink_link(&tcp);
    CHECK_PTR(l, NULL);
    CHECK_PTR(s, NULL);
    CHECK_INT(unlink(in_temp("dead")), 0);
    finish_default();
    temp_end();
}

static void I3_each_end_knows_who_the_other_is(void)
{
    struct syn_unix_peer peer = {0};
    struct syn_stream *a, *b;

    begin();
    CHECK_INT(syn_unix_pair(&a, &b), SYN_OK);
    CHECK_INT(syn_unix_peer(a, &peer), SYN_OK);
    CHECK_INT(peer.uid, geteuid());
    CHECK_INT(peer.gid, getegid());
    CHECK(peer.pid == getpid() || peer.pid == -1);
    CHECK_INT(syn_stream_close(a), SYN_OK);
    CHECK_READS(b, "");
    CHECK_INT(syn_stream_close(b), SYN_OK);
    finish_default();
}

/* --- descriptors --- */

static void I3_descriptors_travel_with_bytes(void)
{
    struct syn_stream *a, *b;
    int ends[2], got[4];
    char room[10];
    struct syn_unix_message out = {.data = (char[]){"two"}, .size = 3, .descriptors = ends,
                                   .n_descriptors = 2};
    struct syn_unix_message in = {.data = room, .capacity = sizeof room, .descriptors = got,
                                  .max_descriptors = 4};

    begin();
    CHECK_INT(syn_unix_pair(&a, &b), SYN_OK);
    CHECK_INT(pipe(ends), 0);
    CHECK_INT(syn_unix_send(a, &out), SYN_OK);
    close(ends[0]);
    CHECK_INT(syn_stream_write_all(a, "end", 3), SYN_OK);
    CHECK_INT(syn_unix_receive(b, &in), SYN_OK);
    CHECK_INT(in.n_descriptors, 2);
    CHECK_INT(in.truncated, 0);
    CHECK(in.size >= 3 && memcmp(room, "two", 3) == 0);
    CHECK(fcntl(got[0], F_GETFD) & FD_CLOEXEC);
    put(ends[1], "pipe");
    CHECK_INT(read(got[0], room, sizeof room), 4);
    CHECK_MEM(room, "pipe", 4);
    close(ends[1]);
    close(got[0]);
    close(got[1]);
    CHECK_INT(syn_stream_close(a), SYN_OK);
    if (in.size == 3)
        CHECK_READS(b, "end");
    CHECK_INT(syn_unix_receive(b, &in), SYN_OK); /* the end */
    CHECK_INT(in.size, 0);
    CHECK_INT(in.n_descriptors, 0);
    CHECK_INT(syn_stream_close(b), SYN_OK);
    finish_default();
}

static void I3_descriptors_without_room_are_closed_and_told(void)
{
    struct syn_stream *a, *b;
    int fds[3] = {0, 0, 0}, got[1], open;
    char room[10];
    struct syn_unix_message out = {.data = (char[]){"x"}, .size = 1, .descriptors = fds,
                                   .n_descriptors = 3};
    struct syn_unix_message in = {.data = room, .capacity = sizeof room, .descriptors = got,
                                  .max_descriptors = 1};

    begin();
    CHECK_INT(syn_unix_pair(&a, &b), SYN_OK);
    CHECK_INT(syn_stream_write_all(a, "x", 1), SYN_OK); /* what the loop opens is open */
    CHECK_READS(b, "x");
    open = count_open();
    fds[0] = fds[1] = fds[2] = syn_tcp_descriptor(a);
    CHECK_INT(syn_unix_send(a, &out), SYN_OK);
    CHECK_INT(syn_unix_receive(b, &in), SYN_OK);
    CHECK_INT(in.n_descriptors, 1);
    CHECK_INT(in.truncated, 1);
    CHECK_INT(count_open(), open + 1);
    close(got[0]);
    CHECK_INT(syn_unix_send(a, &out), SYN_OK);
    CHECK_READS(b, "x"); /* a plain read closes them */
    CHECK_INT(count_open(), open);
    out.n_descriptors = SYN_UNIX_DESCRIPTORS_MAX + 1;
    CHECK_INT(syn_unix_send(a, &out), SYN_EINVAL);
    out = (struct syn_unix_message){.data = room, .size = 0};
    CHECK_INT(syn_unix_send(a, &out), SYN_EINVAL);
    CHECK_INT(syn_stream_close(a), SYN_OK);
    CHECK_INT(syn_stream_close(b), SYN_OK);
    finish_default();
}

static void X3_a_receive_is_cancelled_and_loses_nothing(void)
{
    struct syn_stream *a, *b;
    int fd = -1;
    char room[10];
    struct syn_unix_message in = {.data = room, .capacity = sizeof room, .descriptors = &fd,
                                  .max_descriptors = 1};
    struct syn_unix_receive_future f;

    begin();
    CHECK_INT(syn_unix_pair(&a, &b), SYN_OK);
    f = syn_unix_receive_future(b, &in);
    CHECK_INT(syn_unix_receive(b, &in), SYN_EBUSY);
    CHECK_INT(future_cancel(f), SYN_ECANCELED);
    CHECK_INT(syn_stream_write_all(a, "late", 4), SYN_OK);
    CHECK_INT(syn_unix_receive(b, &in), SYN_OK);
    CHECK_INT(in.size, 4);
    CHECK_INT(syn_stream_close(a), SYN_OK);
    CHECK_INT(syn_stream_close(b), SYN_OK);
    finish_default();
}

/* --- a queue that is full --- */

ASYNC(SYN_FREE, int, connect_while_full, (const char *, path), (int, listening),
      SYN_LOCAL(struct syn_stream *, s), SYN_LOCAL(struct syn_unix_connect_future, f))
{
    int fd;

    co_begin;
    self->f = syn_unix_connect_future(self->path);
    co_sleep(1.0); /* it looks again, and again */
    CHECK_INT(future_poll(self->f), SYN_EAGAIN);
    fd = accept(self->listening, NULL, NULL);
    CHECK(fd >= 0);
    close(fd);
    co_try(self->f, &self->s);
    co_try(syn_stream_close_future(self->s));
    co_return(1);
    co_end;
}

static void I3_a_connect_waits_while_the_queue_is_full(void)
{
#if defined(__linux__)
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct syn_stream *first;
    int listening = socket(AF_UNIX, SOCK_STREAM, 0), ok = 0;

    temp_begin();
    begin();
    snprintf(address.sun_path, sizeof address.sun_path, "%.90s", in_temp("full"));
    CHECK_INT(bind(listening, (struct sockaddr *)&address, sizeof address), 0);
    CHECK_INT(listen(listening, 0), 0);
    CHECK_INT(syn_unix_connect(address.sun_path, &first), SYN_OK);
    CHECK_INT(connect_while_full(address.sun_path, listening, &ok), SYN_OK);
    CHECK_INT(ok, 1);
    CHECK_INT(syn_stream_close(first), SYN_OK);
    close(listening);
    finish_default();
    temp_end();
#else
    TEST_SKIP("only Linux says that the queue is full");
#endif
}

/* --- each call of the system and each allocation failing --- */

/* What is short for a moment does not stay so. */
static void close_in_the_end(struct syn_stream *stream)
{
    while (syn_stream_close(stream) != SYN_OK)
        ;
}

static syn_err talk(const char *path, struct syn_listener *l)
{
    struct syn_stream *near = NULL, *far = NULL;
    int got = -1, fd = -1;
    char room[4];
    struct syn_unix_message m = {.data = room, .size = 1, .capacity = 4, .descriptors = &fd,
                                 .n_descriptors = 1, .max_descriptors = 1};
    syn_err err = syn_unix_connect(path, &near);

    if (!err)
        err = syn_tcp_accept(l, &far);
    if (!err) {
        fd = syn_tcp_descriptor(far);
        err = syn_unix_send(near, &m);
    }
    m.descriptors = &got;
    if (!err)
        err = syn_unix_receive(far, &m);
    if (got >= 0)
        close(got);
    close_in_the_end(near);
    close_in_the_end(far);
    return err;
}

static syn_err one_round(const char *path)
{
    struct syn_listener *l = NULL;
    struct syn_stream *a = NULL, *b = NULL;
    syn_err err = syn_unix_pair(&a, &b);

    close_in_the_end(a);
    close_in_the_end(b);
    if (!err)
        err = syn_unix_listen(path, 0600, &l);
    if (!err)
        err = talk(path, l);
    while (l && syn_listener_close(l) != SYN_OK)
        ;
    return err;
}

static void fail_each(const char *what, int error)
{
    int before = count_open();
    bool all_well = false;

    for (unsigned long n = 1; !all_well; n++) {
        struct stat is;
        syn_err err;

        CHECK(n < 400);
        syn_fault_set(what, n, 1, error);
        err = one_round(in_temp("socket"));
        all_well = syn_fault_hits() < n;
        CHECK(!all_well || !err);
        CHECK(lstat(in_temp("socket"), &is) != 0);
        CHECK_INT(synchronizer_stop(syn_default_synchronizer(), syn_never()), SYN_OK);
        CHECK_INT(synchronizer_free(syn_default_synchronizer()), SYN_OK);
        CHECK_INT(count_open(), before);
        CHECK_INT(syn_memory_use().outstanding, 1); /* the clock */
    }
    syn_fault_clear();
}

static void T4_each_failure_is_an_error_and_leaves_nothing(void)
{
    static const char *const calls[] = {"socket", "socketpair", "bind",    "chmod",
                                        "listen", "connect",    "accept",  "send",
                                        "recvmsg", "epoll_ctl", "pthread_create", NULL};

    temp_begin();
    begin();
    fail_each("alloc", ENOMEM);
    for (int i = 0; calls[i]; i++)
        fail_each(calls[i], EPERM);
    done();
    temp_end();
}

static const struct test_case cases[] = {
    TEST(I3_a_path_is_listened_at_with_its_mode_and_gone_at_the_end),
    TEST(I3_the_file_of_a_dead_process_is_replaced_and_of_a_living_one_is_not),
    TEST(I3_a_close_leaves_the_file_of_a_successor),
    TEST(I3_an_abstract_name_needs_no_file),
    TEST(E1_what_cannot_be_a_path_or_a_peer_is_said),
    TEST(I3_each_end_knows_who_the_other_is),
    TEST(I3_descriptors_travel_with_bytes),
    TEST(I3_descriptors_without_room_are_closed_and_told),
    TEST(X3_a_receive_is_cancelled_and_loses_nothing),
    TEST(I3_a_connect_waits_while_the_queue_is_full),
    TEST(T4_each_failure_is_an_error_and_leaves_nothing),
};
TEST_MAIN_BOTH_MODES("unix", cases);
