/* SPDX-License-Identifier: Apache-2.0
 *
 * Hooks (<synchronicity/hooks.h>): what they are told, in which order, by what; and times that are
 * measured (<synchronicity/stats.h>).
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

#include <errno.h>

SYNCHRONIZER(demo);
SYNCHRONIZER(other);
static struct syn_pool jobs = {.options = {.name = "jobs"}};

/* What was told, as text: a letter and the function's name for each event that is of interest. */
static char story[2000];
static pthread_mutex_t story_lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_int n_events, n_wrong;

static void remember(void *unused, const struct syn_hook_event *event)
{
    static const char letters[SYNI_HOOKS] = {
        [SYN_HOOK_TASK_MADE] = 'm',   [SYN_HOOK_TASK_READY] = 'r',    [SYN_HOOK_TASK_BEGINS] = 'b',
        [SYN_HOOK_TASK_RESUMES] = 'R', [SYN_HOOK_TASK_SUSPENDS] = 's', [SYN_HOOK_TASK_ENDS] = 'e',
        [SYN_HOOK_JOB_MADE] = 'M',    [SYN_HOOK_JOB_BEGINS] = 'B',    [SYN_HOOK_JOB_ENDS] = 'E'};
    size_t n;

    (void)unused;
    n_events++;
    n_wrong += !event->what || event->now_ns <= 0 || (event->id && (!event->name || !event->data));
    if (!letters[event->hook])
        return;
    pthread_mutex_lock(&story_lock);
    n = strlen(story);
    snprintf(story + n, sizeof story - n, "%s%c:%s%s%s", n ? " " : "", letters[event->hook],
             event->name, event->what[0] ? "/" : "", event->what);
    pthread_mutex_unlock(&story_lock);
    errno = EXDEV; /* nobody notices */
}

static const struct syn_hooks all = {.on_event = remember};

static void begin_story(void)
{
    begin();
    story[0] = '\0';
    CHECK_INT(syn_hooks_add(&all), SYN_OK);
}

static void end_story(void)
{
    syn_hooks_remove(&all);
    CHECK_INT(n_wrong, 0);
    finish(&demo);
    done();
}

ASYNC(demo, int, leaf, (double, seconds))
{
    co_begin;
    if (self->seconds > 0)
        co_sleep(self->seconds);
    co_return(7);
    co_end;
}

ASYNC(demo, int, root, (double, seconds))
{
    co_begin;
    co_try(leaf_future(self->seconds), &self->result);
    co_return_result;
    co_end;
}

static void V5_each_step_of_a_task_is_told_in_order(void)
{
    int y = 0;

    begin_story();
    CHECK_INT(root(1.0, &y), 0);
    CHECK_INT(y, 7);
    CHECK_STR(story, "m:root b:root m:leaf s:root/leaf b:leaf s:leaf/time r:leaf R:leaf e:leaf "
                     "r:root R:root e:root");
    end_story();
}

BLOCKING(jobs, int, computes, (int, x))
{
    return x * 2;
}

ASYNC(demo, int, asks_a_job)
{
    co_begin;
    co_try(computes_future(21), &self->result);
    co_return_result;
    co_end;
}

static void V5_jobs_are_told_from_their_making_to_their_end(void)
{
    int y = 0;

    begin_story();
    CHECK_INT(asks_a_job(&y), 0);
    CHECK_INT(y, 42);
    CHECK(strstr(story, "M:computes"));
    CHECK(strstr(story, "B:computes") > strstr(story, "M:computes"));
    CHECK(strstr(story, "E:computes") > strstr(story, "B:computes"));
    CHECK(strstr(story, "r:asks_a_job") > strstr(story, "E:computes"));
    CHECK_INT(pool_stop(&jobs, syn_never()), SYN_OK);
    end_story();
}

/* --- what caused it, and the word in the frame --- */

static _Atomic(const void *) id_of_root, maker_of_leaf, waker_of_root, id_of_leaf;
static atomic_int words;

