/* SPDX-License-Identifier: Apache-2.0
 *
 * The harness, tested by itself: can a test fail? Each case runs the harness once
 * more, in a forked process, over a table of specimens that no list shows, and
 * looks at its exit status and at what it printed. A fork of this process rather
 * than a second program, so that it works the same under an emulator.
 */
#if defined(__linux__)
#define _GNU_SOURCE
#elif defined(__APPLE__)
#define _DARWIN_C_SOURCE
#endif

#include "test.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- specimens ---------------------------------------------------------------- */

static void nothing(void)
{
}

static void wrong_int(void)
{
    int answer = 41;
    CHECK_INT(answer, 42);
}

static void wrong_str(void)
{
    const char *word = "sync";
    CHECK_STR(word, NULL);
}

static void wrong_mem(void)
{
    CHECK_MEM("abc", "abd", 3);
}

static void *fail_in_thread(void *unused)
{
    CHECK(unused != NULL);
    return NULL;
}

static void wrong_in_thread(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, fail_in_thread, NULL);
    pthread_join(thread, NULL);
}

static void skips(void)
{
    TEST_SKIP("it is Sunday");
}

static void leaks(void)
{
    CHECK(open("/dev/null", O_RDONLY) >= 0);
}

static void closes_too_much(void)
{
    close(STDIN_FILENO);
}

static int kept_until_exit;

static void close_at_exit(void)
{
    close(kept_until_exit);
}

static void tidies_at_exit(void)
{
    kept_until_exit = open("/dev/null", O_RDONLY);
    atexit(close_at_exit);
}

static void hangs(void)
{
    for (;;)
        pause();
}

static void exits(void)
{
    exit(0);
}

static void crashes(void)
{
    raise(SIGKILL);
}

static void aborts(void)
{
    fputs("the reason\n", stderr);
    abort();
}

static void wants_driving(void)
{
    CHECK(test_driving);
}

static const struct test_case specimens[] = {
    TEST(nothing),
    TEST(wrong_int),
    TEST(wrong_str),
    TEST(wrong_mem),
    TEST(wrong_in_thread),
    TEST(skips),
    TEST(leaks),
    TEST(closes_too_much),
    TEST(tidies_at_exit),
    TEST(hangs),
    TEST(exits),
    TEST(crashes),
    TEST(aborts),
    TEST_MODES(wants_driving),
};

static const struct test_case dying_well[] = {TEST_DIES(aborts, SIGABRT, "the reason")};
static const struct test_case dying_mute[] = {TEST_DIES(aborts, SIGABRT, "another reason")};
static const struct test_case dying_not[] = {TEST_DIES(nothing, SIGABRT, "")};
static const struct test_case only_skipped[] = {TEST(skips)};
static const struct test_case three[] = {TEST(nothing), TEST(skips), TEST(wrong_int)};

/* ---- running them -------------------------------------------------------------- */

static char printed[20000];

enum { N_SPECIMENS = sizeof specimens / sizeof *specimens };

static const char *limit_s = "30"; /* only the case that hangs has less */

