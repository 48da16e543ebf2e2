/* SPDX-License-Identifier: Apache-2.0
 *
 * What the suites of maps over channels share: a source, maps that wait, fail or stand at a gate. Each
 * item and each result is counted while it exists; over() says that none is left.
 */
#ifndef CHANNEL_MAP_RIG_H
#define CHANNEL_MAP_RIG_H

#include "support/pool_rig.h"

SYNCHRONIZER(demo);
POOL(workers, .max_threads = 3);

static atomic_int items, results, began, cleaned;
static struct gate gate;

struct item {
    int number;
};
struct result {
    int number;
};

static void item_drop(struct item item)
{
    (void)item;
    items--;
}

static void result_drop(struct result result)
{
    (void)result;
    results--;
}

CHANNEL(struct item, items, DESTROY(item_drop));
CHANNEL(struct result, results, DESTROY(result_drop));

/* Items 0, 1, 2 ...; when N were had it fails with ERR, if that is one. */
GENERATOR(demo, struct item, source, (int, n), (syn_err, err), SYN_LOCAL(int, i),
          DESTROY(item_drop))
{
    co_begin;
    for (self->i = 0; self->i < self->n; self->i++) {
        items++;
        co_yield((struct item){self->i});
    }
    if (self->err)
        co_fail(self->err, "the source broke");
    co_finally;
    cleaned++;
    co_end;
}

static void result_of(struct item *in, struct result *out)
{
    items--;
    results++;
    out->number = in->number * 2;
}

/* The first waits until two others were made: so they are not made in order. BOUND: if it is not 0,
 * so many may have begun that the consumer did not get. */
static atomic_int made, bound, received;

CHANNEL_MAP(workers, (struct item, source), (struct result, results), doubled)
{
    CHECK(!bound || ++began <= received + bound);
    if (in->number == 0)
        while (made < 2)
            usleep(100);
    result_of(in, out);
    made++;
    return SYN_OK;
}

CHANNEL_MAP(workers, (struct item, source), (struct result, results), stands)
{
    began++;
    result_of(in, out);
    gate_pass(&gate);
    return SYN_OK;
}

/* From a channel that is no generator; item 7 fails. */
CHANNEL_MAP(workers, (struct item, items), (struct result, results), picky)
{
    if (in->number == 7) {
        items--;
        return SYN_EIO;
    }
    result_of(in, out);
    return SYN_OK;
}

CHANNEL_MAP(workers, (struct item, items), (struct result, results), stuck)
{
    result_of(in, out);
    gate_pass(&gate);
    return SYN_OK;
}

static inline void start(void)
{
    begin();
    gate_init(&gate);
}

static inline void over(void)
{
    finish_pool(&workers);
    finish(&demo);
    finish(syn_default_synchronizer());
    CHECK_INT(items, 0);
    CHECK_INT(results, 0);
    done_after(1024); /* loops and pools keep spare frames, 256 of a size */
}

static inline struct results_channel results_new(size_t capacity)
{
    struct results_channel out;

    CHECK_INT(channel_new(results, capacity, &out), SYN_OK);
    return out;
}

/* Fetches results until there are none, from the one of item FIRST on; returns of which they are. */
static inline int fetch_all(struct results_channel out, int first, syn_err *out_err)
{
    int n = first;

    channel_each (struct result, result, out, out_err) {
        CHECK_INT(result.number, 2 * n++);
        results--;
    }
    return n;
}

static inline struct items_channel ten_items(void)
{
    struct items_channel in;

    CHECK_INT(channel_new(items, 10, &in), SYN_OK);
    for (int i = 0; i < 10; i++) {
        items++;
        CHECK_INT(channel_send(in, &(struct item){i}), SYN_OK);
    }
    return in;
}

#endif
