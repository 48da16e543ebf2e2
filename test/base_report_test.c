/* SPDX-License-Identifier: Apache-2.0
 *
 * What reports say (src/base/report.c), and what codes are called (src/base/err.c).
 * Their owners, and where they come from: base_store_test.c.
 */
#define _POSIX_C_SOURCE 200809L /* fileno */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/report.h"
#include "test.h"

static const struct syn_site disk = {"read_block", "disk.c", 31, 0};
static const struct syn_site square = {"square", "demo.c", 12, 0};
static const struct syn_site pump = {"pump", "io.c", 7, 1};

static void check_text(const struct syn_report *report, const char *expected)
{
    char text[4096];

    CHECK_INT(syn_report_text(report, text, sizeof text), strlen(expected));
    CHECK_STR(text, expected);
}

static void E1_text_says_message_and_trace(void)
{
    struct syn_report *report = syni_report_new(SYN_EPROTO, SYN_BY_TASK, "the disk is on fire");

    syni_report_site(report, &disk);
    syni_report_site(report, &square);
    check_text(report, "protocol error: the disk is on fire\n"
                       "  in read_block (disk.c:31)\n"
                       "  in square (demo.c:12)\n");
    CHECK_INT(report->n_sites, 2);
    syni_report_free(report);
    report = syni_report_new(SYN_ECLOSED, SYN_BY_LIBRARY, NULL);
    check_text(report, "closed\n");
    syni_report_free(report);
    report = syni_report_new(SYN_EUSER + 1, SYN_BY_TASK, NULL);
    check_text(report, "error 65537\n");
    syni_report_free(report);
}

static void E1_text_follows_the_chain_of_causes(void)
{
    struct syn_report *report = syni_report_format(SYN_EUSER, SYN_BY_TASK, "row %d", 7);

    report->cause = syni_report_new(SYN_EPROTO, SYN_BY_TASK, NULL);
    report->cause->cause = syni_report_new(SYN_ECLOSED, SYN_BY_TASK, "gone");
    syni_report_site(report, &square);
    syni_report_site(report->cause, &disk);
    check_text(report, "error 65536: row 7\n  in square (demo.c:12)\n"
                       "caused by: protocol error\n  in read_block (disk.c:31)\n"
                       "caused by: closed: gone\n");
    syni_report_free(report);
}

static void E1_text_that_does_not_fit_is_cut_and_measured(void)
{
    struct syn_report *report = syni_report_new(SYN_ECLOSED, SYN_BY_TASK, "door");
    char text[8] = "*******";

    CHECK_INT(syn_report_text(report, text, sizeof text), strlen("closed: door\n"));
    CHECK_STR(text, "closed:");
    CHECK_INT(syn_report_text(report, text, 1), strlen("closed: door\n"));
    CHECK_STR(text, "");
    CHECK_INT(syn_report_text(report, NULL, 0), strlen("closed: door\n"));
    CHECK_INT(syn_report_text(NULL, text, sizeof text), 0);
    CHECK_STR(text, "");
    syni_report_free(report);
}

static void E1_long_message_is_cut(void)
{
    char message[2 * SYN_MESSAGE_MAX];
    struct syn_report *report;

    memset(message, 'm', sizeof message);
    message[sizeof message - 1] = '\0';
    report = syni_report_new(SYN_EPROTO, SYN_BY_TASK, message);
    CHECK_INT(strlen(report->message), SYN_MESSAGE_MAX - 1);
    syni_report_free(report);
}

static void E1_newline_at_the_end_of_a_message_is_dropped(void)
{
    struct syn_report *report = syni_report_new(SYN_EPROTO, SYN_BY_TASK, "server closed \n\n");

    CHECK_STR(report->message, "server closed");
    syni_report_free(report);
    report = syni_report_new(SYN_EPROTO, SYN_BY_TASK, "\n");
    CHECK_STR(report->message, "");
    syni_report_free(report);
}

static void E1_long_trace_keeps_its_inner_and_outer_ends(void)
{
    enum { SITES = SYN_TRACE_MAX + 30, HALF = SYN_TRACE_MAX / 2 };
    struct syn_report *report = syni_report_new(SYN_EPROTO, SYN_BY_TASK, NULL);
    char text[4096];

    for (int i = 0; i < SITES; i++)
        syni_report_site(report, &(struct syn_site){"f", "f.c", i, 0});
    CHECK_INT(report->n_sites, SITES);
    for (int i = 0; i < HALF; i++) {
        CHECK_INT(report->sites[i].line, i);
        CHECK_INT(report->sites[SYN_TRACE_MAX - 1 - i].line, SITES - 1 - i);
    }
    syn_report_text(report, text, sizeof text);
    CHECK(strstr(text, "(f.c:5)\n  ... 30 more\n  in f (f.c:36)\n"));
    syni_report_free(report);
}

