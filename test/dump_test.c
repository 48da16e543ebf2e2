/* SPDX-License-Identifier: Apache-2.0
 *
 * Dumps (<synchronicity/inspect.h>): the tree, what each waits for, and that they work at any moment.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <synchronicity/inspect.h>
#include <synchronicity/readiness.h>

#include "inspect/peek.h"
#include "support/dump_rig.h"

SYNCHRONIZER(demo);
SYNCHRONIZER(other);
static struct syn_pool jobs = {.options = {.name = "jobs", .max_threads = 1}};
PROMISE(int, answer);

/* --- a small world --- */

static struct syn_mutex mutex;
static int pipe_ends[2];

ASYNC(other, int, reads)
{
    co_begin;
    co_readable(pipe_ends[0]);
    co_return(1);
    co_end;
}

ASYNC(demo, int, asks, (struct answer_future, f))
{
    co_begin;
    co_try(self->f, &self->result);
    co_return_result;
    co_end;
}

ASYNC(demo, int, root, (struct answer_future, f), SYN_LOCAL(struct syn_scope, both), SYN_LOCAL(int, a), SYN_LOCAL(int, b))
{
    co_begin;
    co_spawn(&self->both, asks_future(self->f), &self->a);
    co_spawn(&self->both, reads_future(), &self->b);
    co_join(&self->both);
    co_check;
    co_return(3);
    co_end;
}

ASYNC(demo, void, holds, (struct answer_future, f), SYN_LOCAL(int, y))
{
    co_begin;
    co_lock(&mutex);
    co_await(self->f, &self->y);
    syn_mutex_unlock(&mutex);
    co_end;
}

ASYNC(demo, void, wants)
{
    co_begin;
    co_lock(&mutex);
    syn_mutex_unlock(&mutex);
    co_end;
}

static void *call_root(void *future)
{
    int y;

    CHECK_INT(root(*(struct answer_future *)future, &y), 0);
    CHECK_INT(y, 3);
    return NULL;
}

static void V1_dump_is_a_tree_over_synchronizers_with_what_each_waits_for(void)
{
    struct answer_promise p;
    struct answer_future f;
    pthread_t thread;
    char wanted[64];

    begin_in_real_time();
    CHECK_INT(pipe(pipe_ends), 0);
    CHECK_INT(promise_new(answer, &p, &f), 0);
    CHECK_INT(pthread_create(&thread, NULL, call_root, &f), 0);
    snprintf(wanted, sizeof wanted, "waits for readable, descriptor %d", pipe_ends[0]);
    await_dump(wanted);
    await_dump("\n    asks: waits for a promise");
    await_dump("synchronizer demo, driver asleep, live 2");
    CHECK_HAS("\n  root: waits for its scope, for ");
    CHECK_HAS("\n    reads: waits for readable");
    CHECK_HAS("on other");
    CHECK_HAS("dump_test.c:");
    await_dump("synchronizer other, driver asleep, live 1");
    CHECK(!strstr(text, "more of them"));
    CHECK(test_driving || strstr(text, ": waits for root, for "));
    CHECK_INT(promise_complete(p, &(int){2}), 0);
    CHECK_INT(write(pipe_ends[1], "", 1), 1);
    CHECK_INT(pthread_join(thread, NULL), 0);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    finish(&demo);
    finish(&other);
}

static void V1_dump_names_the_holder_of_a_mutex(void)
{
    struct answer_promise p;
    struct answer_future f;
    struct holds_future holder;
    struct wants_future waiter;

    begin_in_real_time();
    CHECK_INT(promise_new(answer, &p, &f), 0);
    holder = holds_future(f);
    await_dump("holds: waits for a promise");
    waiter = wants_future();
    await_dump("wants: waits for a mutex, held by holds");
    CHECK_INT(promise_complete(p, &(int){2}), 0);
    CHECK_INT(future_get(holder), 0);
    CHECK_INT(future_get(waiter), 0);
    finish(&demo);
}

CHANNEL(int, ints);

ASYNC(demo, void, sends, (struct ints_channel, ch), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < 4; self->i++)
        co_send(self->ch, &self->i);
    co_end;
}

