/* SPDX-License-Identifier: Apache-2.0
 *
 * Starting and ending a loop (src/loop/loop_turn.c, loop_drive.c) again and again, and with
 * each allocation and system call of it failing in turn.
 */
#include <synchronicity/mem.h>

#include "loop/loop_drive.h"
#include "loop/loop_inbox.h"
#include "loop/loop_turn.h"
#include "support/loop_rig.h"

static struct rig rig;

static void nothing(void *unused)
{
    (void)unused;
}

static void L1_loops_come_and_go_without_growth(void)
{
    unsigned long before = 0;
    int open = 0;

    for (int i = 0; i < 500 / TEST_SLOWNESS; i++) {
        rig_start(&rig, NULL);
        rig_call(&rig, nothing, NULL);
        rig_end(&rig);
        if (i == 0) {
            before = syn_memory_use().outstanding;
            open = open_descriptors();
        }
    }
    CHECK_INT(syn_memory_use().outstanding, before);
    CHECK_INT(open_descriptors(), open);
}

static void retire(struct syni_loop *loop)
{
    syni_loop_shut(loop);
    syni_loop_retire(loop);
}

/* Starts and ends a loop in storage that was prepared once. */
static syn_err live_once(struct syni_loop *loop, const char *backend)
{
    struct syni_loop_options options = {
        .name = "once", .backend = backend, .callers_drive = true, .on_closing = retire};
    syn_err err = syni_loop_init(loop, &options);

    if (err)
        return err;
    err = syni_loop_start(loop);
    if (!err) {
        CHECK(syni_loop_try_drive(loop));
        loop->closing = true;
        syni_loop_stop_driving(loop);
        syni_loop_join(loop);
    }
    syni_loop_fini(loop);
    return err;
}

static void L1_ended_loop_starts_again_in_the_same_storage(void)
{
    static struct syni_loop loop;

    syni_loop_prepare(&loop);
    for (int i = 0; i < 50; i++)
        CHECK_INT(live_once(&loop, NULL), SYN_OK);
    CHECK_INT(live_once(&loop, "no such backend"), SYN_EINVAL);
    CHECK_INT(live_once(&loop, NULL), SYN_OK);
}

static unsigned long fail_each_call(const char *backend, int error)
{
    static struct syni_loop loop;
    unsigned long before = syn_memory_use().outstanding, n = 1;
    struct count_job job;
    int open = open_descriptors();

    count_job_init(&job);
    syni_loop_prepare(&loop);
    for (;; n++) {
        syn_fault_set(NULL, n, 1, error);
        syn_err err = live_once(&loop, backend);
        bool failed = syn_fault_hits() >= n;
        syn_fault_clear();
        CHECK(err == SYN_OK || (failed && (err == error || err == SYN_ENOMEM)));
        CHECK_INT(syn_memory_use().outstanding, before);
        CHECK_INT(open_descriptors(), open);
        CHECK(!syni_loop_post(&loop, &job.job));
        if (!failed)
            return n - 1;
    }
}

static void T4_each_call_of_a_start_that_fails_leaves_nothing_behind(void)
{
    const struct syni_backend *backend;

    for (unsigned i = 0; (backend = syni_poller_at(i)) != NULL; i++) {
        CHECK(fail_each_call(backend->name, EMFILE) >= 4);
        CHECK(fail_each_call(backend->name, EAGAIN) >= 4);
    }
}

static void L1_every_backend_of_the_build_can_be_named(void)
{
    const struct syni_backend *backend;

    for (unsigned i = 0; (backend = syni_poller_at(i)) != NULL; i++) {
        rig_by_hand(&rig, backend->name, NULL);
        CHECK_STR(rig.loop.backend->name, backend->name);
        rig_end(&rig);
    }
}

static const struct test_case cases[] = {
    TEST_MODES(L1_loops_come_and_go_without_growth),
    TEST(L1_ended_loop_starts_again_in_the_same_storage),
    TEST(T4_each_call_of_a_start_that_fails_leaves_nothing_behind),
    TEST(L1_every_backend_of_the_build_can_be_named),
};
TEST_MAIN("loop_life", cases);
