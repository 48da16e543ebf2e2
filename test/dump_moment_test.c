/* SPDX-License-Identifier: Apache-2.0
 *
 * What a dump says of each kind of wait, and that it comes at any moment: while memory is out, in the middle of a
 * post, and in a signal handler that interrupts the library there; and of a million tasks.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <synchronicity/readiness.h>
#include <synchronicity/sync.h>

#include "support/dump_rig.h"
#include "support/points.h"

SYNCHRONIZER(demo);
SYNCHRONIZER(other);
POOL(jobs, .max_threads = 1);
PROMISE(int, answer);
CHANNEL(int, ints);

/* --- each kind of wait --- */

static struct syn_mutex mutex;
static struct syn_semaphore units;
static struct syn_event event;
static struct syn_condition condition;
static int pipe_ends[2];
static atomic_bool job_goes_on;

BLOCKING(jobs, int, computes)
{
    (void)job;
    while (!job_goes_on)
        usleep(200);
    return 1;
}

ASYNC(other, int, far, (struct answer_future, f))
{
    co_begin;
    co_try(self->f, &self->result);
    co_return_result;
    co_end;
}

ASYNC(demo, void, for_time)
{
    co_begin;
    co_sleep(1000.0);
    co_end;
}

ASYNC(demo, void, for_descriptor)
{
    co_begin;
    co_readable(pipe_ends[0]);
    co_end;
}

ASYNC(demo, void, for_task, (struct answer_future, f), SYN_LOCAL(int, y))
{
    co_begin;
    co_await_by(far_future(self->f), &self->y, syn_after(1000.0));
    co_end;
}

ASYNC(demo, void, for_job, SYN_LOCAL(int, y))
{
    co_begin;
    co_await(computes_future(), &self->y);
    co_end;
}

ASYNC(demo, void, holder)
{
    co_begin;
    co_lock(&mutex);
    co_sleep(1000.0);
    co_finally;
    if (syn_mutex_is_mine(&mutex))
        syn_mutex_unlock(&mutex);
    co_end;
}

ASYNC(demo, void, for_mutex)
{
    co_begin;
    co_lock(&mutex);
    syn_mutex_unlock(&mutex);
    co_end;
}

static struct syn_mutex beside;

ASYNC(demo, void, for_condition)
{
    co_begin;
    co_lock(&beside);
    co_wait_on(&condition, &beside);
    co_finally;
    if (syn_mutex_is_mine(&beside))
        syn_mutex_unlock(&beside);
    co_end;
}

ASYNC(demo, void, for_semaphore)
{
    co_begin;
    co_acquire(&units);
    co_end;
}

ASYNC(demo, void, for_event)
{
    co_begin;
    co_wait_on(&event);
    co_end;
}

ASYNC(demo, void, for_item, (struct ints_channel, ch), SYN_LOCAL(int, v))
{
    co_begin;
    co_next(self->ch, &self->v);
    co_end;
}

ASYNC(demo, void, for_room, (struct ints_channel, ch), SYN_LOCAL(int, i))
{
    co_begin;
    for (;;)
        co_send(self->ch, &self->i);
    co_end;
}

ASYNC(demo, void, for_scope, SYN_LOCAL(struct syn_scope, all))
{
    co_begin;
    co_spawn(&self->all, for_time_future());
    co_join(&self->all);
    co_check;
    co_end;
}

ASYNC(demo, void, for_several, (struct ints_channel, ch), SYN_LOCAL(struct syn_choice, on[2]), SYN_LOCAL(int, v))
{
    co_begin;
    co_select(self->on, ON_NEXT(self->ch, &self->v), ON_TIME(syn_after(1000.0)));
    co_end;
}

