/* SPDX-License-Identifier: Apache-2.0
 *
 * Files under pressure: what goes wrong, what is cancelled, and what is in use until when.
 */
#define _FILE_OFFSET_BITS 64 /* files of temp_dir.h, also where long has 32 bits */
#if defined(__linux__)
#define _GNU_SOURCE
#elif defined(__APPLE__)
#define _DARWIN_C_SOURCE
#endif

#include "support/file_rig.h"

#include <signal.h>
#include <sys/resource.h>

/* --- what goes wrong --- */

static void E1_errors_name_the_path(void)
{
    struct syn_file_info info;
    int fd = 7;

    begin_files();
    CHECK_INT(syn_file_open(in_temp("none"), O_RDONLY, 0, &fd), ENOENT);
    CHECK_SAYS("cannot open");
    CHECK_SAYS("/none");
    CHECK_INT(fd, 7);
    CHECK_INT(syn_file_open(NULL, O_RDONLY, 0, &fd), ENOENT);
    CHECK_INT(syn_file_stat(in_temp("none"), &info), ENOENT);
    CHECK_SAYS("/none");
    CHECK_INT(syn_file_unlink(temp_dir) == SYN_OK, 0);
    CHECK_SAYS(temp_dir);
    CHECK_INT(syn_file_rename(in_temp("none"), in_temp("some")), ENOENT);
    CHECK_SAYS("/none");
    CHECK_SAYS("/some");
    CHECK_INT(syn_directory_make(temp_dir, 0700), EEXIST);
    CHECK_SAYS(temp_dir);
    CHECK_INT(syn_directory_remove(in_temp("none")), ENOENT);
    CHECK_INT(syn_file_close(-1), SYN_EBADF);
    CHECK_INT(syn_file_sync(-1), SYN_EBADF);
    CHECK_INT(syn_file_fstat(-1, &info), SYN_EBADF);
    over();
}

static void I5_a_write_that_fails_says_how_far_it_came(void)
{
    struct rlimit limit = {100, 100};
    char data[150] = "";
    int fd;

    begin_files();
    fd = opened("a");
    CHECK_INT(setrlimit(RLIMIT_FSIZE, &limit), 0);
    CHECK_INT(syn_file_write(fd, data, sizeof data, 0), EFBIG);
    CHECK_SAYS("100 of 150 bytes");
    CHECK_INT(syn_file_close(fd), SYN_OK);
    over();
}

static void H2_interrupted_calls_are_made_again(void)
{
    const char *const names[] = {"open", "pwrite", "fsync", "pread"};

    begin_files();
    for (int i = 0; i < 4; i++) {
        int fd;

        syn_fault_set(names[i], 1, 3, EINTR);
        fd = opened("a");
        CHECK_INT(syn_file_write(fd, "again", 5, 0), SYN_OK);
        CHECK_INT(syn_file_sync(fd), SYN_OK);
        check_content(fd, "again");
        CHECK(syn_fault_hits() > 3);
        syn_fault_clear();
        CHECK_INT(syn_file_close(fd), SYN_OK);
    }
    over();
}

static void H2_descriptors_are_close_on_exec(void)
{
    int fd;

    begin_files();
    fd = opened("a");
    CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    CHECK_INT(syn_file_close(fd), SYN_OK);
    CHECK_INT(fcntl(fd, F_GETFD), -1);
    over();
}

POOL(narrow, .max_threads = 1, .queue_bound = 1, .when_full = SYN_WHEN_FULL_RUN_HERE,
     .grace_ns = 1000000);

BLOCKING(narrow, void, stands, (struct gate *, at))
{
    gate_pass(at);
}

static void H2_a_write_in_the_submitters_own_thread_raises_no_SIGPIPE(void)
{
    struct gate gate;
    struct stands_future a, b;
    int fds[2];

    begin_files();
    gate_init(&gate);
    a = stands_future(&gate);
    gate_await(&gate, 1);
    b = stands_future(&gate);
    CHECK_INT(pipe(fds), 0);
    close(fds[0]);
    CHECK_INT(future_get(pool_submit(&narrow, syn_file_write, fds[1], "x", 1, -1)), SYN_EPIPE);
    CHECK_INT(pool_stats(&narrow).ran_here, 1);
    close(fds[1]);
    gate_open(&gate);
    CHECK_INT(future_get(a), SYN_OK);
    CHECK_INT(future_get(b), SYN_OK);
    finish_pool(&narrow);
    over();
}

/* --- cancelling --- */

BLOCKING(DEFAULT_POOL, void, stubborn, (struct gate *, at))
{
    gate_pass(at);
}

