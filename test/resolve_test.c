/* SPDX-License-Identifier: Apache-2.0
 *
 * Looking names up: on which thread, how many at once, what becomes of an answer that
 * nobody waits for any more. The names are the case's own (support/fake_net.h), and
 * so is the time a lookup takes. Both modes.
 */
#define _DEFAULT_SOURCE
#include <netdb.h>

#include <synchronicity/file.h>
#include <synchronicity/step.h>

#include "support/fake_net.h"
#include "support/io_rig.h"

enum { MANY = 20 };

static void finish_lookups(void)
{
    fake_release();
    CHECK_INT(synchronizer_stop(syn_default_synchronizer(), syn_never()), SYN_OK);
    CHECK_INT(synchronizer_free(syn_default_synchronizer()), SYN_OK);
    CHECK_INT(pool_stop(syn_lookup_pool(), syn_never()), SYN_OK);
    fake_noise();
    done();
    CHECK_INT(fake_counts().lists, 0);
}

/* A lookup of NAME, seen through a connect that is refused at once. */
static struct syn_tcp_connect_future look_up(const char *name)
{
    return syn_tcp_connect_future(name, 1);
}

static syn_err outcome(struct syn_tcp_connect_future f)
{
    struct syn_stream *s;
    syn_err err = future_get(f, &s);

    CHECK(err != SYN_OK);
    return err;
}

ASYNC(SYN_FREE, void, who_drives, (pthread_t *, out))
{
    *self->out = pthread_self();
    return step_done(self);
}

static void H3_a_name_is_looked_up_on_a_thread_of_its_own(void)
{
    pthread_t driver, worker;

    begin();
    fake_name("here.test", "127.0.0.1", 0);
    CHECK_INT(who_drives(&driver), SYN_OK);
    CHECK_INT(outcome(look_up("here.test")), ECONNREFUSED);
    worker = fake_counts().last_thread;
    CHECK(!pthread_equal(worker, pthread_self()));
    CHECK(test_driving || !pthread_equal(worker, driver));
    finish_lookups();
}

static atomic_int beats;

ASYNC(SYN_FREE, void, beat)
{
    co_begin;
    for (;;) {
        co_pass;
        beats++;
    }
    co_end;
}

static void H3_the_loop_goes_on_while_names_are_looked_up(void)
{
    struct syn_tcp_connect_future f;
    struct beat_future b;
    int before;

    begin();
    fake_name("slow.test", "127.0.0.1", 0);
    fake_hold(NULL);
    f = look_up("slow.test");
    b = beat_future();
    fake_wait_held(1);
    before = beats;
    while (beats < before + 1000)
        usleep(100);
    CHECK_INT(future_poll(f), SYN_EAGAIN);
    CHECK_INT(future_cancel(b), SYN_ECANCELED);
    fake_release();
    CHECK_INT(outcome(f), ECONNREFUSED);
    finish_lookups();
}

static void I4_addresses_in_numbers_need_no_lookup(void)
{
    begin();
    CHECK_INT(outcome(look_up("127.0.0.1")), ECONNREFUSED);
    CHECK(outcome(look_up("::1")) != SYN_OK);
    CHECK_INT(fake_counts().lookups, 0);
    finish_lookups();
}

static void I4_each_failure_has_its_code_and_the_names_words(void)
{
    static const struct {
        const char *name;
        int gai;
        syn_err err;
    } failures[] = {
        {"none.test", EAI_NONAME, SYN_ENOHOST},
        {"later.test", EAI_AGAIN, SYN_ERESOLVE},
        {"memory.test", EAI_MEMORY, SYN_ENOMEM},
        {"broken.test", EAI_FAIL, SYN_ERESOLVE},
    };

    begin();
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        fake_name(failures[i].name, "", failures[i].gai);
        CHECK_INT(outcome(look_up(failures[i].name)), failures[i].err);
        CHECK_SAYS(failures[i].name);
        CHECK_SAYS(gai_strerror(failures[i].gai));
    }
    syn_fault_set("getaddrinfo", 1, 1, ENFILE);
    CHECK_INT(outcome(look_up("any.test")), ENFILE);
    syn_fault_clear();
    finish_lookups();
}

