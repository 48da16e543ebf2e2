/* SPDX-License-Identifier: Apache-2.0
 *
 * The examples in the comments of public headers, with what stands around them, so that the compiler reads them.
 * lint.header_examples holds each line against the headers. Nothing here runs.
 */
#define _DEFAULT_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <synchronicity/address.h>
#include <synchronicity/broadcast.h>
#include <synchronicity/file.h>
#include <synchronicity/hooks.h>
#include <synchronicity/retry.h>
#include <synchronicity/short.h>
#include <synchronicity/stats.h>
#include <synchronicity/step.h>
#include <synchronicity/tcp.h>

SYNCHRONIZER(demo);
SYNCHRONIZER(db);

#define LOOSE(name) void name(void); void name(void)

/* --- task.h --- */

SYN_ASYNC(demo, int, square, (double, seconds), (int, x))
{
    syn_co_begin;
    syn_co_sleep(self->seconds);
    syn_co_return(self->x * self->x);
    syn_co_end;
}

struct nap;
static struct syn_step nap_woken(struct nap *self);

SYN_ASYNC(demo, int, nap, (double, seconds), (int, x))
{
    return syn_step_sleep(self, self->seconds, nap_woken);
}

static struct syn_step nap_woken(struct nap *self)
{
    return syn_step_return(self, self->x * self->x);
}

static void log_error(const char *path, const struct syn_report *report)
{
    printf("%s: %s\n", path, report ? report->message : "");
}

SYN_ASYNC(demo, const char *, read, (const char *, path))
{
    syn_co_begin;
    syn_co_return(self->path);
    syn_co_end;
}

SYN_ASYNC(demo, void, reads, (const char *, path), SYN_LOCAL(const char *, text))
{
    syn_co_begin;
    syn_co_await(read_future(self->path), &self->text);
    if (syn_co_status)
        log_error(self->path, syn_co_report);     // syn_report_text() makes it a text
    syn_co_end;
}

/* --- retry.h --- */

struct rows;
static const struct syn_retry_options patience = {.max_attempts = 5};

ASYNC(db, struct rows *, query, SYN_COPY(const char *, sql))
{
    co_begin;
    co_return(NULL);
    co_end;
}

ASYNC(db, struct rows *, query_patiently, SYN_COPY(const char *, sql),
      SYN_LOCAL(struct syn_retry, retry))
{
    co_begin;
    self->retry = syn_retry_with(&patience);
    for (;;) {
        co_await(query_future(self->sql), &self->result);
        co_retry(&self->retry);        // sleeps and goes round, or leaves the loop
    }
    co_check;                          // the latest error, with its message and trace
    co_return_result;
    co_end;
}

LOOSE(retries_in_a_thread)
{
    struct rows *rows;
    syn_err err;
    struct syn_retry retry = syn_retry_with(&patience);

    do
        err = query("SELECT 1", &rows);
    while (syn_retry_again(&retry, err));
    static struct syn_retry_budget budget;

    (void)budget;
}

static struct syn_rate rate = {.per_second = 100, .burst = 10};

ASYNC(demo, void, waits_its_turn)
{
    co_begin;
    co_try(syn_rate_wait_future(&rate, 1));      // in a task
    co_end;
}

LOOSE(rates_in_a_thread)
{
    syn_rate_wait(&rate, 1);                     // in a thread
}

/* --- broadcast.h --- */

struct price {
    int low, high;
};
SYN_BROADCAST(struct price, prices);       // struct prices_broadcast, struct prices_observer
SYN_BROADCAST(int, levels);

LOOSE(broadcasts)
{
    struct price price;
    unsigned long missed;
    struct prices_broadcast b;
    struct prices_observer o;

    syn_broadcast_new(prices, 64, &b);                   // keeps the last 64
    syn_broadcast_observe(b, &o);                        // from here on; any number of these
    syn_broadcast_send(b, &(struct price){1, 2});
    syn_broadcast_next(o, &price, &missed);              // waits; missed: how many it lost before
    syn_broadcast_leave(o);
    syn_broadcast_close(b);                              // no more: observers get SYN_EEND at last
}

ASYNC(demo, void, watches, (struct levels_observer, o), SYN_LOCAL(int, level))
{
    co_begin;
    co_try(syn_broadcast_next_future(self->o, &self->level, NULL));
    co_end;
}

/* --- select.h --- */

CHANNEL(int, numbers);

static void selects(struct numbers_channel numbers, struct numbers_channel words, struct square_future f)
{
    int n, w = 0, y;
    syn_err err;

    switch (syn_channel_select(&err, SYN_ON_NEXT(numbers, &n), SYN_ON_SEND(words, &w),
                               SYN_ON_FUTURE(f, &y), SYN_ON_TIME(syn_after(1.0)))) {
    case 0:    // err as of syn_channel_next(numbers, &n)
    case 1:    // err as of syn_channel_send(words, &w)
    case 2:    // err as of syn_future_get(f, &y)
    case 3:    // time is up; err is SYN_ETIMEDOUT
    default:   // -1: it must not wait here, or not for so long; err says why
        break;
    }
}

