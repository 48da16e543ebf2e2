/* SPDX-License-Identifier: Apache-2.0
 *
 * What a dump shows (src/loop/live.c), and that it survives what goes on meanwhile.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/loop_rig.h"

static struct rig rig;

static void dump(char *text, size_t size)
{
    int ends[2];
    ssize_t n;

    make_pipe(ends);
    syni_live_dump(ends[1]);
    n = read(ends[0], text, size - 1);
    text[n > 0 ? n : 0] = '\0';
    close_both(ends);
}

static void V1_dump_names_loops_and_what_lives_there_and_waits(void)
{
    static struct syni_live square, reader;
    char text[4096];

    dump(text, sizeof text);
    CHECK_STR(text, "");
    rig_by_hand(&rig, NULL, NULL);
    syni_live_add(&rig.loop, &square, "square");
    syni_live_add(&rig.loop, &reader, "reader");
    reader.waits_for = "readable";
    reader.detail = 7;
    dump(text, sizeof text);
    CHECK(strstr(text, "synchronizer rig, driver awake, live 3\n"));
    CHECK(strstr(text, "  square: runs, or is about to\n"));
    CHECK(strstr(text, "  reader: waits for readable 7\n"));
    syni_live_remove(&rig.loop, &square);
    dump(text, sizeof text);
    CHECK(strstr(text, "live 2\n") && !strstr(text, "square"));
    syni_live_remove(&rig.loop, &reader);
    rig_end(&rig);
    dump(text, sizeof text);
    CHECK_STR(text, "");
}

static void V1_dump_tells_since_when_if_that_is_known(void)
{
    static struct syni_live task;
    char text[4096];

    rig_by_hand(&rig, NULL, NULL);
    syni_live_add(&rig.loop, &task, "task");
    task.since = syni_now() - 5000 * (int64_t)MS;
    dump(text, sizeof text);
    long long age = -1;
    const char *line = strstr(text, "about to, for ");
    CHECK(line && sscanf(line, "about to, for %lld ms", &age) == 1);
    CHECK(age >= 5000 && age < 35000);
    syni_live_remove(&rig.loop, &task);
    rig_end(&rig);
}

static void V1_dump_of_very_many_is_bounded(void)
{
    static struct syni_live many[5000];
    static char text[1 << 16];

    rig_by_hand(&rig, NULL, NULL);
    for (int i = 0; i < 5000; i++)
        syni_live_add(&rig.loop, &many[i], "one of many");
    dump(text, sizeof text);
    CHECK(strstr(text, "live 5001\n"));
    CHECK(strlen(text) < 20000);
    for (int i = 0; i < 5000; i++)
        syni_live_remove(&rig.loop, &many[i]);
    rig_end(&rig);
}

static atomic_bool churning;

static void churn(void *unused)
{
    static struct syni_live lives[50];

    (void)unused;
    for (int i = 0; churning; i++) {
        struct syni_live *live = &lives[i % 50];

        if (live->link.next && !syni_list_empty(&live->link))
            syni_live_remove(&rig.loop, live);
        else
            syni_live_add(&rig.loop, live, i % 2 ? "even" : "odd");
        live->waits_for = i % 3 ? "time" : "";
    }
    for (int i = 0; i < 50; i++)
        if (lives[i].link.next && !syni_list_empty(&lives[i].link))
            syni_live_remove(&rig.loop, &lives[i]);
}

static void run_churn(struct syni_job *unused)
{
    (void)unused;
    churn(NULL);
}

static void V1_dump_while_tasks_come_and_go_survives(void)
{
    struct syni_job job = {.run = run_churn};
    static char text[1 << 16];
    int64_t end = syni_now() + 200 * (int64_t)MS;

#if defined(__SANITIZE_THREAD__)
    TEST_SKIP("the dump reads without locks, by design");
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
    TEST_SKIP("the dump reads without locks, by design");
#endif
#endif
    churning = true;
    rig_start(&rig, NULL);
    CHECK(syni_loop_post(&rig.loop, &job));
    while (syni_now() < end) {
        dump(text, sizeof text);
        CHECK(strstr(text, "synchronizer rig"));
    }
    churning = false;
    rig_end(&rig);
}

static const struct test_case cases[] = {
    TEST(V1_dump_names_loops_and_what_lives_there_and_waits),
    TEST(V1_dump_tells_since_when_if_that_is_known),
    TEST(V1_dump_of_very_many_is_bounded),
    TEST(V1_dump_while_tasks_come_and_go_survives),
};
TEST_MAIN("loop_live", cases);