/* Asks READ_ONE to end, and then the Nth job that stands at GATE; returns when that is
   abandoned, so when the grace time of both is over. */
static void ask_and_outlast(struct syn_file_read_future read_one, struct gate *gate, int n)
{
    struct stubborn_future other = stubborn_future(gate);

    gate_await(gate, n);
    while (pool_stats(syn_default_pool()).queued > 0)
        usleep(100);
    CHECK_INT(future_request_cancel(read_one), SYN_OK);
    CHECK_INT(future_cancel(other), SYN_ECANCELED);
    CHECK_SAYS("abandoned");
}

static void X3_a_read_that_is_under_way_keeps_its_buffer(void)
{
    const struct syn_pool_options options = {.grace_ns = 1000000};
    struct syn_file_read_future f;
    struct gate gate;
    char c = 0;
    size_t n;
    int fds[2], round = 0;

    begin_files();
    CHECK_INT(pool_configure(syn_default_pool(), &options), SYN_OK);
    gate_init(&gate);
    CHECK_INT(pipe(fds), 0);
    for (;;) {
        f = syn_file_read_future(fds[0], &c, 1, -1);
        ask_and_outlast(f, &gate, ++round);
        put(fds[1], "x");
        if (future_get(f, &n) == SYN_OK)
            break;
        /* It was asked before its system call, and so ended by itself: once more. */
        CHECK_INT(syn_last_report()->code, SYN_ECANCELED);
        CHECK_SAYS("0 of 1 bytes were read");
        CHECK_INT(read(fds[0], &c, 1), 1);
        c = 0;
    }
    CHECK_INT(c, 'x');
    gate_open(&gate);
    close(fds[0]);
    close(fds[1]);
    over();
}

