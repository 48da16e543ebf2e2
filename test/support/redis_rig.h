/* SPDX-License-Identifier: Apache-2.0
 *
 * What the suites of the Redis example share: a connection to the embedded server or
 * to the one at REDIS_URL, and a server that says what a test tells it to.
 */
#ifndef REDIS_RIG_H
#define REDIS_RIG_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <synchronicity/short.h>
#include <synchronicity/tcp.h>
#include <synchronicity/testing.h>

#include "redis/redis.h"
#include "redis/server.h"
#include "test.h"

static struct kv_server *rig_server;
static struct redis_address rig_at;

/* The client's synchronizer is as its users get it in one mode, and has its own thread
 * for everything in the other. */
static inline void begin_client(void)
{
    test_alarm_hook = syn_dump;
    redis_synchronizer.options.caller_may_drive = test_driving ? 1 : -1;
}

static inline void begin_server(void)
{
    CHECK_INT(kv_server_start("127.0.0.1", 0, &rig_server), SYN_OK);
    snprintf(rig_at.host, sizeof rig_at.host, "127.0.0.1");
    rig_at.port = kv_server_port(rig_server);
}

static inline struct redis *begin(bool real)
{
    const char *url = getenv("REDIS_URL");
    struct redis *db;

    begin_client();
    if (!real)
        begin_server();
    else if (!url)
        TEST_SKIP("REDIS_URL is not set");
    else
        CHECK_INT(redis_parse_url(url, &rig_at), SYN_OK);
    CHECK_INT(redis_open(rig_at.host, rig_at.port, &db), SYN_OK);
    return db;
}

/* Everything has ended, and no memory of the library is out. */
static inline void finish_client(void)
{
    struct syn_synchronizer_stats stats;

    CHECK_INT(synchronizer_stop(&redis_synchronizer, syn_after(10)), SYN_OK);
    stats = synchronizer_stats(&redis_synchronizer);
    CHECK_INT(stats.started, stats.ended);
    CHECK_INT(synchronizer_free(&redis_synchronizer), SYN_OK);
}

static inline void finish(struct redis *db)
{
    CHECK_INT(redis_close(db), SYN_OK);
    finish_client();
    kv_server_stop(rig_server);
}

/* The reply of a command that must go well. */
static inline struct redis_reply *ask(struct redis *db, const char *line)
{
    struct redis_reply *reply = NULL;

    if (redis_command(db, line, &reply) != SYN_OK) {
        syn_perror(line);
        test_fail(__FILE__, __LINE__, "\"%s\" failed", line);
    }
    return reply;
}

static inline void expect_text(struct redis *db, const char *line, const char *text)
{
    struct redis_reply *reply = ask(db, line);

    CHECK_STR(reply->text, text);
    redis_reply_free(reply);
}

static inline void expect_integer(struct redis *db, const char *line, long long number)
{
    struct redis_reply *reply = ask(db, line);

    CHECK_INT(reply->type, REDIS_INTEGER);
    CHECK_INT(reply->integer, number);
    redis_reply_free(reply);
}

/* A case that runs against either: NAME_on(db), which finishes it. */
#define BOTH(name)                                                                                 \
    static void name(void)                                                                         \
    {                                                                                              \
        name##_on(begin(false));                                                                   \
    }                                                                                              \
    static void name##_real(void)                                                                  \
    {                                                                                              \
        name##_on(begin(true));                                                                    \
    }
#define TEST_BOTH(name) TEST_MODES(name), TEST_MODES(name##_real)

/* ------------------------------------------------------------------ script -- */

/* A server for one connection: it waits for bytes, sends its answer, and then closes,
 * or stays silent until it is told to go on. */
struct script {
    const char *answer; /* NULL: none */
    size_t size;
    int listening, connection, port;
    bool closes;
    pthread_t thread;
};

static inline int plain_socket(const struct sockaddr_in *address, bool listens)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    CHECK(fd >= 0);
    if (listens) {
        CHECK(bind(fd, (const struct sockaddr *)address, sizeof *address) == 0);
        CHECK(listen(fd, 16) == 0);
    } else {
        CHECK(connect(fd, (const struct sockaddr *)address, sizeof *address) == 0);
    }
    return fd;
}

static inline int plain_connect(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return plain_socket(&address, false);
}

static inline void send_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = send(fd, data, size, MSG_NOSIGNAL);

        if (n <= 0)
            return; /* it hung up; the test sees that where it matters */
        data += n;
        size -= (size_t)n;
    }
}

static inline void *play(void *argument)
{
    struct script *script = argument;
    char heard[4096];

    script->connection = accept(script->listening, NULL, NULL);
    CHECK(script->connection >= 0);
    CHECK(recv(script->connection, heard, sizeof heard, 0) >= 0);
    if (script->answer)
        send_all(script->connection, script->answer, script->size);
    if (script->closes)
        shutdown(script->connection, SHUT_RDWR);
    return NULL;
}

static inline void listen_for_script(struct script *script)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    script->listening = plain_socket(&address, true);
    CHECK(getsockname(script->listening, (struct sockaddr *)&address, &size) == 0);
    script->port = ntohs(address.sin_port);
}

static inline struct redis *begin_script(struct script *script)
{
    struct redis *db;

    begin_client();
    listen_for_script(script);
    CHECK(pthread_create(&script->thread, NULL, play, script) == 0);
    CHECK_INT(redis_open("127.0.0.1", script->port, &db), SYN_OK);
    return db;
}

static inline void end_script(struct script *script)
{
    pthread_join(script->thread, NULL);
    close(script->connection);
    close(script->listening);
}

#endif