static int run(const struct test_case *table, size_t n, const char *option, const char *name)
{
    struct test_module module = {"inner", table, n, false};
    const char *argv[] = {"inner", option ? option : name, option ? name : NULL, NULL};
    FILE *output = tmpfile();
    int status;

    CHECK(output);
    fflush(NULL);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        dup2(fileno(output), STDOUT_FILENO);
        dup2(fileno(output), STDERR_FILENO);
        setenv("TEST_TIMEOUT", limit_s, 1);
        _exit(test_main(&module, 1 + (option != NULL) + (name != NULL), (char **)argv));
    }
    CHECK_INT(waitpid(pid, &status, 0), pid);
    rewind(output);
    printed[fread(printed, 1, sizeof printed - 1, output)] = '\0';
    fclose(output);
    CHECK(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int run_specimen(const char *name)
{
    return run(specimens, N_SPECIMENS, NULL, name);
}

static void says(const char *text)
{
    if (!strstr(printed, text))
        test_fail(__FILE__, __LINE__, "\"%s\" is not in what was printed:\n%s", text, printed);
}

/* ---- cases --------------------------------------------------------------------- */

static void a_case_that_does_nothing_passes(void)
{
    CHECK_INT(run_specimen("inner.nothing"), 0);
    says("pass inner.nothing");
    CHECK_INT(run_specimen("nothing"), 0);
}

static void a_check_that_does_not_hold_fails_and_prints_both_values(void)
{
    CHECK_INT(run_specimen("wrong_int"), 1);
    says("harness_test.c:");
    says("answer is 41 (0x29), not 42 (0x2a)");
    says("FAIL inner.wrong_int");
    CHECK_INT(run_specimen("wrong_str"), 1);
    says("word is \"sync\", not \"(null)\"");
    CHECK_INT(run_specimen("wrong_mem"), 1);
    says("byte 2 is 0x63, not 0x64");
}

static void a_check_in_another_thread_fails_the_case(void)
{
    CHECK_INT(run_specimen("wrong_in_thread"), 1);
    says("unused != NULL does not hold");
}

static void a_skipped_case_exits_with_77_and_its_reason(void)
{
    CHECK_INT(run_specimen("skips"), 77);
    says("it is Sunday");
    says("skip inner.skips");
}

static void a_leaked_descriptor_fails_the_case_and_is_named(void)
{
    CHECK_INT(run_specimen("leaks"), 1);
    says("was left open");
}

static void closing_what_was_open_before_fails_the_case(void)
{
    if (fcntl(STDIN_FILENO, F_GETFD) == -1)
        TEST_SKIP("there is no standard input");
    CHECK_INT(run_specimen("closes_too_much"), 1);
    says("descriptor 0 was closed");
}

static void what_is_closed_at_exit_is_not_a_leak(void)
{
    CHECK_INT(run_specimen("tidies_at_exit"), 0);
}

static void tell_the_reason(int fd)
{
    CHECK(write(fd, "it waits for rain\n", 18) == 18);
}

static void a_hanging_case_is_ended_and_named_and_the_hook_says_why(void)
{
    test_alarm_hook = tell_the_reason;
    limit_s = "1";
    CHECK_INT(run_specimen("hangs"), 1);
    says("it waits for rain");
    says("inner.hangs: timed out after 1 s");
}

static void exit_inside_a_case_is_no_pass(void)
{
    CHECK_INT(run_specimen("exits"), 1);
    says("exit() was called inside the case");
}

static void a_crash_fails_the_case(void)
{
    CHECK_INT(run_specimen("crashes"), 1);
    CHECK_INT(run_specimen("aborts"), 1);
    says("inner.aborts: died by signal 6");
}

static void an_expected_death_passes_only_by_its_signal_and_with_its_text(void)
{
    CHECK_INT(run(dying_well, 1, NULL, NULL), 0);
    CHECK_INT(run(dying_mute, 1, NULL, NULL), 1);
    says("did not say \"another reason\"");
    CHECK_INT(run(dying_not, 1, NULL, NULL), 1);
    says("should have died by signal 6");
}

static void a_case_with_two_modes_is_listed_and_run_twice(void)
{
    CHECK_INT(run_specimen("wants_driving"), 1);
    CHECK_INT(run_specimen("inner.wants_driving@driving"), 0);
    CHECK_INT(run(specimens, N_SPECIMENS, "--drive", "wants_driving"), 0);
    CHECK_INT(run(specimens, N_SPECIMENS, "--list", NULL), 0);
    says("inner.wants_driving\ninner.wants_driving@driving\n");
}

static void all_cases_run_and_are_counted(void)
{
    CHECK_INT(run(three, 3, NULL, NULL), 1);
    says("inner: 1 passed, 1 failed, 1 skipped");
}

static void a_suite_that_only_skips_is_skipped(void)
{
    CHECK_INT(run(only_skipped, 1, NULL, NULL), 77);
    says("skip inner.skips");
    says("inner: 0 passed, 0 failed, 1 skipped");
}

static void an_unknown_name_is_an_error(void)
{
    CHECK_INT(run_specimen("no_such_case"), 2);
    says("no case is called no_such_case");
}

static const struct test_case cases[] = {
    TEST(a_case_that_does_nothing_passes),
    TEST(a_check_that_does_not_hold_fails_and_prints_both_values),
    TEST(a_check_in_another_thread_fails_the_case),
    TEST(a_skipped_case_exits_with_77_and_its_reason),
    TEST(a_leaked_descriptor_fails_the_case_and_is_named),
    TEST(closing_what_was_open_before_fails_the_case),
    TEST(what_is_closed_at_exit_is_not_a_leak),
    TEST(a_hanging_case_is_ended_and_named_and_the_hook_says_why),
    TEST(exit_inside_a_case_is_no_pass),
    TEST(a_crash_fails_the_case),
    TEST(an_expected_death_passes_only_by_its_signal_and_with_its_text),
    TEST(a_case_with_two_modes_is_listed_and_run_twice),
    TEST(all_cases_run_and_are_counted),
    TEST(a_suite_that_only_skips_is_skipped),
    TEST(an_unknown_name_is_an_error),
};
TEST_MAIN("harness", cases);
