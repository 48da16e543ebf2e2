/* SPDX-License-Identifier: Apache-2.0
 *
 * Copies, writes of several pieces, buffered writing, signals and notices, with each allocation and each system call
 * of theirs failing. Other suites do the same for what else there is: sockets, files, children.
 */
#define _DEFAULT_SOURCE
#include <signal.h>

#include "support/io_rig.h"

#include <synchronicity/retry.h>
#include <synchronicity/signal.h>
#include <synchronicity/unix.h>

/* --- each round: what it came to first, and nothing is left --- */

/* Closes what is there, though the close itself may fail for want of memory. */
static void close_stream(struct syn_stream *s)
{
    while (s && syn_stream_close(s) != SYN_OK)
        ;
}

static syn_err copy_round(void)
{
    struct syn_stream *s[4] = {NULL, NULL, NULL, NULL};
    struct syn_span pieces[2] = {{"ab", 2}, {"cd", 2}};
    char room[4];
    uint64_t copied = 0;
    size_t n = 0;
    syn_err err = syn_unix_pair(&s[0], &s[1]);

    if (!err)
        err = syn_unix_pair(&s[2], &s[3]);
    if (!err)
        err = syn_stream_write_vector(s[0], pieces, 2);
    if (!err)
        err = syn_stream_shutdown(s[0]);
    if (!err)
        err = syn_stream_copy(s[1], s[2], &copied);
    if (!err)
        err = syn_stream_read(s[3], room, sizeof room, &n);
    if (!err) {
        CHECK_INT(copied, 4);
        CHECK_INT(n, 4);
        CHECK_MEM(room, "abcd", 4);
    }
    for (int i = 0; i < 4; i++)
        close_stream(s[i]);
    return err;
}

static syn_err writer_round(void)
{
    struct syn_stream *s[2] = {NULL, NULL};
    struct syn_writer writer;
    syn_err err = syn_unix_pair(&s[0], &s[1]);
    char room[3];
    size_t n = 0;

    if (err)
        return err;
    syn_writer_init(&writer, s[0], 0);
    err = syn_writer_printf(&writer, "%d%d", 1, 23);
    if (!err)
        err = syn_writer_flush(&writer);
    if (!err)
        err = syn_stream_read(s[1], room, sizeof room, &n);
    if (!err)
        CHECK_MEM(room, "123", 3);
    syn_writer_fini(&writer);
    close_stream(s[0]);
    close_stream(s[1]);
    return err;
}

static syn_err signal_round(void)
{
    static const int numbers[] = {SIGUSR1, 0};
    struct syn_signals *signals = NULL;
    struct syn_signal signal;
    struct sigaction before, after;
    syn_err err;

    CHECK_INT(sigaction(SIGUSR1, NULL, &before), 0);
    err = syn_signals_open(numbers, &signals);
    if (!err) {
        raise(SIGUSR1);
        err = syn_signals_next(signals, &signal);
        if (!err)
            CHECK_INT(signal.number, SIGUSR1);
        while (syn_signals_close(signals) != SYN_OK)
            ;
    }
    CHECK_INT(sigaction(SIGUSR1, NULL, &after), 0);
    CHECK(before.sa_handler == after.sa_handler); /* what did not open has changed nothing */
    return err;
}

static syn_err notice_round(void)
{
    struct syn_notice notice = {{0}};
    syn_err err = syn_notice_open(&notice);

    if (err)
        return err;
    syn_notice_send(&notice);
    err = syn_notice_wait(&notice);
    while (syn_notice_close(&notice) != SYN_OK)
        ;
    return err;
}

ASYNC(SYN_FREE, void, fails_twice, (int *, n))
{
    co_begin;
    if (++*self->n < 3)
        co_fail(SYN_EAGAIN);
    co_end;
}

ASYNC(SYN_FREE, void, patient, SYN_LOCAL(struct syn_retry, retry), SYN_LOCAL(int, n))
{
    static const struct syn_retry_options options = {.max_attempts = 5};

    co_begin;
    self->retry = syn_retry_with(&options);
    for (;;) {
        co_await(fails_twice_future(&self->n));
        co_retry(&self->retry);
    }
    co_check;
    co_end;
}

static syn_err retry_round(void)
{
    return patient();
}

/* --- --- */

/* Each begins with a synchronizer of its own, since frames that earlier calls left are used again. A round
 * may also go well in spite of it, where something else serves. */
static void fail_each(syn_err (*round)(void), const char *what, int error)
{
    int open = count_open();
    bool all_well = false;

    for (unsigned long n = 1; !all_well; n++) {
        syn_err err;

        CHECK(n < 200);
        syn_fault_set(what, n, 1, error);
        err = round();
        all_well = syn_fault_hits() < n;
        syn_fault_clear();
        CHECK(all_well ? !err : !err || err == error || err == SYN_ENOMEM);
        CHECK_INT(synchronizer_stop(syn_default_synchronizer(), syn_never()), SYN_OK);
        CHECK_INT(synchronizer_free(syn_default_synchronizer()), SYN_OK);
        CHECK_INT(count_open(), open);
    }
}

static void fail_all(syn_err (*round)(void))
{
    static const char *const calls[] = {"socketpair", "fcntl", "send", "read", "pipe2", "dupfd",
                                        "pthread_create"};

    begin();
    CHECK_INT(round(), SYN_OK);
    CHECK_INT(synchronizer_free(syn_default_synchronizer()), SYN_OK);
    fail_each(round, "alloc", ENOMEM);
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        fail_each(round, calls[i], EMFILE);
    done();
}

static void H8_a_copy_and_a_write_of_pieces_leave_nothing(void)
{
    fail_all(copy_round);
}

static void H8_a_buffered_writer_leaves_nothing(void)
{
    fail_all(writer_round);
}

static void H8_signals_leave_nothing(void)
{
    fail_all(signal_round);
}

static void H8_a_notice_leaves_nothing(void)
{
    fail_all(notice_round);
}

static void H8_a_retry_leaves_nothing(void)
{
    fail_all(retry_round);
}

static const struct test_case cases[] = {
    TEST(H8_a_copy_and_a_write_of_pieces_leave_nothing),
    TEST(H8_a_buffered_writer_leaves_nothing),
    TEST(H8_signals_leave_nothing),
    TEST(H8_a_notice_leaves_nothing),
    TEST(H8_a_retry_leaves_nothing),
};

TEST_MAIN_BOTH_MODES("io_faults", cases);
