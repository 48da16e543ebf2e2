/* SPDX-License-Identifier: Apache-2.0
 *
 * Coroutines of C++20 in a loop around poll(2), with a Redis client that is used by a blocking thread and
 * by a task of another loop at the same time: they await commands, the keys of a scan, and an error.
 */
#include <poll.h>

#include <cstdio>
#include <cstdlib>
#include <thread>

#include "awaitable.hpp"
#include "redis/redis.h"
#include "redis/server.h"
#include "task.h"

namespace sc = synchronicity_cpp;

enum { ROUNDS = 100 };

static struct syn_mailbox *box;
static struct redis *db;
static int n_by_coroutine, n_by_thread, n_by_task, n_keys, n_errors, n_running;

static bool counts(struct redis_reply *reply)
{
    bool is_good = reply->type == REDIS_INTEGER;

    redis_reply_free(reply);
    return is_good;
}

static sc::coroutine increments()
{
    n_running++;
    for (int i = 0; i < ROUNDS; i++)
        n_by_coroutine += counts(co_await sc::await(redis_command_future(db, "INCR by_coroutine"), box));
    n_running--;
}

static sc::coroutine scans()
{
    struct redis_scan_channel keys = redis_scan(db, "by_*");

    n_running++;
    while (auto key = co_await sc::next(keys, box)) {
        n_keys++;
        std::free(*key);
    }
    syn_channel_drop(keys);
    n_running--;
}

static sc::coroutine fails()
{
    n_running++;
    try {
        redis_reply_free(co_await sc::await(redis_command_future(db, "NO SUCH COMMAND"), box));
    } catch (const sc::error &e) {
        n_errors += e.code == REDIS_ESERVER;
    }
    n_running--;
}

/* A task on a loop of its own does the same meanwhile. */
static sc::coroutine awaits_a_task()
{
    n_running++;
    n_by_task = co_await sc::await(increments_in_task_future(db, ROUNDS), box);
    n_running--;
}

/* Blocks, like any program that knows nothing of loops. */
static void blocks()
{
    struct redis_reply *reply;

    for (int i = 0; i < ROUNDS; i++)
        if (redis_command(db, "INCR by_thread", &reply) == 0)
            n_by_thread += counts(reply);
}

static void drain_while_they_run()
{
    while (n_running > 0) {
        struct pollfd fds[1] = {{syn_mailbox_fd(box), POLLIN, 0}};

        poll(fds, 1, -1);
        syn_mailbox_drain(box, 0);
    }
}

int main()
{
    struct kv_server *server;

    if (syn_mailbox_new(NULL, &box) || kv_server_start("127.0.0.1", 0, &server) ||
        redis_open("127.0.0.1", kv_server_port(server), &db))
        return syn_perror("it could not begin"), 1;
    std::thread thread(blocks);
    increments();
    awaits_a_task();
    fails();
    drain_while_they_run();
    thread.join();
    scans();
    drain_while_they_run();
    syn_mailbox_release(box);
    redis_close(db);
    end_of_tasks();
    syn_synchronizer_stop(&redis_synchronizer, syn_never());
    kv_server_stop(server);
    std::printf("coroutine %d, thread %d, task %d, keys %d, errors %d\n", n_by_coroutine, n_by_thread,
                n_by_task, n_keys, n_errors);
    return n_by_coroutine != ROUNDS || n_by_thread != ROUNDS || n_by_task != ROUNDS || n_keys != 3 ||
           n_errors != 1;
}
