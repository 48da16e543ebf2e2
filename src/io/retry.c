/* SPDX-License-Identifier: Apache-2.0
 *
 * Retries, their budget, and the rate limiter.
 *
 * Any thread; written with the public headers only. The budget is one word that counts what is
 * used up, so that zero is a full one. The rate limiter is one word too: the moment at which all
 * turns given so far will have been earned. A caller moves it on by what its turns cost, and
 * waits until no more than a burst is owed: so turns are given in the order of asking, and there
 * is no list of waiters.
 */
#define SYNI_IN_LIBRARY 1

#include <synchronicity/retry.h>
#include <synchronicity/step.h>

#include <stdatomic.h>
#include <stdbool.h>

#include "base/report.h"
#include "base/reserved.h"

/* ---------------------------------------------------------------- budget -- */

enum { CAPACITY = 500, COST = 5, COST_OF_TIMEOUT = 10 };

_Static_assert(sizeof(_Atomic(unsigned)) == sizeof(unsigned), "the word of a budget");

static _Atomic(unsigned) *used_of(struct syn_retry_budget *budget)
{
    return (_Atomic(unsigned) *)(void *)&budget->inside;
}

static unsigned capacity_of(const struct syn_retry_budget *budget)
{
    return budget->capacity ? budget->capacity : CAPACITY;
}

unsigned syn_retry_budget_left(const struct syn_retry_budget *budget)
{
    /* relaxed, here and below: a count that guards nothing else */
    unsigned used = atomic_load_explicit((const _Atomic(unsigned) *)(const void *)&budget->inside,
                                         memory_order_relaxed);
    unsigned capacity = capacity_of(budget);

    return used < capacity ? capacity - used : 0;
}

static bool take_tokens(struct syn_retry_budget *budget, unsigned n)
{
    unsigned used = atomic_load_explicit(used_of(budget), memory_order_relaxed);

    do
        if (n > capacity_of(budget) || used > capacity_of(budget) - n)
            return false;
    while (!atomic_compare_exchange_weak_explicit(used_of(budget), &used, used + n,
                                                  memory_order_relaxed, memory_order_relaxed));
    return true;
}

static void give_tokens(struct syn_retry_budget *budget, unsigned n)
{
    unsigned used = atomic_load_explicit(used_of(budget), memory_order_relaxed);

    while (!atomic_compare_exchange_weak_explicit(used_of(budget), &used, used > n ? used - n : 0,
                                                  memory_order_relaxed, memory_order_relaxed))
        ;
}

/* ---------------------------------------------------------------- retries -- */

static const struct syn_retry_options defaults;

int syn_retry_is_transient(syn_err err)
{
    switch (err) {
    case SYN_EAGAIN:
    case SYN_ETIMEDOUT:
    case SYN_EPIPE:
    case SYN_ENOMEM:
    case ECONNREFUSED:
    case ECONNRESET:
    case ECONNABORTED:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN:
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
        return 1;
    default:
        return 0;
    }
}

/* SplitMix64 (G. Steele, D. Lea, C. Flood, OOPSLA 2014). */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* Each retry without a seed draws sleeps of its own: by the moment, and by its number, since on
 * some clocks many begin at one moment. */
static uint64_t seed_of_its_own(void)
{
    static _Atomic(unsigned) n;
    unsigned number = atomic_fetch_add_explicit(&n, 1, memory_order_relaxed);

    return (uint64_t)syn_after(0).ns ^ ((uint64_t)number << 32) ^ (uint64_t)(uintptr_t)&n;
}

struct syn_retry syn_retry_with(const struct syn_retry_options *options)
{
    struct syn_retry retry = {.options = options ? options : &defaults};

    retry.random = retry.options->seed ? retry.options->seed : seed_of_its_own();
    return retry;
}

static bool is_worth_it(const struct syn_retry *retry, syn_err err)
{
    const struct syn_retry_options *o = retry->options;
    int most = o->max_attempts ? o->max_attempts : 4;

    if ((most > 0 && retry->attempts >= most) || !syni_options_are_known(0, 0, o->reserved))
        return false;
    return o->is_transient ? o->is_transient(err, o->user) != 0 : syn_retry_is_transient(err);
}

/* The next sleep: from 0 to a bound that doubles. */
static double draw_delay(struct syn_retry *retry)
{
    double bound = retry->options->first_delay > 0 ? retry->options->first_delay : 0.025;
    double most = retry->options->max_delay > 0 ? retry->options->max_delay : 20;

    for (int i = 1; i < retry->attempts && bound < most; i++)
        bound *= 2;
    if (bound > most)
        bound = most;
    return bound * ((double)(next_random(&retry->random) >> 11) / 9007199254740992.0 /* 2^53 */);
}

