/* SPDX-License-Identifier: Apache-2.0
 *
 * What a dump shows of frames (<synchronicity/show.h>): where each call was made, by whatever face, and locals.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

#include <stdbool.h>
#include <sys/mman.h>

#include "support/dump_rig.h"

SYNCHRONIZER(demo);
POOL(jobs, .max_threads = 1);
PROMISE(int, answer);

/* The dump says of the call that BEGINS, once it does, that it was made in LINE of this file: so, where there is a
 * line table (-g); without one, where in this program, for addr2line. */
static void check_made(const char *begins, int line)
{
    char wanted[64], *at, *end;

    await_dump(begins);
    if (!SYNI_CHECKED)
        return; /* no dump of such a build says it, which the last case holds */
    at = strstr(text, begins);
    for (end = at + 1; *end && (*end != '\n' || strncmp(end, "\n      ", 7) == 0); end++)
        ; /* lines that were broken belong to it */
    *end = '\0';
    snprintf(wanted, sizeof wanted, "made at dump_frame_test.c:%d", line);
    if (!strstr(at, wanted) && !strstr(at, "made at dump_frame_test+0x"))
        test_fail(__FILE__, __LINE__, "\"%s\" is not in:\n%s", wanted, at);
}

/* --- faces --- */

ASYNC(demo, int, by_future, (struct answer_future, f))
{
    co_begin;
    co_try(self->f, &self->result);
    co_return_result;
    co_end;
}

enum { AWAITED_ON = __LINE__ + 5 };

ASYNC(demo, int, by_blocking, (struct answer_future, f))
{
    co_begin;
    co_try(by_future_future(self->f), &self->result);
    co_return_result;
    co_end;
}

GENERATOR(demo, int, counts, (struct answer_future, f), SYN_LOCAL(int, y))
{
    co_begin;
    co_try(self->f, &self->y);
    co_yield(self->y);
    co_end;
}

enum { GENERATED_ON = __LINE__ + 5 };

ASYNC(demo, int, by_spawn, (struct answer_future, f), SYN_LOCAL(struct counts_channel, ch))
{
    co_begin;
    self->ch = counts(self->f);
    co_next(self->ch, &self->result);
    co_close(self->ch);
    co_return_result;
    co_end;
}

enum { SPAWNED_ON = __LINE__ + 5 };

ASYNC(demo, void, spawns, (struct answer_future, f), SYN_LOCAL(struct syn_scope, all), SYN_LOCAL(int, y))
{
    co_begin;
    co_spawn(&self->all, by_spawn_future(self->f), &self->y);
    co_join(&self->all);
    co_check;
    co_end;
}

static void called_back(void *user, syn_err err, int *y)
{
    CHECK(!err && y);
    *(int *)user += 1;
}

static atomic_int blocked_on;

static void *calls_blocking(void *future)
{
    int y;

    blocked_on = __LINE__ + 1;
    CHECK_INT(by_blocking(*(struct answer_future *)future, &y), 0);
    return NULL;
}

static void V6_a_checked_dump_says_where_a_task_was_made_by_every_face(void)
{
    struct answer_promise p[3];
    struct answer_future f[3];
    struct spawns_future spawner;
    pthread_t thread;
    int then_on, spawns_on, y = 0;

    begin_in_real_time();
    for (int i = 0; i < 3; i++)
        CHECK_INT(promise_new(answer, &p[i], &f[i]), 0);
    CHECK_INT(pthread_create(&thread, NULL, calls_blocking, &f[0]), 0);
    spawner = spawns_future(f[1]), spawns_on = __LINE__;
    CHECK_INT(future_then(f[2], &demo, called_back, &y), 0), then_on = __LINE__;
    check_made("\n    by_future: waits for a promise", AWAITED_ON);
    check_made("\n  by_blocking: waits for by_future", blocked_on);
    check_made("\n  spawns: waits for its scope", spawns_on);
    check_made("by_spawn: waits for an item", SPAWNED_ON);
    check_made("counts: waits for a promise", GENERATED_ON);
    check_made("callback: waits for a promise", then_on);
    for (int i = 0; i < 3; i++)
        CHECK_INT(promise_complete(p[i], &(int){2}), 0);
    CHECK_INT(future_get(spawner), 0);
    CHECK_INT(pthread_join(thread, NULL), 0);
    finish(&demo);
    CHECK_INT(y, 1);
}

