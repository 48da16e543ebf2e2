/* SPDX-License-Identifier: Apache-2.0
 *
 * Errors: what crosses tasks, threads and synchronizers, what owns it, what it costs,
 * and what everybody hears when a loop dies. Both modes.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

SYNCHRONIZER(demo);
SYNCHRONIZER(other);
SYNCHRONIZER(failing, .backend = "poll");

/* E1: each level is on a line that is known. */

static int line_of[4];

ASYNC(demo, int, reads_block, (int, block))
{
    co_begin;
    co_sleep(1.0);
    line_of[0] = __LINE__ + 1;
    co_fail(SYN_EIO, "the disk is on fire");
    co_finally;
    co_sleep(1.0); /* clean-up is in no trace */
    co_end;
}

ASYNC(other, int, reads_file, (const char *, name))
{
    co_begin;
    line_of[1] = __LINE__ + 1;
    co_try(reads_block_future(7), &self->result);
    co_return_result;
    co_end;
}

struct opens;
static struct syn_step opens_read(struct opens *self);

ASYNC(demo, int, opens, (const char *, name))
{
    return step_await(self, reads_file_future(self->name), &self->result, opens_read);
}

static struct syn_step opens_read(struct opens *self)
{
    line_of[2] = __LINE__ + 1;
    return step_fail(self, step_status(self));
}

ASYNC(demo, int, starts)
{
    co_begin;
    co_await(opens_future("file"), &self->result);
    line_of[3] = __LINE__ + 1;
    co_fail(SYN_EUSER + 1, "cannot start");
    co_end;
}

static void check_site(const struct syn_report *report, int n, const char *function, int line)
{
    const char *file = report->sites[n].file, *slash = strrchr(file, '/');

    CHECK_STR(report->sites[n].function, function);
    CHECK_STR(slash ? slash + 1 : file, "error_test.c");
    CHECK_INT(report->sites[n].line, line);
    CHECK_INT(report->sites[n].library, 0);
}

static void check_trace(const struct syn_report *report)
{
    CHECK(report != NULL);
    CHECK_INT(report->code, SYN_EIO);
    CHECK_STR(report->message, "the disk is on fire");
    CHECK_INT(report->n_sites, 3);
    check_site(report, 0, "reads_block", line_of[0]);
    check_site(report, 1, "reads_file", line_of[1]);
    check_site(report, 2, "opens", line_of[2]);
}

static void E1_code_message_and_trace_cross_three_levels_and_two_synchronizers(void)
{
    char text[600];
    int y = -1, length;

    begin();
    CHECK_INT(opens("file", &y), SYN_EIO);
    CHECK_INT(y, -1);
    check_trace(syn_last_report());
    CHECK_INT(future_get(opens_future("file"), &y), SYN_EIO);
    check_trace(syn_last_report());
    length = syn_report_text(syn_last_report(), text, sizeof text);
    CHECK_INT(length, strlen(text));
    CHECK(strstr(text, "the disk is on fire") && strstr(text, "in reads_file ("));
    finish(&demo);
    finish(&other);
    done();
}

static void E1_the_cause_of_an_error_is_kept(void)
{
    begin();
    CHECK_INT(starts(NULL), SYN_EUSER + 1);
    CHECK_STR(last_message(), "cannot start");
    check_site(syn_last_report(), 0, "starts", line_of[3]);
    check_trace(syn_last_report()->cause);
    CHECK(syn_last_report()->cause->cause == NULL);
    finish(&demo);
    finish(&other);
    done();
}

ASYNC(demo, int, checks, (const char *, name))
{
    co_begin;
    co_sleep(1.0);
    co_check; /* nothing failed */
    co_await(opens_future(self->name), &self->result);
    line_of[3] = __LINE__ + 1;
    co_check;
    CHECK(!"reached with an error");
    co_end;
}

static void E1_a_check_leaves_with_the_error_its_message_and_its_trace(void)
{
    int y = -1;

    begin();
    CHECK_INT(checks("file", &y), SYN_EIO);
    CHECK_INT(y, -1);
    CHECK_STR(last_message(), "the disk is on fire");
    CHECK_INT(syn_last_report()->n_sites, 4);
    check_site(syn_last_report(), 2, "opens", line_of[2]);
    check_site(syn_last_report(), 3, "checks", line_of[3]);
    finish(&demo);
    finish(&other);
    done();
}

