/* SPDX-License-Identifier: Apache-2.0
 *
 * Guests in other people's processes: signals, descriptors, what belongs to a
 * thread; and what a caller that drives notices (C13), or rather does not.
 */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>

#include "support/call_rig.h"

SYNCHRONIZER(demo);
SYNCHRONIZER(other);
SYNCHRONIZER(willing, .caller_may_drive = 1);
SYNCHRONIZER(unwilling, .caller_may_drive = -1);

ASYNC(demo, int, square, (double, seconds), (int, x))
{
    co_begin;
    co_sleep(self->seconds);
    if (self->x < 0)
        co_fail(SYN_EIO, "negative");
    co_return(self->x * self->x);
    co_end;
}

/* H1 */

struct handlers {
    void (*all[32])(int);
};

static struct handlers read_handlers(void)
{
    struct handlers h = {{0}};
    struct sigaction action;

    for (int s = 1; s < 32; s++)
        if (sigaction(s, NULL, &action) == 0)
            h.all[s] = action.sa_handler;
    return h;
}

static unsigned long long blocked_signals(const char *thread)
{
    char path[300], line[200];
    unsigned long long mask = 0;
    FILE *status;

    snprintf(path, sizeof path, "/proc/self/task/%s/status", thread);
    status = fopen(path, "r");
    CHECK(status != NULL);
    while (fgets(line, sizeof line, status))
        if (sscanf(line, "SigBlk: %llx", &mask) == 1)
            break;
    fclose(status);
    return mask;
}

/* All that others may send; those that a thread's own fault raises are not looked at. */
static bool all_are_blocked(const char *thread)
{
    static const int open[] = {SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT};
    unsigned long long blocked = blocked_signals(thread);

    for (size_t i = 0; i < sizeof open / sizeof *open; i++)
        blocked |= 1ULL << (open[i] - 1);
    return (blocked & 0x7FFFFFFF) == 0x7FFFFFFF;
}

/* An emulator may keep some open, whatever its program does. */
static bool blocked_signals_are_shown(void)
{
    char self[20];
    sigset_t all, before;
    bool shown;

    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    snprintf(self, sizeof self, "%ld", (long)getpid());
    shown = all_are_blocked(self);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return shown;
}

static void H1_no_sleeping_thread_has_a_signal_of_others_open_and_no_handler_is_installed(void)
{
    struct handlers before = read_handlers(), after;
    char self[20];
    DIR *threads;
    int n = 0;

    begin_in_real_time();
    CHECK_INT(square(0.0, 3, NULL), 0);
    CHECK_INT(future_get(square_future(0.0, 3), NULL), 0);
    after = read_handlers();
    for (int s = 1; s < 32; s++)
        CHECK(after.all[s] == before.all[s]);
    threads = opendir("/proc/self/task");
    if (!threads)
        TEST_SKIP("the signals of threads cannot be seen here");
    if (!blocked_signals_are_shown())
        TEST_SKIP("the signals that a thread blocks are not shown here");
    snprintf(self, sizeof self, "%ld", (long)getpid());
    for (struct dirent *entry; (entry = readdir(threads));) {
        char name[40] = "";
        FILE *comm;

        if (entry->d_name[0] == '.' || strcmp(entry->d_name, self) == 0)
            continue;
        snprintf(name, sizeof name, "/proc/self/task/%.12s/comm", entry->d_name);
        comm = fopen(name, "r");
        CHECK(comm && fgets(name, sizeof name, comm));
        fclose(comm);
        if (strcmp(name, "demo\n") != 0) /* a sanitizer's */
            continue;
        n++;
        while (!all_are_blocked(entry->d_name)) /* until it sleeps */
            usleep(1000);
    }
    CHECK_INT(n, 1);
    closedir(threads);
    finish(&demo);
    done();
}

static void H2_every_descriptor_is_close_on_exec(void)
{
    bool open_before[256];
    int n = 0;

    begin();
    for (int fd = 0; fd < 256; fd++)
        open_before[fd] = fcntl(fd, F_GETFD) != -1;
    CHECK_INT(square(1.0, 3, NULL), 0);
    for (int fd = 0; fd < 256; fd++) {
        int flags = fcntl(fd, F_GETFD);

        if (open_before[fd] || flags == -1)
            continue;
        CHECK(flags & FD_CLOEXEC);
        n++;
    }
    CHECK(n > 0);
    finish(&demo);
    done();
}

/* The signal would end the case. */
static void H2_what_the_library_prints_to_who_has_left_raises_no_signal(void)
{
    struct square_future f;
    int pipes[2], sockets[2], standard_error = dup(2);

#if defined(__SANITIZE_THREAD__)
    TEST_SKIP("the dump reads without locks, by design");
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
    TEST_SKIP("the dump reads without locks, by design");
#endif
#endif
    begin();
    signal(SIGPIPE, SIG_DFL); /* our parent may ignore it */
    CHECK_INT(pipe(pipes), 0);
    CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
    close(pipes[0]);
    close(sockets[0]);
    f = square_future(60, 1);
    syn_dump(pipes[1]);
    syn_dump(sockets[1]);
    syn_test_delay_print(pipes[1]); /* says something in a checked build only */
    CHECK_INT(square(0.0, -1, NULL), SYN_EIO);
    for (int i = 0; i < 2; i++) {
        dup2(i ? pipes[1] : sockets[1], 2);
        syn_perror("square");
        dup2(standard_error, 2);
    }
    CHECK_INT(future_cancel(f), SYN_ECANCELED);
    close(pipes[1]);
    close(sockets[1]);
    close(standard_error);
    finish(&demo);
    done();
}

/* H5 */