static void note_by(void *unused, const struct syn_hook_event *event)
{
    bool is_root = event->name && strcmp(event->name, "root") == 0;

    (void)unused;
    if (event->hook == SYN_HOOK_TASK_MADE && is_root)
        *event->data = &words;
    if (event->hook == SYN_HOOK_TASK_ENDS && is_root && *event->data == &words)
        words++;
    if (event->hook == SYN_HOOK_TASK_MADE && !is_root)
        maker_of_leaf = event->by_data && *event->by_data == &words ? event->by : NULL;
    if (event->hook == SYN_HOOK_TASK_BEGINS)
        *(is_root ? &id_of_root : &id_of_leaf) = event->id;
    if (event->hook == SYN_HOOK_TASK_READY && is_root)
        waker_of_root = event->by;
}

static void V5_who_made_and_who_woke_a_task_is_told_and_a_word_is_kept_in_its_frame(void)
{
    static const struct syn_hooks hooks = {.on_event = note_by,
                                           .wanted = 1UL << SYN_HOOK_TASK_MADE |
                                                     1UL << SYN_HOOK_TASK_BEGINS |
                                                     1UL << SYN_HOOK_TASK_READY |
                                                     1UL << SYN_HOOK_TASK_ENDS};
    int y;

    begin();
    CHECK_INT(syn_hooks_add(&hooks), SYN_OK);
    CHECK_INT(root(1.0, &y), 0);
    CHECK(id_of_root && id_of_leaf && id_of_root != id_of_leaf);
    CHECK_PTR(maker_of_leaf, id_of_root);
    CHECK_PTR(waker_of_root, id_of_leaf);
    CHECK_INT(words, 1);
    syn_hooks_remove(&hooks);
    finish(&demo);
    done();
}

ASYNC(demo, void, fails_late)
{
    co_begin;
    co_sleep(1.0);
    co_fail(SYN_ENOTSUP, "not today");
    co_end;
}

static syn_err told_err;

static void note_err(void *unused, const struct syn_hook_event *event)
{
    (void)unused;
    told_err = event->err;
}

static void V5_the_end_of_a_task_says_how_it_failed(void)
{
    static const struct syn_hooks ends = {.on_event = note_err, .wanted = 1UL << SYN_HOOK_TASK_ENDS};

    begin();
    CHECK_INT(syn_hooks_add(&ends), SYN_OK);
    CHECK_INT(fails_late(), SYN_ENOTSUP);
    CHECK_INT(told_err, SYN_ENOTSUP);
    CHECK_INT(future_cancel(fails_late_future()), SYN_ECANCELED);
    CHECK_INT(told_err, SYN_ECANCELED);
    syn_hooks_remove(&ends);
    finish(&demo);
    done();
}

static void V5_hooks_that_make_no_sense_are_refused(void)
{
    struct syn_hooks none = {0}, nine[9];

    begin();
    CHECK_INT(syn_hooks_add(NULL), SYN_EINVAL);
    CHECK_INT(syn_hooks_add(&none), SYN_EINVAL);
    for (int i = 0; i < 9; i++) {
        nine[i] = all;
        CHECK_INT(syn_hooks_add(&nine[i]), i < 8 ? SYN_OK : SYN_EAGAIN);
    }
    CHECK_INT(syn_hooks_add(&nine[0]), SYN_EBUSY);
    syn_hooks_remove(&nine[3]);
    CHECK_INT(syn_hooks_add(&nine[8]), SYN_OK);
    for (int i = 0; i < 9; i++)
        syn_hooks_remove(&nine[i]);
    syn_hooks_remove(&nine[0]);
    syn_hooks_remove(NULL);
    done();
}

static void V5_nothing_is_told_after_the_removal(void)
{
    int y, told;

    begin();
    CHECK_INT(syn_hooks_add(&all), SYN_OK);
    CHECK_INT(root(1.0, &y), 0);
    syn_hooks_remove(&all);
    told = n_events;
    CHECK(told > 10);
    CHECK_INT(root(1.0, &y), 0);
    CHECK_INT(n_events, told);
    finish(&demo);
    done();
}

/* --- many threads, hooks that come and go --- */

ASYNC(other, int, elsewhere)
{
    co_begin;
    co_try(root_future(0.001), &self->result);
    co_return_result;
    co_end;
}

static atomic_long begun, ended;

static void count_ends(void *unused, const struct syn_hook_event *event)
{
    (void)unused;
    begun += event->hook == SYN_HOOK_TASK_MADE;
    ended += event->hook == SYN_HOOK_TASK_ENDS;
}

