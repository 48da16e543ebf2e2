/* SPDX-License-Identifier: Apache-2.0
 *
 * An exporter by hooks: each task and each job becomes a span, printed as one line of OTLP's JSON, as
 * an OpenTelemetry collector takes it. A real one would send them in batches; what it gets from the
 * library is all here.
 *
 * A span begins where the call is made, in the span of its caller, so the spans of one
 * outermost call are one trace, over loops and pools. It is kept in the word that each task and job has.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <synchronicity/short.h>

SYNCHRONIZER(shop);
POOL(workers, .max_threads = 2);

struct span {
    uint64_t trace, id, parent;
    int64_t began_ns;
};

static uint64_t next_id(void)
{
    static _Atomic(uint64_t) n;

    return ++n;
}

static void begin_span(const struct syn_hook_event *event)
{
    const struct span *parent = event->by_data ? *event->by_data : NULL;
    struct span *span = malloc(sizeof *span);

    if (!span)
        return; /* this one is not exported */
    span->id = next_id();
    span->trace = parent ? parent->trace : span->id;
    span->parent = parent ? parent->id : 0;
    span->began_ns = event->now_ns;
    *event->data = span;
}

static void end_span(const struct syn_hook_event *event)
{
    struct span *span = *event->data;

    if (!span)
        return; /* it began before there were hooks */
    printf("{\"traceId\":\"%032" PRIx64 "\",\"spanId\":\"%016" PRIx64 "\",\"parentSpanId\":\"%016" PRIx64
           "\",\"name\":\"%s\",\"startTimeUnixNano\":\"%" PRId64 "\",\"endTimeUnixNano\":\"%" PRId64
           "\",\"attributes\":[{\"key\":\"synchronizer\",\"value\":{\"stringValue\":\"%s\"}}],"
           "\"status\":{\"code\":%d}}\n",
           span->trace, span->id, span->parent, event->name, span->began_ns, event->now_ns,
           event->where, event->err ? 2 : 1);
    free(span);
    *event->data = NULL;
}

static void on_event(void *user, const struct syn_hook_event *event)
{
    (void)user;
    if (event->hook == SYN_HOOK_TASK_MADE || event->hook == SYN_HOOK_JOB_MADE)
        begin_span(event);
    else
        end_span(event);
}

static const struct syn_hooks exporter = {
    .on_event = on_event,
    .wanted = 1UL << SYN_HOOK_TASK_MADE | 1UL << SYN_HOOK_TASK_ENDS | 1UL << SYN_HOOK_JOB_MADE |
              1UL << SYN_HOOK_JOB_ENDS,
};

/* --- what is looked at --- */

BLOCKING(workers, int, price_of, (int, item))
{
    return item * 3;
}

ASYNC(shop, int, order, (int, item), SYN_LOCAL(int, price))
{
    co_begin;
    co_sleep(0.01);
    co_try(price_of_future(self->item), &self->price);
    co_return(self->price + 1);
    co_end;
}

int main(void)
{
    int total;

    if (syn_hooks_add(&exporter) || order(14, &total))
        return syn_perror("spans"), 1;
    synchronizer_stop(&shop, syn_never());
    pool_stop(&workers, syn_never());
    syn_hooks_remove(&exporter);
    return total != 43;
}
