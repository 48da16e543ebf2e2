/* SPDX-License-Identifier: Apache-2.0
 *
 * The libev side of calls.c: what its user writes to hand a question to a loop's thread and to wait for
 * the answer. Part of calls.c, and apart only for its length.
 */
#ifndef BENCH_CALLS_EV_H
#define BENCH_CALLS_EV_H

static struct {
    struct ev_loop *loop;
    ev_async asked;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t answered;
    long question, answer; /* numbers of the latest */
} ev_server = {.lock = PTHREAD_MUTEX_INITIALIZER, .answered = PTHREAD_COND_INITIALIZER};

static void ev_serve(struct ev_loop *loop, ev_async *asked, int events)
{
    (void)loop;
    (void)asked;
    (void)events;
    pthread_mutex_lock(&ev_server.lock);
    ev_server.answer = ev_server.question;
    pthread_mutex_unlock(&ev_server.lock);
    pthread_cond_signal(&ev_server.answered);
}

static void *ev_server_thread(void *unused)
{
    ev_run(ev_server.loop, 0);
    return unused;
}

static double ev_blocking(long n)
{
    double t;

    if (!ev_server.loop) {
        ev_server.loop = ev_loop_new(EVFLAG_AUTO);
        if (!ev_server.loop)
            return NAN;
        ev_async_init(&ev_server.asked, ev_serve);
        ev_async_start(ev_server.loop, &ev_server.asked);
        pthread_create(&ev_server.thread, NULL, ev_server_thread, NULL);
    }
    t = bench_now();
    for (long i = 0; i < n; i++) {
        pthread_mutex_lock(&ev_server.lock);
        ev_server.question++;
        ev_async_send(ev_server.loop, &ev_server.asked);
        while (ev_server.answer != ev_server.question)
            pthread_cond_wait(&ev_server.answered, &ev_server.lock);
        pthread_mutex_unlock(&ev_server.lock);
    }
    return ns_each(t, n);
}

#endif
