/* SPDX-License-Identifier: Apache-2.0
 *
 * The Redis client, a library written on this one: every face, many commands in
 * flight, cancelling. Each case runs against the embedded server, and as ..._real
 * against the one at REDIS_URL. Keys begin with "syn:test:".
 */
#include "support/redis_rig.h"

#include "support/random.h"

SYNCHRONIZER(other);

/* ----------------------------------------------------------------- replies -- */

static void each_type_of_reply_on(struct redis *db)
{
    struct redis_reply *reply = ask(db, "PING");

    CHECK_INT(reply->type, REDIS_STATUS);
    CHECK_STR(reply->text, "PONG");
    redis_reply_free(reply);
    redis_reply_free(ask(db, "DEL syn:test:a syn:test:n"));
    reply = ask(db, "GET syn:test:a");
    CHECK_INT(reply->type, REDIS_NIL);
    CHECK_PTR(reply->text, NULL);
    redis_reply_free(reply);
    expect_text(db, "  SET   syn:test:a  hello ", "OK");
    reply = ask(db, "GET syn:test:a");
    CHECK_INT(reply->type, REDIS_STRING);
    CHECK_INT(reply->size, 5);
    CHECK_STR(reply->text, "hello");
    redis_reply_free(reply);
    expect_integer(db, "INCR syn:test:n", 1);
    expect_integer(db, "DECR syn:test:n", 0);
    expect_integer(db, "APPEND syn:test:a !", 6);
    expect_integer(db, "STRLEN syn:test:a", 6);
    expect_integer(db, "EXISTS syn:test:a syn:test:a syn:test:none", 2);
    expect_integer(db, "DEL syn:test:a syn:test:n", 2);
    finish(db);
}
BOTH(each_type_of_reply)

static void binary_values_are_safe_on(struct redis *db)
{
    enum { SIZE = 1 << 20 };
    char *value = malloc(SIZE);
    const char *set[] = {"SET", "syn:test:\0\r\n$1", value}, *get[] = {"GET", set[1]};
    const size_t lengths[] = {3, 14, SIZE};
    struct redis_reply *reply;

    for (int i = 0; i < SIZE; i++)
        value[i] = (char)(i * 7 + (i >> 8));
    CHECK_INT(redis_commandv(db, 3, set, lengths, NULL), SYN_OK);
    CHECK_INT(redis_commandv(db, 2, get, lengths, &reply), SYN_OK);
    CHECK_INT(reply->size, SIZE);
    CHECK(memcmp(reply->text, value, SIZE) == 0);
    redis_reply_free(reply);
    get[0] = "DEL";
    CHECK_INT(redis_commandv(db, 2, get, lengths, NULL), SYN_OK);
    free(value);
    finish(db);
}
BOTH(binary_values_are_safe)

static void arrays_are_trees_on(struct redis *db)
{
    struct redis_reply *reply;

    expect_text(db, "MSET syn:test:k1 one syn:test:k2 two", "OK");
    reply = ask(db, "MGET syn:test:k1 syn:test:none syn:test:k2");
    CHECK_INT(reply->type, REDIS_ARRAY);
    CHECK_INT(reply->n, 3);
    CHECK_STR(reply->elements[0].text, "one");
    CHECK_INT(reply->elements[1].type, REDIS_NIL);
    CHECK_STR(reply->elements[2].text, "two");
    redis_reply_free(reply);
    reply = ask(db, "KEYS syn:test:k[12]");
    CHECK_INT(reply->n, 2);
    CHECK_INT(reply->elements[0].size, strlen("syn:test:k1"));
    redis_reply_free(reply);
    reply = ask(db, "KEYS syn:test:nothing*");
    CHECK_INT(reply->type, REDIS_ARRAY);
    CHECK_INT(reply->n, 0);
    redis_reply_free(reply);
    redis_reply_free(ask(db, "DEL syn:test:k1 syn:test:k2"));
    finish(db);
}
BOTH(arrays_are_trees)

static void E1_a_server_error_has_its_message_and_trace_on(struct redis *db)
{
    struct redis_reply *reply = (struct redis_reply *)&reply;

    CHECK_INT(redis_command(db, "NOSUCH thing", &reply), REDIS_ESERVER);
    CHECK_PTR(reply, &reply); /* untouched on failure */
    CHECK(strncmp(syn_last_report()->message, "ERR unknown command 'NOSUCH'", 28) == 0);
    CHECK_STR(syn_last_report()->sites[0].function, "redis_command");
    expect_text(db, "SET syn:test:w word", "OK");
    CHECK_INT(redis_command(db, "INCR syn:test:w", NULL), REDIS_ESERVER);
    CHECK_STR(syn_last_report()->message, "ERR value is not an integer or out of range");
    CHECK_INT(redis_command(db, "GET", NULL), REDIS_ESERVER);
    CHECK_STR(syn_last_report()->message, "ERR wrong number of arguments for 'get' command");
    CHECK_INT(redis_command(db, " ", NULL), SYN_EINVAL);
    expect_integer(db, "DEL syn:test:w", 1);
    finish(db);
}
BOTH(E1_a_server_error_has_its_message_and_trace)