/* Waits as one kind of task, and leaves when it is told. */
ASYNC(demo, void, all_kinds, (struct answer_future, f), (struct ints_channel, empty), (struct ints_channel, full),
      SYN_LOCAL(struct syn_scope, all))
{
    co_begin;
    co_spawn(&self->all, for_descriptor_future());
    co_spawn(&self->all, for_task_future(self->f));
    co_spawn(&self->all, for_job_future());
    co_spawn(&self->all, holder_future());
    co_spawn(&self->all, for_mutex_future());
    co_spawn(&self->all, for_condition_future());
    co_spawn(&self->all, for_semaphore_future());
    co_spawn(&self->all, for_event_future());
    co_spawn(&self->all, for_item_future(self->empty));
    co_spawn(&self->all, for_room_future(self->full));
    co_spawn(&self->all, for_scope_future());
    co_spawn(&self->all, for_several_future(self->empty));
    co_join(&self->all);
    co_end;
}

/* The thing called NAME, however deep inside of THING; NULL: there is none. */
static const struct json *find(const struct json *thing, const char *name)
{
    const struct json *children = json_member(thing, "children"), *found = NULL;

    for (const struct json *at = children ? children->first : NULL; at && !found; at = at->next)
        found = strcmp(json_string_of(at, "name"), name) == 0 ? at : find(at, name);
    return found;
}

/* All of them wait, each for what the table says, it is said since when, and the job runs. */
static bool all_wait(const struct json *all)
{
    static const char *const waits[][2] = {
        {"all_kinds", "its scope"},
        {"for_descriptor", "readable"},
        {"for_task", "far"},
        {"far", "a promise"},
        {"for_job", "computes"},
        {"holder", "time"},
        {"for_mutex", "a mutex"},
        {"for_condition", "a condition"},
        {"for_semaphore", "a semaphore"},
        {"for_event", "an event"},
        {"for_item", "an item"},
        {"for_room", "room in a channel"},
        {"for_scope", "its scope"},
        {"for_time", "time"},
        {"for_several", "the first of several"},
    };

    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        const struct json *task = find(all, waits[i][0]);

        if (!task || !json_string_of(task, "waits_for") ||
            strcmp(json_string_of(task, "waits_for"), waits[i][1]) != 0)
            return false;
        CHECK(json_number_of(task, "since") >= 0);
        CHECK(strncmp(json_string_of(task, "at"), "dump_moment_test.c:", 19) == 0);
    }
    return find(all, "computes") && strcmp(json_string_of(find(all, "computes"), "state"), "runs") == 0;
}

static struct json *await_all_kinds(void)
{
    for (int i = 0; i < 20000; i++) {
        struct json *all;

        take(syn_dump_json);
        all = json_parse(text);
        if (all_wait(all))
            return all;
        json_free(all);
        usleep(500);
    }
    test_fail(__FILE__, __LINE__, "not all of them wait as they should:\n%s", text);
}

static void V1_dump_says_what_each_kind_of_wait_is_for_and_since_when(void)
{
    struct answer_promise p;
    struct answer_future f;
    struct ints_channel empty, full;
    struct all_kinds_future task;
    struct json *all;

    begin_in_real_time();
    CHECK_INT(pipe(pipe_ends), 0);
    CHECK_INT(promise_new(answer, &p, &f), 0);
    CHECK_INT(channel_new(ints, 3, &empty), 0);
    CHECK_INT(channel_new(ints, 2, &full), 0);
    task = all_kinds_future(f, empty, full);
    all = await_all_kinds();
    CHECK_INT(json_number_of(find(all, "for_descriptor"), "descriptor"), pipe_ends[0]);
    CHECK_STR(json_string_of(find(all, "for_mutex"), "holder"), "holder");
    CHECK_INT(json_number_of(find(all, "for_item"), "items"), 0);
    CHECK_INT(json_number_of(find(all, "for_item"), "capacity"), 3);
    CHECK_INT(json_number_of(find(all, "for_room"), "items"), 2);
    CHECK_STR(json_string_of(find(all, "far"), "on"), "other");
    CHECK(json_number_of(find(all, "far"), "left") > 800); /* of the deadline that it was awaited under */
    CHECK(find(find(all, "for_task"), "far") && find(find(all, "for_scope"), "for_time"));
    CHECK_STR(json_string_of(find(all, "computes"), "state"), "runs");
    json_free(all);
    job_goes_on = true;
    CHECK(future_cancel(task) != SYN_EDEADLK);
    promise_drop(p);
    CHECK_INT(channel_close(empty), 0);
    CHECK_INT(channel_close(full), 0);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    CHECK_INT(pool_stop(&jobs, syn_never()), SYN_OK);
    finish(&demo);
    finish(&other);
}

