/* SPDX-License-Identifier: Apache-2.0
 *
 * The Redis client against servers that misbehave and streams that dribble: nothing
 * hangs, everybody who waits is told, and told why.
 */
#include "support/redis_rig.h"

#include "support/chop_stream.h"

static struct script answering(const char *answer, bool closes)
{
    struct script script = {.answer = answer, .size = answer ? strlen(answer) : 0};

    script.closes = closes;
    return script;
}

static void end(struct script *script, struct redis *db)
{
    CHECK_INT(redis_close(db), SYN_OK);
    end_script(script);
    finish_client();
}

/* ------------------------------------------------------------------ silence -- */

/* What came to a server that says nothing yet: commands "GET x", each of a key of one letter. */
struct hearing {
    int connection;
    char text[4000];
    size_t size;
};

/* WAITS: until it has come. */
static bool has_heard(struct hearing *h, const char *key, bool waits)
{
    char last[20];

    snprintf(last, sizeof last, "$1\r\n%s\r\n", key);
    while (!strstr(h->text, last)) {
        ssize_t n = recv(h->connection, h->text + h->size, sizeof h->text - 1 - h->size,
                         waits ? 0 : MSG_DONTWAIT);

        if (n <= 0)
            return false;
        h->size += (size_t)n;
    }
    return true;
}

static void answer_all(const struct hearing *h)
{
    char answer[] = "+of ?\r\n";

    for (const char *at = h->text; (at = strstr(at, "$1\r\n")); at++) {
        answer[4] = at[4];
        send_all(h->connection, answer, sizeof answer - 1);
    }
}

/* One that is given up before its call began is not sent, so those are tried again. */
static void C12_a_deadline_on_a_stalled_server(void)
{
    struct redis_command_future future;
    struct hearing h = {.size = 0};
    struct redis_reply *reply;
    struct script script;
    struct redis *db;

    begin_client();
    listen_for_script(&script);
    CHECK_INT(redis_open("127.0.0.1", script.port, &db), SYN_OK);
    h.connection = accept(script.listening, NULL, NULL);
    CHECK(h.connection >= 0);
    do {
        CHECK_INT(call_by(syn_after(0.03), redis_command(db, "GET a", &reply)), SYN_ETIMEDOUT);
        CHECK_INT(syn_last_origin(), SYN_BY_DEADLINE);
    } while (!has_heard(&h, "a", false));
    do {
        future = redis_command_future(db, "GET b");
        CHECK_INT(future_get_by(future, &reply, syn_after(0.01)), SYN_ETIMEDOUT);
    } while (!has_heard(&h, "b", false));
    future = redis_command_future(db, "GET c");
    CHECK(has_heard(&h, "c", true));
    answer_all(&h);
    CHECK_INT(future_get(future, &reply), SYN_OK);
    CHECK_STR(reply->text, "of c");
    redis_reply_free(reply);
    CHECK_INT(redis_close(db), SYN_OK);
    close(h.connection);
    close(script.listening);
    finish_client();
}

static void close_fails_what_is_under_way(void)
{
    struct script script = answering(NULL, false);
    struct redis *db = begin_script(&script);
    struct redis_command_future futures[3];

    for (int i = 0; i < 3; i++)
        futures[i] = redis_command_future(db, "GET a");
    pthread_join(script.thread, NULL); /* it heard something: they are under way */
    CHECK_INT(future_wait_by(futures[2], syn_after(0.01)), SYN_ETIMEDOUT);
    CHECK_INT(redis_close(db), SYN_OK);
    for (int i = 0; i < 3; i++)
        CHECK_INT(future_get(futures[i], NULL), SYN_ECLOSED);
    close(script.connection);
    close(script.listening);
    finish_client();
}

/* More than a socket takes, to somebody who does not read: the write is under way. */
static void close_ends_a_write_that_is_stuck(void)
{
    enum { SIZE = 32 << 20 };
    struct script script = answering(NULL, false);
    struct redis *db = begin_script(&script);
    char *value = calloc(1, SIZE);
    const char *argv[] = {"SET", "a", value};
    const size_t lengths[] = {3, 1, SIZE};

    CHECK_INT(call_by(syn_after(0.05), redis_commandv(db, 3, argv, lengths, NULL)),
              SYN_ETIMEDOUT);
    free(value);
    end(&script, db);
}

static void a_queue_that_is_full_refuses(void)
{
    struct script script = answering(NULL, true);
    struct redis *db = begin_script(&script);
    char *value = calloc(1, REDIS_QUEUE_MAX);
    const char *argv[] = {"SET", "a", value};
    const size_t lengths[] = {3, 1, REDIS_QUEUE_MAX};

    CHECK_INT(redis_commandv(db, 3, argv, lengths, NULL), SYN_ENOMEM);
    CHECK_INT(redis_command(db, "PING", NULL), REDIS_ELOST);
    free(value);
    end(&script, db);
}

/* --------------------------------------------------------------------- loss -- */

