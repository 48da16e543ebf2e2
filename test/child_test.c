/* SPDX-License-Identifier: Apache-2.0
 *
 * Child processes: how they begin, what they say, how it is known that they ended.
 */
#define _DEFAULT_SOURCE
#include "support/child_rig.h"

/* All that CHILD writes to stream NUMBER, as text. */
static void read_all(struct syn_child *child, int number, char *text, size_t capacity)
{
    size_t n = 1, size = 0;

    while (n > 0) {
        CHECK_INT(
            syn_stream_read(syn_child_stream(child, number), text + size, capacity - 1 - size, &n),
            SYN_OK);
        size += n;
    }
    text[size] = '\0';
}

/* Starts a child with its output in a pipe, and gets that. */
static struct syn_exit output_of(struct syn_child_options options, char *text, size_t capacity)
{
    struct syn_child *child;
    struct syn_exit exit;

    options.out = SYN_CHILD_PIPE;
    CHECK_INT(syn_child_start(&options, &child), SYN_OK);
    read_all(child, 1, text, capacity);
    CHECK_INT(syn_child_wait(child, &exit), SYN_OK);
    CHECK_INT(syn_child_close(child, NULL), SYN_OK);
    return exit;
}

static void I6_how_it_ended_is_known(void)
{
    struct syn_exit exit;
    struct syn_child *child;

    begin_here();
    CHECK_INT(syn_child_run(SHELL("exit 7"), &exit), SYN_OK);
    CHECK_INT(exit.code, 7);
    CHECK_INT(exit.signal, 0);
    CHECK_INT(syn_child_run(SHELL("kill -USR1 $$"), &exit), SYN_OK);
    CHECK_INT(exit.code, -1);
    CHECK_INT(exit.signal, SIGUSR1);
    CHECK_INT(syn_child_start(SHELL("exec sleep 1000"), &child), SYN_OK);
    CHECK_INT(kill(syn_child_id(child), 0), 0);
    CHECK_INT(call_by(syn_after(0.02), syn_child_wait(child, &exit)), SYN_ETIMEDOUT);
    CHECK_INT(syn_child_kill(child, SIGINT), SYN_OK);
    CHECK_INT(syn_child_wait(child, &exit), SYN_OK);
    CHECK_INT(exit.signal, SIGINT);
    CHECK_INT(syn_child_wait(child, &exit), SYN_OK); /* again and again */
    CHECK_INT(syn_child_kill(child, SIGINT), SYN_EALREADY);
    CHECK_INT(syn_child_close(child, &exit), SYN_OK);
    CHECK_INT(exit.signal, SIGINT);
    end_here();
}

static void I6_its_streams_are_what_was_said(void)
{
    char text[200];
    struct syn_child_options cat = {.arguments = (const char *const[]){"cat", NULL},
                                    .in = SYN_CHILD_PIPE,
                                    .out = SYN_CHILD_PIPE};
    struct syn_child *child;
    struct syn_stream *in;
    int fds[2];

    begin_here();
    CHECK_INT(syn_child_start(&cat, &child), SYN_OK);
    CHECK_INT(syn_stream_write_all(syn_child_stream(child, 0), "hello", 5), SYN_OK);
    in = syn_child_take_stream(child, 0);
    CHECK_PTR(syn_child_stream(child, 0), NULL);
    CHECK_INT(syn_stream_close(in), SYN_OK);
    read_all(child, 1, text, sizeof text);
    CHECK_STR(text, "hello");
    CHECK_INT(syn_child_close(child, NULL), SYN_OK);

    CHECK_INT(output_of(
                  (struct syn_child_options){
                      .arguments = (const char *const[]){"sh", "-c", "echo a; echo b >&2", NULL},
                      .in = SYN_CHILD_NULL,
                      .err = SYN_CHILD_OUT},
                  text, sizeof text)
                  .code,
              0);
    CHECK_STR(text, "a\nb\n");

    CHECK_INT(pipe(fds), 0); /* a descriptor of the program's own */
    CHECK_INT(syn_child_run(
                  &(struct syn_child_options){.arguments = (const char *const[]){"echo", "c", NULL},
                                              .out = fds[1]},
                  NULL),
              SYN_OK);
    CHECK_INT(read(fds[0], text, sizeof text), 2);
    CHECK_MEM(text, "c\n", 2);
    close(fds[0]);
    close(fds[1]);
    end_here();
}