static void call_and_cancel(int number, void *unused)
{
    int y;

    (void)unused;
    for (int i = 0; i < 50 / TEST_SLOWNESS; i++)
        if ((number + i) % 3)
            CHECK_INT(elsewhere(&y), 0);
        else
            CHECK(future_cancel(elsewhere_future()) != SYN_EDEADLK);
}

static void V5_every_task_that_is_made_is_told_to_end_whatever_ends_it(void)
{
    static const struct syn_hooks counts = {.on_event = count_ends};

    begin();
    CHECK_INT(syn_hooks_add(&counts), SYN_OK);
    crew_run(8, call_and_cancel, NULL);
    CHECK_INT(synchronizer_stop(&other, syn_never()), SYN_OK);
    CHECK_INT(synchronizer_stop(&demo, syn_never()), SYN_OK);
    CHECK(begun > 0);
    CHECK_INT(begun, ended);
    CHECK_INT(elsewhere(&(int){0}), SYN_ECLOSED);
    CHECK_INT(begun, ended);
    syn_hooks_remove(&counts);
    CHECK_INT(synchronizer_free(&other), SYN_OK);
    CHECK_INT(synchronizer_free(&demo), SYN_OK);
    done_after(100);
}

static atomic_bool comes_and_goes;

static void *come_and_go(void *unused)
{
    while (comes_and_goes) {
        struct syn_hooks hooks = {.on_event = remember};

        CHECK_INT(syn_hooks_add(&hooks), SYN_OK);
        usleep(200);
        syn_hooks_remove(&hooks);
        memset(&hooks, 0, sizeof hooks); /* nobody calls them any more */
    }
    return unused;
}

static void V5_hooks_come_and_go_while_threads_work(void)
{
    pthread_t thread;

    begin();
    comes_and_goes = true;
    CHECK_INT(pthread_create(&thread, NULL, come_and_go, NULL), 0);
    crew_run(4, call_and_cancel, NULL);
    comes_and_goes = false;
    CHECK_INT(pthread_join(thread, NULL), 0);
    finish(&other);
    finish(&demo);
    done_after(100);
}

/* --- times --- */

static void V2_times_are_measured_while_the_program_says_so(void)
{
    struct syn_synchronizer_stats before, stats;
    int y;

    begin();
    CHECK_INT(root(1.0, &y), 0);
    before = synchronizer_stats(&demo);
    CHECK_INT(before.step_time.count, 0);
    syn_measure(1);
    CHECK_INT(root(1.0, &y), 0);
    CHECK_INT(synchronizer_stop(&demo, syn_never()), SYN_OK); /* the last step has returned */
    syn_measure(0);
    stats = syn_synchronizer_stats_since(synchronizer_stats(&demo), before);
    CHECK_INT(stats.started, 2);
    CHECK_INT(stats.step_time.count, 4);
    CHECK_INT(stats.ready_time.count, 4);
    CHECK_INT(stats.timer_lag.count, 1);
    CHECK_INT(stats.timer_lag.sum_ns, 0); /* its time is virtual */
    CHECK(stats.step_time.sum_ns > 0);
    CHECK_INT(synchronizer_start(&demo), SYN_OK);
    CHECK_INT(root(1.0, &y), 0);
    CHECK_INT(syn_synchronizer_stats_since(synchronizer_stats(&demo), before).step_time.count, 4);
    finish(&demo);
    done();
}

static void V2_the_waits_of_jobs_are_measured(void)
{
    struct syn_pool_stats before, stats;
    int y;

    begin();
    CHECK_INT(computes(1, &y), 0);
    before = pool_stats(&jobs);
    CHECK_INT(before.run_time.count, 0);
    syn_measure(1);
    CHECK_INT(computes(1, &y), 0);
    CHECK_INT(computes(1, &y), 0);
    CHECK_INT(pool_stop(&jobs, syn_never()), SYN_OK);
    syn_measure(0);
    stats = syn_pool_stats_since(pool_stats(&jobs), before);
    CHECK_INT(stats.submitted, 2);
    CHECK_INT(stats.run_time.count, 2);
    CHECK_INT(stats.queue_time.count, 2);
    CHECK_INT(syn_pool_free(&jobs), SYN_OK);
    CHECK_INT(pool_stats(&jobs).run_time.count, 0);
    done();
}