ASYNC(demo, int, spoils, (int, fail))
{
    co_begin;
    errno = ENOTTY;
    CHECK_INT(square(0.0, 3, NULL), SYN_EDEADLK);
    co_sleep(1.0);
    CHECK_INT(square(0.0, 3, NULL), SYN_EDEADLK);
    errno = ENOTTY;
    if (self->fail)
        co_fail(SYN_EPIPE, "on purpose");
    co_end;
}

static void H5_errno_and_the_report_of_a_caller_are_his_while_he_drives(void)
{
    begin();
    CHECK_INT(square(1.0, -1, NULL), SYN_EIO);
    errno = ENOEXEC;
    CHECK_INT(spoils(0, NULL), 0);
    CHECK_INT(errno, ENOEXEC);
    CHECK_SAYS("negative"); /* still that of the latest failure */
    CHECK_INT(syn_last_origin(), SYN_BY_TASK);
    CHECK_INT(spoils(1, NULL), SYN_EPIPE);
    CHECK_INT(errno, ENOEXEC);
    CHECK_SAYS("on purpose");
    CHECK_INT(syn_last_origin(), SYN_BY_TASK);
    CHECK_INT(call_by(syn_after(0.5), square(1.0, 1, NULL)), SYN_ETIMEDOUT);
    CHECK_INT(spoils(0, NULL), 0);
    CHECK_INT(syn_last_origin(), SYN_BY_DEADLINE);
    finish(&demo);
    done();
}

/* C13 */

ASYNC(willing, void, runs_willing, (pthread_t *, thread))
{
    co_begin;
    co_sleep(1.0);
    *self->thread = pthread_self();
    co_end;
}

ASYNC(unwilling, void, runs_unwilling, (pthread_t *, thread))
{
    co_begin;
    co_sleep(1.0);
    *self->thread = pthread_self();
    co_end;
}

ASYNC(demo, void, runs_by_mode, (pthread_t *, thread))
{
    co_begin;
    co_sleep(1.0);
    *self->thread = pthread_self();
    co_end;
}

static void C13_a_caller_drives_where_that_is_allowed_and_only_there(void)
{
    pthread_t thread;

    begin();
    CHECK_INT(runs_willing(&thread), 0);
    CHECK(pthread_equal(thread, pthread_self()));
    CHECK_INT(synchronizer_stats(&willing).hand_overs, 0);
    CHECK_INT(runs_unwilling(&thread), 0);
    CHECK(!pthread_equal(thread, pthread_self()));
    CHECK_INT(runs_by_mode(&thread), 0);
    CHECK_INT(pthread_equal(thread, pthread_self()) != 0, test_driving);
    finish(&willing);
    finish(&unwilling);
    finish(&demo);
    done();
}

static atomic_int n_inside, n_steps;

static void alone(void)
{
    CHECK_INT(atomic_fetch_add(&n_inside, 1), 0);
    for (volatile int i = 0; i < 1000; i++)
        ;
    atomic_fetch_sub(&n_inside, 1);
    n_steps++;
}

ASYNC(demo, void, steps_alone, (int, n), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < self->n; self->i++) {
        alone();
        if (self->i % 3)
            co_sleep(0.0001);
        else
            co_pass;
    }
    co_end;
}

enum { CALLERS = 8, ROUNDS = 50 };

static void calls(int number, void *argument)
{
    (void)argument;
    for (int i = 0; i < ROUNDS; i++) {
        struct steps_alone_future f = steps_alone_future(1);

        CHECK_INT(steps_alone((number + i) % 4), 0);
        CHECK_INT(i % 2 ? future_get(f) : future_detach(f), 0);
    }
}

static void C13_one_driver_at_a_time_and_what_runs_in_the_background_runs_on(void)
{
    begin_in_real_time();
    crew_run(CALLERS, calls, NULL);
    CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
    CHECK(n_steps >= CALLERS * ROUNDS);
    finish(&demo);
    done_after(CALLERS * ROUNDS);
}

/* A task of one blocks on the other, which the driver of the first may drive too. */

ASYNC(other, int, answers, (int, x))
{
    co_begin;
    co_pass;
    if (test_driving)
        CHECK_INT(square(0.0, 3, NULL), SYN_EDEADLK); /* that loop is further out */
    co_return(self->x + 1);
    co_end;
}

ASYNC(demo, int, asks, (int, x), SYN_LOCAL(int, y))
{
    co_begin;
    if (test_driving)
        CHECK_INT(answers(self->x, &self->y), 0);
    else
        co_try(answers_future(self->x), &self->y);
    co_sleep(1.0);
    co_return(self->y);
    co_end;
}

static void C13_a_caller_may_drive_two_loops_one_inside_the_other(void)
{
    int y = 0;

    begin();
    CHECK_INT(synchronizer_start(&demo), 0);
    CHECK_INT(asks(1, &y), 0);
    CHECK_INT(y, 2);
    CHECK_INT(now(), SECOND);
    finish(&demo);
    finish(&other);
    done();
}

static const struct test_case cases[] = {
    TEST(H1_no_sleeping_thread_has_a_signal_of_others_open_and_no_handler_is_installed),
    TEST(H2_every_descriptor_is_close_on_exec),
    TEST(H2_what_the_library_prints_to_who_has_left_raises_no_signal),
    TEST(H5_errno_and_the_report_of_a_caller_are_his_while_he_drives),
    TEST(C13_a_caller_drives_where_that_is_allowed_and_only_there),
    TEST(C13_one_driver_at_a_time_and_what_runs_in_the_background_runs_on),
    TEST(C13_a_caller_may_drive_two_loops_one_inside_the_other),
};
TEST_MAIN_BOTH_MODES("hygiene", cases);
