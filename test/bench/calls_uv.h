/* SPDX-License-Identifier: Apache-2.0
 *
 * The libuv side of calls.c: what its user writes to make calls to a loop's thread.
 * Part of calls.c, and apart only for its length.
 */
#ifndef BENCH_CALLS_UV_H
#define BENCH_CALLS_UV_H

/* A call: something to run on the loop, and how its caller hears of the end. */
struct closure {
    struct closure *next;
    int x, *out_y;
};

static struct {
    uv_loop_t loop;
    uv_async_t async;
    uv_thread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t answered;
    struct closure *first, **last;
    long n_done, n_wanted; /* the caller sleeps until that many are done */
    int started;
} server = {.lock = PTHREAD_MUTEX_INITIALIZER, .answered = PTHREAD_COND_INITIALIZER};

static void serve(uv_async_t *async)
{
    struct closure *mine;
    long n = 0;

    (void)async;
    pthread_mutex_lock(&server.lock);
    mine = server.first;
    server.first = NULL;
    server.last = &server.first;
    pthread_mutex_unlock(&server.lock);
    for (; mine; n++) {
        struct closure *next = mine->next;

        *mine->out_y = mine->x;
        free(mine);
        mine = next;
    }
    pthread_mutex_lock(&server.lock);
    server.n_done += n;
    if (n && server.n_done >= server.n_wanted)
        pthread_cond_signal(&server.answered);
    pthread_mutex_unlock(&server.lock);
}

static void server_thread(void *loop)
{
    uv_run(loop, UV_RUN_DEFAULT);
}

static void server_start(void)
{
    if (server.started)
        return;
    server.started = 1;
    server.last = &server.first;
    uv_loop_init(&server.loop);
    uv_async_init(&server.loop, &server.async, serve);
    uv_thread_create(&server.thread, server_thread, &server.loop);
}

static void uv_post(int x, int *out_y)
{
    struct closure *closure = malloc(sizeof *closure);

    if (!closure)
        abort();
    closure->next = NULL;
    closure->x = x;
    closure->out_y = out_y;
    pthread_mutex_lock(&server.lock);
    *server.last = closure;
    server.last = &closure->next;
    pthread_mutex_unlock(&server.lock);
    uv_async_send(&server.async);
}

static void uv_await(long n)
{
    pthread_mutex_lock(&server.lock);
    server.n_wanted = n;
    while (server.n_done < n)
        pthread_cond_wait(&server.answered, &server.lock);
    server.n_done -= n;
    server.n_wanted = 0;
    pthread_mutex_unlock(&server.lock);
}

static double uv_blocking(long n)
{
    double t;
    int y;

    server_start();
    t = bench_now();
    for (long i = 0; i < n; i++) {
        uv_post((int)i, &y);
        uv_await(1);
        if (y != (int)i)
            return NAN;
    }
    return ns_each(t, n);
}

static double uv_futures(long n)
{
    static int y[WINDOW];
    double t;

    server_start();
    t = bench_now();
    for (long done = 0; done < n; done += WINDOW) {
        for (int i = 0; i < WINDOW; i++)
            uv_post(i, &y[i]);
        uv_await(WINDOW);
    }
    return ns_each(t, n);
}

static double uv_outstanding_once(long n)
{
    int *y = malloc((size_t)n * sizeof *y);
    double t;

    server_start();
    t = bench_cpu();
    for (long i = 0; y && i < n; i++)
        uv_post((int)i, &y[i]);
    if (y)
        uv_await(n);
    t = y ? cpu_ns_each(t, n) : NAN;
    free(y);
    return t;
}

static double uv_outstanding(long n)
{
    return measured_twice(uv_outstanding_once, n);
}

/* One timer of 0 ms after another: the nearest to "call this from the loop". */
static void uv_again(uv_timer_t *timer)
{
    if (--n_left > 0)
        uv_timer_start(timer, uv_again, 0, 0);
}

static double uv_awaits(long n)
{
    uv_timer_t timer;
    uv_loop_t loop;
    double t = bench_cpu();

    n_left = n;
    uv_loop_init(&loop);
    uv_timer_init(&loop, &timer);
    uv_timer_start(&timer, uv_again, 0, 0);
    uv_run(&loop, UV_RUN_DEFAULT);
    t = cpu_ns_each(t, n);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    return t;
}

static void uv_freed(uv_handle_t *handle)
{
    free(handle);
}

static void uv_ran(uv_timer_t *timer)
{
    uv_close((uv_handle_t *)timer, uv_freed);
}

static void uv_spawn_batch(uv_idle_t *idle)
{
    for (int i = 0; i < BATCH && n_left > 0; i++, n_left--) {
        uv_timer_t *timer = malloc(sizeof *timer);

        if (!timer)
            abort();
        uv_timer_init(idle->loop, timer);
        uv_timer_start(timer, uv_ran, 0, 0);
    }
    if (n_left == 0)
        uv_close((uv_handle_t *)idle, NULL);
}

static double uv_spawns(long n)
{
    double t = bench_cpu();
    uv_idle_t idle;
    uv_loop_t loop;

    n_left = n;
    uv_loop_init(&loop);
    uv_idle_init(&loop, &idle);
    uv_idle_start(&idle, uv_spawn_batch);
    uv_run(&loop, UV_RUN_DEFAULT);
    t = cpu_ns_each(t, n);
    uv_loop_close(&loop);
    return t;
}

/* What nap() is with libuv: its timer, its argument, room for its result. */
struct uv_nap {
    uv_timer_t timer;
    double seconds;
    int x, result;
};

static void uv_woken(uv_timer_t *timer)
{
    struct uv_nap *nap = timer->data;

    nap->result = nap->x;
}

static void uv_sleepers(long n, struct footprint *each)
{
    uv_loop_t loop;

    uv_loop_init(&loop);
    each->resident = resident_bytes();
    for (long i = 0; i < n; i++) {
        struct uv_nap *nap = malloc(sizeof *nap);

        if (!nap)
            exit(1);
        nap->seconds = 3600;
        nap->x = (int)i;
        uv_timer_init(&loop, &nap->timer);
        nap->timer.data = nap;
        uv_timer_start(&nap->timer, uv_woken, (uint64_t)(nap->seconds * 1000), 0);
    }
    each->resident = (resident_bytes() - each->resident) / (double)n;
    each->asked = (double)sizeof(struct uv_nap);
}

static double uv_memory(long n)
{
    struct footprint each = measured_apart(uv_sleepers, n);

    bench_also[1] = each.asked;
    return each.resident;
}

#endif