static void V1_dump_shows_how_full_a_channel_is_and_which_nobody_closed(void)
{
    struct ints_channel ch;
    struct sends_future sender;

    begin_in_real_time();
    CHECK_INT(channel_new(ints, 3, &ch), 0);
    sender = sends_future(ch);
    await_dump("sends: waits for room in a channel, items 3, of at most 3");
    CHECK_HAS("channel, open, items 3, of at most 3, made at dump_test.c:");
    CHECK_INT(channel_close(ch), 0);
    CHECK(future_cancel(sender) != SYN_EDEADLK);
    take(syn_dump);
    CHECK(!strstr(text, "channel, open"));
    finish(&demo);
}

/* --- jobs --- */

static atomic_bool job_goes_on;

BLOCKING(jobs, int, computes, (int, x))
{
    while (!job_goes_on)
        usleep(200);
    return x;
}

static void V1_dump_shows_jobs_that_run_and_those_that_wait(void)
{
    struct computes_future f[3];
    int y;

    begin_in_real_time();
    for (int i = 0; i < 3; i++)
        f[i] = computes_future(i);
    await_dump("  computes: runs");
    do
        await_dump("\n  computes: waits for a thread");
    while (!strstr(strstr(text, "computes: waits for a thread") + 1, "computes: waits for a thread"));
    CHECK_HAS("pool jobs, threads 1, blocked 0, idle 0");
    job_goes_on = true;
    for (int i = 0; i < 3; i++)
        CHECK_INT(future_get(f[i], &y), 0);
    CHECK_INT(pool_stop(&jobs, syn_never()), SYN_OK);
}

static void V1_dump_shows_a_job_that_was_abandoned_until_it_ends(void)
{
    struct computes_future f;
    int y;

    begin_in_real_time();
    f = computes_future(1);
    await_dump("  computes: runs");
    CHECK(!strstr(text, "abandoned 1"));
    CHECK_INT(pool_stop(&jobs, syn_after(0.001)), SYN_ETIMEDOUT);
    CHECK(future_get(f, &y) != SYN_OK);
    await_dump("\n  computes: abandoned, and still runs");
    CHECK_HAS("abandoned 1");
    job_goes_on = true;
    CHECK_INT(pool_stop(&jobs, syn_never()), SYN_OK);
    take(syn_dump);
    CHECK(!strstr(text, "still runs"));
}

/* --- objects --- */

#define PAGE_METHODS(M, C) M(C, constructor, make)
CLASS(page, PAGE_METHODS);

struct page_impl {
    int n;
};

CONSTRUCTOR(page, make)
{
    me->n = 1;
    return step_done(self);
}
CLASS_TABLE(demo, page, PAGE_METHODS, NULL);

static void V1_dump_counts_the_objects_that_are_alive(void)
{
    struct page *pages[2];
    struct json *all;

    begin_in_real_time();
    CHECK_INT(synchronizer_start(&demo), SYN_OK);
    take(syn_dump);
    CHECK(!strstr(text, "objects"));
    for (int i = 0; i < 2; i++)
        CHECK_INT(page_make(&pages[i]), 0);
    await_dump(", objects 2");
    take(syn_dump_json);
    all = json_parse(text);
    CHECK_INT(json_number_of(named(all, "demo"), "objects"), 2);
    json_free(all);
    page_release(pages[0]);
    await_dump(", objects 1");
    page_release(pages[1]);
    finish(&demo);
}

/* --- JSON --- */