ASYNC(demo, int, quick)
{
    co_begin;
    co_return(1);
    co_end;
}

ASYNC(demo, int, waits_at_once, (struct answer_future, f))
{
    co_begin;
    co_try(self->f, &self->result);
    co_return_result;
    co_end;
}

/* However long the loop did not run before, and slept with nothing to do. */
static void V1_dump_says_that_a_wait_is_as_old_as_it_is_and_not_as_its_loop(void)
{
    struct waits_at_once_future waits;
    struct answer_promise p;
    struct answer_future f;
    struct json *all;
    double since;
    int y;

    begin_in_real_time();
    for (int i = 0; i < 3; i++) {
        int64_t before, spent_ns;

        CHECK_INT(quick(&y), 0);
        usleep(30000);
        CHECK_INT(promise_new(answer, &p, &f), 0);
        before = syn_clock_now(NULL);
        waits = waits_at_once_future(f);
        await_dump("waits_at_once: waits for a promise, for ");
        take(syn_dump_json);
        spent_ns = syn_clock_now(NULL) - before;
        all = json_parse(text);
        since = json_number_of(find(all, "waits_at_once"), "since");
        json_free(all);
        CHECK(since >= 0 && since <= (double)spent_ns / 1e9 + 0.002); /* a dump rounds to a millisecond */
        CHECK_INT(promise_complete(p, &i), 0);
        CHECK_INT(future_get(waits, &y), 0);
    }
    finish(&demo);
}

/* --- at any moment --- */

static atomic_bool step_goes_on;

/* Its loop makes no call meanwhile, which might be the one that is to fail. */
ASYNC(demo, void, stands)
{
    while (!step_goes_on)
        usleep(200);
    return step_done(self);
}

static void V1_dump_comes_while_memory_is_out(void)
{
    struct for_time_future f;
    struct stands_future g;

    begin_in_real_time();
    f = for_time_future();
    await_dump("for_time: waits for time");
    g = stands_future();
    await_dump("runs stands");
    for (int n = 1; n <= 8; n++) { /* whichever call of the library is to fail next */
        syn_fault_set(NULL, (unsigned long)n, 1000000, ENOMEM);
        take(syn_dump);
        syn_fault_clear();
        CHECK_HAS("for_time: waits for time");
        syn_fault_set(NULL, (unsigned long)n, 1000000, ENOMEM);
        take(syn_dump_json);
        syn_fault_clear();
        json_free(json_parse(text));
    }
    step_goes_on = true;
    CHECK_INT(future_get(g), 0);
    CHECK(future_cancel(f) != SYN_EDEADLK);
    finish(&demo);
}

static void *calls_for_time(void *unused)
{
    (void)unused;
    CHECK(for_time() == SYN_ECANCELED);
    return NULL;
}

static void V1_dump_comes_in_the_middle_of_a_post(void)
{
    static const char *const points[] = {"post_knock", "knock_role"};
    pthread_t thread;

    points_needed();
    begin_in_real_time();
    CHECK_INT(synchronizer_start(&demo), 0);
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        CHECK_INT(syn_test_hold(points[i], 1), 0);
        CHECK_INT(pthread_create(&thread, NULL, calls_for_time, NULL), 0);
        AWAIT_HELD(points[i]);
        take(syn_dump);
        CHECK_HAS("synchronizer demo");
        take(syn_dump_json);
        json_free(json_parse(text));
        syn_test_release(points[i]);
        await_dump("for_time: waits for time");
        CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
        CHECK_INT(pthread_join(thread, NULL), 0);
        CHECK_INT(synchronizer_start(&demo), 0);
    }
    finish(&demo);
}

