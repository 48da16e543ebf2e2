/* SPDX-License-Identifier: Apache-2.0
 *
 * The program of which gdb prints the tree: tasks on two loops, a job, and a thread that waits; when all of them
 * are where they stay, it stops itself. It includes the private headers for their types' debug information.
 */
#define _DEFAULT_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <synchronicity/inspect.h>
#include <synchronicity/readiness.h>
#include <synchronicity/short.h>
#include <unistd.h>

#include "channel/channel.h"
#include "pool/pool.h"
#include "scope/scope.h"
#include "sync/sync.h"

SYNCHRONIZER(demo);
SYNCHRONIZER(other);
POOL(jobs);
PROMISE(int, answer);

/* So that the compiler describes what gdb looks at. */
enum syni_wait victim_wait;
const struct syni_home *victim_home;
const struct syni_worker *victim_worker;
const struct syni_scope *victim_scope;
const struct syni_mutex_of_tasks *victim_mutex;
const struct syni_channel *victim_channel;
const struct syni_pool *victim_pool;

static int pipe_ends[2];
static struct syn_mutex mutex;

ASYNC(other, int, reads)
{
    co_begin;
    co_readable(pipe_ends[0]);
    co_return(1);
    co_end;
}

ASYNC(demo, int, asks, (struct answer_future, f))
{
    co_begin;
    co_lock(&mutex);
    co_try(self->f, &self->result);
    co_return_result;
    co_end;
}

ASYNC(demo, void, wants)
{
    co_begin;
    co_lock(&mutex);
    co_end;
}

ASYNC(demo, int, root, (struct answer_future, f), SYN_LOCAL(struct syn_scope, all), SYN_LOCAL(int, a), SYN_LOCAL(int, b))
{
    co_begin;
    co_spawn(&self->all, asks_future(self->f), &self->a);
    co_spawn(&self->all, wants_future());
    co_spawn(&self->all, reads_future(), &self->b);
    co_join(&self->all);
    co_check;
    co_return(3);
    co_end;
}

BLOCKING(jobs, int, computes)
{
    char byte;

    (void)job;
    return (int)read(pipe_ends[0], &byte, 1);
}

static void *call_root(void *future)
{
    int y;

    root(*(struct answer_future *)future, &y);
    return NULL;
}

/* The dump, in TEXT. */
static void take(char *text, size_t size)
{
    FILE *file = tmpfile();

    memset(text, 0, size);
    if (!file)
        abort();
    syn_dump(fileno(file));
    rewind(file);
    if (fread(text, 1, size - 1, file) == 0)
        abort();
    fclose(file);
}

int main(void)
{
    static char text[20000];
    struct answer_promise p;
    struct answer_future f;
    pthread_t thread;

    if (pipe(pipe_ends) || promise_new(answer, &p, &f) || pthread_create(&thread, NULL, call_root, &f))
        return 1;
    future_detach(computes_future());
    do
        take(text, sizeof text);
    while (!strstr(text, "wants: waits for a mutex") || !strstr(text, "reads: waits for readable") ||
           !strstr(text, "asks: waits for a promise") || !strstr(text, "computes: runs") ||
           !strstr(text, "waits for root") || !strstr(text, "demo, driver asleep") ||
           !strstr(text, "other, driver asleep")); /* which it says a moment after its last step */
    raise(SIGTRAP);
    return 1;
}