static void I4_a_cancelled_lookup_returns_at_once_and_its_late_answer_is_destroyed(void)
{
    struct syn_tcp_connect_future f;

    begin();
    fake_name("slow.test", "127.0.0.1 127.0.0.2 127.0.0.3", 0);
    fake_hold(NULL);
    f = look_up("slow.test");
    fake_wait_held(1);
    CHECK_INT(future_cancel(f), SYN_ECANCELED); /* while it is held: it would hang */
    CHECK_INT(fake_counts().held, 1);
    CHECK_INT(fake_counts().connects, 0);
    fake_release();
    finish_lookups(); /* sees that no list is out */
}

static void X3_a_deadline_ends_a_lookup_in_time(void)
{
    struct syn_tcp_connect_future f;

    begin_in_real_time(); /* while names are looked up, virtual time stands still */
    fake_name("slow.test", "127.0.0.1", 0);
    fake_hold(NULL);
    f = look_up("slow.test");
    fake_wait_held(1); /* else a lookup that finds the deadline passed may be first, and the connect's own failure */
    CHECK_INT(call_by(syn_after(0.02), outcome(f)), SYN_ETIMEDOUT);
    CHECK_INT(syn_last_origin(), SYN_BY_DEADLINE);
    finish_lookups();
}

static void T1_virtual_time_stands_still_while_a_name_is_looked_up(void)
{
    struct syn_tcp_connect_future f;

    begin();
    fake_name("slow.test", "127.0.0.1", 0);
    f = look_up("slow.test");
    CHECK_INT(future_wait_by(f, syn_after(1)), SYN_OK); /* however long it really takes */
    CHECK_INT(now(), 0);
    CHECK_INT(outcome(f), ECONNREFUSED);
    finish_lookups();
}

static void I4_more_lookups_than_workers_all_get_their_answer(void)
{
    struct syn_pool_options four = {.max_threads = 4};
    struct syn_tcp_connect_future f[MANY];

    begin();
    CHECK_INT(pool_configure(syn_lookup_pool(), &four), SYN_OK);
    fake_name("slow.test", "127.0.0.1", 0);
    fake_hold(NULL);
    for (int i = 0; i < MANY; i++)
        f[i] = look_up(i % 2 ? "slow.test" : "nosuch.test");
    fake_wait_held(4);
    usleep(20000);
    CHECK_INT(fake_counts().held, 4); /* never more */
    for (int i = 0; i < MANY; i += 5)
        CHECK_INT(future_cancel(f[i]), SYN_ECANCELED);
    fake_release();
    for (int i = 0; i < MANY; i++)
        if (i % 5)
            CHECK_INT(outcome(f[i]), i % 2 ? ECONNREFUSED : SYN_ENOHOST);
    finish_lookups();
}

/* Lookups that everybody gave up, and that do not end: without a name server. */
static void I4_lookups_that_hang_are_bounded_and_hold_up_no_file(void)
{
    struct syn_stream *s;
    struct syn_pool_stats stats;
    int fd;

    begin_in_real_time();
    fake_hold(NULL);
    for (int i = 0; i < 100; i++)
        CHECK_INT(call_by(syn_after(0.001), syn_tcp_connect("slow.test", 1, &s)), SYN_ETIMEDOUT);
    stats = syn_pool_stats(syn_lookup_pool());
    CHECK(stats.peak_threads <= 32);
    CHECK_INT(stats.queued, 0); /* one that gave up leaves the queue */
    CHECK_INT(syn_pool_stats(syn_default_pool()).peak_threads, 0);
    CHECK_INT(syn_file_open("/", O_RDONLY, 0, &fd), SYN_OK);
    CHECK_INT(syn_file_close(fd), SYN_OK);
    fake_release();
    CHECK_INT(outcome(look_up("later.test")), SYN_ENOHOST); /* and all is well again */
    CHECK_INT(pool_stop(syn_default_pool(), syn_never()), SYN_OK);
    finish_lookups();
}

