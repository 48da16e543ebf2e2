/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs the cases of one test file, see test.h.
 *
 * Everything here runs on the main thread, of the parent (which only forks and
 * waits) or of the child (which is one case); the checks run on any thread of the
 * child. A process per case rather than a longjmp back into the runner: a case
 * may then crash, hang, leave threads behind or change the process without any
 * other case noticing.
 */
#if defined(__linux__)
#define _GNU_SOURCE
#elif defined(__APPLE__)
#define _DARWIN_C_SOURCE
#endif

#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <synchronicity/inspect.h>
#include <synchronicity/testing.h>

enum { PASSED = 0, FAILED = 1, UNKNOWN = 2, SKIPPED = 77 };
enum { MOST_DESCRIPTORS = 4096 }; /* new ones get the lowest numbers, so this sees any leak */
enum { MOST_AT_A_TIME = 256 };

static const char driving_suffix[] = "@driving";

bool test_driving;
void (*test_alarm_hook)(int fd) = syn_dump;

static bool debugging;

/* ---- delays at random: TEST_DELAYS ------------------------------------------- */

static unsigned long long delays; /* the seed; 0: none */

/* As TEST_DELAYS says: a seed, or "random" for one that nobody chose. */
static void read_delays(void)
{
    const char *text = getenv("TEST_DELAYS");
    struct timespec now;
    syn_err err;

    if (!text || !*text)
        return;
    delays = strtoull(text, NULL, 0);
    if (strcmp(text, "random") == 0) {
        clock_gettime(CLOCK_REALTIME, &now);
        delays = (unsigned long long)now.tv_sec * 1000003 + (unsigned long long)now.tv_nsec;
    }
    err = syn_test_delay_at_random(delays, 16, 0.002);
    if (err == SYN_ENOTSUP) {
        fprintf(stderr, "skipped: TEST_DELAYS needs a checked build (SYN_CHECKED)\n");
        exit(SKIPPED);
    } else if (err) {
        fprintf(stderr, "TEST_DELAYS is a seed that is not 0, or \"random\", not %s\n", text);
        exit(UNKNOWN);
    }
    printf("TEST_DELAYS=%llu\n", delays);
}

/* ---- checks ---------------------------------------------------------------- */

static _Noreturn void end_case(int status)
{
    fflush(stdout);
    if (delays && status == FAILED)
        syn_test_delay_print(STDERR_FILENO);
    if (debugging && status == FAILED)
        abort(); /* the debugger stops here */
    _exit(status);
}

_Noreturn void test_fail(const char *file, int line, const char *format, ...)
{
    char text[2000];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fprintf(stderr, "%s:%d: %s\n", file, line, text);
    end_case(FAILED);
}

_Noreturn void test_skip(const char *file, int line, const char *reason)
{
    fprintf(stderr, "%s:%d: skipped: %s\n", file, line, reason);
    end_case(SKIPPED);
}

void test_check_int(const char *file, int line, const char *what, long long actual,
                    long long expected)
{
    if (actual != expected)
        test_fail(file, line, "%s is %lld (0x%llx), not %lld (0x%llx)", what, actual,
                  (unsigned long long)actual, expected, (unsigned long long)expected);
}

void test_check_str(const char *file, int line, const char *what, const char *actual,
                    const char *expected)
{
    if (actual == expected || (actual && expected && strcmp(actual, expected) == 0))
        return;
    test_fail(file, line, "%s is \"%s\", not \"%s\"", what, actual ? actual : "(null)",
              expected ? expected : "(null)");
}

void test_check_ptr(const char *file, int line, const char *what, const void *actual,
                    const void *expected)
{
    if (actual != expected)
        test_fail(file, line, "%s is %p, not %p", what, (void *)(size_t)actual,
                  (void *)(size_t)expected);
}

void test_check_mem(const char *file, int line, const char *what, const void *actual,
                    const void *expected, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned a = ((const unsigned char *)actual)[i];
        unsigned e = ((const unsigned char *)expected)[i];
        if (a != e)
            test_fail(file, line, "%s: byte %zu is 0x%02x, not 0x%02x", what, i, a, e);
    }
}

/* ---- the child: one case ---------------------------------------------------- */

static struct {
    pid_t pid;
    bool returned;
    bool open_before[MOST_DESCRIPTORS];
} child;

/* Which of the COUNT descriptors from FIRST are open. Linux's poll() says so of all in one call; elsewhere it may say it
 * of a device that is. */
static void see_open_from(int first, int count, bool *open)
{
    bool told = false;
#ifdef __linux__
    struct pollfd asked[MOST_AT_A_TIME];

    for (int i = 0; i < count; i++)
        asked[i] = (struct pollfd){.fd = first + i};
    told = poll(asked, (nfds_t)count, 0) >= 0;
    for (int i = 0; told && i < count; i++)
        open[i] = !(asked[i].revents & POLLNVAL);
#endif
    for (int i = 0; !told && i < count; i++)
        open[i] = fcntl(first + i, F_GETFD) != -1;
}