/* The number behind NAME, with its label, in TEXT; -1: it is not there. */
static double sample(const char *text, const char *name)
{
    const char *at = strstr(text, name);

    return at ? strtod(at + strlen(name), NULL) : -1;
}

static void V2_the_text_has_all_numbers_and_is_cut_where_the_buffer_ends(void)
{
    static char text[64 << 10];
    struct syn_synchronizer *strange;
    struct syn_synchronizer_options options = {.name = "a\"b\\c\n"};
    size_t n;
    int y;

    begin();
    syn_measure(1);
    CHECK_INT(syn_synchronizer_new(&options, &strange), SYN_OK);
    CHECK_INT(synchronizer_start(strange), SYN_OK);
    CHECK_INT(root(1.0, &y), 0);
    CHECK_INT(computes(1, &y), 0);
    n = syn_stats_text(text, sizeof text);
    CHECK(n > 1000 && n < sizeof text);
    CHECK_INT(n, strlen(text));
    CHECK(sample(text, "\nsynchronicity_tasks_started_total{synchronizer=\"demo\"} ") == 2);
    CHECK(sample(text, "\nsynchronicity_pool_jobs_submitted_total{pool=\"jobs\"} ") == 1);
    CHECK(sample(text, "\nsynchronicity_timer_lag_seconds_count{synchronizer=\"demo\"} ") == 1);
    CHECK(sample(text, "\nsynchronicity_timer_lag_seconds_bucket{synchronizer=\"demo\",le=\"+Inf\"} ") == 1);
    CHECK(sample(text, "\nsynchronicity_tasks_started_total{synchronizer=\"a\\\"b\\\\c\\n\"} ") == 0);
    CHECK_INT(syn_stats_text(NULL, 0), n);
    memset(text, 'x', sizeof text);
    CHECK_INT(syn_stats_text(text, 100), n);
    CHECK(strlen(text) == 99 && text[100] == 'x');
    syn_measure(0);
    CHECK_INT(synchronizer_free(strange), SYN_OK);
    CHECK_INT(syn_pool_free(&jobs), SYN_OK);
    finish(&demo);
    done();
}

static void V2_a_histogram_can_be_asked_and_subtracted(void)
{
    struct syn_histogram before = {0}, h = {0};

    CHECK(syn_histogram_mean(&h) == 0 && syn_histogram_quantile(&h, 0.5) == 0);
    before.count = 2, before.sum_ns = 100, before.buckets[0] = 2;
    h = before;
    h.count += 10, h.sum_ns += 70000;
    h.buckets[3] += 9, h.buckets[SYN_HISTOGRAM_BUCKETS - 1] += 1;
    h = syn_histogram_since(h, before);
    CHECK_INT(h.count, 10);
    CHECK_INT(h.buckets[0], 0);
    CHECK(syn_histogram_mean(&h) == 7000);
    CHECK(syn_histogram_quantile(&h, 0.5) == 8192);
    CHECK(syn_histogram_quantile(&h, 0.9) == 8192);
    CHECK(syn_histogram_quantile(&h, 0.99) == (double)(UINT64_C(1) << 34));
    CHECK(syn_histogram_quantile(&h, 0.0) == 8192);
}

static const struct test_case cases[] = {
    TEST(V5_each_step_of_a_task_is_told_in_order),
    TEST_MODES(V5_jobs_are_told_from_their_making_to_their_end),
    TEST_MODES(V5_who_made_and_who_woke_a_task_is_told_and_a_word_is_kept_in_its_frame),
    TEST_MODES(V5_the_end_of_a_task_says_how_it_failed),
    TEST(V5_hooks_that_make_no_sense_are_refused),
    TEST_MODES(V5_nothing_is_told_after_the_removal),
    TEST_MODES(V5_every_task_that_is_made_is_told_to_end_whatever_ends_it),
    TEST_MODES(V5_hooks_come_and_go_while_threads_work),
    TEST_MODES(V2_times_are_measured_while_the_program_says_so),
    TEST(V2_the_waits_of_jobs_are_measured),
    TEST(V2_the_text_has_all_numbers_and_is_cut_where_the_buffer_ends),
    TEST(V2_a_histogram_can_be_asked_and_subtracted),
};
TEST_MAIN("hooks", cases);