ASYNC(demo, void, selects_in_a_task, (struct numbers_channel, in), SYN_LOCAL(int, n),
      SYN_LOCAL(struct syn_choice, on[2]))
{
    struct syn_deadline deadline = syn_after(1);

    co_begin;
    syn_co_select(self->on, SYN_ON_NEXT(self->in, &self->n), SYN_ON_TIME(deadline));
    if (syn_chosen(self->on) == 0)         // the status is in syn_co_status
        co_check;
    co_end;
}

LOOSE(selects_by_hand)
{
    struct numbers_channel a, b;

    if (channel_new(numbers, 1, &a) || channel_new(numbers, 1, &b))
        return;
    selects(a, b, square_future(0, 1));
}

/* --- sync.h --- */

struct connection {
    struct syn_mutex mutex;                     // all zero is ready; in any memory
    int broken;
};

ASYNC(demo, void, write_request)
{
    co_begin;
    co_end;
}

ASYNC(demo, void, read_reply)
{
    co_begin;
    co_end;
}

ASYNC(demo, void, asks, (struct connection *, connection))
{
    syn_co_begin;
    syn_co_lock(&self->connection->mutex);      // leaves if it does not get it
    if (self->connection->broken)
        syn_co_fail(SYN_EPIPE, "the connection lost step");
    self->connection->broken = 1;               // until the reply is here
    syn_co_try(write_request_future());      // nobody else writes meanwhile
    syn_co_try(read_reply_future());
    self->connection->broken = 0;
    syn_co_finally;
    if (syn_mutex_is_mine(&self->connection->mutex))
        syn_mutex_unlock(&self->connection->mutex);
    syn_co_end;
}

/* --- local.h --- */

struct request {
    int number;
};
SYN_TASK_LOCAL(struct request, request);       // in one file

LOOSE(locals)
{
    static struct request mine;

    request_set(&mine);                            // in a step, or in a plain thread
    printf("%d\n", request_get()->number);
}

/* --- stats.h --- */

static void work(void)
{
}

LOOSE(measures)
{
    syn_measure(1);
    struct syn_synchronizer_stats before = syn_synchronizer_stats(&db);
    work();
    struct syn_synchronizer_stats stats =
        syn_synchronizer_stats_since(syn_synchronizer_stats(&db), before);
    printf("%lu calls, a step takes %.0f us, one in a hundred more than %.0f us\n", stats.started,
           syn_histogram_mean(&stats.step_time) / 1e3,
           syn_histogram_quantile(&stats.step_time, 0.99) / 1e3);
}

/* --- scope.h --- */

ASYNC(demo, char *, fetch, (const char *, key))
{
    co_begin;
    co_return(NULL);
    co_end;
}

SYN_ASYNC(demo, void, fetch_all, (const char **, keys), (char **, values),
          SYN_LOCAL(struct syn_scope, scope), SYN_LOCAL(int, i))
{
    syn_co_begin;
    syn_scope_limit(&self->scope, 3);                  // three at a time
    for (self->i = 0; self->i < 10; self->i++)
        syn_co_spawn(&self->scope, fetch_future(self->keys[self->i]),
                     &self->values[self->i]);
    syn_co_join(&self->scope);
    syn_co_check;
    syn_co_end;
}

LOOSE(spawns_in_a_thread)
{
    static const char *keys[10];
    static char *values[10];
    syn_err err;
    struct syn_scope scope = SYN_SCOPE;
    for (int i = 0; i < 10; i++)
        syn_scope_spawn(&scope, fetch_future(keys[i]), &values[i]);
    err = syn_scope_join(&scope);
    (void)err;
}

LOOSE(races)
{
    static const char a[] = "a", b[] = "b";
    struct syn_scope scope = SYN_SCOPE;
    struct rows *answer;
    syn_err err;

    err = syn_race(&scope, (query_future(a), &answer), (query_future(b), &answer));
    printf("server %d was first\n", syn_scope_winner(&scope));
    (void)err;
}

/* --- hooks.h --- */

static int counters;

static void counter_add(void *user, const char *name, syn_err err)
{
    (void)user, (void)name, (void)err;
}

static void on_event(void *user, const struct syn_hook_event *event)
{
    if (event->hook == SYN_HOOK_TASK_ENDS)
        counter_add(user, event->name, event->err);
}

LOOSE(hooked)
{
    static const struct syn_hooks hooks = {.on_event = on_event, .user = &counters};

    syn_hooks_add(&hooks);
}