static void see_open(bool open[MOST_DESCRIPTORS])
{
    for (int first = 0; first < MOST_DESCRIPTORS; first += MOST_AT_A_TIME)
        see_open_from(first, MOST_AT_A_TIME, open + first);
}

static void say_what_leaked(int fd)
{
    char link[40], target[200];

    snprintf(link, sizeof link, "/dev/fd/%d", fd);
    ssize_t length = readlink(link, target, sizeof target - 1);
    target[length > 0 ? length : 0] = '\0';
    fprintf(stderr, "descriptor %d was left open %s\n", fd, target);
}

/* Runs at exit. It was registered before the case began, hence runs after all
 * that the case or the library registered. */
static void look_at_the_end(void)
{
    static bool open_now[MOST_DESCRIPTORS];
    bool fine = child.returned;

    if (getpid() != child.pid)
        return;
    if (!fine)
        fprintf(stderr, "exit() was called inside the case\n");
    see_open(open_now);
    for (int fd = 0; fd < MOST_DESCRIPTORS; fd++) {
        if (open_now[fd] == child.open_before[fd])
            continue;
        fine = false;
        if (open_now[fd])
            say_what_leaked(fd);
        else
            fprintf(stderr, "descriptor %d was closed, but is not the case's\n", fd);
    }
    if (!fine)
        end_case(FAILED);
}

static void on_alarm(int signal_number)
{
    static const char text[] = "the case takes too long\n";

    if (write(STDERR_FILENO, text, sizeof text - 1) >= 0 && test_alarm_hook)
        test_alarm_hook(STDERR_FILENO);
    if (delays)
        syn_test_delay_print(STDERR_FILENO);
    raise(signal_number); /* SA_RESETHAND: this time it kills */
}

static void set_alarm(unsigned seconds, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESETHAND | SA_NODEFER};

    sigaction(SIGALRM, &action, NULL);
    alarm(seconds);
}

/* A broken invariant, or a fault: which delays were there. */
static void on_death(int signal_number)
{
    syn_test_delay_print(STDERR_FILENO);
    raise(signal_number); /* as above */
}

static void print_delays_at_death(void)
{
    struct sigaction action = {.sa_handler = on_death, .sa_flags = SA_RESETHAND | SA_NODEFER};

    sigaction(SIGABRT, &action, NULL);
    sigaction(SIGSEGV, &action, NULL);
}

static _Noreturn void run_here(const struct test_case *c)
{
    static const struct rlimit no_core;

    if (c->dies_by)
        setrlimit(RLIMIT_CORE, &no_core);
    else if (delays)
        print_delays_at_death();
    see_open(child.open_before);
    child.pid = getpid();
    atexit(look_at_the_end);
    c->run();
    child.returned = true;
    exit(PASSED);
}

/* ---- the parent -------------------------------------------------------------- */

static volatile sig_atomic_t watched_child;

/* The longest case takes ten seconds of a processor, and the machine may have ten times as much to do. */
static unsigned timeout_seconds(void)
{
    const char *text = getenv("TEST_TIMEOUT");
    unsigned long seconds = text ? strtoul(text, NULL, 10) : 0;

    return seconds ? (unsigned)seconds : 120 * TEST_SLOWNESS;
}

/* The case ends itself on its own alarm; this is for one that blocked it. */
static void on_parent_alarm(int signal_number)
{
    (void)signal_number;
    kill(-(pid_t)watched_child, SIGKILL);
    kill((pid_t)watched_child, SIGKILL);
}

static int wait_for(pid_t pid)
{
    int status;

    watched_child = pid;
    set_alarm(timeout_seconds() + 5, on_parent_alarm);
    while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
        ;
    alarm(0);
    kill(-pid, SIGKILL); /* whatever the case forked and forgot */
    return status;
}

/* Shows what the case said, and tells whether TEXT was in it. */
static bool show_and_search(FILE *said, const char *text)
{
    static char buffer[1 << 16];
    size_t length;

    rewind(said);
    length = fread(buffer, 1, sizeof buffer - 1, said);
    buffer[length] = '\0';
    fputs(buffer, stderr);
    return strstr(buffer, text ? text : "") != NULL;
}

static int judge_death(const struct test_case *c, const char *name, int status, FILE *said)
{
    bool found = show_and_search(said, c->says);

    if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED)
        return SKIPPED;
    if (!WIFSIGNALED(status) || WTERMSIG(status) != c->dies_by)
        fprintf(stderr, "%s: should have died by signal %d (%s)\n", name, c->dies_by,
                strsignal(c->dies_by));
    else if (!found)
        fprintf(stderr, "%s: died, but did not say \"%s\"\n", name, c->says);
    else
        return PASSED;
    return FAILED;
}