static void I6_where_and_with_what_it_begins(void)
{
    char text[4000];

    begin_here();
    output_of(
        (struct syn_child_options){
            .arguments = (const char *const[]){"sh", "-c", "echo $ONE-$HOME; pwd", NULL},
            .environment = (const char *const[]){"ONE=1", "PATH=/bin:/usr/bin", NULL},
            .directory = "/"},
        text, sizeof text);
    CHECK_STR(text, "1-\n/\n");
    output_of(
        (struct syn_child_options){
            .arguments = (const char *const[]){"sh", "-c", "grep SigBlk /proc/self/status", NULL}},
        text, sizeof text);
    CHECK_STR(text, "SigBlk:\t0000000000000000\n");
    output_of(
        (struct syn_child_options){
            .arguments =
                (const char *const[]){"sh", "-c", "ps -o sid= -p $$ | tr -d ' '; echo $$", NULL},
            .new_session = 1},
        text, sizeof text);
    CHECK_INT(atoi(text), atoi(strchr(text, '\n') + 1));
    end_here();
}

/* The program's own that are not close-on-exec, and one with which ls reads the list. */
static void H2_it_gets_no_descriptor_of_the_library(void)
{
    char text[4000], *at = text;
    int inherited = 0, listed = 0;

    begin_here();
    output_of(
        (struct syn_child_options){.arguments = (const char *const[]){"ls", "/proc/self/fd", NULL}},
        text, sizeof text);
    for (int fd = 3; fd < 2500; fd++) {
        int flags = fcntl(fd, F_GETFD);

        inherited += flags != -1 && !(flags & FD_CLOEXEC);
    }
    for (; *at; at = strchr(at, '\n') + 1)
        listed += atoi(at) > 2;
    CHECK_INT(listed, inherited + 1);
    end_here();
}

static void E1_a_program_that_cannot_be_started_is_an_error(void)
{
    struct syn_child *child;
    int open_before;

    begin_here();
    CHECK_INT(syn_child_run(SHELL("true"), NULL), SYN_OK);
    open_before = count_open();
    CHECK_INT(syn_child_start(
                  &(struct syn_child_options){.arguments =
                                                  (const char *const[]){"/no/such/program", NULL},
                                              .in = SYN_CHILD_PIPE,
                                              .out = SYN_CHILD_PIPE,
                                              .err = SYN_CHILD_PIPE},
                  &child),
              ENOENT);
    CHECK_STR(syn_last_report()->message, "cannot start /no/such/program");
    CHECK_INT(
        syn_child_start(&(struct syn_child_options){.arguments = (const char *const[]){"/", NULL}},
                        &child),
        EACCES);
    CHECK_INT(syn_child_start(
                  &(struct syn_child_options){.arguments = (const char *const[]){"true", NULL},
                                              .directory = "/no/such"},
                  &child),
              ENOENT);
    CHECK_INT(
        syn_child_start(
            &(struct syn_child_options){.arguments = (const char *const[]){"true", NULL}, .in = -9},
            &child),
        SYN_EINVAL);
    CHECK_INT(syn_child_start(&(struct syn_child_options){0}, &child), SYN_EINVAL);
    CHECK_INT(syn_child_start(NULL, &child), SYN_EINVAL);
    CHECK_INT(
        syn_child_run(&(struct syn_child_options){.arguments = (const char *const[]){"true", NULL},
                                                  .out = SYN_CHILD_PIPE},
                      NULL),
        SYN_EINVAL);
    CHECK_INT(syn_child_wait(NULL, NULL), SYN_EINVAL);
    CHECK_INT(syn_child_kill(NULL, 9), SYN_EINVAL);
    CHECK_INT(syn_child_close(NULL, NULL), SYN_OK);
    CHECK_INT(count_open(), open_before);
    end_here();
}

static const struct test_case cases[] = {
    TEST(I6_how_it_ended_is_known),
    TEST(I6_its_streams_are_what_was_said),
    TEST(I6_where_and_with_what_it_begins),
    TEST(H2_it_gets_no_descriptor_of_the_library),
    TEST(E1_a_program_that_cannot_be_started_is_an_error),
};

TEST_MAIN_BOTH_MODES("child", cases);