/* E2 */

ASYNC(demo, void, returns, (syn_err, err))
{
    co_begin;
    co_sleep(1.0);
    if (self->err)
        co_fail(self->err);
    co_sleep(1000.0);
    co_end;
}

ASYNC(demo, void, gives_it_a_second)
{
    co_begin;
    co_await_by(returns_future(0), syn_after(1.0));
    CHECK_INT(co_status, SYN_ETIMEDOUT);
    co_fail(co_status);
    co_end;
}

static void E2_a_tasks_own_timeout_is_told_from_the_end_of_the_wait(void)
{
    struct returns_future f;

    begin();
    CHECK_INT(returns(SYN_ETIMEDOUT), SYN_ETIMEDOUT);
    CHECK_INT(syn_last_origin(), SYN_BY_TASK);
    CHECK_INT(call_by(syn_after(9.0), returns(SYN_ECANCELED)), SYN_ECANCELED);
    CHECK_INT(syn_last_origin(), SYN_BY_TASK);
    CHECK_INT(gives_it_a_second(), SYN_ETIMEDOUT);
    CHECK_INT(syn_last_origin(), SYN_BY_TASK);
    CHECK_INT(call_by(syn_after(2.0), returns(0)), SYN_ETIMEDOUT);
    CHECK_INT(syn_last_origin(), SYN_BY_DEADLINE);
    CHECK_INT(syn_last_report()->origin, SYN_BY_DEADLINE);
    f = returns_future(0);
    CHECK_INT(future_wait_by(f, syn_after(2.0)), SYN_ETIMEDOUT);
    CHECK_INT(future_cancel(f), SYN_ECANCELED);
    CHECK_INT(syn_last_origin(), SYN_BY_REQUEST);
    finish(&demo);
    done();
}

/* E4 */

static void E4_common_errors_allocate_nothing(void)
{
    struct returns_future f = {.u = {.handle = {NULL, 0}}};
    unsigned long before;

    begin();
    CHECK_INT(synchronizer_start(&demo), 0);
    before = syn_memory_use().allocations;
    for (int i = 0; i < 200; i++) {
        CHECK_INT(returns(SYN_EIO), SYN_EIO);
        CHECK_INT(call_by(syn_after(1.5), returns(0)), SYN_ETIMEDOUT);
        CHECK_INT(future_get(f), SYN_EINVAL);
        CHECK_INT(synchronizer_stop(NULL, syn_never()), SYN_EINVAL);
    }
    CHECK_INT(syn_memory_use().allocations, before);
    finish(&demo);
    done();
}

/* E3 */

static void (*dies)(void);
static _Atomic(bool) waits;

ASYNC(failing, void, kills_the_loop)
{
    co_begin;
    while (synchronizer_stats(&failing).started < 4) /* until all the others wait */
        co_sleep(0.001);
    dies();
    co_sleep(1000.0);
    co_end;
}

ASYNC(failing, void, waits_for_ever)
{
    co_begin;
    waits = true;
    co_sleep(1000.0);
    co_finally;
    CHECK(!"a step of a task on a loop that has died");
    co_end;
}

ASYNC(other, void, waits_from_elsewhere)
{
    co_begin;
    co_await(waits_for_ever_future());
    CHECK_INT(co_status, SYN_ELOOPDEAD);
    co_fail(co_status);
    co_end;
}

static void hears_of_the_death(int number, void *argument)
{
    (void)argument;
    CHECK_INT(number ? waits_from_elsewhere() : waits_for_ever(), SYN_ELOOPDEAD);
    CHECK_SAYS("the loop of synchronizer 'failing' died: ");
    CHECK_INT(waits_for_ever(), SYN_ELOOPDEAD); /* the very next call */
    CHECK_SAYS("the loop of synchronizer 'failing' died: ");
    CHECK_INT(future_get(waits_for_ever_future()), SYN_ELOOPDEAD);
    CHECK_SAYS("the loop of synchronizer 'failing' died: ");
}

static void leaves_the_thread(void)
{
    pthread_exit(NULL);
}