static int judge(const char *name, int status)
{
    if (WIFEXITED(status) && (WEXITSTATUS(status) == PASSED || WEXITSTATUS(status) == SKIPPED))
        return WEXITSTATUS(status);
    if (WIFEXITED(status))
        fprintf(stderr, "%s: exit status %d\n", name, WEXITSTATUS(status));
    else if (WTERMSIG(status) == SIGALRM || WTERMSIG(status) == SIGKILL)
        fprintf(stderr, "%s: timed out after %u s\n", name, timeout_seconds());
    else
        fprintf(stderr, "%s: died by signal %d (%s)\n", name, WTERMSIG(status),
                strsignal(WTERMSIG(status)));
    return FAILED;
}

static int run_forked(const struct test_case *c, const char *name)
{
    FILE *said = c->dies_by ? tmpfile() : NULL;

    fflush(NULL);
    pid_t pid = fork();
    if (pid == -1 || (c->dies_by && !said)) {
        perror(name);
        return FAILED;
    }
    if (pid == 0) {
        setpgid(0, 0);
        if (said)
            dup2(fileno(said), STDERR_FILENO);
        set_alarm(timeout_seconds(), on_alarm);
        run_here(c);
    }
    setpgid(pid, pid); /* here too: whichever process comes first */
    int status = wait_for(pid);
    int result = c->dies_by ? judge_death(c, name, status, said) : judge(name, status);
    if (said)
        fclose(said);
    printf("%s %s\n", result == PASSED ? "pass" : result == SKIPPED ? "skip" : "FAIL", name);
    return result;
}

/* ---- names and the command line ------------------------------------------------ */

enum { NAME_SIZE = 300 };
enum action { RUN, DEBUG, LIST };

struct request {
    enum action action;
    bool driving;     /* only cases in their second mode */
    const char *name; /* only this one; NULL: all */
};

static struct request parse(int argc, char **argv)
{
    struct request r = {RUN, false, NULL};

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--list") == 0)
            r.action = LIST;
        else if (strcmp(argv[i], "--debug") == 0)
            r.action = DEBUG;
        else if (strcmp(argv[i], "--drive") == 0)
            r.driving = true;
        else
            r.name = argv[i];
    }
    return r;
}

/* With --drive the suffix may be left out. */
static bool is_called(const char *name, const struct request *r)
{
    size_t length = strlen(r->name);

    return strncmp(name, r->name, length) == 0 &&
           (name[length] == '\0' || (r->driving && strcmp(name + length, driving_suffix) == 0));
}

static bool is_wanted(const struct request *r, const struct test_module *m, const char *name)
{
    if (r->driving && !test_driving)
        return false;
    return !r->name || is_called(name, r) || is_called(name + strlen(m->name) + 1, r);
}

static int run_case(enum action action, const struct test_case *c, const char *name)
{
    if (action == LIST)
        return printf("%s\n", name) > 0 ? PASSED : FAILED;
    if (action == RUN)
        return run_forked(c, name);
    debugging = true;
    run_here(c);
}

struct tally {
    int passed, failed, skipped;
};

static void run_in_mode(const struct request *r, const struct test_module *m,
                        const struct test_case *c, struct tally *tally)
{
    char name[NAME_SIZE];

    snprintf(name, sizeof name, "%s.%s%s", m->name, c->name, test_driving ? driving_suffix : "");
    if (!is_wanted(r, m, name))
        return;
    int result = run_case(r->action, c, name);
    tally->passed += result == PASSED;
    tally->failed += result == FAILED;
    tally->skipped += result == SKIPPED;
}

int test_main(const struct test_module *m, int argc, char **argv)
{
    struct request r = parse(argc, argv);
    struct tally tally = {0};

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (r.action != LIST)
        read_delays();
    for (size_t i = 0; i < m->n_cases; i++) {
        test_driving = false;
        run_in_mode(&r, m, &m->cases[i], &tally);
        test_driving = true;
        if (m->both_modes || m->cases[i].both_modes)
            run_in_mode(&r, m, &m->cases[i], &tally);
    }
    if (tally.passed + tally.failed + tally.skipped == 0) {
        fprintf(stderr, "%s: no case is called %s\n", m->name, r.name ? r.name : "anything");
        return UNKNOWN;
    }
    if (r.action == RUN && !r.name)
        printf("%s: %d passed, %d failed, %d skipped\n", m->name, tally.passed, tally.failed,
               tally.skipped);
    if (tally.failed)
        return FAILED;
    return tally.passed ? PASSED : SKIPPED;
}