static void X3_a_cancelled_write_ends_between_pieces_and_says_how_far_it_came(void)
{
    static char data[1000000], back[4096];
    struct syn_file_write_future f;
    size_t got = 0;
    ssize_t n;
    int fds[2], told;

    begin_files();
    CHECK_INT(pipe(fds), 0);
    CHECK_INT(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
    syn_fault_set("short", 1, sizeof data, 0);
    f = syn_file_write_future(fds[1], data, sizeof data, -1);
    wait_readable(fds[0]);
    CHECK_INT(future_request_cancel(f), SYN_OK);
    while (future_poll(f) == SYN_EAGAIN)
        got += (n = read(fds[0], back, sizeof back)) > 0 ? (size_t)n : 0;
    syn_fault_clear();
    CHECK_INT(future_get(f), SYN_ECANCELED);
    CHECK_INT(syn_last_origin(), SYN_BY_REQUEST);
    CHECK_SAYS("of 1000000 bytes were written");
    told = atoi(last_message());
    while ((n = read(fds[0], back, sizeof back)) > 0)
        got += (size_t)n;
    CHECK_INT(told, got);
    close(fds[0]);
    close(fds[1]);
    over();
}

static void X3_a_cancelled_read_ends_between_pieces_and_says_how_far_it_came(void)
{
    struct syn_file_read_future f;
    char buffer[100];
    size_t n;
    int fds[2];

    begin_files();
    CHECK_INT(pipe(fds), 0);
    f = syn_file_read_future(fds[0], buffer, sizeof buffer, -1);
    while (pool_stats(syn_default_pool()).queued > 0)
        usleep(100);
    put(fds[1], "one");
    CHECK_INT(future_request_cancel(f), SYN_OK);
    put(fds[1], "two");
    CHECK_INT(future_get(f, &n), SYN_ECANCELED);
    CHECK_SAYS("of 100 bytes were read");
    close(fds[0]);
    close(fds[1]);
    over();
}

static void X3_a_close_that_never_began_leaves_it_open(void)
{
    struct stands_future a;
    struct gate gate;
    int fd;

    begin_files();
    gate_init(&gate);
    a = stands_future(&gate);
    gate_await(&gate, 1);
    fd = opened("a");
    CHECK_INT(future_cancel(pool_submit(&narrow, syn_file_close, fd)), SYN_ECANCELED);
    CHECK(fcntl(fd, F_GETFD) >= 0);
    CHECK_INT(syn_file_close(fd), SYN_OK);
    gate_open(&gate);
    CHECK_INT(future_get(a), SYN_OK);
    finish_pool(&narrow);
    over();
}

/* --- everything failing in turn --- */

static syn_err work_with(int fd)
{
    struct syn_file_info info;
    char c;
    size_t n;
    syn_err err = syn_file_write(fd, "x", 1, 0);

    err = err ? err : syn_file_read(fd, &c, 1, 0, &n);
    err = err ? err : syn_file_sync(fd);
    return err ? err : syn_file_fstat(fd, &info);
}

static syn_err whole_life(void)
{
    struct syn_file_info info;
    syn_err err, close_err;
    int fd;

    err = syn_directory_make(in_temp("d"), 0700);
    err = err ? err : syn_file_open(in_temp("d/a"), O_RDWR | O_CREAT, 0600, &fd);
    if (err)
        return err;
    err = work_with(fd);
    close_err = syn_file_close(fd);
    if (close_err && fcntl(fd, F_GETFD) >= 0) /* it never began */
        close(fd);
    err = err ? err : close_err;
    err = err ? err : syn_file_rename(in_temp("d/a"), in_temp("d/b"));
    err = err ? err : syn_file_stat(in_temp("d/b"), &info);
    err = err ? err : syn_file_lstat(in_temp("d/b"), &info);
    err = err ? err : syn_file_unlink(in_temp("d/b"));
    return err ? err : syn_directory_remove(in_temp("d"));
}

/* WHOLE with its 1st, 2nd, ... WHAT (NULL: anything) failing. Returns how often that was
 * told. */
static unsigned long with_each_failing(const char *what, syn_err (*whole)(void))
{
    unsigned long nth = 0, hits, n_failed = 0;
    int before = count_open();
    syn_err err;

    do {
        syn_fault_set(what, ++nth, 1, EIO);
        err = whole();
        hits = syn_fault_hits();
        syn_fault_clear();
        CHECK(err == SYN_OK || err == SYN_EIO || err == SYN_ENOMEM);
        n_failed += err != SYN_OK;
        CHECK_INT(pool_stop(syn_default_pool(), syn_never()), SYN_OK);
        pool_start(syn_default_pool());
        CHECK_INT(synchronizer_stop(&demo, syn_never()), SYN_OK);
        CHECK_INT(synchronizer_start(&demo), SYN_OK);
        CHECK_INT(synchronizer_stop(&demo, syn_never()), SYN_OK);
        CHECK_INT(synchronizer_free(&demo), SYN_OK);
        CHECK_INT(count_open(), before);
        temp_end();
        temp_begin();
    } while (hits >= nth);
    return n_failed;
}

static void T4_with_any_call_failing_nothing_stays_open(void)
{
    const char *const calls[] = {"mkdir", "open", "pwrite", "pread", "fsync", "stat", "close",
                                 "rename", "unlink", "rmdir", "alloc", "pthread_create"};
    const unsigned long told[] = {1, 1, 1, 1, 1, 3, 1, 1, 1, 1, 1, 1};

    begin_files();
    for (int i = 0; i < 12; i++)
        CHECK(with_each_failing(calls[i], whole_life) >= told[i]);
    /* What the nth of all is, and is told, differs: a job may find the thread of that before it, or not. */
    CHECK(with_each_failing(NULL, whole_life) > 0);
    over();
}

static syn_err one_copy(void)
{
    size_t n;

    temp_file("a", "some text, to be copied");
    return copies(in_temp("a"), in_temp("b"), &n);
}

static void T4_with_any_call_failing_a_task_leaves_nothing_open(void)
{
    const char *const calls[] = {"alloc", "open", "pread", "pwrite", "close", "pthread_create"};
    const unsigned long told[] = {3, 2, 3, 3, 0, 1};

    begin_files();
    for (int i = 0; i < 6; i++)
        CHECK(with_each_failing(calls[i], one_copy) >= told[i]);
    over();
}

static const struct test_case cases[] = {
    TEST(I5_a_write_that_fails_says_how_far_it_came),
    TEST(E1_errors_name_the_path),
    TEST(H2_interrupted_calls_are_made_again),
    TEST(H2_descriptors_are_close_on_exec),
    TEST(H2_a_write_in_the_submitters_own_thread_raises_no_SIGPIPE),
    TEST(X3_a_read_that_is_under_way_keeps_its_buffer),
    TEST(X3_a_cancelled_write_ends_between_pieces_and_says_how_far_it_came),
    TEST(X3_a_cancelled_read_ends_between_pieces_and_says_how_far_it_came),
    TEST(X3_a_close_that_never_began_leaves_it_open),
    TEST(T4_with_any_call_failing_nothing_stays_open),
    TEST(T4_with_any_call_failing_a_task_leaves_nothing_open),
};
TEST_MAIN_BOTH_MODES("file_limits", cases);
