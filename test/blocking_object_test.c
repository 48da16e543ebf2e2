/* SPDX-License-Identifier: Apache-2.0
 *
 * Objects with methods that block: on the pool, one at a time for each object, used from tasks.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

SYNCHRONIZER(demo);
POOL(workers, .max_threads = 8);

#define FILES_METHODS(M, C)                                                                        \
    M(C, constructor, make)                                                                        \
    M(C, destructor)                                                                               \
    M(C, blocking, int, visit, (int, n), SYN_COPY(const char *, who))                              \
    M(C, blocking, void, meets)                                                                    \
    M(C, blocking, void, waits)                                                                    \
    M(C, async, int, count)
CLASS(files, FILES_METHODS);

struct files_impl {
    int visits, inside, most;
    pthread_t thread;
};

static atomic_int together;
static atomic_bool waiting, go, ended;

CONSTRUCTOR(files, make)
{
    return step_done(self);
}

DESTRUCTOR(files)
{
    CHECK_INT(me->inside, 0);
    ended = true;
    return step_done(self);
}

METHOD_BLOCKING(workers, files, int, visit, (int, n), SYN_COPY(const char *, who))
{
    CHECK_INT(++me->inside, 1); /* alone */
    usleep(1000);
    me->visits++;
    me->thread = pthread_self();
    me->inside--;
    if (n < 0)
        return syn_job_fail(job, SYN_EIO, who);
    CHECK(files_unwrap(self) == me);
    return n + me->visits;
}

METHOD_BLOCKING_AT_ONCE(workers, files, void, meets)
{
    together++;
    while (together < 2)
        usleep(100);
}

METHOD_BLOCKING(workers, files, void, waits)
{
    me->inside++;
    waiting = true;
    while (!go && !syn_pool_job_cancelled())
        usleep(100);
    me->inside--;
    if (!go)
        syn_job_fail(job, SYN_ECANCELED);
}

METHOD(files, int, count)
{
    return step_return(self, me->visits);
}

CLASS_TABLE(demo, files, FILES_METHODS, NULL);

static struct files *made(void)
{
    struct files *files = NULL;

    begin_in_real_time();
    CHECK_INT(files_make(&files), 0);
    return files;
}

static void end_all(void)
{
    finish(&demo);
    CHECK_INT(syn_pool_stop(&workers, syn_never()), 0);
}

static void O10_a_blocking_method_runs_on_the_pool(void)
{
    struct files *files = made();
    pthread_t thread;
    int y = -1;

    CHECK_INT(files_visit(files, 10, "me", &y), 0);
    CHECK_INT(y, 11);
    thread = files_unwrap(files)->thread;
    CHECK(!pthread_equal(thread, pthread_self()));
    CHECK_INT(files_visit(files, -1, "somebody", &y), SYN_EIO);
    CHECK_SAYS("somebody");
    CHECK_INT(files_count(files, &y), 0);
    CHECK_INT(y, 2);
    files_release(files);
    end_all();
    CHECK(ended);
}

static void O2_blocking_methods_of_one_object_run_one_at_a_time(void)
{
    struct files *files = made();
    struct files_visit_future f[20];
    int y;

    for (int i = 0; i < 20; i++)
        f[i] = files_visit_future(files, 0, "x");
    for (int i = 0; i < 20; i++) {
        CHECK_INT(future_get(f[i], &y), 0);
        CHECK_INT(y, i + 1); /* and in order */
    }
    files_release(files);
    end_all();
}

static void O2_unless_they_say_otherwise(void)
{
    struct files *files = made();
    struct files_meets_future f = files_meets_future(files);

    CHECK_INT(files_meets(files), 0);
    CHECK_INT(future_get(f), 0);
    CHECK_INT(together, 2);
    files_release(files);
    end_all();
}

ASYNC(demo, int, visits_twice, (struct files *, files), SYN_LOCAL(int, a), SYN_LOCAL(int, b))
{
    co_begin;
    CHECK_INT(files_visit(self->files, 1, "x", &self->a), SYN_EDEADLK);
    co_try(files_visit_future(self->files, 10, "x"), &self->a);
    co_try(files_visit_future(self->files, 100, "x"), &self->b);
    co_return(self->a + self->b);
    co_end;
}

static void O10_tasks_use_a_blocking_object_method_by_method(void)
{
    struct files *files = made();
    int y = -1;

    CHECK_INT(visits_twice(files, &y), 0);
    CHECK_INT(y, 113);
    files_release(files);
    end_all();
}

static void O10_a_cancelled_method_is_told_and_waited_for(void)
{
    struct files *files = made();
    struct files_waits_future f = files_waits_future(files);

    spin_until(&waiting);
    CHECK_INT(future_cancel(f), SYN_ECANCELED);
    CHECK_INT(files_unwrap(files)->inside, 0);
    files_release(files);
    end_all();
}

static void O10_a_stop_waits_for_the_thread_before_the_destructor(void)
{
    struct files *files = made();
    struct files_waits_future f = files_waits_future(files);

    spin_until(&waiting);
    CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
    CHECK(ended);
    CHECK_INT(future_get(f), SYN_ECANCELED);
    files_release(files);
    end_all();
}

static void O8_a_blocking_method_is_called_by_name(void)
{
    const struct syn_method *visit = syn_class_find(&files_class, "visit", 2);
    struct syn_value values[2], v;
    struct files *files = made();

    values[0] = syn_value_integer(5);
    values[1] = syn_value_string("x");
    CHECK_STR(syn_kind_name(visit->kind), "blocking");
    CHECK_INT(syn_method_call(visit, &files->object, (struct syn_values){2, values}, &v), 0);
    CHECK_INT(v.as.integer, 6);
    files_release(files);
    end_all();
}

static const struct test_case cases[] = {
    TEST(O10_a_blocking_method_runs_on_the_pool),
    TEST(O2_blocking_methods_of_one_object_run_one_at_a_time),
    TEST(O2_unless_they_say_otherwise),
    TEST(O10_tasks_use_a_blocking_object_method_by_method),
    TEST(O10_a_cancelled_method_is_told_and_waited_for),
    TEST(O10_a_stop_waits_for_the_thread_before_the_destructor),
    TEST(O8_a_blocking_method_is_called_by_name),
};
TEST_MAIN_BOTH_MODES("blocking_object", cases);