/* It went well. */
static void refund(struct syn_retry *retry)
{
    if (retry->options->budget)
        give_tokens(retry->options->budget, retry->cost ? retry->cost : 1);
    retry->cost = 0;
}

int syn_retry_next(struct syn_retry *retry, syn_err err, struct syn_deadline deadline)
{
    unsigned cost = err == SYN_ETIMEDOUT ? COST_OF_TIMEOUT : COST;

    if (!err) {
        refund(retry);
        return 0;
    }
    retry->attempts++;
    if (!is_worth_it(retry, err))
        return 0;
    retry->delay = draw_delay(retry);
    if (deadline.ns != syn_never().ns && syn_after(retry->delay).ns >= deadline.ns)
        return 0;
    if (retry->options->budget && !take_tokens(retry->options->budget, cost))
        return 0;
    retry->cost = cost;
    return 1;
}

struct syn_retry_sleep;
static struct syn_step slept(struct syn_retry_sleep *self);

SYN_ASYNC_DEFINE(SYN_FREE, void, syn_retry_sleep, (struct syn_retry *, retry), (syn_err, err))
{
    if (!syn_retry_next(self->retry, self->err, syn_task_deadline(&self->syn)))
        return syn_step_fail(self, self->err ? self->err : SYN_EALREADY,
                             "no try is left, or none would come before the deadline");
    return syn_step_sleep(self, self->retry->delay, slept);
}

static struct syn_step slept(struct syn_retry_sleep *self)
{
    return syn_step_done(self);
}

int syn_retry_again(struct syn_retry *retry, syn_err err)
{
    return err ? syn_retry_sleep(retry, err) == SYN_OK : syn_retry_next(retry, err, syn_never());
}

/* ------------------------------------------------------------------ rates -- */

/* Where all turns given so far will have been earned, in nanoseconds; aligned here, since a
 * 64-bit word in a public struct is not on every machine. */
static _Atomic(int64_t) *earned_of(struct syn_rate *rate)
{
    uintptr_t at = ((uintptr_t)rate->inside + 7) & ~(uintptr_t)7;

    return (_Atomic(int64_t) *)(void *)(rate->inside + (at - (uintptr_t)rate->inside));
}

static double burst_of(const struct syn_rate *rate)
{
    return rate->burst > 0 ? rate->burst : 1;
}

static int64_t nanoseconds_of(const struct syn_rate *rate, double turns)
{
    double ns = turns * 1e9 / rate->per_second;

    return ns < 4e18 ? (int64_t)(ns + 0.5) : (int64_t)4000000000000000000;
}

static bool is_possible(const struct syn_rate *rate, unsigned n)
{
    return rate && rate->per_second > 0 && (double)n <= burst_of(rate);
}

/* Takes N turns, which come at *OUT_AT; not if that is after UNTIL. */
static bool take_turns(struct syn_rate *rate, unsigned n, int64_t until, int64_t *out_at)
{
    int64_t now = syn_after(0).ns, cost = nanoseconds_of(rate, n);
    int64_t burst = nanoseconds_of(rate, burst_of(rate)), after;
    /* relaxed: the word is all there is */
    int64_t earned = atomic_load_explicit(earned_of(rate), memory_order_relaxed);

    do {
        after = earned > now ? earned : now;
        if (after > INT64_MAX - cost)
            return false;
        after += cost;
        *out_at = after - burst;
        if (*out_at > until)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(earned_of(rate), &earned, after,
                                                    memory_order_relaxed, memory_order_relaxed));
    return true;
}

syn_err syn_rate_try(struct syn_rate *rate, unsigned n)
{
    int64_t at;

    if (!is_possible(rate, n))
        return syni_refuse(SYN_EINVAL, "a rate never has room for %u at once", n);
    return take_turns(rate, n, syn_after(0).ns, &at) ? SYN_OK : syni_answer(SYN_EAGAIN);
}

struct syn_rate_wait;
static struct syn_step turn_came(struct syn_rate_wait *self);

SYN_ASYNC_DEFINE(SYN_FREE, void, syn_rate_wait, (struct syn_rate *, rate), (unsigned, n))
{
    struct syn_deadline at, until = syn_task_deadline(&self->syn);

    if (!is_possible(self->rate, self->n))
        return syn_step_fail(
            self, SYN_EINVAL,
            "a rate limiter needs a rate above 0, and a burst of all turns that are "
            "asked for at once");
    if (!take_turns(self->rate, self->n, until.ns, &at.ns))
        at = syn_never(); /* what keeps the deadline ends it */
    return syn_step_until(self, at, turn_came);
}

static struct syn_step turn_came(struct syn_rate_wait *self)
{
    return syn_step_done(self);
}
