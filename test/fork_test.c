/* SPDX-License-Identifier: Apache-2.0
 *
 * Forked children: they start afresh, the parent's things answer SYN_EFORKED, and the parent does
 * not notice (L5).
 */
#define _GNU_SOURCE
#include <sys/resource.h>

#include "base/signals.h"
#include "support/fork_rig.h"
#include "task/state.h"

#include <synchronicity/signal.h>

static void L5_a_child_starts_afresh_at_its_first_call(void)
{
    begin_to_fork();
    calls_work();
    in_child(work_stop_and_restart);
    calls_work();
    stop_all();
    in_child(calls_work); /* stopped is what the parent's were */
    in_child(work_stop_and_restart);
    free_all();
}

static void forks_again(void)
{
    calls_work();
    in_child(work_stop_and_restart);
    calls_work();
}

static void L5_a_child_forks_again(void)
{
    begin_to_fork();
    in_child(forks_again);
    calls_work();
    in_child(forks_again);
    calls_work();
    stop_all();
    free_all();
}

/* --- the parent's things --- */

static struct twice_future call, done_call;
static struct thrice_future job;
static struct number_promise promise;
static struct number_future promised, shared_source;
static struct number_promise shared_promise;
static struct number_shared shared;
static struct ints_channel made;
static struct counts_channel generator;
static struct db *object;
static struct syn_scope scope;
static atomic_int n_called_back;

static void called_back(void *user, syn_err err, int *result)
{
    (void)user;
    (void)err;
    (void)result;
    n_called_back++;
}

static void make_things(void)
{
    int x = 0;

    call = twice_future(3600, 1);
    done_call = twice_future(0.0, 4);
    CHECK_INT(future_wait(done_call), 0);
    job = thrice_future(2);
    CHECK_INT(future_wait(job), 0);
    CHECK_INT(promise_new(number, &promise, &promised), 0);
    CHECK_INT(promise_new(number, &shared_promise, &shared_source), 0);
    CHECK_INT(future_share(shared_source, &shared), 0);
    CHECK_INT(channel_new(ints, 2, &made), 0);
    CHECK_INT(channel_send(made, &x), 0);
    generator = counts(3);
    CHECK_INT(channel_next(generator, &x), 0);
    CHECK_INT(db_open("a", 0.0, &object), 0);
    scope_spawn(&scope, naps_future(3600));
}

static void end_things(void)
{
    int y = 7;

    CHECK_INT(future_cancel(call), SYN_ECANCELED);
    CHECK_INT(future_get(done_call, &y), 0);
    CHECK_INT(y, 8);
    CHECK_INT(future_get(job, &y), 0);
    CHECK_INT(promise_complete(promise, &y), 0);
    CHECK_INT(future_get(promised, &y), 0);
    CHECK_INT(y, 6);
    CHECK_INT(promise_complete(shared_promise, &y), 0);
    CHECK_INT(shared_get(shared, &y), 0);
    shared_release(shared);
    CHECK_INT(channel_next(made, &y), 0);
    CHECK_INT(channel_close(made), 0);
    CHECK_INT(channel_next(generator, &y), 0);
    CHECK_INT(y, 1);
    CHECK_INT(channel_close(generator), 0);
    CHECK_INT(db_add(object, 2, 3, &y), 0);
    CHECK_INT(y, 5);
    db_release(object);
    syn_scope_cancel(&scope);
    CHECK_INT(scope_join(&scope), SYN_ECANCELED);
}