/* ------------------------------------------------------------------- faces -- */

/* ECHO of something that only this call says. */
static struct redis_command_future echo(struct redis *db, int who, int i)
{
    char line[64];

    snprintf(line, sizeof line, "ECHO %d-%d", who, i);
    return redis_command_future(db, line);
}

static void check_echo(struct redis_reply *reply, int who, int i)
{
    char text[64];

    snprintf(text, sizeof text, "%d-%d", who, i);
    CHECK_STR(reply->text, text);
    redis_reply_free(reply);
}

static void a_hundred_futures_come_back_in_order_on(struct redis *db)
{
    struct redis_command_future futures[100];
    struct redis_reply *reply;

    for (int i = 0; i < 100; i++)
        futures[i] = echo(db, 0, i);
    for (int i = 99; i >= 0; i--) {
        CHECK_INT(future_get(futures[i], &reply), SYN_OK);
        check_echo(reply, 0, i);
    }
    finish(db);
}
BOTH(a_hundred_futures_come_back_in_order)

ASYNC(other, int, echo_many, (struct redis *, db), (int, n), SYN_LOCAL(int, i),
      SYN_LOCAL(struct redis_reply *, reply))
{
    co_begin;
    for (self->i = 0; self->i < self->n; self->i++) {
        co_try(echo(self->db, 1, self->i), &self->reply);
        check_echo(self->reply, 1, self->i);
    }
    co_await(redis_command_future(self->db, "NOSUCH"), &self->reply);
    CHECK_INT(co_status, REDIS_ESERVER);
    co_return(self->i);
    co_end;
}

static void C6_awaited_from_another_synchronizer_on(struct redis *db)
{
    int n = 0;

    CHECK_INT(echo_many(db, 200, &n), SYN_OK);
    CHECK_INT(n, 200);
    CHECK_INT(synchronizer_stop(&other, syn_never()), SYN_OK);
    finish(db);
}
BOTH(C6_awaited_from_another_synchronizer)

struct talker {
    struct redis *db;
    int who;
    pthread_t thread;
};

static void *talk(void *argument)
{
    enum { IN_FLIGHT = 20 };
    struct talker *me = argument;
    struct redis_command_future futures[IN_FLIGHT];
    struct redis_reply *reply;

    for (int round = 0; round < 40 / TEST_SLOWNESS; round++) {
        for (int i = 0; i < IN_FLIGHT; i++)
            futures[i] = echo(me->db, me->who, i);
        for (int i = 0; i < IN_FLIGHT; i++) {
            CHECK_INT(future_get(futures[i], &reply), SYN_OK);
            check_echo(reply, me->who, i);
        }
        CHECK_INT(future_get(echo(me->db, me->who, round), &reply), SYN_OK);
        check_echo(reply, me->who, round);
    }
    return NULL;
}

static void eight_threads_share_a_connection_on(struct redis *db)
{
    struct talker talkers[8];

    for (int i = 0; i < 8; i++) {
        talkers[i] = (struct talker){.db = db, .who = i};
        CHECK(pthread_create(&talkers[i].thread, NULL, talk, &talkers[i]) == 0);
    }
    for (int i = 0; i < 8; i++)
        pthread_join(talkers[i].thread, NULL);
    finish(db);
}
BOTH(eight_threads_share_a_connection)

/* --------------------------------------------------------------- cancelling -- */

static void end_at_random(struct redis_command_future future, int i, uint32_t *random)
{
    struct redis_reply *reply = NULL;
    syn_err err;

    switch (next_random(random) % 4) {
    case 0:
        err = future_cancel(future);
        CHECK(err == SYN_OK || err == SYN_ECANCELED);
        return;
    case 1:
        CHECK_INT(future_detach(future), SYN_OK);
        return;
    case 2:
        err = future_get_by(future, &reply, syn_after(next_random(random) % 100 * 1e-6));
        CHECK(err == SYN_OK || err == SYN_ETIMEDOUT);
        break;
    default:
        err = future_get(future, &reply);
        CHECK_INT(err, SYN_OK);
    }
    if (!err)
        check_echo(reply, 2, i);
}

