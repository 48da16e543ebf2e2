/* SPDX-License-Identifier: Apache-2.0
 *
 * The libuv side of mailbox.c. Part of it, and apart only for its length.
 */
#ifndef BENCH_MAILBOX_UV_H
#define BENCH_MAILBOX_UV_H

#include <uv.h>

#define UV_PEER(name, run) BENCH_PEER(name, run)
#define UV_OURS(name, run) BENCH_OURS(name, run)

static uv_loop_t uv_loop;
static uv_async_t uv_async;

static void run_uv(void)
{
    uv_run(&uv_loop, UV_RUN_DEFAULT);
}

static void end_uv(void)
{
    uv_stop(&uv_loop);
}

static void begin_uv(uv_async_cb on_async)
{
    uv_loop_init(&uv_loop);
    uv_async_init(&uv_loop, &uv_async, on_async);
    end_loop = end_uv;
}

static void close_uv(void)
{
    uv_close((uv_handle_t *)&uv_async, NULL);
    uv_run(&uv_loop, UV_RUN_DEFAULT);
    uv_loop_close(&uv_loop);
}

static void wake_uv(void *user)
{
    uv_async_send(user);
}

static void drain_in_uv(uv_async_t *async)
{
    (void)async;
    syn_mailbox_drain(box, WINDOW); /* as the peers, which take all there is */
}

static double our_uv(long n, long window, void (*answer)(struct request *request), void (*by)(void))
{
    struct syn_mailbox_options options = {.on_mail = wake_uv, .user = &uv_async};
    double ns;

    begin_uv(drain_in_uv);
    if (syn_mailbox_new(&options, &box) || (answer == answer_by_channel && open_answers()))
        return NAN;
    use_worker(answer, by);
    ns = measured(n, window, run_uv);
    if (answer == answer_by_channel)
        channel_drop(answers_of.channel);
    syn_mailbox_release(box);
    close_uv();
    return ns;
}

static double our_uv_many(long n)
{
    return our_uv(n, WINDOW, answer_by_promise, our_ask);
}

static double our_uv_one(long n)
{
    return our_uv(n, 1, answer_by_promise, our_ask);
}

static double our_uv_promise_many(long n)
{
    return our_uv(n, WINDOW, answer_by_promise, ask_worker_by_promise);
}

static double our_uv_promise_one(long n)
{
    return our_uv(n, 1, answer_by_promise, ask_worker_by_promise);
}

static double our_uv_channel_many(long n)
{
    return our_uv(n, WINDOW, answer_by_channel, ask_worker);
}

static double our_uv_channel_one(long n)
{
    return our_uv(n, 1, answer_by_channel, ask_worker);
}

/* --- by a queue and uv_async_send() --- */

static pthread_mutex_t answers_lock = PTHREAD_MUTEX_INITIALIZER;
static struct request *answers, **last_answer = &answers;

static void answer_uv(struct request *request)
{
    request->next = NULL;
    pthread_mutex_lock(&answers_lock);
    *last_answer = request;
    last_answer = &request->next;
    pthread_mutex_unlock(&answers_lock);
    uv_async_send(&uv_async);
}

static void take_answers(uv_async_t *async)
{
    struct request *mine;

    (void)async;
    pthread_mutex_lock(&answers_lock);
    mine = answers;
    answers = NULL;
    last_answer = &answers;
    pthread_mutex_unlock(&answers_lock);
    while (mine) {
        struct request *next = mine->next;

        finish_request(mine);
        mine = next;
    }
}

static double uv_async_window(long n, long window)
{
    double ns;

    begin_uv(take_answers);
    use_worker(answer_uv, ask_worker);
    ns = measured(n, window, run_uv);
    usleep(1000); /* the worker may be in its last uv_async_send() */
    close_uv();
    return ns;
}

static double uv_async_many(long n)
{
    return uv_async_window(n, WINDOW);
}

static double uv_async_one(long n)
{
    return uv_async_window(n, 1);
}

/* --- the same, with a result that both sides share --- */

struct result {
    pthread_mutex_t lock;
    pthread_cond_t there;
    int references, state, error, value;
    void (*then)(void *user, int error, int *value);
    void *user;
};

static void let_result_go(struct result *result)
{
    int last;

    pthread_mutex_lock(&result->lock);
    last = --result->references == 0;
    pthread_mutex_unlock(&result->lock);
    if (!last)
        return;
    pthread_cond_destroy(&result->there);
    pthread_mutex_destroy(&result->lock);
    free(result);
}

static void is_there(void *user, int error, int *value)
{
    (void)user;
    if (error || *value != 8)
        exit(1);
    is_done();
}

static void ask_for_result(void)
{
    struct request *request = new_request();
    struct result *result = request->result = malloc(sizeof *result);

    if (!result)
        exit(1);
    *result = (struct result){.references = 2, .then = is_there};
    pthread_mutex_init(&result->lock, NULL);
    pthread_cond_init(&result->there, NULL);
    post_request(request);
}

static void answer_with_result(struct request *request)
{
    struct result *result = request->result;

    pthread_mutex_lock(&result->lock);
    result->value = request->x;
    result->state = 1;
    pthread_cond_signal(&result->there); /* what waits for it instead */
    pthread_mutex_unlock(&result->lock);
    answer_uv(request); /* the reference goes with it */
}

static void take_results(uv_async_t *async)
{
    struct request *mine;

    (void)async;
    pthread_mutex_lock(&answers_lock);
    mine = answers;
    answers = NULL;
    last_answer = &answers;
    pthread_mutex_unlock(&answers_lock);
    while (mine) {
        struct request *request = mine;
        struct result *result = request->result;

        mine = request->next;
        free(request);
        let_result_go(result); /* the worker's */
        result->then(result->user, result->error, &result->value);
        let_result_go(result);
    }
}

static double uv_future_window(long n, long window)
{
    double ns;

    begin_uv(take_results);
    use_worker(answer_with_result, ask_for_result);
    ns = measured(n, window, run_uv);
    usleep(1000); /* as above */
    close_uv();
    return ns;
}

static double uv_future_many(long n)
{
    return uv_future_window(n, WINDOW);
}

static double uv_future_one(long n)
{
    return uv_future_window(n, 1);
}

/* --- by uv_queue_work() --- */

struct uv_request {
    uv_work_t work;
    int x;
};

static void do_uv_work(uv_work_t *work)
{
    ((struct uv_request *)work)->x++;
}

static void uv_work_is_done(uv_work_t *work, int status)
{
    if (status || ((struct uv_request *)work)->x != 8)
        exit(1);
    free(work);
    is_done();
}

static void ask_uv_work(void)
{
    struct uv_request *request = malloc(sizeof *request);

    if (!request)
        exit(1);
    request->x = 7;
    uv_queue_work(&uv_loop, &request->work, do_uv_work, uv_work_is_done);
}

static double uv_work_window(long n, long window)
{
    double ns;

    begin_uv(take_answers);
    ask = ask_uv_work;
    ns = measured(n, window, run_uv);
    close_uv();
    return ns;
}

static double uv_work_many(long n)
{
    return uv_work_window(n, WINDOW);
}

static double uv_work_one(long n)
{
    return uv_work_window(n, 1);
}

#endif
