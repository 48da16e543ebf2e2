/* SPDX-License-Identifier: Apache-2.0
 *
 * Listing directories: a generator of entries that are read on the pool.
 */
#define _FILE_OFFSET_BITS 64 /* files of temp_dir.h, also where long has 32 bits */
#if defined(__linux__)
#define _GNU_SOURCE
#elif defined(__APPLE__)
#define _DARWIN_C_SOURCE
#endif

#include "support/io_rig.h"
#include "support/pool_rig.h"
#include "support/temp_dir.h"

#include <synchronicity/file.h>

SYNCHRONIZER(demo);

static int open_before;

static void begin_directory(void)
{
    begin();
    temp_begin();
    open_before = count_open();
}

/* Nothing is open, and nothing left. */
static void over_after(unsigned long slots)
{
    finish_pool(syn_default_pool());
    finish(&demo);
    finish(syn_default_synchronizer());
    CHECK_INT(count_open(), open_before);
    temp_end();
    done_after(slots);
}

static void over(void)
{
    over_after(0);
}

static void make_files(int n)
{
    for (int i = 0; i < n; i++) {
        char name[20];

        snprintf(name, sizeof name, "%d", i);
        temp_file(name, "");
    }
}

/* Gets to the end of CHANNEL; returns how many came, and how it ended in *OUT_ERR. */
static int count_all(struct syn_directory_list_channel channel, syn_err *out_err)
{
    int n = 0;

    channel_each (struct syn_directory_entry, e, channel, out_err)
        n += e.name[0] != 0;
    return n;
}

static void make_one_of_each_kind(void)
{
    temp_file("regular", "");
    CHECK_INT(mkdir(in_temp("directory"), 0700), 0);
    CHECK_INT(symlink("nowhere", in_temp("link")), 0);
    CHECK_INT(mkfifo(in_temp("pipe"), 0600), 0);
}

static void check_kinds(void)
{
    static const char *const names[] = {"regular", "directory", "link", "pipe"};
    static const mode_t kinds[] = {S_IFREG, S_IFDIR, S_IFLNK, S_IFIFO};
    unsigned seen = 0;
    syn_err err;

    channel_each (struct syn_directory_entry, e, syn_directory_list(temp_dir), &err)
        for (int i = 0; i < 4; i++)
            if (strcmp(e.name, names[i]) == 0) {
                CHECK_INT(e.kind, kinds[i]);
                CHECK(!(seen & 1u << i));
                seen |= 1u << i;
            }
    CHECK_INT(err, SYN_OK);
    CHECK_INT(seen, 15);
}

static void I5_a_directory_is_listed_with_kinds(void)
{
    syn_err err;

    begin_directory();
    CHECK_INT(count_all(syn_directory_list(temp_dir), &err), 0);
    CHECK_INT(err, SYN_OK);
    make_one_of_each_kind();
    CHECK_INT(count_all(syn_directory_list(temp_dir), &err), 4);
    check_kinds();
    over();
}

static void I5_kinds_are_asked_for_where_the_directory_does_not_say(void)
{
    begin_directory();
    make_one_of_each_kind();
    syn_fault_set("d_type", 1, 1000, 0);
    check_kinds();
    CHECK(syn_fault_hits() > 0);
    syn_fault_clear();
    over();
}

static void I5_many_entries_come_once_each(void)
{
    enum { N = 500 };
    static char seen[N];
    syn_err err;

    begin_directory();
    make_files(N);
    channel_each (struct syn_directory_entry, e, syn_directory_list(temp_dir), &err) {
        int i = atoi(e.name);

        CHECK(i >= 0 && i < N && !seen[i]);
        seen[i] = 1;
    }
    CHECK_INT(err, SYN_OK);
    CHECK(memchr(seen, 0, N) == NULL);
    over();
}

/* What is in PATH and below. */
ASYNC(demo, int, count_below, SYN_COPY(const char *, path),
      SYN_LOCAL(struct syn_directory_list_channel, list), SYN_LOCAL(int, below),
      SYN_LOCAL(struct syn_directory_entry, e), SYN_LOCAL(char, inner[400]))
{
    co_begin;
    self->list = syn_directory_list(self->path);
    co_each (self->list, &self->e) {
        self->result++;
        if (!S_ISDIR(self->e.kind))
            continue;
        snprintf(self->inner, sizeof self->inner, "%s/%s", self->path, self->e.name);
        co_try(count_below_future(self->inner), &self->below);
        self->result += self->below;
    }
    co_return_result;
    co_finally;
    co_close(self->list);
    co_end;
}

static void G2_tasks_iterate_listings_inside_each_other(void)
{
    int n;

    begin_directory();
    make_files(40);
    CHECK_INT(mkdir(in_temp("d"), 0700), 0);
    CHECK_INT(mkdir(in_temp("d/d"), 0700), 0);
    temp_file("d/x", "");
    temp_file("d/d/y", "");
    CHECK_INT(count_below(temp_dir, &n), SYN_OK);
    CHECK_INT(n, 44);
    over();
}

static void G1_nothing_is_opened_before_it_is_asked(void)
{
    struct syn_directory_list_channel list;

    begin_directory();
    list = syn_directory_list(in_temp("none"));
    CHECK_INT(pool_stats(syn_default_pool()).submitted, 0);
    CHECK_INT(channel_close(list), SYN_OK);
    over();
}

