/* SPDX-License-Identifier: Apache-2.0
 *
 * The test harness. A test file is a table of cases and a main():
 *
 *     static void C7_blocking_call_on_own_loop_is_an_error(void)
 *     {
 *         CHECK_INT(square(0.0, 2, &y), SYN_EDEADLK);
 *     }
 *
 *     static const struct test_case cases[] = {
 *         TEST(C7_blocking_call_on_own_loop_is_an_error),
 *         TEST_DIES(L2_free_while_running_is_a_panic, SIGABRT, "still running"),
 *     };
 *     TEST_MAIN("call", cases);
 *
 * Each case runs in a process of its own, under an alarm, and must leave as many
 * descriptors open as it found. They are counted when the process ends, after
 * the functions given to atexit(), so that a case need not tear down what the
 * library tears down by itself. A process that a case forks is not looked at.
 *
 *     call_test                     all cases, and a summary
 *     call_test call.C7_...         one (the "call." may be left out)
 *     call_test --drive NAME        ... with test_driving set, like NAME@driving
 *     call_test --debug NAME        ... in this process and without alarm
 *     call_test --list              the names
 *
 * Exit status: 0 passed, 77 skipped, 1 failed, 2 there is no such case; of all cases 0 unless one failed, and the
 * summary says how many were skipped.
 * TEST_TIMEOUT in the environment is the alarm in seconds. TEST_DELAYS, a seed or "random", delays
 * threads at all named points of a checked build (synchronicity/testing.h); a case that fails prints
 * what it was.
 */
#ifndef TEST_H
#define TEST_H

#include <stdbool.h>
#include <stddef.h>

struct test_case {
    const char *name;
    void (*run)(void);
    bool both_modes;  /* listed a second time, as name@driving */
    int dies_by;      /* the signal that must end it; 0: it must return */
    const char *says; /* and the text that standard error must contain then */
};

#define TEST(function) {.name = #function, .run = function}

/* Runs twice: as it is, and with test_driving set. */
#define TEST_MODES(function) {.name = #function, .run = function, .both_modes = true}

/* Passes when it is killed by SIGNAL and has written TEXT to standard error. */
#define TEST_DIES(function, signal, text)                                                          \
    {.name = #function, .run = function, .dies_by = (signal), .says = (text)}

#define TEST_MAIN(module, cases) TEST_MAIN_(module, cases, false)

/* Every case runs twice, see TEST_MODES. */
#define TEST_MAIN_BOTH_MODES(module, cases) TEST_MAIN_(module, cases, true)

#define TEST_MAIN_(module, cases, both)                                                            \
    int main(int argc, char **argv)                                                                \
    {                                                                                              \
        static const struct test_module m = {                                                      \
            module, cases, sizeof(cases) / sizeof *(cases), both};                                 \
        return test_main(&m, argc, argv);                                                          \
    }                                                                                              \
    struct test_case /* takes the semicolon */

struct test_module {
    const char *name;
    const struct test_case *cases;
    size_t n_cases;
    bool both_modes;
};

int test_main(const struct test_module *module, int argc, char **argv);

/* This case runs in its second mode: callers drive the loop. */
extern bool test_driving;

/* Called in the signal handler of a case that took too long, before it dies; it
 * may write to FD what everybody waits for: syn_dump(), unless a case says otherwise.
 * NULL: nothing is written. */
extern void (*test_alarm_hook)(int fd);

/* How many times slower than a plain build this one may be. Tests that measure
 * time or count rounds multiply or divide by it. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TEST_SLOWNESS 4
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define TEST_SLOWNESS 4
#endif
#endif
#ifndef TEST_SLOWNESS
#define TEST_SLOWNESS 1
#endif

/* Checks. Each ends the case when it does not hold, from any thread, and says
 * where. Arguments are evaluated once. */
#define CHECK(expression)                                                                          \
    ((expression) ? (void)0 : test_fail(__FILE__, __LINE__, "%s does not hold", #expression))
#define CHECK_INT(actual, expected)                                                                \
    test_check_int(__FILE__, __LINE__, #actual, (long long)(actual), (long long)(expected))
#define CHECK_STR(actual, expected) test_check_str(__FILE__, __LINE__, #actual, actual, expected)
#define CHECK_PTR(actual, expected) test_check_ptr(__FILE__, __LINE__, #actual, actual, expected)
#define CHECK_MEM(actual, expected, size)                                                          \
    test_check_mem(__FILE__, __LINE__, #actual, actual, expected, size)

/* Ends the case as skipped. Any thread. */
#define TEST_SKIP(reason) test_skip(__FILE__, __LINE__, reason)

#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
_Noreturn void test_fail(const char *file, int line, const char *format, ...);
_Noreturn void test_skip(const char *file, int line, const char *reason);
void test_check_int(const char *file, int line, const char *what, long long actual,
                    long long expected);
void test_check_str(const char *file, int line, const char *what, const char *actual,
                    const char *expected);
void test_check_ptr(const char *file, int line, const char *what, const void *actual,
                    const void *expected);
void test_check_mem(const char *file, int line, const char *what, const void *actual,
                    const void *expected, size_t size);

#endif
