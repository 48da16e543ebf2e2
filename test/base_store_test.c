/* SPDX-License-Identifier: Apache-2.0
 *
 * Where reports live and what owns them (src/base/report.c): that running out of
 * them harms nobody, and that none is lost when its thread ends.
 */
#include <synchronicity/mem.h>
#include <synchronicity/testing.h>

#include "base/report.h"
#include "base/thread.h"
#include "test.h"

enum { STORE = 32 }; /* as many as the store holds */

static const struct syn_site square = {"square", "demo.c", 12, 0};

static void E4_reports_come_from_the_store_and_then_from_memory(void)
{
    struct syn_report *reports[STORE + 10];
    struct syn_memory_use before = syn_memory_use();

    for (int i = 0; i < STORE; i++)
        CHECK(reports[i] = syni_report_new(SYN_EUSER + i, SYN_BY_TASK, NULL));
    CHECK_INT(syn_memory_use().allocations, before.allocations);
    for (int i = STORE; i < STORE + 10; i++)
        CHECK(reports[i] = syni_report_new(SYN_EUSER + i, SYN_BY_TASK, NULL));
    CHECK_INT(syn_memory_use().outstanding, before.outstanding + 10);
    for (int i = 0; i < STORE + 10; i++) {
        CHECK_INT(reports[i]->code, SYN_EUSER + i); /* no place was given twice */
        syni_report_free(reports[i]);
    }
    CHECK_INT(syn_memory_use().outstanding, before.outstanding);
}

static void E4_error_arrives_also_without_memory_for_its_report(void)
{
    struct syn_report *reports[STORE];

    for (int i = 0; i < STORE; i++)
        CHECK(reports[i] = syni_report_new(SYN_EIO, SYN_BY_TASK, NULL));
    syn_fault_set("alloc", 1, 1000, ENOMEM);
    CHECK_PTR(syni_report_new(SYN_EIO, SYN_BY_TASK, "x"), NULL);
    CHECK_PTR(syni_report_format(SYN_EIO, SYN_BY_TASK, "%d", 1), NULL);
    CHECK_PTR(syni_report_copy(reports[0]), NULL);
    syni_report_site(NULL, &square);
    syni_report_free(NULL);
    CHECK_INT(syni_refuse(SYN_EDEADLK, "no %s", "way"), SYN_EDEADLK);
    CHECK_PTR(syn_last_report(), NULL);
    CHECK_INT(syn_last_origin(), SYN_BY_LIBRARY);
    syn_fault_clear();
    for (int i = 0; i < STORE; i++)
        syni_report_free(reports[i]);
}

static void E4_copy_without_memory_for_the_causes_is_whole_as_far_as_it_goes(void)
{
    struct syn_report *reports[STORE - 3], *report, *copy;

    for (int i = 0; i < STORE - 3; i++)
        reports[i] = syni_report_new(SYN_EIO, SYN_BY_TASK, NULL);
    report = syni_report_new(SYN_EIO, SYN_BY_TASK, "one");
    report->cause = syni_report_new(SYN_EPIPE, SYN_BY_TASK, "two");
    syn_fault_set("alloc", 1, 1, ENOMEM);
    copy = syni_report_copy(report);
    CHECK(copy != NULL);
    CHECK_STR(copy->message, "one");
    CHECK_PTR(copy->cause, NULL);
    syn_fault_clear();
    syni_report_free(copy);
    syni_report_free(report);
    for (int i = 0; i < STORE - 3; i++)
        syni_report_free(reports[i]);
}

static void H5_a_threads_report_is_its_own_until_its_next_failure(void)
{
    struct syn_report *taken, *others[2];

    syni_refuse(SYN_EBUSY, "first");
    syni_refuse(SYN_EINVAL, "second, after: %s", syn_last_report()->message);
    CHECK_STR(syn_last_report()->message, "second, after: first");
    CHECK_INT(syn_last_report()->code, SYN_EINVAL);
    taken = syni_report_take();
    CHECK_PTR(syn_last_report(), NULL);
    syni_refuse(SYN_EIO, "in between");
    syni_report_put(taken);
    syni_report_put(taken);
    for (int i = 0; i < 2; i++) /* take the first free places */
        others[i] = syni_report_new(SYN_EIO, SYN_BY_TASK, "another's");
    CHECK_STR(syn_last_report()->message, "second, after: first");
    for (int i = 0; i < 2; i++)
        syni_report_free(others[i]);
    syni_report_keep(SYN_EIO, SYN_BY_TASK, NULL);
    CHECK_PTR(syn_last_report(), NULL);
    CHECK_INT(syn_last_origin(), SYN_BY_TASK);
}

static void fail_and_end(void *unused)
{
    (void)unused;
    syni_refuse(SYN_EIO, "first");
    syni_refuse(SYN_EIO, "second");
}

static void H5_reports_of_ended_threads_are_given_back(void)
{
    struct syn_memory_use before = syn_memory_use();
    struct syni_thread thread;

    for (int i = 0; i < 2 * STORE; i++) {
        CHECK_INT(syni_thread_start(&thread, "fails", 0, fail_and_end, NULL), SYN_OK);
        syni_thread_join(&thread);
    }
    CHECK_INT(syn_memory_use().outstanding, before.outstanding);
    CHECK_INT(syn_memory_use().allocations, before.allocations + 2 * STORE); /* the threads' */
}

static struct syni_exit_call fails_late;

static void fail_when_ending(void *unused)
{
    (void)unused;
    fails_late.fn = fail_and_end;
    syni_thread_at_exit(&fails_late); /* runs after the report's own */
    fail_and_end(NULL);
}

static void H5_report_of_a_failure_while_the_thread_ends_is_given_back_too(void)
{
    struct syn_memory_use before = syn_memory_use();
    struct syni_thread thread;

    for (int i = 0; i < 2 * STORE; i++) {
        CHECK_INT(syni_thread_start(&thread, "fails", 0, fail_when_ending, NULL), SYN_OK);
        syni_thread_join(&thread);
    }
    CHECK_INT(syn_memory_use().outstanding, before.outstanding);
}

static const struct test_case cases[] = {
    TEST(E4_reports_come_from_the_store_and_then_from_memory),
    TEST(E4_error_arrives_also_without_memory_for_its_report),
    TEST(E4_copy_without_memory_for_the_causes_is_whole_as_far_as_it_goes),
    TEST(H5_a_threads_report_is_its_own_until_its_next_failure),
    TEST(H5_reports_of_ended_threads_are_given_back),
    TEST(H5_report_of_a_failure_while_the_thread_ends_is_given_back_too),
};
TEST_MAIN("base_store", cases);
