/* SPDX-License-Identifier: Apache-2.0
 *
 * Results of another thread that come into a libuv or a GLib loop: how many a second, a thousand under
 * way, and how long one takes there and back.
 *
 * Each line asks another thread to add one to a number, and has the result on the loop's thread:
 *
 *   synchronicity           a call of an async function on a synchronizer with a thread of its own, its future
 *                           registered at a mailbox
 *   synchronicity-promise   a request of malloc() through a queue to a worker thread, which completes a promise; its
 *                           future is registered at a mailbox: what is written by hand below, but for the way back
 *   synchronicity-channel   the same, answered by a bounded channel that is registered at a mailbox once: the queue by
 *                           hand below, without handles or errors, but with a bound, an end and a close
 *   uv_async_send           the same request to the same worker, which answers by a queue under a lock and
 *                           uv_async_send(): no handle, no error, no cancel, nothing that bounds it
 *   uv_async_send-future    the same, and what a user adds to have a result that may also be waited for or cancelled:
 *                           a state of its own on the heap, shared by both sides, under a lock of its own
 *   uv_queue_work           a request of malloc() to libuv's pool
 *   g_main_context_invoke   the worker's request, which answers by a source of GLib's
 */
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE

#include <pthread.h>

#include <synchronicity/short.h>
#include <synchronicity/step.h>

#include "bench.h"

enum { WINDOW = 1000 };

SYNCHRONIZER(demo, .caller_may_drive = -1);

ASYNC(demo, int, plus_one, (int, x))
{
    return step_return(self, self->x + 1);
}

static long n_wanted, n_done, n_window; /* in all, so far, under way at a time */
static void (*ask)(void);               /* for one more */
static void (*end_loop)(void);

/* On the loop's thread, for each result. */
static void is_done(void)
{
    n_done++;
    if (n_done + n_window <= n_wanted)
        ask();
    if (n_done == n_wanted)
        end_loop();
}

/* The time of day; what it also measures depends less on what else the machine does. */
static double measured(long n, long window, void (*run_loop)(void))
{
    double t = bench_now(), cpu = bench_cpu(), left = bench_switches();

    n_wanted = n;
    n_done = 0;
    n_window = window;
    for (long i = 0; i < window; i++)
        ask();
    run_loop();
    bench_also[1] = (bench_cpu() - cpu) * 1e9 / (double)n;
    bench_also[2] = (bench_switches() - left) / (double)n;
    return (bench_now() - t) * 1e9 / (double)n;
}

/* --- ours --- */

static struct syn_mailbox *box;

static void is_called(void *user, syn_err err, int *result)
{
    (void)user;
    if (err || *result != 8)
        exit(1);
    is_done();
}

static void our_ask(void)
{
    if (future_then(plus_one_future(7), box, is_called, NULL))
        exit(1);
}

/* --- a worker thread with a queue, as everybody writes it --- */

struct request;
struct result;

PROMISE(int, number);
CHANNEL(struct request *, requests);

/* The worker reads it for each result, so no line of memory has it that the loop's thread writes for each. */
static struct {
    char apart[128];
    struct requests_channel channel;
    char behind[128];
} answers_of;

struct request {
    struct request *next;
    int x;
    struct number_promise promise; /* of our line with a worker */
    struct result *result;         /* of the peer's with a result that is shared */
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct request *first, **last;
    void (*answer)(struct request *request);
    int started;
} worker = {.lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER};

static void *work(void *unused)
{
    for (;;) {
        struct request *mine;

        pthread_mutex_lock(&worker.lock);
        while (!worker.first)
            pthread_cond_wait(&worker.more, &worker.lock);
        mine = worker.first;
        worker.first = NULL;
        worker.last = &worker.first;
        pthread_mutex_unlock(&worker.lock);
        while (mine) {
            struct request *next = mine->next;

            mine->x++;
            worker.answer(mine);
            mine = next;
        }
    }
    return unused;
}

static struct request *new_request(void)
{
    struct request *request = malloc(sizeof *request);

    if (!request)
        exit(1);
    request->next = NULL;
    request->x = 7;
    return request;
}

static void post_request(struct request *request)
{
    pthread_mutex_lock(&worker.lock);
    *worker.last = request;
    worker.last = &request->next;
    pthread_cond_signal(&worker.more);
    pthread_mutex_unlock(&worker.lock);
}

static void ask_worker(void)
{
    post_request(new_request());
}

