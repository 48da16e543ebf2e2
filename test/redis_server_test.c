/* SPDX-License-Identifier: Apache-2.0
 *
 * The example's key-value server, and the protocol code that it shares with the
 * client: what it answers, word for word, and that no input breaks it.
 */
#include "support/redis_rig.h"

#include "redis/kv.h"
#include "support/random.h"

SYNCHRONIZER(other);

/* ---------------------------------------------------------------- protocol -- */

/* Sends QUESTION, then hangs up in that direction, and compares all that comes. */
static void check_answer(const char *question, size_t size, const char *answer)
{
    char heard[4096];
    size_t n = 0;
    ssize_t got;
    int fd = plain_connect(rig_at.port);

    send_all(fd, question, size);
    shutdown(fd, SHUT_WR);
    while (n < sizeof heard - 1 && (got = recv(fd, heard + n, sizeof heard - 1 - n, 0)) > 0)
        n += (size_t)got;
    heard[n] = '\0';
    CHECK_STR(heard, answer);
    close(fd);
}

static void answers(const char *question, const char *answer)
{
    check_answer(question, strlen(question), answer);
}

static void lines_and_arrays_are_answered(void)
{
    begin_server();
    answers("PING\r\n", "+PONG\r\n");
    answers("ping hello\n", "$5\r\nhello\r\n");
    answers("\r\n\r\n  \r\nPING\r\n", "+PONG\r\n");
    answers("*1\r\n$4\r\nPING\r\n", "+PONG\r\n");
    answers("*0\r\n*-1\r\nPING\r\n", "+PONG\r\n");
    answers("*2\r\n$4\r\nEcHo\r\n$2\r\n\r\n\r\nPING\r\n", "$2\r\n\r\n\r\n+PONG\r\n");
    answers("SET a 1\r\nGET a\r\nQUIT\r\nPING\r\n", "+OK\r\n$1\r\n1\r\n+OK\r\n");
    answers("*2\r\n$4\r\nEC", "");
    kv_server_stop(rig_server);
}

static void errors_are_worded_as_redis_does(void)
{
    begin_server();
    answers("nosuch a b\r\n",
            "-ERR unknown command 'nosuch', with args beginning with: 'a' 'b' \r\n");
    answers("GET\r\n", "-ERR wrong number of arguments for 'get' command\r\n");
    answers("MSET a 1 b\r\n", "-ERR wrong number of arguments for 'mset' command\r\n");
    answers("SET a 1 XX 2\r\n", "-ERR syntax error\r\n");
    answers("SET a 1 EX\r\n", "-ERR syntax error\r\n");
    answers("SET a 1 EX b\r\n", "-ERR value is not an integer or out of range\r\n");
    answers("SET a 1 EX 0\r\n", "-ERR invalid expire time in 'set' command\r\n");
    answers("SET a b\r\nINCR a\r\n", "+OK\r\n-ERR value is not an integer or out of range\r\n");
    answers("SET a 9223372036854775807\r\nINCR a\r\n",
            "+OK\r\n-ERR increment or decrement would overflow\r\n");
    answers("SET a -9223372036854775808\r\nDECR a\r\n",
            "+OK\r\n-ERR increment or decrement would overflow\r\n");
    answers("SCAN a\r\n", "-ERR invalid cursor\r\n");
    answers("SCAN 0 MATCH\r\nSCAN 0 SIZE 3\r\nSCAN 0 COUNT 0\r\n",
            "-ERR syntax error\r\n-ERR syntax error\r\n-ERR syntax error\r\n");
    answers("SCAN 0 COUNT b\r\n", "-ERR value is not an integer or out of range\r\n");
    answers("*1\r\n:1\r\n", "-ERR Protocol error: expected '$'\r\n");
    answers("*a\r\n", "-ERR Protocol error: invalid multibulk length\r\n");
    answers("*1\r\n$-5\r\n", "-ERR Protocol error: invalid bulk length\r\n");
    answers("*1\r\n$a\r\nPING\r\n", "-ERR Protocol error: invalid bulk length\r\n");
    kv_server_stop(rig_server);
}

static void huge_lengths_cost_nothing(void)
{
    static char line[RESP_LINE_MAX * 3];

    begin_server();
    answers("*2147483647\r\n", "-ERR Protocol error: value too large\r\n");
    answers("*9223372036854775807\r\n", "-ERR Protocol error: invalid multibulk length\r\n");
    answers("*1\r\n$9223372036854775807\r\n", "-ERR Protocol error: value too large\r\n");
    answers("*1\r\n$16777216\r\n", "-ERR Protocol error: value too large\r\n");
    answers("*1\r\n*1\r\n$4\r\nPING\r\n", "-ERR Protocol error: arrays nested too deeply\r\n");
    memset(line, 'x', sizeof line - 1);
    check_answer(line, RESP_LINE_MAX + 2, "-ERR Protocol error: too big inline request\r\n");
    kv_server_stop(rig_server);
}

/* ------------------------------------------------------------------- hostile -- */

