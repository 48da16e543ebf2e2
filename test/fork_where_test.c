/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a program forks, and at what moment: in a step, a job, a callback, while other threads hold
 * locks, on virtual time (L5).
 */
#define _GNU_SOURCE
#include "support/fork_rig.h"
#include "support/points.h"

/* --- where it forks --- */

static bool may_return;

static int forks_here(void)
{
    pid_t pid = fork();
    int status;

    CHECK(pid >= 0);
    if (pid == 0) {
        alarm(100);
        if (may_return)
            return 0; /* which it may not */
        work_stop_and_restart();
        _exit(7);
    }
    while (waitpid(pid, &status, 0) < 0)
        CHECK_INT(errno, EINTR);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

ASYNC(demo, int, step_forks)
{
    co_begin;
    co_sleep(0.001);
    co_return(forks_here());
    co_end;
}

ASYNC(driven, int, driven_step_forks)
{
    co_begin;
    co_sleep(0.001);
    co_return(forks_here());
    co_end;
}

BLOCKING(pool, int, job_forks)
{
    return forks_here();
}

static atomic_int forked_in_callback;

static void forks_in_callback(void *user, syn_err err, int *result)
{
    (void)user;
    (void)result;
    CHECK_INT(err, 0);
    forked_in_callback = forks_here();
}

static void fork_everywhere(int status)
{
    int y = 0;

    CHECK_INT(step_forks(&y), 0);
    CHECK_INT(y, status);
    CHECK_INT(driven_step_forks(&y), 0);
    CHECK_INT(y, status);
    CHECK_INT(job_forks(&y), 0);
    CHECK_INT(y, status);
    forked_in_callback = 0;
    CHECK_INT(future_then(twice_future(0.0, 2), &demo, forks_in_callback, NULL), 0);
    while (forked_in_callback == 0)
        CHECK_INT(naps(0.001), 0);
    CHECK_INT(forked_in_callback, status);
}

static void L5_a_step_a_job_and_a_callback_may_fork(void)
{
    begin_to_fork();
    calls_work();
    fork_everywhere(7);
    calls_work();
    stop_all();
    free_all();
}

static void L5_a_child_that_returns_from_there_is_ended_and_told_so(void)
{
    begin_to_fork();
    may_return = true;
    fork_everywhere(EXIT_FAILURE);
    calls_work();
    stop_all();
    free_all();
}

/* --- at what moment --- */

static pid_t parent;
static atomic_bool is_held, is_let_go;

/* The parent's first allocation takes until the fork is over: under the lock of a start. */
static void *allocates_slowly(void *context, size_t size)
{
    (void)context;
    if (getpid() == parent && !atomic_exchange(&is_held, true))
        while (!is_let_go)
            usleep(1000);
    return malloc(size);
}

static void releases(void *context, void *memory, size_t size)
{
    (void)context;
    (void)size;
    free(memory);
}

static void *calls_first(void *unused)
{
    CHECK_INT(twice(0.0, 1, NULL), 0);
    return unused;
}

static void L5_a_child_starts_though_the_start_lock_and_an_allocator_were_held(void)
{
    struct syn_allocator slow = {.allocate = allocates_slowly, .release = releases};
    pthread_t thread;

    begin_to_fork();
    parent = getpid();
    CHECK_INT(syn_set_allocator(&slow), 0);
    CHECK_INT(pthread_create(&thread, NULL, calls_first, NULL), 0);
    while (!is_held)
        usleep(1000);
    in_child(work_stop_and_restart);
    is_let_go = true;
    pthread_join(thread, NULL);
    calls_work();
    stop_all();
    free_all();
    CHECK_INT(syn_set_allocator(NULL), 0);
}

static atomic_bool enough;

static void *keeps_calling(void *unused)
{
    while (!enough)
        calls_work();
    return unused;
}

static void L5_children_start_whatever_other_threads_were_doing(void)
{
    pthread_t threads[3];

    begin_to_fork_beside();
    calls_work(); /* the first call of the process; see FORK in synchronizer.h */
    for (int i = 0; i < 3; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, keeps_calling, NULL), 0);
    for (int i = 0; i < 60 / (TEST_SLOWNESS * TEST_SLOWNESS); i++)
        in_child(work_stop_and_restart);
    enough = true;
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    stop_all();
    free_all();
}

