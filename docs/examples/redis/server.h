/* SPDX-License-Identifier: Apache-2.0
 *
 * A small key-value server that speaks Redis' protocol, inside this process.
 *
 *     struct kv_server *server;
 *
 *     if (kv_server_start("127.0.0.1", 0, &server) == 0) {
 *         redis_open("127.0.0.1", kv_server_port(server), &db);
 *         ...
 *         kv_server_stop(server);
 *     }
 *
 * It knows PING, ECHO, SET [EX | PX], GET, DEL, EXISTS, INCR, DECR, APPEND, STRLEN,
 * MGET, MSET, KEYS, FLUSHALL, DBSIZE and QUIT, in lines or arrays of strings. It runs on
 * a synchronizer, thus a thread, of its own, and is bounded in everything: connections,
 * the size of a command, of what waits for a slow reader, and of all that is stored.
 */
#ifndef KV_SERVER_H
#define KV_SERVER_H

#include <synchronicity.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    KV_CONNECTIONS_MAX = 1000,
    KV_COMMAND_MAX = 16 << 20, /* bytes of memory for one command */
    KV_REPLIES_MAX = 64 << 20  /* bytes that may wait for a slow reader: it is cut off */
};

/* A server with a store of its own. Owner: the caller. */
struct kv_server;

/* Listens at HOST, an address in numbers, and PORT (0: the system chooses). Fails: as
 * syn_tcp_listen() does; SYN_ENOMEM. Thread: start and stop one at a time. */
syn_err kv_server_start(const char *host, int port, struct kv_server **out_server);
int kv_server_port(const struct kv_server *server);

/* Closes every connection, forgets all that was stored, and frees SERVER; the last one
 * ends the thread. NULL is fine. */
void kv_server_stop(struct kv_server *server);

#ifdef __cplusplus
}
#endif

#endif
