/* SPDX-License-Identifier: Apache-2.0
 *
 * What cases about slow steps share: the latest report, gates that hold a step, and rounds at times of their own.
 * Behind "inspect/slow_watch.h", with _DEFAULT_SOURCE.
 */
#ifndef TEST_SLOW_RIG_H
#define TEST_SLOW_RIG_H

/* --- what was reported --- */

static atomic_int n_reports;
static pthread_mutex_t report_lock = PTHREAD_MUTEX_INITIALIZER;
static char report_text[5000], report_where[64], report_function[64];
static SYNI_UNUSED int64_t report_held;
static unsigned long report_omitted;
static long report_thread;

static void on_slow(void *user, const struct syn_slow *slow)
{
    (void)user;
    pthread_mutex_lock(&report_lock);
    snprintf(report_text, sizeof report_text, "%s", slow->text);
    snprintf(report_where, sizeof report_where, "%s", slow->where);
    snprintf(report_function, sizeof report_function, "%s", slow->function);
    report_held = slow->held_ns;
    report_omitted = slow->omitted;
    report_thread = slow->thread;
    pthread_mutex_unlock(&report_lock);
    n_reports++;
}

static SYNI_UNUSED void await_report_of(const char *function)
{
    bool is_it = false;

    while (!is_it) { /* the alarm ends it */
        usleep(200);
        pthread_mutex_lock(&report_lock);
        is_it = strcmp(report_function, function) == 0;
        pthread_mutex_unlock(&report_lock);
    }
}

static SYNI_UNUSED void check_report(const char *file, int line, const char *what)
{
    pthread_mutex_lock(&report_lock);
    if (!strstr(report_text, what))
        test_fail(file, line, "the report lacks \"%s\":\n%s", what, report_text);
    pthread_mutex_unlock(&report_lock);
}
#define CHECK_REPORT(what) check_report(__FILE__, __LINE__, what)

/* --- gates: a step is inside until it may go --- */

static atomic_int entered, may_leave;

static void pass_gate(void)
{
    int mine = ++entered;

    while (may_leave < mine)
        usleep(200);
}

static void await_entered(int n)
{
    while (entered < n)
        usleep(200);
}

/* Until the thread has made its first round: the next one comes in an hour. */
static SYNI_UNUSED void await_entered_and_seen(int n)
{
    await_entered(n);
    syni_slow_await();
}

#endif