static void sleeps_an_hour(void)
{
    int64_t before = now();

    CHECK_INT(twice(3600, 1, NULL), 0);
    CHECK_INT(now() - before, 3600 * SECOND);
    CHECK_INT(future_get_by(twice_future(3600, 1), NULL, syn_after(1)), SYN_ETIMEDOUT);
    CHECK_INT(thrice(1, NULL), 0);
}

static void L5_virtual_time_goes_on_in_both(void)
{
    begin_to_fork();
    begin();
    sleeps_an_hour();
    in_child(sleeps_an_hour);
    sleeps_an_hour();
    stop_all();
    free_all();
    done();
}

static void L5_vfork_and_spawn_are_as_ever(void)
{
    char *arguments[] = {"true", NULL};
    struct twice_future f;
    int status;
    pid_t pid;

    begin_to_fork();
    calls_work();
    f = twice_future(0.01, 1);
    CHECK_INT(posix_spawnp(&pid, "true", NULL, NULL, arguments, environ), 0);
    CHECK_INT(waitpid(pid, &status, 0), pid);
    CHECK_INT(status, 0);
    pid = vfork();
    if (pid == 0) {
        execvp("true", arguments);
        _exit(99);
    }
    CHECK_INT(waitpid(pid, &status, 0), pid);
    CHECK_INT(status, 0);
    CHECK_INT(future_get(f, NULL), 0);
    calls_work();
    stop_all();
    free_all();
}

/* --- a strand of the parent --- */

static struct syn_strand strand;
static atomic_bool job_goes_on;
POOL(beside);

BLOCKING(pool, int, guarded, (int, stands), STRAND(&strand))
{
    while (stands && !job_goes_on)
        usleep(200);
    return 7;
}

static syn_err run_guarded(struct syn_pool *in)
{
    int y = 0;
    syn_err err = future_get(pool_submit(in, guarded, 0), &y);

    CHECK_INT(y, err ? 0 : 7);
    return err;
}

/* A strand is used by one pool at a time, so one of two may be refused. */
static void *posts_to(void *in)
{
    syn_err err = run_guarded(in);

    CHECK(err == SYN_OK || err == SYN_EINVAL);
    return NULL;
}

static void post_to_both(void)
{
    pthread_t threads[2];

    CHECK_INT(syn_test_hold("strand_forgets", 1), 0);
    CHECK_INT(pthread_create(&threads[0], NULL, posts_to, &beside), 0);
    AWAIT_HELD("strand_forgets");
    CHECK_INT(pthread_create(&threads[1], NULL, posts_to, &pool), 0);
    usleep(20000); /* so that it has come; where it comes later nothing is found */
    syn_test_release("strand_forgets");
    for (int i = 0; i < 2; i++)
        CHECK_INT(pthread_join(threads[i], NULL), 0);
    CHECK_INT(run_guarded(&pool), 0);
    CHECK_INT(run_guarded(&beside), 0);
}

static void L5_a_strand_of_the_parent_is_forgotten_once_by_two_threads_of_the_child(void)
{
    struct guarded_future f;

    points_needed();
    begin_to_fork();
    f = guarded_future(1);
    in_child(post_to_both);
    job_goes_on = true;
    CHECK_INT(future_get(f, NULL), 0);
    CHECK_INT(run_guarded(&beside), 0);
    CHECK_INT(pool_stop(&beside, syn_never()), 0);
    CHECK_INT(pool_free(&beside), 0);
    stop_all();
    free_all();
}

static const struct test_case cases[] = {
    TEST_MODES(L5_a_step_a_job_and_a_callback_may_fork),
    TEST(L5_a_child_that_returns_from_there_is_ended_and_told_so),
    TEST_MODES(L5_a_child_starts_though_the_start_lock_and_an_allocator_were_held),
    TEST_MODES(L5_children_start_whatever_other_threads_were_doing),
    TEST_MODES(L5_virtual_time_goes_on_in_both),
    TEST_MODES(L5_vfork_and_spawn_are_as_ever),
    TEST(L5_a_strand_of_the_parent_is_forgotten_once_by_two_threads_of_the_child),
};
TEST_MAIN("fork_where", cases);