static void V1_dump_as_JSON_is_the_same_tree(void)
{
    struct answer_promise p;
    struct answer_future f;
    struct json *all;
    const struct json *task;
    pthread_t thread;

    begin_in_real_time();
    CHECK_INT(pipe(pipe_ends), 0);
    CHECK_INT(promise_new(answer, &p, &f), 0);
    CHECK_INT(pthread_create(&thread, NULL, call_root, &f), 0);
    await_dump("    reads: waits for readable");
    await_dump("\n    asks: waits for a promise");
    take(syn_dump_json);
    all = json_parse(text);
    task = named(named(named(all, "demo"), "root"), "reads");
    CHECK_STR(json_string_of(task, "kind"), "task");
    CHECK_STR(json_string_of(task, "waits_for"), "readable");
    CHECK_STR(json_string_of(task, "on"), "other");
    CHECK_INT(json_number_of(task, "descriptor"), pipe_ends[0]);
    CHECK(json_number_of(named(named(all, "demo"), "root"), "since") >= 0);
    CHECK_STR(json_string_of(named(named(named(all, "demo"), "root"), "asks"), "waits_for"),
              "a promise");
    CHECK_INT(json_number_of(named(all, "demo"), "live"), 2);
    json_free(all);
    CHECK_INT(promise_complete(p, &(int){2}), 0);
    CHECK_INT(write(pipe_ends[1], "", 1), 1);
    CHECK_INT(pthread_join(thread, NULL), 0);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    finish(&demo);
    finish(&other);
}

/* --- at any moment --- */

ASYNC(demo, void, sleeps)
{
    co_begin;
    co_sleep(1000.0);
    co_end;
}

ASYNC(demo, void, sleeps_a_lot, (int, n), SYN_LOCAL(struct syn_scope, all), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < self->n; self->i++)
        co_spawn(&self->all, sleeps_future());
    co_join(&self->all);
    co_check;
    co_end;
}

static void V1_dump_of_very_many_is_bounded_and_counts_them(void)
{
    struct sleeps_a_lot_future f;

    begin_in_real_time();
    f = sleeps_a_lot_future(20000);
    await_dump("live 20001");
    await_dump("and more of them: 19801");
    CHECK(strlen(text) < 40000);
    take(syn_dump_json);
    json_free(json_parse(text));
    CHECK(future_cancel(f) != SYN_EDEADLK);
    finish(&demo);
}

static void V1_dump_lines_have_80_columns(void)
{
    struct sleeps_a_lot_future f;

    begin_in_real_time();
    f = sleeps_a_lot_future(10);
    await_dump("live 11");
    await_dump("    sleeps: waits for time");
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        CHECK(strlen(line) <= 80);
    CHECK(future_cancel(f) != SYN_EDEADLK);
    finish(&demo);
}

static atomic_bool step_goes_on;

ASYNC(demo, void, loops_for_ever)
{
    while (!step_goes_on)
        usleep(200);
    return step_done(self);
}

static void V1_dump_while_a_step_does_not_return_names_it(void)
{
    struct loops_for_ever_future f;

    begin_in_real_time();
    f = loops_for_ever_future();
    await_dump("driver awake, live 1, runs loops_for_ever");
    CHECK_HAS("loops_for_ever: runs");
    step_goes_on = true;
    CHECK_INT(future_get(f), 0);
    finish(&demo);
}

static void dump_without_memory(int fd)
{
    struct syn_memory_use before = syn_memory_use();

    syn_dump(fd);
    CHECK_INT(syn_memory_use().outstanding, before.outstanding);
    CHECK_INT(syn_memory_use().allocations, before.allocations);
}

static void V1_dump_allocates_nothing(void)
{
    struct sleeps_future f;

    begin_in_real_time();
    f = sleeps_future();
    await_dump("sleeps: waits for time");
    take(dump_without_memory);
    CHECK_HAS("sleeps: waits for time");
    CHECK(future_cancel(f) != SYN_EDEADLK);
    finish(&demo);
}

/* A signal that comes at any moment, also inside of the library. */
static void make_and_cancel(int number, void *unused)
{
    (void)unused;
    for (int i = 0; i < 200 / TEST_SLOWNESS; i++) {
        struct sleeps_a_lot_future f = sleeps_a_lot_future((number + i) % 5);

        if (i % 3 == 0)
            raise(SIGUSR1);
        CHECK(future_cancel(f) != SYN_EDEADLK);
    }
}

static int nowhere;

static void dump_to_nowhere(int number)
{
    (void)number;
    syn_dump(nowhere);
}

static void *keep_dumping(void *goes_on)
{
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

    while (*(atomic_bool *)goes_on) {
        syn_dump(fd);
        syn_dump_json(fd);
    }
    close(fd);
    return NULL;
}

