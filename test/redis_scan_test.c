/* SPDX-License-Identifier: Apache-2.0
 *
 * SCAN as a generator, iterated by blocking code and by tasks: against the embedded server,
 * and as ..._real against the one at REDIS_URL. Keys begin with "syn:test:scan:".
 */
#include "support/redis_rig.h"

#include <errno.h>

SYNCHRONIZER(other);

enum { KEYS = 300, MORE = 5000 };
static const char pattern[] = "syn:test:scan:*";

static char seen[KEYS + MORE];

static void set_keys(struct redis *db, int from, int to)
{
    struct redis_command_future f[100];
    char line[64];

    for (int i = from; i < to; i += 100) {
        for (int j = i; j < i + 100; j++) {
            snprintf(line, sizeof line, "SET syn:test:scan:%d %d", j, j);
            f[j - i] = redis_command_future(db, line);
        }
        for (int j = 0; j < 100; j++)
            CHECK_INT(future_get(f[j], NULL), SYN_OK);
    }
}

static void delete_keys(struct redis *db)
{
    char line[64];

    for (int i = 0; i < KEYS + MORE; i++) {
        snprintf(line, sizeof line, "DEL syn:test:scan:%d", i);
        CHECK_INT(future_detach(redis_command_future(db, line)), SYN_OK);
    }
    expect_text(db, "PING", "PONG");
}

static void note(struct redis_key *key)
{
    int i;

    CHECK_INT(strlen(key->text), key->size);
    CHECK(strncmp(key->text, pattern, sizeof pattern - 2) == 0);
    i = atoi(key->text + sizeof pattern - 2);
    CHECK(0 <= i && i < KEYS + MORE);
    seen[i]++;
    free(key);
}

static void check_all_seen(void)
{
    for (int i = 0; i < KEYS; i++)
        CHECK(seen[i] >= 1);
}

static void G2_blocking_code_iterates_all_keys_on(struct redis *db)
{
    syn_err err = -1;
    int n = 0;

    set_keys(db, 0, KEYS);
    channel_each (struct redis_key *, key, redis_scan(db, pattern), &err) {
        note(key);
        n++;
    }
    CHECK_INT(err, SYN_OK);
    check_all_seen();
    if (rig_server)
        CHECK_INT(n, KEYS); /* none twice: nothing changed */
    channel_each (struct redis_key *, key, redis_scan(db, "syn:test:none:*"), &err)
        CHECK(!key);
    CHECK_INT(err, SYN_OK);
    delete_keys(db);
    finish(db);
}
BOTH(G2_blocking_code_iterates_all_keys)

/* The connection is free between the pages; and the table of the embedded server grows. */
static void commands_and_new_keys_meanwhile_lose_none_on(struct redis *db)
{
    syn_err err = -1;
    int n = 0;

    set_keys(db, 0, KEYS);
    channel_each (struct redis_key *, key, redis_scan(db, pattern), &err) {
        char line[100];
        struct redis_reply *reply;

        snprintf(line, sizeof line, "GET %s", key->text);
        reply = ask(db, line);
        CHECK_STR(reply->text, key->text + sizeof pattern - 2);
        redis_reply_free(reply);
        note(key);
        if (++n % 20 == 0 && n <= MORE / 100 * 20)
            set_keys(db, KEYS + (n / 20 - 1) * 100, KEYS + n / 20 * 100);
    }
    CHECK_INT(err, SYN_OK);
    check_all_seen();
    delete_keys(db);
    finish(db);
}
BOTH(commands_and_new_keys_meanwhile_lose_none)

static void G5_breaking_out_frees_what_was_not_fetched_on(struct redis *db)
{
    syn_err err = -1;

    set_keys(db, 0, KEYS);
    for (size_t ahead = 0; ahead <= 64; ahead += 16) {
        struct redis_scan_channel keys = redis_scan(db, pattern);
        int n = 0;

        CHECK_INT(channel_prefetch(keys, ahead), SYN_OK);
        channel_each (struct redis_key *, key, keys, &err) {
            note(key);
            if (++n == 25)
                break;
        }
        CHECK_INT(err, SYN_OK);
        CHECK_INT(n, 25);
    }
    expect_text(db, "PING", "PONG");
    channel_drop(redis_scan(db, pattern)); /* never asked: never begun */
    delete_keys(db);
    finish(db);
}
BOTH(G5_breaking_out_frees_what_was_not_fetched)