/* An idle worker that has just been given a lookup does not count for the next one. */
static void I4_a_slow_name_does_not_hold_up_the_next_one(void)
{
    struct syn_tcp_connect_future slow, quick;

    begin();
    fake_name("slow.test", "127.0.0.1", 0);
    for (int i = 0; i < 50 / TEST_SLOWNESS; i++) {
        CHECK_INT(outcome(look_up("quick.test")), SYN_ENOHOST); /* one worker is idle after it */
        fake_hold("slow.test");
        slow = look_up("slow.test");
        quick = look_up("quick.test");
        CHECK_INT(outcome(quick), SYN_ENOHOST);
        fake_release();
        CHECK_INT(outcome(slow), ECONNREFUSED);
    }
    finish_lookups();
}

static void W5_no_worker_to_be_had_is_an_error_and_not_a_hang(void)
{
    begin();
    CHECK_INT(outcome(look_up("127.0.0.1")), ECONNREFUSED); /* its loop runs */
    syn_fault_set("pthread_create", 1, 1, EAGAIN);
    CHECK_INT(outcome(look_up("quick.test")), SYN_EAGAIN);
    CHECK_SAYS("no thread");
    syn_fault_clear();
    CHECK_INT(outcome(look_up("quick.test")), SYN_ENOHOST);
    finish_lookups();
}

static void W5_with_one_worker_there_is_enough(void)
{
    struct syn_tcp_connect_future f[MANY];

    begin();
    fake_hold(NULL);
    f[0] = look_up("quick.test");
    fake_wait_held(1);
    syn_fault_set("pthread_create", 1, 100, EAGAIN);
    for (int i = 1; i < MANY; i++)
        f[i] = look_up("quick.test");
    fake_release();
    for (int i = 0; i < MANY; i++)
        CHECK_INT(outcome(f[i]), SYN_ENOHOST);
    syn_fault_clear();
    finish_lookups();
}

static void L2_stopping_does_not_wait_for_a_lookup(void)
{
    struct syn_tcp_connect_future f;

    begin();
    fake_name("slow.test", "127.0.0.1", 0);
    fake_hold(NULL);
    f = look_up("slow.test");
    fake_wait_held(1);
    CHECK_INT(synchronizer_stop(syn_default_synchronizer(), syn_never()), SYN_OK);
    CHECK_INT(outcome(f), SYN_ECANCELED);
    finish_lookups();
}

/* Passes when the process ends although the worker does not. */
static void L4_the_process_ends_though_a_lookup_does_not(void)
{
    begin_in_real_time();
    fake_hold(NULL);
    future_detach(look_up("slow.test"));
    fake_wait_held(1);
    CHECK_INT(synchronizer_stop(syn_default_synchronizer(), syn_never()), SYN_OK);
}

static const struct test_case cases[] = {
    TEST(H3_a_name_is_looked_up_on_a_thread_of_its_own),
    TEST(H3_the_loop_goes_on_while_names_are_looked_up),
    TEST(I4_addresses_in_numbers_need_no_lookup),
    TEST(I4_each_failure_has_its_code_and_the_names_words),
    TEST(I4_a_cancelled_lookup_returns_at_once_and_its_late_answer_is_destroyed),
    TEST(X3_a_deadline_ends_a_lookup_in_time),
    TEST(T1_virtual_time_stands_still_while_a_name_is_looked_up),
    TEST(I4_more_lookups_than_workers_all_get_their_answer),
    TEST(I4_lookups_that_hang_are_bounded_and_hold_up_no_file),
    TEST(I4_a_slow_name_does_not_hold_up_the_next_one),
    TEST(W5_no_worker_to_be_had_is_an_error_and_not_a_hang),
    TEST(W5_with_one_worker_there_is_enough),
    TEST(L2_stopping_does_not_wait_for_a_lookup),
    TEST(L4_the_process_ends_though_a_lookup_does_not),
};
TEST_MAIN_BOTH_MODES("resolve", cases);