static void talk_nonsense(int fd, uint32_t *random)
{
    static const char *const pieces[] = {
        "*",   "$",     "\r\n",   "-1",  "3\r\n",  "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n",
        "GET", "KEYS ", "*a*b*c", "[^a", "$4\r\n", "999999999999",
        " ",   "MGET a a a\r\n", "*1\r\n$4\r\nPING\r\n", "APPEND a bbbbbbbb\r\n"};
    char bytes[64];

    for (int i = 0; i < 12; i++) {
        uint32_t r = next_random(random);

        if (r % 4) {
            send_all(fd, pieces[r / 4 % 16], strlen(pieces[r / 4 % 16]));
            continue;
        }
        for (size_t k = 0; k < sizeof bytes; k++)
            bytes[k] = (char)next_random(random);
        send_all(fd, bytes, r / 4 % sizeof bytes);
    }
}

static void nonsense_breaks_nothing(void)
{
    uint32_t random = 31337;
    struct linger at_once = {1, 0};

    begin_server();
    for (int i = 0; i < 2000 / TEST_SLOWNESS; i++) {
        int fd = plain_connect(rig_at.port);

        talk_nonsense(fd, &random);
        if (i % 3 == 0)
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        close(fd);
    }
    answers("PING\r\n", "+PONG\r\n");
    kv_server_stop(rig_server);
}

/* Any bytes in any pieces: an outcome, within the limit, and nothing leaks. */
static void the_parser_survives_any_bytes(void)
{
    static const char alphabet[] = "+-:$*0123456789\r\n\r\n\r\nab";
    uint32_t random = 17;
    char bytes[200];

    for (int round = 0; round < 200000 / TEST_SLOWNESS; round++) {
        struct resp_parser parser;
        struct redis_reply *value;
        size_t size = next_random(&random) % sizeof bytes, at = 0, used;
        syn_err err = SYN_OK;

        for (size_t i = 0; i < size; i++)
            bytes[i] = alphabet[next_random(&random) % (sizeof alphabet - 1)];
        resp_parser_init(&parser, 4096, 3);
        for (size_t end = 1; end <= size && (!err || err == SYN_EAGAIN); end++) {
            err = resp_parse(&parser, bytes + at, end - at, &used, &value);
            CHECK(used <= end - at && parser.used <= 4096);
            at += used;
            if (!err)
                redis_reply_free(value);
        }
        resp_parser_fini(&parser);
    }
}

/* Asks for far more than it reads: the server cuts it off and goes on. */
static void a_slow_reader_is_cut_off(void)
{
    enum { VALUE = 1 << 20, TIMES = 100 };
    char *value = calloc(1, VALUE), heard[4096];
    const char *set[] = {"SET", "big", value};
    const size_t lengths[] = {3, 3, VALUE};
    struct resp_buffer out = {0};
    ssize_t n, total = 0;
    int fd;

    begin_server();
    fd = plain_connect(rig_at.port);
    CHECK_INT(resp_append_words(&out, 3, set, lengths), SYN_OK);
    resp_append_head(&out, '*', TIMES + 1);
    resp_append_bulk(&out, "MGET", 4);
    for (int i = 0; i < TIMES; i++)
        resp_append_bulk(&out, "big", 3);
    send_all(fd, out.data, out.size);
    while ((n = recv(fd, heard, sizeof heard, 0)) > 0)
        total += n;
    CHECK(total <= 5); /* the "+OK" of SET, if it went out on its own */
    close(fd);
    answers("STRLEN big\r\n", ":1048576\r\n");
    resp_buffer_fini(&out);
    free(value);
    kv_server_stop(rig_server);
}

static void stop_closes_every_connection(void)
{
    int fds[50];
    char c;

    for (int round = 0; round < 5; round++) {
        begin_server();
        for (int i = 0; i < 50; i++)
            fds[i] = plain_connect(rig_at.port);
        if (round % 2)
            answers("PING\r\n", "+PONG\r\n");
        kv_server_stop(rig_server);
        for (int i = 0; i < 50; i++) {
            CHECK(recv(fds[i], &c, 1, 0) <= 0);
            close(fds[i]);
        }
    }
}

static void two_servers_know_nothing_of_each_other(void)
{
    struct kv_server *second;

    begin_server();
    CHECK_INT(kv_server_start("127.0.0.1", 0, &second), SYN_OK);
    answers("SET a 1\r\n", "+OK\r\n");
    rig_at.port = kv_server_port(second);
    answers("GET a\r\n", "$-1\r\n");
    kv_server_stop(rig_server);
    answers("DBSIZE\r\n", ":0\r\n");
    CHECK(kv_server_start("127.0.0.1", rig_at.port, &rig_server) != SYN_OK);
    kv_server_stop(second);
}

/* ----------------------------------------------------------------- the store -- */

static struct kv_table table;

