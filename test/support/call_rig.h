/* SPDX-License-Identifier: Apache-2.0
 *
 * What the suites of the call layer share: the surroundings of a case, threads
 * that live by its clock, and a look at what the case left behind.
 *
 * A case says begin(), which sets the mode and a virtual clock, does its work, says
 * finish(&its_synchronizer) and then done(). These two are checks: every task that
 * was started has ended, the stop was clean, and no memory of the library is out.
 */
#ifndef CALL_RIG_H
#define CALL_RIG_H

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <synchronicity/short.h>
#include <synchronicity/step.h>
#include <synchronicity/testing.h>

#include "test.h"

#define MS INT64_C(1000000)
#define SECOND INT64_C(1000000000)

static struct syn_clock *rig_clock;

/* SYN_TEST_SEED in the environment runs a suite under another order of what is ready. */
static inline void begin_in_real_time(void)
{
    const char *seed = getenv("SYN_TEST_SEED");

    if (seed)
        syn_test_seed(strtoull(seed, NULL, 10));
    test_alarm_hook = syn_dump;
    syn_test_callers_drive(test_driving);
}

static inline void begin(void)
{
    begin_in_real_time();
    CHECK_INT(syn_clock_new(&rig_clock), SYN_OK);
    syn_clock_use(rig_clock);
}

static inline int64_t now(void)
{
    return syn_clock_now(rig_clock);
}

static inline void finish(struct syn_synchronizer *synchronizer)
{
    struct syn_synchronizer_stats stats;

    CHECK_INT(synchronizer_stop(synchronizer, syn_never()), SYN_OK);
    stats = synchronizer_stats(synchronizer);
    CHECK_INT(stats.started, stats.ended);
    CHECK_INT(synchronizer_free(synchronizer), SYN_OK);
}

/* SLOTS: how many futures were out at once; their places are kept, in pieces of 256,
 * of which the first is static. Frames beyond 4,096 have them by the block of 2 MB, in whole pieces, the last for some that
 * were not out. */
static inline void done_after(unsigned long slots)
{
    if (slots > 4096)
        slots += slots / 16 + 4500;
    syn_clock_use(NULL);
    CHECK_INT(syn_clock_free(rig_clock), SYN_OK);
    for (int i = 0; i < 10000 && syn_memory_use().outstanding > slots / 256; i++)
        usleep(1000); /* a thread that a stop left behind gives back what it keeps as it ends */
    CHECK(syn_memory_use().outstanding <= slots / 256);
}

static inline void done(void)
{
    done_after(0);
}

/* --- threads --- */

/* A thousand of the usual 8 MiB have no room in 32 bits. */
enum { CREW_MAX = 1000, CREW_STACK = 512 << 10 };

struct crew {
    void (*fn)(int number, void *argument);
    void *argument;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int arrived, next;
    bool go;
};

static inline void *crew_member(void *argument)
{
    struct crew *crew = argument;
    int number;

    syn_clock_join(rig_clock);
    pthread_mutex_lock(&crew->lock);
    number = crew->arrived++;
    pthread_cond_broadcast(&crew->changed);
    while (!crew->go)
        pthread_cond_wait(&crew->changed, &crew->lock);
    pthread_mutex_unlock(&crew->lock);
    crew->fn(number, crew->argument);
    syn_clock_join(NULL);
    return NULL;
}

struct crew_at_work {
    struct crew crew;
    pthread_t threads[CREW_MAX];
    int count;
};