static void V1_dump_while_eight_threads_make_cancel_and_end_tasks(void)
{
    static atomic_bool goes_on = true;
    pthread_t thread;

    begin_in_real_time();
    signal(SIGUSR1, dump_to_nowhere);
    nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    CHECK_INT(pthread_create(&thread, NULL, keep_dumping, &goes_on), 0);
    crew_run(8, make_and_cancel, NULL);
    goes_on = false;
    CHECK_INT(pthread_join(thread, NULL), 0);
    finish(&demo);
    close(nowhere);
}

static void V1_dump_comes_on_a_signal_and_the_process_goes_on(void)
{
    struct sleeps_future f;
    FILE *file = tmpfile();
    char said[4096] = "";
    int before = dup(2);

    begin_in_real_time();
    CHECK(file && before >= 0);
    CHECK_INT(syn_dump_on_signal(-1), SYN_EINVAL);
    CHECK_SAYS("signal -1");
    CHECK_INT(syn_dump_on_signal(SIGQUIT), SYN_OK);
    f = sleeps_future();
    await_dump("sleeps: waits for time");
    fflush(stderr);
    dup2(fileno(file), 2);
    raise(SIGQUIT);
    dup2(before, 2);
    close(before);
    CHECK(pread(fileno(file), said, sizeof said - 1, 0) > 0);
    CHECK(strstr(said, "sleeps: waits for time"));
    fclose(file);
    CHECK(future_cancel(f) != SYN_EDEADLK);
    finish(&demo);
}

/* --- peeking --- */

static void V1_memory_that_is_gone_is_said_to_be_so(void)
{
    struct syni_peek peek;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *memory = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
    char to[64];

    CHECK(memory != MAP_FAILED);
    CHECK_INT(munmap(memory + page, page), 0);
    strcpy(memory + page - 4, "abc");
    syni_peek_begin(&peek);
    CHECK(syni_peek(&peek, to, memory + page - 4, 4) && strcmp(to, "abc") == 0);
    CHECK(!syni_peek(&peek, to, memory + page - 4, 5));
    CHECK(!syni_peek(&peek, to, NULL, 1));
    CHECK(!syni_peek(&peek, to, memory + page + 100, 1));
    syni_peek_string(&peek, to, sizeof to, memory + page - 4);
    CHECK_STR(to, "abc");
    memory[page - 1] = 'd';
    syni_peek_string(&peek, to, sizeof to, memory + page - 4);
    CHECK_STR(to, "?"); /* it has no end */
    syni_peek_string(&peek, to, 4, memory + page - 4);
    CHECK_STR(to, "abc");
    memory[page - 3] = '\a';
    syni_peek_string(&peek, to, 4, memory + page - 4);
    CHECK_STR(to, "a?c");
    syni_peek_string(&peek, to, sizeof to, NULL);
    CHECK_STR(to, "?");
    syni_peek_end(&peek);
    CHECK_INT(munmap(memory, page), 0);
}

static const struct test_case cases[] = {
    TEST_MODES(V1_dump_is_a_tree_over_synchronizers_with_what_each_waits_for),
    TEST(V1_dump_names_the_holder_of_a_mutex),
    TEST(V1_dump_shows_how_full_a_channel_is_and_which_nobody_closed),
    TEST(V1_dump_shows_jobs_that_run_and_those_that_wait),
    TEST(V1_dump_shows_a_job_that_was_abandoned_until_it_ends),
    TEST_MODES(V1_dump_counts_the_objects_that_are_alive),
    TEST(V1_dump_as_JSON_is_the_same_tree),
    TEST(V1_dump_of_very_many_is_bounded_and_counts_them),
    TEST(V1_dump_lines_have_80_columns),
    TEST(V1_dump_while_a_step_does_not_return_names_it),
    TEST(V1_dump_allocates_nothing),
    TEST(V1_dump_while_eight_threads_make_cancel_and_end_tasks),
    TEST(V1_dump_comes_on_a_signal_and_the_process_goes_on),
    TEST(V1_memory_that_is_gone_is_said_to_be_so),
};
TEST_MAIN("dump", cases);