static void all_hear_of_it(void (*death)(void))
{
    struct crew_at_work *waiters;
    struct waits_for_ever_future f;

    dies = death;
    begin_in_real_time();
    if (death == leaves_the_thread) /* a thread of the program that drives and ends would end the process */
        syn_test_callers_drive(0);
    f = waits_for_ever_future();
    spin_until(&waits);
    waiters = crew_start(2, hears_of_the_death, NULL);
    CHECK_INT(future_detach(kills_the_loop_future()), 0);
    CHECK_INT(future_get(f), SYN_ELOOPDEAD);
    crew_join(waiters);
    syn_fault_clear();
    CHECK_INT(synchronizer_start(&failing), SYN_ELOOPDEAD);
    CHECK_INT(synchronizer_stop(&failing, syn_never()), 0);
    finish(&failing);
    finish(&other);
    done();
}

static _Atomic(bool) stands;

/* Its loop may wait by the same call, which is to fail for another: it waits for nothing meanwhile. */
ASYNC(other, void, stands_until_it_failed)
{
    stands = true;
    while (syn_fault_hits() == 0)
        sched_yield();
    return step_done(self);
}

static void faulty_kernel(void)
{
#if defined(__APPLE__) || defined(SYNI_BACKEND_FALLBACKS)
    const char *call = "poll";
#else
    const char *call = "ppoll";
#endif

    CHECK_INT(future_detach(stands_until_it_failed_future()), 0);
    while (!stands)
        sched_yield();
    syn_fault_set(call, 1, 1, EBADF);
}

static void E3_a_loop_whose_kernel_fails_tells_everybody(void)
{
    all_hear_of_it(faulty_kernel);
}

static void E3_a_step_that_ends_its_thread_tells_everybody(void)
{
    all_hear_of_it(leaves_the_thread);
}

/* Objects: the same code each time, and a reason. */

#define THING_METHODS(M, C)                                                                        \
    M(C, async, void, dies)                                                                        \
    M(C, async, int, one)
CLASS(thing, THING_METHODS);
struct thing_impl {
    int x;
};
METHOD(thing, void, dies)
{
    pthread_exit(NULL);
    return step_done(self);
}
METHOD(thing, int, one)
{
    return step_return(self, 1);
}
CLASS_TABLE(SYN_FREE, thing, THING_METHODS, NULL);

static void E3_calls_of_a_dead_loop_say_why_and_give_one_code(void)
{
    struct syn_synchronizer_options options = {.name = "fragile", .caller_may_drive = -1};

    begin();
    for (int i = 0; i < 20; i++) {
        struct syn_synchronizer *s;
        struct thing_impl impl = {1};
        struct thing *t = NULL;
        syn_err err;

        CHECK_INT(synchronizer_new(&options, &s), 0);
        CHECK_INT(thing_wrap(&impl, s, &t), 0);
        CHECK_INT(thing_dies(t), SYN_ELOOPDEAD);
        CHECK_SAYS("the loop of synchronizer 'fragile' died: its thread was ended inside thing_dies");
        err = thing_one(t, NULL);
        CHECK_INT(err, SYN_ELOOPDEAD);
        CHECK_SAYS("died");
        CHECK_INT(future_get(thing_one_future(t), NULL), SYN_ELOOPDEAD);
        CHECK_SAYS("died");
        thing_release(t);
        CHECK_INT(synchronizer_free(s), 0);
    }
    done();
}

/* H6 */

static struct syn_step never_runs(struct syn_task *task)
{
    (void)task;
    CHECK(!"a step of a function that belongs to another library");
    return (struct syn_step){0};
}

static void H6_a_function_made_for_another_library_is_refused(void)
{
    struct syn_function f = {.abi = SYNI_ABI_OF(syn_function) + 1, .task_size = sizeof(struct syn_task),
                             .frame_size = sizeof(struct syn_task), .name = "stranger",
                             .synchronizer = &demo, .run = never_runs, .leave = never_runs};
    struct syn_task frame = {.function = &f};
    struct syn_future future;

    begin();
    for (int i = 0; i < 2; i++) {
        CHECK_INT(syni_call(&f, &frame, NULL), SYN_EABI);
        CHECK_SAYS("another version of the headers");
        CHECK(syni_call_new(&f, &future) == NULL);
        CHECK_INT(syni_future_get(future, NULL), SYN_EABI);
        f.abi = SYNI_ABI_OF(syn_function);
        f.task_size += 8;
    }
    done();
}

