/* SPDX-License-Identifier: Apache-2.0
 *
 * The program that a tracer looks at, at the static tracepoint syn:hook (<synchronicity/hooks.h>). `traced FILE`
 * first runs a task while the program itself looks at nothing, so that only a tracer turns events on. Then it has
 * hooks of its own write each event to FILE, until there was one of each kind. probes.cmake compares that with what
 * the tracer got.
 */
#define _DEFAULT_SOURCE
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <synchronicity/hooks.h>
#include <synchronicity/short.h>
#include <unistd.h>

SYNCHRONIZER(first);
SYNCHRONIZER(demo);
POOL(jobs);

static FILE *events;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the file */
static atomic_uint kinds;                                /* one bit for each that was told */

static void note(void *unused, const struct syn_hook_event *event)
{
    (void)unused;
    kinds |= 1U << event->hook;
    pthread_mutex_lock(&lock);
    fprintf(events, "%d %" PRIxPTR " %s|%s|%s %" PRIxPTR "\n", (int)event->hook, (uintptr_t)event->id,
            event->name ? event->name : "-", event->where ? event->where : "-", event->what, (uintptr_t)event->by);
    pthread_mutex_unlock(&lock);
}

ASYNC(first, void, alone)
{
    co_begin;
    co_sleep(0.001);
    co_end;
}

BLOCKING(jobs, int, computes)
{
    (void)job;
    usleep(1000); /* so that the loop may be asleep when it is over */
    return 7;
}

ASYNC(demo, int, root)
{
    co_begin;
    co_try(computes_future(), &self->result);
    co_return_result;
    co_end;
}

/* A synchronizer that begins and ends, and a thread that waits for what needs no loop. */
static syn_err round_of_all(void)
{
    syn_err err = synchronizer_start(&demo);
    int y;

    if (!err)
        err = root(&y);
    if (!err)
        err = computes(&y);
    if (!err)
        err = synchronizer_stop(&demo, syn_never());
    return err;
}

int main(int argc, char **argv)
{
    enum { ROUNDS = 200 };
    static const struct syn_hooks hooks = {.on_event = note};
    const unsigned all = (1U << SYNI_HOOKS) - 1;
    syn_err err;

    if (argc < 2 || !(events = fopen(argv[1], "w")))
        return 2;
    err = alone();
    if (!err)
        err = syn_hooks_add(&hooks);
    for (int i = 0; !err && i < ROUNDS && kinds != all; i++)
        err = round_of_all();
    syn_hooks_remove(&hooks);
    if (kinds != all)
        fprintf(stderr, "traced: kinds of events: %x of %x\n", kinds, all);
    if (fclose(events) != 0 || err || kinds != all)
        return 1;
    return syn_stop_everything(syn_never()) ? 1 : 0;
}
