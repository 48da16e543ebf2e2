/* SPDX-License-Identifier: Apache-2.0
 *
 * Trying again, and not too often: retries with backoff, a budget that callers share, and a
 * rate limiter.
 *
 * A RETRY is a loop around a call that may fail for a while. In a task:
 *
 *     ASYNC(db, struct rows *, query_patiently, SYN_COPY(const char *, sql),
 *           SYN_LOCAL(struct syn_retry, retry))
 *     {
 *         co_begin;
 *         self->retry = syn_retry_with(&patience);
 *         for (;;) {
 *             co_await(query_future(self->sql), &self->result);
 *             co_retry(&self->retry);        // sleeps and goes round, or leaves the loop
 *         }
 *         co_check;                          // the latest error, with its message and trace
 *         co_return_result;
 *         co_end;
 *     }
 *
 * In a thread:
 *
 *     struct syn_retry retry = syn_retry_with(&patience);
 *
 *     do
 *         err = query("SELECT 1", &rows);
 *     while (syn_retry_again(&retry, err));
 *
 * Between two attempts it sleeps a random time from 0 up to a bound that doubles each time
 * ("full jitter": M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015), so
 * that clients that failed together do not come back together. It never sleeps beyond the
 * deadline of the task or the call that retries: where the next attempt would come too late, the
 * loop ends with the error of the latest one.
 *
 * A server that accepts connections and never answers is noticed by a deadline on each attempt
 * (co_await_by(query_future(sql), &self->result, syn_after(1.0))): SYN_ETIMEDOUT is retried.
 */
#ifndef SYNCHRONICITY_RETRY_H
#define SYNCHRONICITY_RETRY_H

#include <stdint.h>

#include <synchronicity/call.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Tokens that all retries to one server share, so that a server in trouble is not buried under
 * them (the idea is that of the "standard" mode of the AWS SDKs). A retry takes 5 tokens, one
 * after SYN_ETIMEDOUT 10; where they are missing there is no retry. A success gives back what its
 * own latest retry took, or 1 if it needed none. Zero has 500 tokens:
 *
 *     static struct syn_retry_budget budget;
 *
 * Owner: the caller; it must outlive the retries. Thread: any, without locks. */
struct syn_retry_budget {
    unsigned capacity; /* tokens; 0: 500. Set before the first use. */
    unsigned inside;   /* the library's */
};

/* The tokens that are left. */
unsigned syn_retry_budget_left(const struct syn_retry_budget *budget);

/* How to retry. Zero everywhere is the default. Constant while a retry uses it. */
struct syn_retry_options {
    int max_attempts;                /* the first one included; 0: 4; less than 0: no limit */
    double first_delay;              /* seconds: the bound of the first sleep; 0: 0.025 */
    double max_delay;                /* seconds: the bound of any sleep; 0: 20 */
    struct syn_retry_budget *budget; /* NULL: none is shared */
    /* Whether another attempt makes sense after ERR; NULL: syn_retry_is_transient(). */
    int (*is_transient)(syn_err err, void *user);
    void *user;
    uint64_t seed; /* the same seed draws the same sleeps; 0: each retry draws others */
    int64_t reserved[4]; /* zero: options of later versions; with one of those there is one attempt */
};

/* True for errors of the moment: refused, reset, aborted, broken or timed-out connections, a
 * network or a host that cannot be reached, SYN_EAGAIN, and what is short: descriptors, buffers,
 * memory. */
int syn_retry_is_transient(syn_err err);

/* One retry: a loop's. Plain data; made anew for each loop. */
struct syn_retry {
    const struct syn_retry_options *options;
    int attempts; /* that failed so far */
    double delay; /* seconds: the latest sleep */
    uint64_t random;
    unsigned cost; /* tokens that the latest retry took */
};

/* OPTIONS must outlive it; NULL: the defaults. */
struct syn_retry syn_retry_with(const struct syn_retry_options *options);

/* An attempt ended with ERR. True: sleep for retry->delay seconds, then make another one. False:
 * it went well, or there is no other attempt: the error is not transient, it was the last one
 * allowed, the budget is used up, or the sleep would end after DEADLINE. Does not wait; what the
 * others are made of. Thread: any, one at a time. */
int syn_retry_next(struct syn_retry *retry, syn_err err, struct syn_deadline deadline);

/* For threads: the same, and sleeps. False also when the sleep is ended, by the deadline of
 * syn_call_by() or because the calling job was cancelled. On a thread that drives a loop it is
 * false without a sleep: a step says co_retry. */
int syn_retry_again(struct syn_retry *retry, syn_err err);

/* Sleeps and fails with nothing: an async function with every face, for syn_retry_again(). Fails: with
 * ERR where no attempt is left, or none before the deadline; SYN_EALREADY where ERR is 0. */
SYN_ASYNC_DECLARE(void, syn_retry_sleep, (struct syn_retry *, retry), (syn_err, err));

/* In the body of an async function, as the last statement of a loop: goes round again after a
 * sleep, or leaves the loop with syn_co_status as it is. */
#define syn_co_retry(retry)                                                                        \
    {                                                                                              \
        if (!syn_retry_next((retry), syn_co_status, syn_task_deadline(&self->syn)))                \
            break;                                                                                 \
        SYNI_CO_SUSPEND(syni_step_sleep(&self->syn, (retry)->delay));                              \
        continue;                                                                                  \
    }

/* ------------------------------------------------------------- rate limiter --
 * At most PER_SECOND turns a second in the long run, and BURST at once after a pause:
 *
 *     static struct syn_rate rate = {.per_second = 100, .burst = 10};
 *
 *     co_try(syn_rate_wait_future(&rate, 1));      // in a task
 *     syn_rate_wait(&rate, 1);                     // in a thread
 *
 * Turns are given in the order of asking, to tasks of any synchronizer and to threads alike (the
 * "generic cell rate algorithm", ITU-T I.371). Owner: the caller; it must not be moved after
 * its first use. Thread: any, without locks. All that share one must live by one clock. */
struct syn_rate {
    double per_second; /* more than 0 */
    double burst;      /* 0: 1 */
    unsigned char inside[16];
};

/* Waits for N turns at once. A wait that is cancelled has used its turns. Where they would come after
 * the caller's deadline none are used: it waits until then and ends by that.
 * Fails: SYN_EINVAL (a rate that is not more than 0; N more than the burst). */
SYN_ASYNC_DECLARE(void, syn_rate_wait, (struct syn_rate *, rate), (unsigned, n));

/* Takes N turns if that needs no waiting; else SYN_EAGAIN, and none are used. */
SYNI_HELD syn_err syn_rate_try(struct syn_rate *rate, unsigned n);

#ifdef __cplusplus
}
#endif

#endif