static void a_connection_lost_mid_reply_fails_all(void)
{
    struct script script = answering("+first\r\n$10\r\nabc", true);
    struct redis_command_future futures[10];
    struct redis *db;
    struct redis_reply *reply;
    int failed = 0;

    db = begin_script(&script);
    CHECK_INT(redis_command(db, "GET first", &reply), SYN_OK);
    redis_reply_free(reply);
    for (int i = 0; i < 10; i++)
        futures[i] = redis_command_future(db, "GET a");
    for (int i = 0; i < 10; i++)
        failed += future_get(futures[i], NULL) != SYN_OK;
    CHECK_INT(failed, 10);
    CHECK_INT(redis_command(db, "GET a", NULL) != SYN_OK, 1);
    CHECK(syn_last_report()->message[0] != '\0');
    end(&script, db);
}

static void a_server_that_hangs_up_is_named(void)
{
    struct script script = answering("$10\r\nabc", true);
    struct redis *db = begin_script(&script);

    for (int i = 0; i < 2; i++) {
        CHECK_INT(redis_command(db, "GET a", NULL), REDIS_ELOST);
        CHECK_STR(syn_last_report()->message, "the server closed the connection");
    }
    end(&script, db);
}

/* ------------------------------------------------------------------ garbage -- */

static void refuses(const char *answer, const char *why)
{
    struct script script = answering(answer, false);
    struct redis *db = begin_script(&script);

    for (int i = 0; i < 2; i++) {
        syn_err err = redis_command(db, "GET a", NULL);

        CHECK_INT(err, SYN_EPROTO);
        if (!strstr(syn_last_report()->message, why))
            CHECK_STR(syn_last_report()->message, why);
    }
    CHECK_INT(redis_close(db), SYN_OK);
    end_script(&script);
}

static void protocol_garbage_ends_the_connection(void)
{
    refuses("HTTP/1.1 400 Bad Request\r\n", "unknown type of value");
    refuses("\r\n", "unknown type of value");
    refuses("+no carriage return\n", "CR LF");
    refuses(":12a\r\n", "invalid integer");
    refuses(":99999999999999999999\r\n", "invalid integer");
    refuses("$-2\r\n", "invalid bulk length");
    refuses("$2\r\nabcd\r\n", "CR LF");
    refuses("*-7\r\n", "invalid multibulk length");
    finish_client();
}

static void replies_beyond_the_limits_are_refused(void)
{
    refuses("$67108865\r\n", "value too large");
    refuses("$9223372036854775807\r\n", "value too large");
    refuses("*2000000\r\n", "value too large");
    refuses("*2147483647\r\n", "value too large");
    refuses("*2\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n"
            "*1\r\n*1\r\n*1\r\n:1\r\n", "nested too deeply");
    finish_client();
}

/* Or the next command would get it. */
static void a_reply_nobody_asked_for_ends_the_connection(void)
{
    struct script script = answering("+asked\r\n+not asked\r\n", false);
    struct redis *db = begin_script(&script);

    CHECK_INT(redis_command(db, "GET a", NULL), SYN_OK);
    CHECK_INT(redis_command(db, "GET a", NULL), SYN_EPROTO);
    CHECK(strstr(syn_last_report()->message, "more than was asked for") != NULL);
    end(&script, db);
}

static void errors_inside_arrays_stay_visible(void)
{
    struct script script = answering("*3\r\n-ERR inner\r\n*2\r\n:-5\r\n$-1\r\n*-1\r\n", false);
    struct redis *db = begin_script(&script);
    struct redis_reply *reply = ask(db, "EXEC");

    CHECK_INT(reply->type, REDIS_ARRAY);
    CHECK_INT(reply->elements[0].type, REDIS_ERROR);
    CHECK_STR(reply->elements[0].text, "ERR inner");
    CHECK_INT(reply->elements[1].n, 2);
    CHECK_INT(reply->elements[1].elements[0].integer, -5);
    CHECK_INT(reply->elements[1].elements[1].type, REDIS_NIL);
    CHECK_INT(reply->elements[2].type, REDIS_NIL);
    redis_reply_free(reply);
    end(&script, db);
}

/* ------------------------------------------------------------------ streams -- */

static struct redis *open_chopped(uint32_t seed)
{
    struct syn_stream *inner, *chopped;
    struct redis *db;

    begin_client();
    begin_server();
    CHECK_INT(syn_stream_from_descriptor(plain_connect(rig_at.port), &inner), SYN_OK);
    chopped = chop_stream_new(inner, seed);
    CHECK(chopped != NULL);
    CHECK_INT(redis_open_stream(chopped, &db), SYN_OK);
    return db;
}

static void I8_a_chopped_stream_changes_nothing(void)
{
    struct redis *db = open_chopped(7);
    struct redis_command_future futures[50];
    struct redis_reply *reply;
    char line[64], text[32];

    expect_text(db, "MSET syn:test:a one syn:test:b two", "OK");
    for (int i = 0; i < 50; i++) {
        snprintf(line, sizeof line, "MGET syn:test:a none syn:test:%c", i % 2 ? 'a' : 'b');
        futures[i] = redis_command_future(db, line);
    }
    for (int i = 0; i < 50; i++) {
        CHECK_INT(future_get(futures[i], &reply), SYN_OK);
        CHECK_INT(reply->n, 3);
        CHECK_INT(reply->elements[1].type, REDIS_NIL);
        CHECK_STR(reply->elements[2].text, i % 2 ? "one" : "two");
        redis_reply_free(reply);
    }
    for (int i = 0; i < 100; i++) {
        snprintf(text, sizeof text, "%d", i);
        snprintf(line, sizeof line, "ECHO %d", i);
        expect_text(db, line, text);
    }
    finish(db);
}