/* COUNT threads, which all take part in the clock, begin FN at one moment. */
static inline struct crew_at_work *crew_start(int count, void (*fn)(int number, void *argument),
                                              void *argument)
{
    struct crew_at_work *w = calloc(1, sizeof *w);
    struct crew *crew = &w->crew;
    pthread_attr_t small;

    CHECK(w != NULL && count <= CREW_MAX);
    crew->fn = fn;
    crew->argument = argument;
    w->count = count;
    pthread_mutex_init(&crew->lock, NULL);
    pthread_cond_init(&crew->changed, NULL);
    pthread_attr_init(&small);
    CHECK_INT(pthread_attr_setstacksize(&small, CREW_STACK), 0);
    for (int i = 0; i < count; i++)
        CHECK_INT(pthread_create(&w->threads[i], &small, crew_member, crew), 0);
    pthread_attr_destroy(&small);
    pthread_mutex_lock(&crew->lock);
    while (crew->arrived < count)
        pthread_cond_wait(&crew->changed, &crew->lock);
    crew->go = true;
    pthread_cond_broadcast(&crew->changed);
    pthread_mutex_unlock(&crew->lock);
    return w;
}

/* Waits for them. Time may pass meanwhile. */
static inline void crew_join(struct crew_at_work *w)
{
    syn_clock_join(NULL);
    for (int i = 0; i < w->count; i++)
        CHECK_INT(pthread_join(w->threads[i], NULL), 0);
    syn_clock_join(rig_clock);
    pthread_cond_destroy(&w->crew.changed);
    pthread_mutex_destroy(&w->crew.lock);
    free(w);
}

static inline void crew_run(int count, void (*fn)(int number, void *argument), void *argument)
{
    crew_join(crew_start(count, fn, argument));
}

/* Lets others run until *FLAG; real time, for what the clock does not see. */
static inline void spin_until(_Atomic(bool) *flag)
{
    while (!*flag)
        usleep(100);
}

struct hold {
    _Atomic(bool) held, released;
};

/* In a step or job, which stands here until the case releases it. */
static inline void hold_here(struct hold *hold)
{
    hold->held = true;
    spin_until(&hold->released);
}

/* How many entries a directory has; -1: there is none. */
static inline int count_entries(const char *path)
{
    DIR *dir = opendir(path);
    int n = 0;

    if (!dir)
        return -1;
    while (readdir(dir))
        n++;
    closedir(dir);
    return n - 2;
}

/* Where the system lists the thread that runs this; empty where it does not say. */
static inline void *name_of_thread(void *out_name)
{
    char *name = out_name, link[48];
    ssize_t n = readlink("/proc/thread-self", link, sizeof link - 1);

    link[n > 0 ? n : 0] = '\0';
    if (n > 0)
        snprintf(name, 64, "/proc/%s", link);
    return NULL;
}

/* The threads of this process; -1 where that cannot be asked. The first thread of a
 * process may bring one of a sanitizer with it, so there has been one, which is not listed
 * any more. */
static inline int count_threads(void)
{
    char name[64] = "";
    pthread_t thread;

    CHECK_INT(pthread_create(&thread, NULL, name_of_thread, name), 0);
    CHECK_INT(pthread_join(thread, NULL), 0);
    usleep(1000);
    for (int i = 0; name[0] && access(name, F_OK) == 0 && i < 20000; i++)
        usleep(1000);
    return count_entries("/proc/self/task");
}

/* One that was joined may be listed a moment longer. */
static inline void check_threads(const char *file, int line, int expected)
{
    int n = count_entries("/proc/self/task");

    for (int i = 0; n > 0 && n != expected && i < 20000; i++) {
        usleep(1000);
        n = count_entries("/proc/self/task");
    }
    if (n > 0)
        test_check_int(file, line, "the number of threads", n, expected);
}
#define CHECK_THREADS(expected) check_threads(__FILE__, __LINE__, (expected))

/* --- what went wrong --- */

static inline const char *last_message(void)
{
    const struct syn_report *report = syn_last_report();

    return report ? report->message : "(no report)";
}

static inline void check_says(const char *file, int line, const char *text)
{
    if (!strstr(last_message(), text))
        test_fail(file, line, "the report says \"%s\", not \"%s\"", last_message(), text);
}
#define CHECK_SAYS(text) check_says(__FILE__, __LINE__, text)

#endif
