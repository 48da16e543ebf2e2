/* SPDX-License-Identifier: Apache-2.0
 *
 * A Redis client: one connection, any number of commands in flight on it.
 *
 *     struct redis *db;
 *     struct redis_reply *reply;
 *
 *     if (redis_open("127.0.0.1", 6379, &db) != 0)
 *         return syn_perror("redis_open"), 1;
 *     if (redis_command(db, "GET foo", &reply) == 0) {
 *         printf("%s\n", reply->type == REDIS_NIL ? "(nil)" : reply->text);
 *         redis_reply_free(reply);
 *     }
 *     redis_close(db);
 *
 * Each of the calls below blocks. Its second form, redis_command_future() and so on,
 * starts it and returns at once; a task on any synchronizer awaits that one. All of
 * them may be mixed on one connection, by any number of threads: commands go out in
 * the order in which they were called (those of one thread; of several, in some
 * order), without waiting for replies in between, and each gets its own reply.
 *
 * A command that is cancelled, or times out, after it went out is still
 * executed by the server. Its reply is read and dropped; the connection stays good.
 *
 * This client runs on redis_synchronizer, which a blocking caller may drive: do not
 * call while holding a lock that your own tasks there may want.
 */
#ifndef REDIS_H
#define REDIS_H

#include <stddef.h>

#include <synchronicity.h>
#include <synchronicity/stream.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where it runs: for synchronizer_stop() and synchronizer_stats(). Close the
 * connections before you stop it. */
SYN_SYNCHRONIZER_DECLARE(redis_synchronizer);

/* What a command may fail with besides the codes of err.h (SYN_EPROTO: what the
 * server sent was not Redis, and the connection is of no use any more). */
enum {
    REDIS_ESERVER = SYN_EUSER + 1, /* the server answered with an error: the message */
    REDIS_ELOST                    /* the connection was lost; so will say every command */
};

enum {
    REDIS_REPLY_MAX = 64 << 20, /* bytes of memory that one reply may take */
    REDIS_QUEUE_MAX = 64 << 20, /* bytes of commands that may wait for a slow server */
    REDIS_DEPTH_MAX = 16        /* arrays in arrays */
};

/* ---------------------------------------------------------------- replies -- */

enum redis_type {
    REDIS_NIL,     /* there is no such key, or the like */
    REDIS_STATUS,  /* text, "OK" */
    REDIS_ERROR,   /* text; only inside arrays, otherwise the command itself fails */
    REDIS_INTEGER, /* integer */
    REDIS_STRING,  /* text: size bytes of any value */
    REDIS_ARRAY    /* elements: n of them, each of any type */
};

/* A reply, which may be a tree. Owner: the caller, until redis_reply_free(), which
 * frees all of it; the elements are part of it. */
struct redis_reply {
    enum redis_type type;
    long long integer;
    char *text; /* with a zero behind it; NULL for nil, integer, array */
    size_t size;
    struct redis_reply *elements; /* NULL unless n > 0 */
    size_t n;
};

/* NULL is fine. Thread: any. */
void redis_reply_free(struct redis_reply *reply);

/* ------------------------------------------------------------- connection -- */

/* A connection. Owner: the caller, until redis_close(). */
struct redis;

/* Connects to HOST, a name or an address in numbers, and PORT. Fails: as
 * syn_tcp_connect() does; SYN_ENOMEM. A cancelled open leaves nothing behind. */
SYN_ASYNC_DECLARE(struct redis *, redis_open, SYN_COPY(const char *, host), (int, port));

/* The same over a stream that you opened (a Unix socket, TLS) and have not used on
 * any other synchronizer. It belongs to the connection then. Fails, and leaves it to
 * you: SYN_ENOMEM. Thread: any. */
syn_err redis_open_stream(struct syn_stream *take_stream, struct redis **out_db);

/* Closes it and frees DB; NULL is fine. Commands that are under way fail with
 * SYN_ECLOSED; nobody may begin one any more. */
SYN_ASYNC_DECLARE(void, redis_close, (struct redis *, db));

/* Where a server is. */
struct redis_address {
    char host[256];
    int port;
};

/* Reads URL, redis://host[:port][/]. Fails: SYN_EINVAL. Thread: any. */
syn_err redis_parse_url(const char *url, struct redis_address *out_address);

/* --------------------------------------------------------------- commands -- */

/* Sends LINE, words with spaces between them ("SET greeting hello"), and returns the
 * reply, which is the caller's. Not for commands that change how the connection
 * talks: SUBSCRIBE, MONITOR, HELLO.
 *
 * Fails: REDIS_ESERVER, with what the server said as the message; REDIS_ELOST;
 * SYN_EPROTO; SYN_ECLOSED; SYN_EINVAL for a line without words; SYN_ENOMEM, also
 * when REDIS_QUEUE_MAX is reached. */
SYN_ASYNC_DECLARE(struct redis_reply *, redis_command, (struct redis *, db),
                  SYN_COPY(const char *, line));

/* The same with ARGC words of any bytes, ARGV[i] of LENGTHS[i] bytes; LENGTHS is NULL
 * for words that end with a zero. All of it stays yours and must stay as it is until
 * the call has ended, which for a future means: until it was used up. */
SYN_ASYNC_DECLARE(struct redis_reply *, redis_commandv, (struct redis *, db), (int, argc),
                  (const char *const *, argv), (const size_t *, lengths));

/* --------------------------------------------------------------- scanning -- */

/* A key; free() frees it. */
struct redis_key {
    size_t size;
    char text[]; /* with a zero behind it */
};

/* Yields the keys that match PATTERN ("user:*"), each of which is the consumer's, while other
 * commands go on, in this loop too:
 *
 *     syn_channel_each (struct redis_key *, key, redis_scan(db, "user:*"), &err) {
 *         redis_command(db, ...);
 *         free(key);
 *     }
 *
 * It asks the server for a page of them when the one before is used up. A key that is there
 * all the time comes at least once; when the server's table changes its size meanwhile, some
 * may come twice. Fails: as redis_command(). Close the channel before DB. */
SYN_GENERATOR_DECLARE(struct redis_key *, redis_scan, (struct redis *, db),
                      SYN_COPY(const char *, pattern));

#ifdef __cplusplus
}
#endif

#endif