/* What the commands, without a network, answer to LINE. */
static void says(const char *line, const char *answer)
{
    struct resp_buffer words = {0}, out = {0};
    struct resp_parser parser;
    struct redis_reply *command;
    size_t used;

    resp_parser_init(&parser, KV_COMMAND_MAX, 1);
    CHECK_INT(resp_append_line(&words, line, strlen(line)), SYN_OK);
    CHECK_INT(resp_parse(&parser, words.data, words.size, &used, &command), SYN_OK);
    kv_execute(&table, command->n, command->elements, &out);
    resp_append(&out, "", 1);
    CHECK_STR(out.data, answer);
    redis_reply_free(command);
    resp_parser_fini(&parser);
    resp_buffer_fini(&words);
    resp_buffer_fini(&out);
}

static void a_table_of_many_keys(void)
{
    char line[64], answer[64];

    CHECK_INT(kv_table_init(&table), SYN_OK);
    for (int i = 0; i < 20000; i++) {
        snprintf(line, sizeof line, "SET key:%d %d", i, i);
        says(line, "+OK\r\n");
    }
    says("DBSIZE", ":20000\r\n");
    for (int i = 0; i < 20000; i++) {
        snprintf(line, sizeof line, i % 2 ? "DEL key:%d" : "STRLEN key:%d", i);
        snprintf(answer, sizeof answer, ":%d\r\n", i % 2 ? 1 : snprintf(NULL, 0, "%d", i));
        says(line, answer);
    }
    says("EXISTS key:0 key:1 key:2", ":2\r\n");
    says("KEYS key:1999[789]", "*1\r\n$9\r\nkey:19998\r\n");
    says("FLUSHALL", "+OK\r\n");
    says("DBSIZE", ":0\r\n");
    CHECK_INT(table.bytes, 0);
    kv_table_fini(&table);
}

static void patterns_match_as_redis_does(void)
{
    CHECK_INT(kv_table_init(&table), SYN_OK);
    says("SET hello 1", "+OK\r\n");
    says("KEYS *", "*1\r\n$5\r\nhello\r\n");
    says("KEYS h?llo", "*1\r\n$5\r\nhello\r\n");
    says("KEYS h[a-f]l*o", "*1\r\n$5\r\nhello\r\n");
    says("KEYS h[^e]llo", "*0\r\n");
    says("KEYS h[^a]llo*", "*1\r\n$5\r\nhello\r\n");
    says("KEYS \\hello", "*1\r\n$5\r\nhello\r\n");
    says("KEYS hell", "*0\r\n");
    says("KEYS hello?", "*0\r\n");
    says("KEYS [", "*0\r\n");
    says("KEYS **l**o**", "*1\r\n$5\r\nhello\r\n");
    kv_table_fini(&table);
}

ASYNC(other, void, nap, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_end;
}

static void keys_expire(void)
{
    struct syn_clock *clock;

    CHECK_INT(syn_clock_new(&clock), SYN_OK);
    syn_clock_use(clock);
    CHECK_INT(kv_table_init(&table), SYN_OK);
    says("SET a 1 EX 10", "+OK\r\n");
    says("SET b 1 PX 20000", "+OK\r\n");
    CHECK_INT(nap(9), SYN_OK);
    says("INCR a", ":2\r\n");
    CHECK_INT(nap(2), SYN_OK);
    says("GET a", "$-1\r\n");
    says("KEYS *", "*1\r\n$1\r\nb\r\n");
    says("SET b 2", "+OK\r\n");
    CHECK_INT(nap(100), SYN_OK);
    says("GET b", "$1\r\n2\r\n");
    kv_table_fini(&table);
    CHECK_INT(synchronizer_stop(&other, syn_never()), SYN_OK);
    syn_clock_use(NULL);
    CHECK_INT(syn_clock_free(clock), SYN_OK);
}

static void the_store_is_bounded(void)
{
    static char key[16];
    struct kv_entry *entry;
    int n = 0;

    CHECK_INT(kv_table_init(&table), SYN_OK);
    do {
        snprintf(key, sizeof key, "%d", n);
        entry = kv_put(&table, key, strlen(key), 15 << 20);
    } while (entry && ++n < 100);
    CHECK_INT(n, 17);
    CHECK(table.bytes <= KV_MEMORY_MAX);
    CHECK(kv_put(&table, "0", 1, 14 << 20) != NULL);
    says("EXISTS 0 17", ":1\r\n");
    kv_table_fini(&table);
}

static const struct test_case cases[] = {
    TEST(lines_and_arrays_are_answered),
    TEST(errors_are_worded_as_redis_does),
    TEST(huge_lengths_cost_nothing),
    TEST(nonsense_breaks_nothing),
    TEST(the_parser_survives_any_bytes),
    TEST(a_slow_reader_is_cut_off),
    TEST(stop_closes_every_connection),
    TEST(two_servers_know_nothing_of_each_other),
    TEST(a_table_of_many_keys),
    TEST(patterns_match_as_redis_does),
    TEST(keys_expire),
    TEST(the_store_is_bounded),
};
TEST_MAIN("redis_server", cases);