static void E1_lines_of_the_library_appear_only_when_verbose(void)
{
    struct syn_report *report = syni_report_new(SYN_EPROTO, SYN_BY_TASK, NULL);

    syni_report_site(report, &pump);
    syni_report_site(report, &square);
    check_text(report, "protocol error\n  in square (demo.c:12)\n");
    syn_verbose(1);
    check_text(report, "protocol error\n  in pump (io.c:7)\n  in square (demo.c:12)\n");
    syn_verbose(0);
    check_text(report, "protocol error\n  in square (demo.c:12)\n");
    syni_report_free(report);
}

/* What syn_perror(WHAT) writes. */
static void capture_perror(const char *what, char *text, size_t size)
{
    FILE *file = tmpfile();
    int kept = dup(STDERR_FILENO);

    CHECK(file && kept >= 0);
    dup2(fileno(file), STDERR_FILENO);
    syn_perror(what);
    dup2(kept, STDERR_FILENO);
    close(kept);
    rewind(file);
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
}

static void E1_perror_prints_what_and_the_latest_report(void)
{
    char text[4096];
    struct syn_report *report = syni_report_new(SYN_EPROTO, SYN_BY_TASK, "the disk is on fire");

    capture_perror("square", text, sizeof text);
    CHECK_STR(text, "square: no error is recorded for this thread\n");
    syni_report_site(report, &square);
    CHECK_INT(syni_report_keep(SYN_EPROTO, SYN_BY_TASK, report), SYN_EPROTO);
    capture_perror("square", text, sizeof text);
    CHECK_STR(text, "square: protocol error: the disk is on fire\n  in square (demo.c:12)\n");
    capture_perror(NULL, text, sizeof text);
    CHECK(strncmp(text, "error: protocol", 15) == 0);
}

static void E1_perror_says_what_the_code_says_where_there_is_no_report(void)
{
    char text[4096];

    syni_refuse(SYN_EPROTO, "an older error");
    CHECK_INT(syni_answer(SYN_EEND), SYN_EEND);
    CHECK_PTR(syn_last_report(), NULL);
    capture_perror("next", text, sizeof text);
    CHECK_STR(text, "next: end\n");
}

static void E1_perror_ends_its_last_line_however_long_the_report_is(void)
{
    char text[8192];
    struct syn_report *first = NULL, **end = &first;

    for (int i = 0; i < 30; i++) {
        *end = syni_report_format(SYN_EPROTO, SYN_BY_TASK, "%0150d", i);
        end = &(*end)->cause;
    }
    syni_report_keep(SYN_EPROTO, SYN_BY_TASK, first);
    capture_perror("long", text, sizeof text);
    CHECK(strlen(text) > 1000);
    CHECK_INT(text[strlen(text) - 1], '\n');
}

static void E1_copy_has_all_and_lives_longer(void)
{
    struct syn_report *report = syni_report_new(SYN_EPROTO, SYN_BY_STOP, "one"), *copy;

    report->cause = syni_report_new(SYN_ECLOSED, SYN_BY_TASK, "two");
    syni_report_site(report, &square);
    copy = syni_report_copy(report);
    CHECK(copy != report && copy->cause != report->cause);
    syni_report_free(report);
    CHECK_INT(copy->origin, SYN_BY_STOP);
    check_text(copy, "protocol error: one\n  in square (demo.c:12)\n"
                     "caused by: closed: two\n");
    syni_report_free(copy);
    CHECK_PTR(syni_report_copy(NULL), NULL);
}

static void E1_every_code_has_a_text_and_the_librarys_a_name(void)
{
    CHECK_STR(syn_err_name(SYN_OK), "SYN_OK");
    CHECK_STR(syn_err_name(SYN_EBROKEN), "SYN_EBROKEN");
    CHECK_STR(syn_err_name(SYN_EUSER), "error");
    CHECK_STR(syn_strerror(ECONNREFUSED), "Connection refused");
    CHECK_STR(syn_strerror(SYN_ECONSUMED), "future already used");
    CHECK_STR(syn_strerror(-1), "unknown error");
    CHECK_STR(syn_strerror(SYN_EOWN), "unknown error");
    CHECK_STR(syn_strerror(SYN_EUSER + 3), "user's error");
    for (syn_err code = SYN_EOWN + 1; code < SYNI_EOWN_END; code++) {
        CHECK(strncmp(syn_err_name(code), "SYN_E", 5) == 0);
        CHECK(strcmp(syn_strerror(code), "unknown error") != 0);
    }
}

static const struct test_case cases[] = {
    TEST(E1_text_says_message_and_trace),
    TEST(E1_text_follows_the_chain_of_causes),
    TEST(E1_text_that_does_not_fit_is_cut_and_measured),
    TEST(E1_long_message_is_cut),
    TEST(E1_newline_at_the_end_of_a_message_is_dropped),
    TEST(E1_long_trace_keeps_its_inner_and_outer_ends),
    TEST(E1_lines_of_the_library_appear_only_when_verbose),
    TEST(E1_perror_prints_what_and_the_latest_report),
    TEST(E1_perror_says_what_the_code_says_where_there_is_no_report),
    TEST(E1_perror_ends_its_last_line_however_long_the_report_is),
    TEST(E1_copy_has_all_and_lives_longer),
    TEST(E1_every_code_has_a_text_and_the_librarys_a_name),
};
TEST_MAIN("base_report", cases);
