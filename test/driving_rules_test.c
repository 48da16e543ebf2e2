/* SPDX-License-Identifier: Apache-2.0
 *
 * What users of caller_may_drive must not do, and what happens when they do.
 */
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>

#include <synchronicity/short.h>
#include <synchronicity/step.h>

SYNCHRONIZER(driven, .caller_may_drive = 1);

ASYNC(driven, void, ends_its_thread)
{
    pthread_exit(NULL);
    return step_done(self);
}

static void *call_it(void *unused)
{
    ends_its_thread();
    return unused;
}

static void C13_thread_that_ends_inside_a_task_it_drives_is_found(void)
{
    pthread_t thread;

    CHECK_INT(pthread_create(&thread, NULL, call_it, NULL), 0);
    pthread_join(thread, NULL);
    CHECK(!"the program went on without the thread that held the loop");
}

static const struct test_case cases[] = {
    TEST_DIES(C13_thread_that_ends_inside_a_task_it_drives_is_found, SIGABRT,
              "inside a task that it drove"),
};
TEST_MAIN("driving_rules", cases);