ASYNC(other, int, count_keys, (struct redis *, db), SYN_LOCAL(struct redis_scan_channel, keys),
      SYN_LOCAL(struct redis_key *, key))
{
    co_begin;
    self->keys = redis_scan(self->db, pattern);
    co_each (self->keys, &self->key) {
        note(self->key);
        self->result++;
    }
    co_check;
    co_return_result;
    co_finally;
    co_close(self->keys);
    co_end;
}

static void G2_a_task_on_another_loop_iterates_on(struct redis *db)
{
    struct count_keys_future f;
    int n = 0;

    set_keys(db, 0, KEYS);
    CHECK_INT(count_keys(db, &n), SYN_OK);
    CHECK(n >= KEYS);
    check_all_seen();
    for (int i = 0; i < 20; i++) { /* given up at some moment: nothing stays */
        f = count_keys_future(db);
        future_wait_by(f, syn_after(i * 1e-4));
        n = future_cancel(f);
        CHECK(n == SYN_OK || n == SYN_ECANCELED);
    }
    CHECK_INT(synchronizer_stop(&other, syn_never()), SYN_OK);
    delete_keys(db);
    finish(db);
}
BOTH(G2_a_task_on_another_loop_iterates)

static void says(const char *answer, syn_err expected, const char *message)
{
    struct script script = {.answer = answer, .size = strlen(answer), .closes = true};
    struct redis *db = begin_script(&script);
    syn_err err = -1;

    channel_each (struct redis_key *, key, redis_scan(db, pattern), &err)
        free(key);
    CHECK_INT(err, expected);
    if (!strstr(syn_last_report()->message, message))
        test_fail(__FILE__, __LINE__, "it says \"%s\"", syn_last_report()->message);
    CHECK_INT(redis_close(db), SYN_OK);
    end_script(&script);
}

static void E1_what_went_wrong_comes_out_of_the_channel(void)
{
    says("-ERR not today\r\n", REDIS_ESERVER, "not today");
    says(":5\r\n", SYN_EPROTO, "not a cursor and keys");
    says("*2\r\n$1\r\n0\r\n$1\r\nx\r\n", SYN_EPROTO, "not a cursor and keys");
    says("*2\r\n$1\r\n0\r\n*1\r\n:7\r\n", SYN_EPROTO, "not a string");
    says("*2\r\n$1\r\n7\r\n*1\r\n$1\r\na\r\n", REDIS_ELOST, "closed the connection");
    finish_client();
}

/* The connection, or a new one: where there was no memory to read on, it was lost. */
static struct redis *connected(struct redis *db)
{
    struct redis_reply *reply;

    if (redis_command(db, "PING", &reply) == SYN_OK) {
        redis_reply_free(reply);
        return db;
    }
    CHECK_INT(redis_close(db), SYN_OK);
    CHECK_INT(redis_open(rig_at.host, rig_at.port, &db), SYN_OK);
    return db;
}

static void T4_each_allocation_failing_leaves_nothing_behind(void)
{
    struct redis *db = begin(false);
    unsigned long n;
    bool failed = false;

    set_keys(db, 0, 100);
    for (n = 1;; n++) {
        syn_err err = -1;

        syn_fault_set("alloc", n, 1, ENOMEM);
        channel_each (struct redis_key *, key, redis_scan(db, pattern), &err)
            note(key);
        if (syn_fault_hits() < n)
            break;
        syn_fault_clear();
        /* the last: the server, which is in this process, had none */
        CHECK(err == SYN_OK || err == SYN_ENOMEM || err == REDIS_ELOST);
        failed = failed || err;
        db = connected(db);
    }
    syn_fault_clear();
    CHECK(failed);
    db = connected(db); /* the server may have asked for memory a moment later */
    expect_text(db, "PING", "PONG");
    finish(db);
}

static const struct test_case cases[] = {
    TEST_BOTH(G2_blocking_code_iterates_all_keys),
    TEST_BOTH(commands_and_new_keys_meanwhile_lose_none),
    TEST_BOTH(G5_breaking_out_frees_what_was_not_fetched),
    TEST_BOTH(G2_a_task_on_another_loop_iterates),
    TEST_MODES(E1_what_went_wrong_comes_out_of_the_channel),
    TEST_MODES(T4_each_allocation_failing_leaves_nothing_behind),
};
TEST_MAIN("redis_scan", cases);