static void E1_what_cannot_be_listed_is_named(void)
{
    syn_err err;

    begin_directory();
    temp_file("file", "");
    CHECK_INT(count_all(syn_directory_list(in_temp("none")), &err), 0);
    CHECK_INT(err, ENOENT);
    CHECK_SAYS("/none");
    CHECK_INT(count_all(syn_directory_list(in_temp("file")), &err), 0);
    CHECK_INT(err, ENOTDIR);
    CHECK_INT(count_all(syn_directory_list(NULL), &err), 0);
    CHECK_INT(err, ENOENT);
    over();
}

static void G7_an_error_comes_after_the_entries_before_it(void)
{
    syn_err err;

    begin_directory();
    make_files(50);
    syn_fault_set("readdir", 41, 1, SYN_EIO);
    CHECK(count_all(syn_directory_list(temp_dir), &err) >= 38); /* "." and ".." are two of 40 */
    syn_fault_clear();
    CHECK_INT(err, SYN_EIO);
    CHECK_SAYS(temp_dir);
    over();
}

static void G5_breaking_out_closes_the_directory(void)
{
    syn_err err;

    begin_directory();
    make_files(100);
    channel_each (struct syn_directory_entry, e, syn_directory_list(temp_dir), &err) {
        CHECK(count_open() > open_before);
        break;
    }
    CHECK_INT(err, SYN_OK);
    CHECK_INT(channel_close(syn_directory_list(temp_dir)), SYN_OK);
    over();
}

static void G5_dropped_half_way_it_closes_by_itself(void)
{
    struct syn_directory_list_channel list;
    struct syn_directory_entry e;

    begin_directory();
    make_files(100);
    list = syn_directory_list(temp_dir);
    CHECK_INT(channel_next(list, &e), SYN_OK);
    channel_drop(list);
    over();
}

static void X3_closed_at_any_moment_it_leaves_nothing(void)
{
    volatile int spins = 0;

    begin_directory();
    make_files(70);
    for (int i = 0; i < 200; i++) {
        struct syn_directory_list_channel list = syn_directory_list(temp_dir);
        struct syn_directory_entry e;

        CHECK_INT(channel_prefetch(list, 100), SYN_OK);
        CHECK_INT(channel_next(list, &e), SYN_OK); /* it runs ahead from here on */
        for (int turns = 0; turns < i * 10; turns++)
            spins++;
        CHECK_INT(channel_close(list), SYN_OK);
    }
    over_after(512);
}

BLOCKING(DEFAULT_POOL, void, stands, (struct gate *, at))
{
    gate_pass(at);
}

static void X3_closed_while_its_entries_wait_for_a_thread_it_ends_at_once(void)
{
    const struct syn_pool_options options = {.max_threads = 1};
    struct syn_directory_list_channel list;
    struct syn_directory_entry e;
    struct stands_future f;
    struct gate gate;
    int with_it;

    begin_directory();
    make_files(100);
    CHECK_INT(pool_configure(syn_default_pool(), &options), SYN_OK);
    gate_init(&gate);
    list = syn_directory_list(temp_dir);
    for (int i = 0; i < 32; i++)
        CHECK_INT(channel_next(list, &e), SYN_OK);
    f = stands_future(&gate);
    gate_await(&gate, 1);
    CHECK_INT(channel_try_next(list, &e), SYN_EAGAIN); /* it is to go on */
    while (pool_stats(syn_default_pool()).queued == 0)
        usleep(100);
    with_it = count_open();
    CHECK_INT(channel_close(list), SYN_OK);
    CHECK_INT(count_open(), with_it - 1);
    gate_open(&gate);
    CHECK_INT(future_get(f), SYN_OK);
    over();
}

static void T4_with_any_call_failing_nothing_stays_open(void)
{
    const char *const calls[] = {"alloc", "opendir", "readdir", "pthread_create"};
    const int told[] = {4, 1, 40, test_driving ? 1 : 2}; /* a loop that callers drive tries again */

    begin_directory();
    make_files(40);
    for (int i = 0; i < 4; i++) {
        unsigned long nth = 0, hits;
        int n_told = 0;

        do {
            syn_err err;
            int n;

            syn_fault_set(calls[i], ++nth, 1, SYN_EIO);
            n = count_all(syn_directory_list(temp_dir), &err);
            hits = syn_fault_hits();
            syn_fault_clear();
            CHECK(err == SYN_OK ? n == 40 : err == SYN_EIO || err == SYN_ENOMEM);
            n_told += err != SYN_OK;
            finish_pool(syn_default_pool());
            pool_start(syn_default_pool());
            CHECK_INT(synchronizer_stop(syn_default_synchronizer(), syn_never()), SYN_OK);
            CHECK_INT(synchronizer_free(syn_default_synchronizer()), SYN_OK);
            CHECK_INT(count_open(), open_before);
        } while (hits >= nth);
        CHECK(n_told >= told[i]);
    }
    over();
}

static const struct test_case cases[] = {
    TEST(I5_a_directory_is_listed_with_kinds),
    TEST(I5_kinds_are_asked_for_where_the_directory_does_not_say),
    TEST(I5_many_entries_come_once_each),
    TEST(G2_tasks_iterate_listings_inside_each_other),
    TEST(G1_nothing_is_opened_before_it_is_asked),
    TEST(E1_what_cannot_be_listed_is_named),
    TEST(G7_an_error_comes_after_the_entries_before_it),
    TEST(G5_breaking_out_closes_the_directory),
    TEST(G5_dropped_half_way_it_closes_by_itself),
    TEST(X3_closed_at_any_moment_it_leaves_nothing),
    TEST(X3_closed_while_its_entries_wait_for_a_thread_it_ends_at_once),
    TEST(T4_with_any_call_failing_nothing_stays_open),
};
TEST_MAIN_BOTH_MODES("directory", cases);
