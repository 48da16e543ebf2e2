/* SPDX-License-Identifier: Apache-2.0
 *
 * The dump: synchronizers with their tasks, pools, threads, channels. Any thread, any moment.
 */
#if defined(__linux__)
#define _GNU_SOURCE 1
#endif
#define _XOPEN_SOURCE 700 /* SA_RESTART on FreeBSD */
#include "inspect/dump.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include <synchronicity/inspect.h>

#include "base/report.h"
#include "base/thread.h"
#include "loop/live.h"

enum { DUMP_STANDARD_ERROR = 2 };

static bool dump_resident(struct syni_dump *dump, const struct syni_list *node, void *user)
{
    (void)dump, (void)node;
    ++*(unsigned *)user;
    return true;
}

static bool dump_loop(struct syni_dump *dump, const struct syni_list *node, void *user)
{
    static const char *const roles[] = {"gone", "free", "open", "awake", "asleep"};
    const struct syni_home *address =
        SYNI_CONTAINER(node, const struct syni_home, loop.registered);
    struct syni_home home;
    char name[SYNI_DUMP_NAME];
    unsigned role, objects = 0;

    (void)user;
    if (!syni_peek(&dump->peek, &home, address, sizeof home))
        return true;
    role = (unsigned)atomic_load_explicit(&home.loop.role, memory_order_relaxed);
    syni_peek_string(&dump->peek, name, sizeof name, home.loop.name);
    syni_dump_thing(dump, 0, "synchronizer", name);
    syni_dump_word(dump, "driver", "driver ", role < sizeof roles / sizeof *roles ? roles[role] : "?");
    syni_dump_number(dump, "live", NULL, home.loop.n_live);
    syni_peek_string(&dump->peek, name, sizeof name,
                     atomic_load_explicit(&home.running, memory_order_relaxed));
    if (atomic_load_explicit(&home.running, memory_order_relaxed))
        syni_dump_word(dump, "runs", "runs ", name);
    syni_dump_each(dump, &address->residents, 100000, dump_resident, &objects);
    if (objects)
        syni_dump_number(dump, "objects", NULL, objects);
    syni_dump_tasks(dump, address, &home);
    return true;
}

static void dump_all(int fd, bool json)
{
    int saved = errno, cancel_state = syni_thread_hold_cancel(); /* reads and writes are cancellation points */
    struct syni_dump dump;

    syni_dump_begin(&dump, fd, json);
    if (dump.peek.fails)
        syni_dump_thing(&dump, 0, "dump",
                        "memory cannot be read: the system has no process_vm_readv() and gave no pipe");
    syni_dump_each(&dump, syni_live_list(), 1000, dump_loop, NULL);
    syni_dump_pools(&dump);
    syni_dump_threads(&dump);
    syni_dump_searches(&dump);
    syni_dump_channels(&dump);
    syni_dump_end(&dump);
    syni_thread_let_cancel(cancel_state);
    errno = saved;
}

void syn_dump(int fd)
{
    dump_all(fd, false);
}

void syn_dump_json(int fd)
{
    dump_all(fd, true);
}

static void dump_on_signal(int number)
{
    (void)number;
    syn_dump(DUMP_STANDARD_ERROR);
}

syn_err syn_dump_on_signal(int number)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = dump_on_signal;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    if (sigaction(number, &action, NULL) != 0)
        return syni_refuse((syn_err)errno, "signal %d cannot be caught, so it cannot make a dump", number);
    return SYN_OK;
}