/* --- future.h, channel.h --- */

LOOSE(futures)
{
    struct square_future f = square_future(1.0, 42);
    int y;
    syn_err err = syn_future_get(f, &y);         // waits, and uses it up

    (void)err;
}

SYN_PROMISE(int, answer);

LOOSE(promises)
{
    int y;
    struct answer_promise p;
    struct answer_future f;
    syn_promise_new(answer, &p, &f);              // SYN_ENOMEM
    syn_promise_complete(p, &(int){42});          // any thread, once
    syn_future_get(f, &y);
}

SYN_CHANNEL(int, ints);                       // the type struct ints_channel

LOOSE(channels)
{
    int v;
    struct ints_channel ch;
    syn_channel_new(ints, 16, &ch);               // room for 16; SYN_ENOMEM
    syn_channel_send(ch, &(int){42});             // a producer
    syn_channel_end(ch);                          // has no more
    syn_channel_next(ch, &v);                     // a consumer
    syn_channel_close(ch);                        // it is not needed any more
}

LOOSE(loops_over)
{
    struct ints_channel ch;
    syn_err err;

    if (syn_channel_new(ints, 1, &ch))
        return;
    syn_channel_each (int, v, ch, &err)           // a plain loop: break and continue
        printf("%d\n", v);                        // do what they should
}

/* --- address.h, file.h, mem.h, version.h --- */

LOOSE(addresses)
{
    struct syn_address address;
    char text[SYN_ADDRESS_TEXT_MAX];

    if (syn_address_parse("::1", 80, &address) == 0)
        puts(syn_address_text(&address, text));      // "[::1]:80"
}

LOOSE(writes_a_file)
{
    static const char text[] = "buy tea";
    syn_err err = 0;
    int fd;

    if (syn_file_open("notes", O_WRONLY | O_CREAT | O_APPEND, 0644, &fd) == 0) {
        err = syn_file_write(fd, text, strlen(text), -1);
        syn_file_close(fd);
    }
    (void)err;
}

static int arena;

static void *arena_get(void *from, size_t size)
{
    (void)from, (void)size;
    return NULL;
}

static void arena_put(void *to, void *memory, size_t size)
{
    (void)to, (void)memory, (void)size;
}

static void *arena_allocate(void *arena, size_t size) { return arena_get(arena, size); }
static void arena_release(void *arena, void *memory, size_t size) { arena_put(arena, memory, size); }

LOOSE(allocates)
{
    syn_set_allocator(&(struct syn_allocator){
         .allocate = arena_allocate, .release = arena_release, .context = &arena});
}

LOOSE(tells_its_version)
{
    if (syn_version() < SYN_VERSION)
        printf("older than its headers: %s\n", syn_version_text());
}

/* --- tcp.h --- */

ASYNC(demo, void, serve, (struct syn_stream *, stream))
{
    co_begin;
    co_try(syn_stream_close_future(self->stream));
    co_end;
}

ASYNC(demo, void, connects_and_serves, SYN_LOCAL(struct syn_stream *, stream),
      SYN_LOCAL(struct syn_listener *, listener), SYN_LOCAL(struct syn_scope, scope))
{
    co_begin;
    syn_co_try(syn_tcp_connect_future("example.org", 80), &self->stream);
    if (syn_tcp_listen(NULL, 8080, &self->listener) != 0)
        syn_co_fail(EADDRINUSE);
    for (;;) {
        syn_co_try(syn_tcp_accept_future(self->listener), &self->stream);
        syn_co_spawn(&self->scope, serve_future(self->stream));
    }
    co_end;
}

/* --- pool.h, synchronizer.h, short.h --- */

SYN_POOL(hashing, .max_threads = 4);    // static; its threads start when there are jobs

SYN_BLOCKING(hashing, unsigned, checksum, (const unsigned char *, bytes), (size_t, n))
{
    unsigned sum = 0;

    (void)job;
    while (n-- > 0 && !syn_pool_job_cancelled())
        sum = sum * 31 + *bytes++;
    return sum;
}

SYN_SYNCHRONIZER(redis);                       // in one .c file
SYN_SYNCHRONIZER(driven, .caller_may_drive = 1); // with options

LOOSE(starts_one)
{
    syn_err err = 0;
    struct syn_synchronizer_options options = {.name = "worker", .stack_size_bytes = 1 << 20};
    struct syn_synchronizer *s;

    if (syn_synchronizer_new(&options, &s) == 0) {
        err = syn_synchronizer_start(s);
        syn_synchronizer_stop(s, syn_after(5.0));
        err = syn_synchronizer_free(s);
    }
    (void)err, (void)redis, (void)driven;
}

SYNCHRONIZER(tea);
ASYNC(tea, int, brew, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_return(100);
    co_end;
}