PROMISE(int, number);
CHANNEL(int, ints);

GENERATOR(demo, int, counts, (int, n), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < self->n; self->i++)
        co_yield(self->i);
    co_end;
}

ASYNC(demo, syn_err, closes_and_goes_on, (struct counts_channel, ch))
{
    syn_err err = channel_close(self->ch);

    CHECK_SAYS("write co_close");
    return step_return(self, err);
}

static void fail_first(void)
{
    struct number_future none = {.u = {.handle = {NULL, 0}}};

    CHECK_INT(future_get(none, NULL), SYN_EINVAL);
    CHECK_SAYS("never made");
}

/* CALL gives EXPECTED, and what is known afterwards is no older error. */
#define ANSWERS(call, expected)                                                                    \
    do {                                                                                           \
        fail_first();                                                                              \
        CHECK_INT(call, expected);                                                                 \
        CHECK(!strstr(syn_last_report() ? syn_last_report()->message : "", "future was never"));   \
    } while (0)

static void E1_no_answer_leaves_an_older_report(void)
{
    struct ints_channel ch, huge;
    struct number_promise p;
    struct number_future f;
    syn_err err;
    int v = 0;

    begin();
    ANSWERS(channel_new(ints, SIZE_MAX, &huge), SYN_ENOMEM);
    CHECK_SAYS("no memory for a channel");
    CHECK_INT(channel_new(ints, 0, &ch), 0);
    ANSWERS(channel_try_next(ch, &v), SYN_EAGAIN);
    ANSWERS(channel_try_send(ch, &v), SYN_EAGAIN);
    ANSWERS(channel_send(ch, NULL), SYN_EINVAL);
    CHECK_SAYS("NULL");
    ANSWERS(channel_next(ch, NULL), SYN_EINVAL);
    CHECK_SAYS("NULL");
    CHECK_INT(channel_end(ch), 0);
    ANSWERS(channel_end(ch), SYN_EALREADY);
    ANSWERS(channel_next(ch, &v), SYN_EEND);
    ANSWERS((channel_select(&err, ON_NEXT(ch, &v)), err), SYN_EEND);
    CHECK_INT(channel_close(ch), 0);
    ANSWERS(channel_fail(ch, SYN_EIO, NULL), SYN_EALREADY);
    CHECK_INT(promise_new(number, &p, &f), 0);
    ANSWERS(future_poll(f), SYN_EAGAIN);
    CHECK_INT(promise_drop(p), 0);
    ANSWERS(promise_complete(p, &v), SYN_EALREADY);
    CHECK_INT(future_get(f, &v), SYN_EBROKEN);
    done();
}

static void E1_a_loop_that_ran_to_its_end_leaves_the_report_alone(void)
{
    struct counts_channel ch;
    syn_err err, told = SYN_OK;
    int n = 0;

    begin();
    fail_first();
    channel_each (int, v, counts(3), &err)
        n += v;
    CHECK_INT(err, 0);
    CHECK_INT(n, 3);
    CHECK_SAYS("never made");
    ch = counts(2);
    CHECK_INT(channel_next(ch, &n), 0);
    CHECK_INT(closes_and_goes_on(ch, &told), 0);
    CHECK_INT(told, SYN_EAGAIN);
    finish(&demo);
    done();
}

static const struct test_case cases[] = {
    TEST(E1_code_message_and_trace_cross_three_levels_and_two_synchronizers),
    TEST(E1_the_cause_of_an_error_is_kept),
    TEST(E1_a_check_leaves_with_the_error_its_message_and_its_trace),
    TEST(E2_a_tasks_own_timeout_is_told_from_the_end_of_the_wait),
    TEST(E3_a_loop_whose_kernel_fails_tells_everybody),
    TEST(E3_calls_of_a_dead_loop_say_why_and_give_one_code),
    TEST(E3_a_step_that_ends_its_thread_tells_everybody),
    TEST(E4_common_errors_allocate_nothing),
    TEST(E1_no_answer_leaves_an_older_report),
    TEST(E1_a_loop_that_ran_to_its_end_leaves_the_report_alone),
    TEST(H6_a_function_made_for_another_library_is_refused),
};
TEST_MAIN_BOTH_MODES("error", cases);