static void ask_worker_by_promise(void)
{
    struct request *request = new_request();
    struct number_future future;

    if (promise_new(number, &request->promise, &future) || future_then(future, box, is_called, NULL))
        exit(1);
    post_request(request);
}

static void answer_by_promise(struct request *request)
{
    if (promise_complete(request->promise, &request->x))
        exit(1);
    free(request);
}

static void use_worker(void (*answer)(struct request *request), void (*by)(void))
{
    pthread_t thread;

    pthread_mutex_lock(&worker.lock);
    worker.answer = answer;
    if (!worker.started++) {
        worker.last = &worker.first;
        pthread_create(&thread, NULL, work, NULL);
        pthread_detach(thread);
    }
    pthread_mutex_unlock(&worker.lock);
    ask = by;
}

static void finish_request(struct request *request)
{
    if (request->x != 8)
        exit(1);
    free(request);
    is_done();
}

static void answer_by_channel(struct request *request)
{
    if (channel_send(answers_of.channel, &request))
        exit(1);
}

static void is_answered(void *user, syn_err err, struct request **request)
{
    (void)user;
    if (!err)
        finish_request(*request);
}

/* What the channel brings, at BOX. */
static syn_err open_answers(void)
{
    return channel_new(requests, WINDOW, &answers_of.channel) ||
           channel_then(answers_of.channel, box, is_answered, NULL);
}

#ifdef BENCH_HAVE_uv
#include "mailbox_uv.h"
#else
#define UV_PEER(name, run) BENCH_SKIP(name, "built without libuv")
#define UV_OURS(name, run) UV_PEER(name, run)
#endif
#ifdef BENCH_HAVE_glib_2_0
#include "mailbox_glib.h"
#else
#define GLIB_PEER(name, run) BENCH_SKIP(name, "built without GLib")
#define GLIB_OURS(name, run) GLIB_PEER(name, run)
#endif

int main(void)
{
    const struct bench_workload many[] = {{"mailbox-many", "median", "ns/result", 0, 200000},
                                          {"mailbox-many-processor", "median", "ns/result", 0, 200000},
                                          {"mailbox-many-switches", "median", "switches/result", 0, 200000}};
    const struct bench_workload one[] = {{"mailbox-one", "median", "ns/result", 0, 20000},
                                         {"mailbox-one-processor", "median", "ns/result", 0, 20000},
                                         {"mailbox-one-switches", "median", "switches/result", 0, 20000}};
    const struct bench_peer uv_many[] = {UV_OURS("synchronicity", our_uv_many),
                                         UV_OURS("synchronicity-promise", our_uv_promise_many),
                                         UV_OURS("synchronicity-channel", our_uv_channel_many),
                                         UV_PEER("uv_async_send", uv_async_many),
                                         UV_PEER("uv_async_send-future", uv_future_many),
                                         UV_PEER("uv_queue_work", uv_work_many)};
    const struct bench_peer uv_one[] = {UV_OURS("synchronicity", our_uv_one),
                                        UV_OURS("synchronicity-promise", our_uv_promise_one),
                                        UV_OURS("synchronicity-channel", our_uv_channel_one),
                                        UV_PEER("uv_async_send", uv_async_one),
                                        UV_PEER("uv_async_send-future", uv_future_one),
                                        UV_PEER("uv_queue_work", uv_work_one)};
    const struct bench_peer glib_many[] = {GLIB_OURS("synchronicity-glib", our_glib_many),
                                           GLIB_OURS("synchronicity-glib-promise", our_glib_promise_many),
                                           GLIB_OURS("synchronicity-glib-channel", our_glib_channel_many),
                                           GLIB_PEER("g_main_context_invoke", glib_invoke_many)};
    const struct bench_peer glib_one[] = {GLIB_OURS("synchronicity-glib", our_glib_one),
                                          GLIB_OURS("synchronicity-glib-promise", our_glib_promise_one),
                                          GLIB_OURS("synchronicity-glib-channel", our_glib_channel_one),
                                          GLIB_PEER("g_main_context_invoke", glib_invoke_one)};

    bench_begin("mailbox", 5);
    BENCH_COMPARE_ALL(many, uv_many);
    BENCH_COMPARE_ALL(one, uv_one);
    BENCH_COMPARE_ALL(many, glib_many);
    BENCH_COMPARE_ALL(one, glib_one);
    return 0;
}