static void answer_everywhere(void)
{
    struct number_future f;
    struct number_shared s;
    struct syn_object_close_future closing;
    const int *p = NULL;
    int y = 7;

    CHECK_INT(future_poll(call), SYN_EFORKED);
    CHECK_INT(future_wait(call), SYN_EFORKED);
    CHECK_INT(future_wait_by(call, syn_after(1)), SYN_EFORKED);
    CHECK_INT(future_request_cancel(call), SYN_EFORKED);
    CHECK_INT(future_get(call, &y), SYN_EFORKED);
    CHECK_SAYS("parent");
    CHECK_INT(future_get(done_call, &y), SYN_EFORKED);
    CHECK_INT(future_get_by(job, &y, syn_after(1)), SYN_EFORKED);
    CHECK_INT(future_cancel(call), SYN_EFORKED);
    CHECK_INT(future_then(promised, &demo, called_back, NULL), SYN_EFORKED);
    CHECK_INT(future_share(promised, &s), SYN_EFORKED);
    future_detach(call);

    CHECK_INT(promise_complete(promise, &y), SYN_EFORKED);
    CHECK_INT(promise_fail(promise, SYN_EIO, "no"), SYN_EFORKED);
    CHECK_INT(promise_drop(promise), SYN_EFORKED);

    CHECK_INT(shared_get(shared, &y), SYN_EFORKED);
    CHECK_INT(shared_get_by(shared, &y, syn_after(1)), SYN_EFORKED);
    CHECK_INT(shared_peek(shared, &p), SYN_EFORKED);
    syn_shared_future(shared, &f);
    CHECK_INT(future_get(f, &y), SYN_EFORKED);
    shared_retain(shared);
    shared_release(shared);
    shared_release(shared);

    CHECK_INT(channel_try_next(made, &y), SYN_EFORKED);
    CHECK_INT(channel_next(made, &y), SYN_EFORKED);
    CHECK_INT(channel_send(made, &y), SYN_EFORKED);
    CHECK_INT(channel_try_send(made, &y), SYN_EFORKED);
    CHECK_INT(channel_close(made), SYN_EFORKED);
    CHECK_INT(channel_next(generator, &y), SYN_EFORKED);
    CHECK_INT(channel_close(generator), SYN_EFORKED);

    CHECK_INT(db_add(object, 2, 3, &y), SYN_EFORKED);
    CHECK_INT(future_get(db_add_future(object, 2, 3), &y), SYN_EFORKED);
    CHECK_INT(db_get_age(object, &y), SYN_EFORKED);
    closing = db_close_future(db_retain(object));
    CHECK_INT(future_get(closing), SYN_EFORKED);
    db_release(object);

    CHECK_INT(syn_scope_live(&scope), 0);
    CHECK_INT(scope_join(&scope), SYN_EFORKED);
    CHECK_SAYS("parent");
    scope_spawn(&scope, naps_future(0.0)); /* it is a scope of this process by now */
    CHECK_INT(scope_join(&scope), 0);
    CHECK_INT(y, 7);
}

ASYNC(demo, void, awaits_the_parents, SYN_LOCAL(int, y))
{
    co_begin;
    co_await(call, &self->y);
    CHECK_INT(co_status, SYN_EFORKED);
    co_await(promised, &self->y);
    CHECK_INT(co_status, SYN_EFORKED);
    co_next(made, &self->y);
    CHECK_INT(co_status, SYN_EFORKED);
    co_next(generator, &self->y);
    CHECK_INT(co_status, SYN_EFORKED);
    co_await(db_add_future(object, 1, 2), &self->y);
    CHECK_INT(co_status, SYN_EFORKED);
    co_end;
}

static void answer_in_tasks(void)
{
    CHECK_INT(awaits_the_parents(), 0);
    answer_everywhere();
    calls_work();
}

static void L5_the_parents_things_answer_EFORKED_at_once_in_every_face(void)
{
    begin_to_fork();
    make_things();
    in_child(answer_everywhere);
    in_child(answer_in_tasks);
    end_things();
    stop_all();
    free_all();
    CHECK_INT(n_called_back, 0);
}

/* --- the parent does not notice --- */

static bool sleeps(struct syn_synchronizer *synchronizer)
{
    return atomic_load(&((struct syni_home *)synchronizer->home)->loop.role) == SYNI_ROLE_ASLEEP;
}

/* Its driver sleeps, and did so a while ago: it does not doze, so it makes no turn by itself. */
static unsigned long turns_at_rest(struct syn_synchronizer *synchronizer)
{
    unsigned long turns, now;

    do {
        turns = synchronizer_stats(synchronizer).turns;
        usleep(20000);
        now = synchronizer_stats(synchronizer).turns;
    } while (turns != now || !sleeps(synchronizer));
    return turns;
}

static int ends[2];

ASYNC(demo, int, reads_a_byte)
{
    char byte = 0;

    co_begin;
    CHECK_INT(syn_keep_descriptor(&self->syn, ends[0]), 0);
    co_readable(ends[0]);
    byte = 0;
    CHECK_INT(read(ends[0], &byte, 1), 1);
    syn_forget_descriptor(&self->syn, ends[0]);
    co_return(byte);
    co_end;
}

/* It waits for the parent's descriptor, and closes it. */
static void waits_and_closes(void)
{
    struct reads_a_byte_future f = reads_a_byte_future();

    answer_in_tasks();
    CHECK_INT(future_cancel(f), SYN_ECANCELED);
    close(ends[0]);
    close(ends[1]);
    stop_all();
    free_all();
}

static void L5_the_parent_does_not_notice_what_its_child_does(void)
{
    struct reads_a_byte_future f;
    unsigned long turns;
    int byte = 0;

    begin_to_fork();
    syni_signals_set_doze(0);
    CHECK_INT(pipe(ends), 0);
    make_things();
    f = reads_a_byte_future();
    turns = turns_at_rest(&demo);
    in_child(waits_and_closes);
    CHECK_INT(synchronizer_stats(&demo).turns, turns);
    CHECK_INT(write(ends[1], "x", 1), 1);
    CHECK_INT(future_get(f, &byte), 0);
    CHECK_INT(byte, 'x');
    end_things();
    stop_all();
    free_all();
    close(ends[0]);
    close(ends[1]);
}

