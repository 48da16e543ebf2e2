/* SPDX-License-Identifier: Apache-2.0
 *
 * What is alive, for people who ask why nothing moves.
 *
 * Each loop lists its live things; all loops are in one list of the process. The
 * driver maintains its own list without a lock. The dump reads both without one,
 * from a process that is about to die: it may catch a list in the middle of a
 * change, so it bounds its steps, writes by itself and not by stdio, and promises no more
 * than a good guess.
 */
#include "loop/loop.h"

#include "base/say.h"

#include "base/fork.h"

static struct syni_mutex registry_lock = SYNI_MUTEX_INIT(REGISTRY);
static struct syni_list registry = {&registry, &registry};

/* The loops of the parent are not of this process. */
static void live_forked(void)
{
    syni_list_init(&registry);
}

static struct syni_fork_call live_fork_call = {.lock = &registry_lock, .child = live_forked};

void syni_live_register(struct syni_loop *loop)
{
    syni_fork_watch(&live_fork_call);
    syni_mutex_lock(&registry_lock);
    if (!syni_clock_explain)
        syni_clock_explain = syni_live_dump;
    syni_list_append(&registry, &loop->registered);
    syni_mutex_unlock(&registry_lock);
}

void syni_live_unregister(struct syni_loop *loop)
{
    syni_mutex_lock(&registry_lock);
    syni_list_remove(&loop->registered);
    syni_mutex_unlock(&registry_lock);
}

static void print_number(int fd, int64_t number)
{
    char digits[24], *p = digits + sizeof digits - 1;
    uint64_t rest = number < 0 ? 0 : (uint64_t)number;

    *p = '\0';
    do
        *--p = (char)('0' + rest % 10);
    while ((rest /= 10) != 0);
    syni_put(fd, p);
}

static void print_live(int fd, const struct syni_live *live, int64_t now)
{
    syni_put(fd, "  ");
    syni_put(fd, live->name);
    syni_put(fd, live->waits_for[0] ? ": waits for " : ": runs, or is about to");
    syni_put(fd, live->waits_for);
    if (live->detail >= 0) {
        syni_put(fd, " ");
        print_number(fd, live->detail);
    }
    if (live->since > 0) {
        syni_put(fd, ", for ");
        print_number(fd, (now - live->since) / 1000000);
        syni_put(fd, " ms");
    }
    syni_put(fd, "\n");
}

static void print_loop(int fd, struct syni_loop *loop)
{
    static const char *const roles[] = {"gone", "free", "awake", "asleep"};
    int64_t now = syni_now();
    int left = 200;

    if (loop->clock)
        now = loop->now; /* asking a virtual clock would take its lock */
    syni_put(fd, "synchronizer ");
    syni_put(fd, loop->name ? loop->name : "?");
    syni_put(fd, ", driver ");
    syni_put(fd, roles[atomic_load(&loop->role)]);
    syni_put(fd, ", live ");
    print_number(fd, loop->n_live);
    syni_put(fd, "\n");
    SYNI_LIST_EACH (node, &loop->live) {
        if (left-- == 0)
            return;
        print_live(fd, SYNI_CONTAINER(node, struct syni_live, link), now);
    }
}

void syni_live_dump(int fd)
{
    int left = 100;

    SYNI_LIST_EACH (node, &registry) {
        if (left-- == 0)
            return;
        print_loop(fd, SYNI_CONTAINER(node, struct syni_loop, registered));
    }
}