static void X2_random_cancels_shift_no_reply_on(struct redis *db)
{
    enum { IN_FLIGHT = 32, ROUNDS = 100000 / IN_FLIGHT / (TEST_SLOWNESS * TEST_SLOWNESS) };
    struct redis_command_future futures[IN_FLIGHT];
    struct syn_deadline enough = syn_after(10);
    uint32_t random = 20240717;

    for (int round = 0; round < ROUNDS && syn_after(0).ns < enough.ns; round++) {
        for (int i = 0; i < IN_FLIGHT; i++)
            futures[i] = echo(db, 2, round * IN_FLIGHT + i);
        for (int i = 0; i < IN_FLIGHT; i++)
            end_at_random(futures[i], round * IN_FLIGHT + i, &random);
    }
    expect_text(db, "ECHO at-the-end", "at-the-end");
    finish(db);
}
BOTH(X2_random_cancels_shift_no_reply)

static void blocking_deadlines_shift_no_reply_on(struct redis *db)
{
    struct redis_reply *reply;
    uint32_t random = 4711;
    char text[32], line[64];
    syn_err err;

    for (int i = 0; i < 4000 / TEST_SLOWNESS; i++) {
        snprintf(text, sizeof text, "b-%d", i);
        snprintf(line, sizeof line, "ECHO %s", text);
        err = call_by(syn_after(next_random(&random) % 60 * 1e-6), redis_command(db, line, &reply));
        CHECK(err == SYN_OK || err == SYN_ETIMEDOUT);
        if (err)
            continue;
        CHECK_STR(reply->text, text);
        redis_reply_free(reply);
    }
    finish(db);
}
BOTH(blocking_deadlines_shift_no_reply)

static void C11_an_unfetched_reply_is_freed_on(struct redis *db)
{
    for (int i = 0; i < 1000; i++)
        CHECK_INT(future_detach(redis_command_future(db, "ECHO nobody-wants-to-know")), SYN_OK);
    CHECK_INT(redis_command(db, "PING", NULL), SYN_OK);
    finish(db);
}
BOTH(C11_an_unfetched_reply_is_freed)

static void a_cancelled_open_leaves_nothing_on(struct redis *db)
{
    struct redis_open_future open;
    uint32_t random = 99;
    syn_err err;

    for (int i = 0; i < 400 / TEST_SLOWNESS; i++) {
        open = redis_open_future(rig_at.host, rig_at.port);
        if (i % 4)
            future_wait_by(open, syn_after(next_random(&random) % 200 * 1e-6));
        err = future_cancel(open);
        CHECK(err == SYN_OK || err == SYN_ECANCELED);
    }
    expect_text(db, "PING", "PONG");
    finish(db);
}
BOTH(a_cancelled_open_leaves_nothing)

/* -------------------------------------------------------------- system calls -- */

static void C13_a_request_costs_one_wait_and_no_registration_on(struct redis *db)
{
    enum { REQUESTS = 1000 };
    struct syn_synchronizer_stats before, after;
    double waits;

    expect_text(db, "PING", "PONG");
    before = synchronizer_stats(&redis_synchronizer);
    for (int i = 0; i < REQUESTS; i++)
        expect_text(db, "PING", "PONG");
    after = synchronizer_stats(&redis_synchronizer);
    waits = (double)(after.waits - before.waits) / REQUESTS;
    printf("a request: %.3f waits, %.3f wakes, %.3f registrations\n", waits,
           (double)(after.wakes - before.wakes) / REQUESTS,
           (double)(after.watches - before.watches) / REQUESTS);
    CHECK_INT(after.watches, before.watches);
    if (test_driving) {
        CHECK_INT(after.hand_overs, before.hand_overs);
        CHECK(waits < 1.05);
    } else {
        CHECK(waits < 2.05); /* one for the request, one for the reply */
    }
    finish(db);
}
BOTH(C13_a_request_costs_one_wait_and_no_registration)

static const struct test_case cases[] = {
    TEST_BOTH(each_type_of_reply),
    TEST_BOTH(binary_values_are_safe),
    TEST_BOTH(arrays_are_trees),
    TEST_BOTH(E1_a_server_error_has_its_message_and_trace),
    TEST_BOTH(a_hundred_futures_come_back_in_order),
    TEST_BOTH(C6_awaited_from_another_synchronizer),
    TEST_BOTH(eight_threads_share_a_connection),
    TEST_BOTH(X2_random_cancels_shift_no_reply),
    TEST_BOTH(blocking_deadlines_shift_no_reply),
    TEST_BOTH(C11_an_unfetched_reply_is_freed),
    TEST_BOTH(a_cancelled_open_leaves_nothing),
    TEST_BOTH(C13_a_request_costs_one_wait_and_no_registration),
};
TEST_MAIN("redis", cases);