static bool open_before[64];

static void has_no_descriptor_of_ours(void)
{
    for (int fd = 0; fd < 64; fd++)
        CHECK((fcntl(fd, F_GETFD) != -1) == open_before[fd]);
}

static void L5_a_child_has_none_of_our_descriptors(void)
{
    begin_to_fork();
    for (int fd = 0; fd < 64; fd++)
        open_before[fd] = fcntl(fd, F_GETFD) != -1;
    calls_work();
    in_child(has_no_descriptor_of_ours);
    calls_work();
    stop_all();
    free_all();
}

static int program_file;

static void writes_to_the_file(void)
{
    CHECK_INT(write(program_file, "x", 1), 1);
}

/* Other code closed a descriptor of the library by mistake; a file of the program has its number since. */
static void L5_a_child_keeps_a_file_of_the_program_under_a_number_that_was_ours(void)
{
    static struct syn_notice notice;
    int number;

    begin_to_fork();
    number = dup(STDERR_FILENO);
    CHECK(number >= 0);
    close(number);
    CHECK_INT(syn_notice_open(&notice), 0);
    close(number);
    program_file = open("/dev/null", O_WRONLY | O_CLOEXEC);
    CHECK_INT(program_file, number);
    in_child(writes_to_the_file);
    CHECK_INT(syn_notice_close(&notice), 0);
    writes_to_the_file();
    close(program_file);
}

static void does_nothing(void)
{
}

/* TEST_FORKS=10000 in the environment: so many, and the figures are printed. */
static int forks_asked_for(void)
{
    const char *asked = getenv("TEST_FORKS");

    return asked ? atoi(asked) : 400 / (TEST_SLOWNESS * TEST_SLOWNESS);
}

/* What a process has that may grow: descriptors, the library's pieces of memory, and the most pages
 * that were ever in memory, in KiB. That is for the eyes, and for many forks: how many stacks of threads, and arenas
 * of their malloc(), are in memory at once depends on the machine. */
struct has {
    int descriptors;
    unsigned long outstanding;
    long peak;
};

static struct has has_now(void)
{
    struct has has = {0};
    struct rusage usage;

    syn_memory_trim(); /* what is kept for later depends on how many were in flight at a time */
    has.outstanding = syn_memory_use().outstanding;

    for (int fd = 0; fd < 1024; fd++)
        has.descriptors += fcntl(fd, F_GETFD) != -1;
    CHECK_INT(getrusage(RUSAGE_SELF, &usage), 0);
    has.peak = usage.ru_maxrss;
    return has;
}

static void L5_many_forks_leave_nothing_in_the_parent(void)
{
    struct has before = {0}, after;
    int n = forks_asked_for();

    begin_to_fork();
    calls_work();
    for (int i = 0; i < n; i++) {
        in_child(i % 20 == 0 ? calls_work : does_nothing);
        if (i % 20 == 0)
            calls_work(); /* the parent goes on meanwhile */
        if (i == n / 10)
            before = has_now();
    }
    after = has_now();
    /* Stores of other threads keep frames and reports for later: two or three more for each of the
     * parent's rounds until they are full. A fork that left one piece would be noticed. */
    CHECK(after.outstanding <= before.outstanding + 16 + 3 * ((unsigned long)n / 20));
    CHECK_INT(after.descriptors, before.descriptors);
    if (n >= 10000) /* a page for each fork were 40 MiB */
        CHECK(after.peak <= before.peak + 8 * 1024);
    if (getenv("TEST_FORKS"))
        printf("%d forks: %d and %d descriptors, %lu and %lu pieces, %ld and %ld KiB resident\n", n,
               before.descriptors, after.descriptors, before.outstanding, after.outstanding,
               before.peak, after.peak);
    calls_work();
    stop_all();
    free_all();
}

static void exits(void)
{
    calls_work();
    exit(0);
}

static void exits_at_once(void)
{
    exit(0);
}

static void L5_a_child_may_exit(void)
{
    begin_to_fork();
    make_things();
    in_child(exits);
    in_child(exits_at_once);
    end_things();
    stop_all();
    free_all();
}

static const struct test_case cases[] = {
    TEST_MODES(L5_a_child_starts_afresh_at_its_first_call),
    TEST_MODES(L5_a_child_forks_again),
    TEST_MODES(L5_the_parents_things_answer_EFORKED_at_once_in_every_face),
    TEST(L5_the_parent_does_not_notice_what_its_child_does),
    TEST(L5_a_child_has_none_of_our_descriptors),
    TEST(L5_a_child_keeps_a_file_of_the_program_under_a_number_that_was_ours),
    TEST_MODES(L5_many_forks_leave_nothing_in_the_parent),
    TEST_MODES(L5_a_child_may_exit),
};
TEST_MAIN("fork", cases);