enum { AT_ONCE = 100 };

/* On the client's own synchronizer, so that all are called in one step. */
ASYNC(redis_synchronizer, void, call_at_once, (struct redis *, db),
      SYN_LOCAL(struct redis_command_future, futures[AT_ONCE]), SYN_LOCAL(int, i),
      SYN_LOCAL(struct redis_reply *, reply))
{
    co_begin;
    for (int i = 0; i < AT_ONCE; i++)
        self->futures[i] = redis_command_future(self->db, "PING");
    for (; self->i < AT_ONCE; self->i++) {
        co_try(self->futures[self->i], &self->reply);
        redis_reply_free(self->reply);
    }
    co_end;
}

/* The other end of a socket that keeps writes apart: what comes first is one write. */
static void *answer_one_write(void *argument)
{
    static const char ping[] = "*1\r\n$4\r\nPING\r\n";
    char heard[8192], pongs[AT_ONCE * 7];
    int fd = *(int *)argument;

    CHECK_INT(recv(fd, heard, sizeof heard, 0), AT_ONCE * (sizeof ping - 1));
    for (int i = 0; i < AT_ONCE; i++)
        memcpy(pongs + i * 7, "+PONG\r\n", 7);
    send_all(fd, pongs, sizeof pongs);
    return NULL;
}

static void commands_called_at_once_go_out_in_one_write(void)
{
    struct syn_stream *stream;
    struct redis *db;
    pthread_t thread;
    int ends[2];

    begin_client();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0)
        TEST_SKIP("this system has no socket that keeps writes apart");
    CHECK_INT(syn_stream_from_descriptor(ends[0], &stream), SYN_OK);
    CHECK_INT(redis_open_stream(stream, &db), SYN_OK);
    CHECK(pthread_create(&thread, NULL, answer_one_write, &ends[1]) == 0);
    CHECK_INT(call_at_once(db), SYN_OK);
    pthread_join(thread, NULL);
    CHECK_INT(redis_close(db), SYN_OK);
    close(ends[1]);
    finish_client();
}

/* Until all of it works without being made to fail: each allocation fails once. */
static void every_failure_is_told_and_leaves_nothing(void)
{
    struct redis_reply *reply;
    struct redis *db;
    unsigned long n = 0, hits;
    syn_err err;

    begin_client();
    begin_server();
    do {
        db = NULL;
        reply = NULL;
        syn_fault_set("alloc", ++n, 1, ENOMEM);
        err = redis_open(rig_at.host, rig_at.port, &db);
        if (!err)
            err = redis_command(db, "PING", &reply);
        hits = syn_fault_hits();
        syn_fault_clear();
        CHECK((reply != NULL) == (err == SYN_OK));
        redis_reply_free(reply);
        if (db)
            CHECK_INT(redis_close(db), SYN_OK);
        finish_client();
    } while (hits >= n);
    CHECK(n > 3);
    kv_server_stop(rig_server);
}

static void addresses_are_checked(void)
{
    static const char *const bad[] = {"",           "redis://",         "http://a", "redis://a:0",
                                      "redis://:1", "redis://a:65536",  "redis://a:x",
                                      "redis://a:1x", "redis://a/name", "127.0.0.1"};
    struct redis_address at;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_INT(redis_parse_url(bad[i], &at), SYN_EINVAL);
    CHECK_INT(redis_parse_url("redis://localhost", &at), SYN_OK);
    CHECK_STR(at.host, "localhost");
    CHECK_INT(at.port, 6379);
    CHECK_INT(redis_parse_url("redis://10.0.0.1:7/", &at), SYN_OK);
    CHECK_STR(at.host, "10.0.0.1");
    CHECK_INT(at.port, 7);
}

static const struct test_case cases[] = {
    TEST_MODES(C12_a_deadline_on_a_stalled_server),
    TEST_MODES(close_fails_what_is_under_way),
    TEST_MODES(close_ends_a_write_that_is_stuck),
    TEST_MODES(a_queue_that_is_full_refuses),
    TEST_MODES(a_connection_lost_mid_reply_fails_all),
    TEST_MODES(a_server_that_hangs_up_is_named),
    TEST_MODES(protocol_garbage_ends_the_connection),
    TEST_MODES(replies_beyond_the_limits_are_refused),
    TEST_MODES(a_reply_nobody_asked_for_ends_the_connection),
    TEST_MODES(errors_inside_arrays_stay_visible),
    TEST_MODES(I8_a_chopped_stream_changes_nothing),
    TEST_MODES(commands_called_at_once_go_out_in_one_write),
    TEST_MODES(every_failure_is_told_and_leaves_nothing),
    TEST(addresses_are_checked),
};
TEST_MAIN("redis_hostile", cases);
