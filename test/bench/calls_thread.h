/* SPDX-License-Identifier: Apache-2.0
 *
 * A thread for each call, in calls.c: what needs no library. Part of calls.c, and apart only for its length.
 *
 * A thread takes so long to start that a round makes fewer of them than the other peers make calls.
 */
#ifndef BENCH_CALLS_THREAD_H
#define BENCH_CALLS_THREAD_H

enum { THREAD_WINDOW = 100, SLEEPING_THREADS = 1000 };

static void *echo_thread(void *argument)
{
    return argument;
}

static double thread_blocking(long n)
{
    double t = bench_now();
    pthread_t thread;
    void *result;

    n = n / 10 + 1;
    for (long i = 0; i < n; i++)
        if (pthread_create(&thread, NULL, echo_thread, &t) || pthread_join(thread, &result) ||
            result != &t)
            return NAN;
    return ns_each(t, n);
}

static double thread_futures(long n)
{
    static pthread_t threads[THREAD_WINDOW];
    static int calls[THREAD_WINDOW];
    double t = bench_now();
    long done;
    void *result;

    n /= 100;
    for (done = 0; done < n; done += THREAD_WINDOW) {
        for (int i = 0; i < THREAD_WINDOW; i++)
            if (pthread_create(&threads[i], NULL, echo_thread, &calls[i]))
                return NAN;
        for (int i = 0; i < THREAD_WINDOW; i++)
            if (pthread_join(threads[i], &result) || result != &calls[i])
                return NAN;
    }
    return ns_each(t, done);
}

/* They begin to wait, and the process that measures ends with them. */
static pthread_barrier_t all_sleep;

static void *sleeping_thread(void *unused)
{
    pthread_barrier_wait(&all_sleep);
    for (;;)
        pause();
    return unused;
}

static void thread_sleepers(long n, struct footprint *each)
{
    pthread_attr_t usual;
    pthread_t thread;
    size_t stack = 0;

    n = n < SLEEPING_THREADS ? n : SLEEPING_THREADS;
    pthread_barrier_init(&all_sleep, NULL, (unsigned)n + 1);
    each->resident = resident_bytes();
    for (long i = 0; i < n; i++)
        if (pthread_create(&thread, NULL, sleeping_thread, NULL))
            exit(1);
    pthread_barrier_wait(&all_sleep);
    each->resident = (resident_bytes() - each->resident) / (double)n;
    pthread_attr_init(&usual);
    pthread_attr_getstacksize(&usual, &stack);
    pthread_attr_destroy(&usual);
    each->asked = (double)stack; /* of addresses */
}

static double thread_memory(long n)
{
    struct footprint each = measured_apart(thread_sleepers, n);

    bench_also[1] = each.asked;
    return each.resident;
}

#endif