static int nowhere;
static atomic_int n_dumped;

static void dump_to_nowhere(int number)
{
    (void)number;
    syn_dump(nowhere);
    syn_dump_json(nowhere);
    n_dumped++;
}

static void *makes_and_cancels(void *goes_on)
{
    while (*(atomic_bool *)goes_on)
        CHECK(future_cancel(for_scope_future()) != SYN_EDEADLK);
    return NULL;
}

static void V1_dump_comes_in_a_handler_that_interrupts_the_library_wherever_it_is(void)
{
    static atomic_bool goes_on = true;
    pthread_t thread;

    begin_in_real_time();
    nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    signal(SIGUSR1, dump_to_nowhere);
    CHECK_INT(pthread_create(&thread, NULL, makes_and_cancels, &goes_on), 0);
    for (int i = 1; i <= 100; i++) {
        CHECK_INT(pthread_kill(thread, SIGUSR1), 0);
        while (n_dumped < i)
            usleep(50);
    }
    goes_on = false;
    CHECK_INT(pthread_join(thread, NULL), 0);
    finish(&demo);
    close(nowhere);
}

/* --- a million --- */

enum { MILLION = 1000000 / TEST_SLOWNESS / TEST_SLOWNESS };

ASYNC(demo, void, many, (atomic_int *, n_made), SYN_LOCAL(struct syn_scope, all), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < MILLION; self->i++)
        co_spawn(&self->all, for_time_future());
    *self->n_made = self->i;
    co_join(&self->all);
    co_check;
    co_end;
}

static void V1_dump_and_stats_of_a_million_tasks_are_bounded_and_count_them(void)
{
    static atomic_int n_made;
    struct many_future f;
    char wanted[64], stats[20000];

    begin_in_real_time();
    f = many_future(&n_made);
    snprintf(wanted, sizeof wanted, "and more of them: %d", MILLION + 1 - 200);
    await_dump(wanted);
    CHECK(strlen(text) < 40000);
    take(syn_dump_json);
    CHECK(strlen(text) < 80000);
    json_free(json_parse(text));
    CHECK_INT(synchronizer_stats(&demo).started - synchronizer_stats(&demo).ended, MILLION + 1);
    CHECK(syn_stats_text(stats, sizeof stats) < sizeof stats);
    CHECK(future_cancel(f) != SYN_EDEADLK);
    finish(&demo);
}

/* As a handler that makes one must. */
static void V1_dump_leaves_errno_alone_where_it_cannot_be_written(void)
{
    int fd = open("/dev/null", O_RDONLY);

    CHECK(fd >= 0);
    begin_in_real_time();
    errno = EDOM;
    syn_dump(fd);
    CHECK_INT(errno, EDOM);
    syn_dump_json(fd);
    CHECK_INT(errno, EDOM);
    close(fd);
}

static const struct test_case cases[] = {
    TEST(V1_dump_says_what_each_kind_of_wait_is_for_and_since_when),
    TEST_MODES(V1_dump_says_that_a_wait_is_as_old_as_it_is_and_not_as_its_loop),
    TEST(V1_dump_comes_while_memory_is_out),
    TEST(V1_dump_comes_in_the_middle_of_a_post),
    TEST(V1_dump_comes_in_a_handler_that_interrupts_the_library_wherever_it_is),
    TEST(V1_dump_leaves_errno_alone_where_it_cannot_be_written),
    TEST(V1_dump_and_stats_of_a_million_tasks_are_bounded_and_count_them),
};
TEST_MAIN("dump_moment", cases);