static atomic_bool job_goes_on;

BLOCKING(jobs, int, computes, (int, x))
{
    (void)job;
    while (!job_goes_on)
        usleep(200);
    return x;
}

static void V6_a_checked_dump_says_where_a_job_was_made(void)
{
    struct computes_future f[2];
    int first, second, y;

    begin_in_real_time();
    f[0] = computes_future(1), first = __LINE__;
    check_made("\n  computes: runs", first);
    f[1] = syn_pool_submit(&jobs, computes, 2), second = __LINE__;
    check_made("\n  computes: waits for a thread", second);
    job_goes_on = true;
    for (int i = 0; i < 2; i++)
        CHECK_INT(future_get(f[i], &y), 0);
    CHECK_INT(pool_stop(&jobs, syn_never()), SYN_OK);
}

/* --- locals --- */

struct parcel {
    int weight;
    char label[8];
};

enum color { RED, GREEN };

ASYNC(demo, int, orders, (int, id), SYN_COPY(const char *, path), (atomic_int *, gate),
      SYN_LOCAL(struct parcel, parcel), SYN_LOCAL(double, price), SYN_LOCAL(bool, paid), SYN_LOCAL(enum color, color),
      SYN_LOCAL(int, tries[3]), SYN_LOCAL(const char *, gone),
      SYN_SHOW(id, path, parcel.weight, parcel.label, price, paid, color, tries[2], tries, gone), SYN_SHOW(result))
{
    co_begin;
    self->parcel = (struct parcel){-250, "fragile"};
    self->price = -2.5;
    self->paid = true;
    self->color = GREEN;
    self->tries[2] = 9;
    self->gone = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0); /* and nobody gets that again */
    CHECK((const void *)self->gone != MAP_FAILED);
    while (self->gate && *self->gate == 0)
        usleep(200);
    co_sleep(1000.0);
    co_return(1);
    co_end;
}

static void V1_dump_shows_locals_by_name_where_the_function_says_which(void)
{
    static const char *const parts[] = {
        "id=7", "path=\"/tmp/\\\"a\\\"\"", "parcel.weight=-250", "parcel.label=\"fragile\"", "price=-2.500",
        "paid=true", "color=1", "tries[2]=9", "tries=\"12 bytes\"", "gone=\"?\"", "result=0"};
    struct orders_future f;
    struct json *all;
    const struct json *locals;

    begin_in_real_time();
    f = orders_future(7, "/tmp/\"a\"", NULL);
    await_dump("orders: waits for time");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        CHECK_HAS(parts[i]);
    CHECK(!strstr(text, "in a step"));
    CHECK(SYNI_CHECKED || !strstr(text, "made at"));
    take(syn_dump_json);
    all = json_parse(text);
    locals = json_member(named(named(all, "demo"), "orders"), "locals");
    CHECK_INT(json_number_of(locals, "id"), 7);
    CHECK_STR(json_string_of(locals, "path"), "/tmp/\"a\"");
    CHECK_INT(json_number_of(locals, "parcel.weight"), -250);
    CHECK_INT(json_number_of(locals, "tries[2]"), 9);
    CHECK(json_member(locals, "paid")->kind == JSON_BOOL);
    json_free(all);
    CHECK(future_cancel(f) != SYN_EDEADLK);
    finish(&demo);
}

static void V1_dump_says_of_locals_that_a_step_runs_which_may_change_them(void)
{
    static atomic_int gate;
    struct orders_future f;

    begin_in_real_time();
    f = orders_future(7, NULL, &gate);
    await_dump("orders: runs, or is about to, in a step, id=7, path=null");
    gate = 1;
    await_dump("orders: waits for time");
    CHECK(!strstr(text, "in a step"));
    CHECK(future_cancel(f) != SYN_EDEADLK);
    finish(&demo);
}

static const struct test_case cases[] = {
    TEST(V6_a_checked_dump_says_where_a_task_was_made_by_every_face),
    TEST(V6_a_checked_dump_says_where_a_job_was_made),
    TEST(V1_dump_shows_locals_by_name_where_the_function_says_which),
    TEST(V1_dump_says_of_locals_that_a_step_runs_which_may_change_them),
};
TEST_MAIN("dump_frame", cases);
