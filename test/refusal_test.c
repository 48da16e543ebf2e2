/* SPDX-License-Identifier: Apache-2.0
 *
 * Every function of the headers that can fail, refused once: it names the thing and says what is
 * wrong. lint.refusals_have_words holds this table against the headers. Virtual time, both modes.
 */
#define _DEFAULT_SOURCE
#include <synchronicity/address.h>
#include <synchronicity/broadcast.h>
#include <synchronicity/child.h>
#include <synchronicity/host.h>
#include <synchronicity/inspect.h>
#include <synchronicity/local.h>
#include <synchronicity/mem.h>
#include <synchronicity/readiness.h>
#include <synchronicity/retry.h>
#include <synchronicity/process.h>
#include <synchronicity/signal.h>
#include <synchronicity/step.h>
#include <synchronicity/stream.h>
#include <synchronicity/tcp.h>
#include <synchronicity/udp.h>
#include <synchronicity/unix.h>
#include <synchronicity/value.h>

#include "support/pool_rig.h"
#include "support/refused_mail.h"

SYNCHRONIZER(demo);
POOL(workers, .max_threads = 2, .grace_ns = -1);
CHANNEL(int, ints);
PROMISE(int, answer);
SYN_BROADCAST(int, news);
SYN_TASK_LOCAL(int, mood);

ASYNC(demo, int, plain)
{
    return step_return(self, 1);
}

BLOCKING(workers, int, work)
{
    (void)job;
    return 1;
}

POOL_MAP(workers, int, int, same)
{
    *out = *in;
    return 0;
}

GENERATOR(demo, int, counts, SENDS(int))
{
    co_begin;
    co_yield(1);
    co_end;
}

CONTEXT(demo, int, session)
{
    co_begin;
    co_yield(1);
    co_end;
}

#define THING_METHODS(M, C)                                                                        \
    M(C, constructor, make)                                                                        \
    M(C, destructor)                                                                               \
    M(C, async, int, look)
CLASS(thing, THING_METHODS);

struct thing_impl {
    int nothing;
};

CONSTRUCTOR(thing, make)
{
    (void)me;
    return step_done(self);
}

DESTRUCTOR(thing)
{
    (void)me;
    return step_done(self);
}

METHOD(thing, int, look)
{
    (void)me;
    return step_return(self, 1);
}

CLASS_TABLE(demo, thing, THING_METHODS, NULL);

static struct thing *thing;
static struct syn_stream *stream;
static struct syn_task *task; /* that tries in its step */

/* --- what is refused, each by a row; 'step': in a step of a task of demo --- */

static int out;
static struct plain_future no_future;
static struct ints_channel no_channel;
static struct answer_promise no_promise;

/* The next allocation fails. */
static void without_memory(void)
{
    syn_fault_set("alloc", 1, 1, ENOMEM);
}

static syn_err with_memory(syn_err err)
{
    syn_fault_clear();
    return err;
}

static syn_err wrap_nothing(void)
{
    struct syn_object *none;

    return syn_wrap(&thing_class, NULL, NULL, &none);
}

static syn_err make_promise(void)
{
    struct answer_promise p;
    struct answer_future f;

    without_memory();
    return with_memory(promise_new(answer, &p, &f));
}

static syn_err make_channel(void)
{
    struct ints_channel c;

    return channel_new(ints, SIZE_MAX, &c);
}

static syn_err prefetch(void)
{
    struct counts_channel c = counts();
    syn_err err = channel_prefetch(c, 5); /* one that is talked to */

    channel_close(c);
    return err;
}

static syn_err say(void)
{
    struct ints_channel c;
    struct syni_saying saying = {0};
    syn_err err;

    CHECK_INT(channel_new(ints, 1, &c), 0);
    err = syni_generator_say(c.u.handle, saying, &out, syn_never());
    channel_close(c);
    return err;
}

static syn_err enter(void)
{
    struct session_context s;

    memset(&s, 0, sizeof s);
    return syn_context_enter(s, &out);
}

static syn_err leave(void)
{
    struct session_context s;

    memset(&s, 0, sizeof s);
    return syn_context_exit(s, 0);
}

static syn_err share(void)
{
    struct plain_shared s;

    return future_share(no_future, &s);
}

static void told(void *user, syn_err err, int *result)
{
    (void)user;
    (void)err;
    (void)result;
}

static syn_err join(void)
{
    struct syn_scope s = SYN_SCOPE;

    (void)scope_spawn(&s, no_future, NULL);
    return scope_join(&s);
}

static syn_err room(void)
{
    struct syn_scope s = SYN_SCOPE;
    syn_err err;

    (void)scope_spawn(&s, no_future, NULL);
    err = syni_scope_room(&s);
    (void)scope_join(&s);
    return err;
}

static syn_err add(void)
{
    struct syn_scope s = SYN_SCOPE;
    struct plain_future f = plain_future();
    syn_err err = scope_spawn(&s, f, NULL); /* on the loop that runs the step */

    (void)future_detach(f); /* it is still the caller's */
    (void)scope_join(&s);
    return err;
}

static syn_err observe(void)
{
    struct news_broadcast b;
    struct news_observer o;
    syn_err err;

    CHECK_INT(syn_broadcast_new(news, 1, &b), 0);
    without_memory();
    err = with_memory(syn_broadcast_observe(b, &o));
    syn_broadcast_close(b);
    return err;
}

static syn_err keep_nothing(void)
{
    struct news_broadcast b;

    return syn_broadcast_new(news, 0, &b);
}

static syn_err set_mood(void)
{
    without_memory();
    return with_memory(mood_set(&out));
}

static syn_err by_name(void)
{
    struct syn_value value;

    return syn_method_call(NULL, NULL, (struct syn_values){0, NULL}, &value);
}

static syn_err never_rate(void)
{
    return syn_rate_try(NULL, 1);
}

static syn_err register_bad(void)
{
    static const struct syn_err_text texts[] = {{SYN_EINVAL, "MINE", "mine"}};
    static struct syn_err_table table = {texts, 1, NULL};

    return syn_err_register(&table);
}

static syn_err notice_twice(void)
{
    static struct syn_notice notice;
    syn_err err;

    CHECK_INT(syn_notice_open(&notice), 0);
    err = syn_notice_open(&notice);
    CHECK_INT(syn_notice_close(&notice), 0);
    return err;
}

static syn_err no_signals(void)
{
    static const int none[] = {0};
    struct syn_signals *signals;

    return syn_signals_open(none, &signals);
}

static syn_err map_in_step(void)
{
    int in = 1;

    return same(&in, 1, &out);
}

/* ROW(the function of the headers, 1 in a step, what is tried) */
#define ROWS(ROW)                                                                                  \
    ROW(syn_address_parse, 0, syn_address_parse(NULL, 1, NULL))                                    \
    ROW(syn_child_kill, 0, syn_child_kill(NULL, 9))                                                \
    ROW(syn_err_register, 0, register_bad())                                                       \
    ROW(syn_set_allocator, 0, syn_set_allocator(&(struct syn_allocator){0}))                       \
    ROW(syn_object_close, 1, syn_object_close(&thing->object))                                     \
    ROW(syn_wrap, 0, wrap_nothing())                                                               \
    ROW(syn_pool_new, 0, syn_pool_new(NULL, NULL))                                                 \
    ROW(syn_pool_free, 1, syn_pool_free(&workers))                                                 \
    ROW(syn_pool_configure, 0, syn_pool_configure(NULL, NULL))                                     \
    ROW(syn_pool_stop, 0, syn_pool_stop(NULL, syn_never()))                                        \
    ROW(syn_pool_on_cancel, 0, syn_pool_on_cancel(NULL, NULL))                                     \
    ROW(syn_keep_descriptor, 1, syn_keep_descriptor(task, -1))                                     \
    ROW(syn_rate_try, 0, never_rate())                                                             \
    ROW(syni_channel_look, 0, syni_channel_look((struct syn_channel){NULL, 0, 0}, NULL))           \
    ROW(syn_scope_join, 0, join())                                                                 \
    ROW(syn_stream_read, 0, syn_stream_read(NULL, &out, 1, NULL))                                  \
    ROW(syn_stream_write, 0, syn_stream_write(NULL, &out, 1, NULL))                                \
    ROW(syn_stream_shutdown, 0, syn_stream_shutdown(NULL))                                         \
    ROW(syn_stream_close, 1, syn_stream_close(stream))                                             \
    ROW(syn_stream_from_descriptor, 0, syn_stream_from_descriptor(-1, NULL))                       \
    ROW(syn_stream_standard, 0, syn_stream_standard(3, NULL))                                      \
    ROW(syn_writer_put, 0, syn_writer_put(NULL, &out, 1))                                          \
    ROW(syn_writer_printf, 0, syn_writer_printf(NULL, "x"))                                        \
    ROW(syn_mutex_try, 0, syn_mutex_try(&(struct syn_mutex){{0}}))                                 \
    ROW(syn_synchronizer_new, 0, syn_synchronizer_new(NULL, NULL))                                 \
    ROW(syn_synchronizer_free, 1, syn_synchronizer_free(&demo))                                    \
    ROW(syn_synchronizer_start, 0, syn_synchronizer_start(NULL))                                   \
    ROW(syn_stop_everything, 1, syn_stop_everything(syn_after(1)))                                 \
    ROW(syn_synchronizer_stop, 0, syn_synchronizer_stop(NULL, syn_never()))                        \
    ROW(syn_tcp_listen, 0, syn_tcp_listen(NULL, 0, NULL))                                          \
    ROW(syn_tcp_set_nodelay, 0, syn_tcp_set_nodelay(NULL, 1))                                      \
    ROW(syn_tcp_set_keepalive, 0, syn_tcp_set_keepalive(NULL, 1))                                  \
    ROW(syn_tcp_set_linger, 0, syn_tcp_set_linger(NULL, 0))                                        \
    ROW(syn_clock_new, 0, syn_clock_new(NULL))                                                     \
    ROW(syn_clock_free, 0, syn_clock_free(rig_clock))                                              \
    ROW(syn_test_hold, 0, syn_test_hold("nowhere", 1))                                             \
    ROW(syn_test_await_held, 0, syn_test_await_held("nowhere", 0))                                 \
    ROW(syn_test_delay, 0, syn_test_delay("nowhere", 1, 0))                                        \
    ROW(syn_test_delay_at_random, 0, syn_test_delay_at_random(0, 0, 0))                            \
    ROW(syn_udp_open, 0, syn_udp_open(NULL, 0, NULL))                                              \
    ROW(syn_udp_join, 0, syn_udp_join(NULL, "224.0.0.1", NULL))                                    \
    ROW(syn_udp_leave, 0, syn_udp_leave(NULL, "224.0.0.1", NULL))                                  \
    ROW(syn_udp_set_broadcast, 0, syn_udp_set_broadcast(NULL, 1))                                  \
    ROW(syn_unix_listen, 0, syn_unix_listen(NULL, 0, NULL))                                        \
    ROW(syn_unix_pair, 0, syn_unix_pair(NULL, NULL))                                               \
    ROW(syn_unix_peer, 0, syn_unix_peer(NULL, NULL))                                               \
    ROW(syn_host_begin, 1, syn_host_begin(&demo))                                                  \
    ROW(syn_host_end, 0, syn_host_end(&demo))                                                      \
    ROW(syn_host_turn, 0, syn_host_turn(&demo))                                                    \
    ROW(syn_catch_interrupt, 0, syn_catch_interrupt(9))                                            \
    ROW(syn_trace_start, 0, syn_trace_start(NULL))                                                 \
    ROW(syn_dump_on_signal, 0, syn_dump_on_signal(-1))                                             \
    ROW(syn_environment_allow, 0, (setenv("SYN_DUMP_SIGNAL", "none", 1), syn_environment_allow())) \
    ROW(syn_hooks_add, 0, syn_hooks_add(NULL))                                                     \
    ROW(syn_notice_open, 0, notice_twice())                                                        \
    ROW(syn_signals_open, 0, no_signals())                                                         \
    ROW(syn_method_call, 0, by_name())                                                             \
    ROW(syni_broadcast_new, 0, keep_nothing())                                                     \
    ROW(syni_broadcast_observe, 0, observe())                                                      \
    ROW(syni_call, 1, plain(&out))                                                                 \
    ROW(syni_channel_end, 0, channel_end(no_channel))                                              \
    ROW(syni_channel_fail, 0, channel_fail(no_channel, SYN_EIO, NULL))                             \
    ROW(syni_channel_new, 0, make_channel())                                                       \
    ROW(syni_channel_next, 0, channel_next(no_channel, &out))                                      \
    ROW(syni_channel_prefetch, 0, prefetch())                                                      \
    ROW(syni_channel_send, 0, channel_send(no_channel, &out))                                      \
    ROW(syni_channel_try_next, 0, channel_try_next(no_channel, &out))                              \
    ROW(syni_channel_try_send, 0, channel_try_send(no_channel, &out))                              \
    ROW(syni_context_enter, 0, enter())                                                            \
    ROW(syni_context_exit, 0, leave())                                                             \
    ROW(syni_future_cancel, 0, future_cancel(no_future))                                           \
    ROW(syni_future_detach, 0, future_detach(no_future))                                           \
    ROW(syni_future_drop, 0, future_drop(no_future))                                               \
    ROW(syni_future_get, 0, future_get(no_future, &out))                                           \
    ROW(syni_future_get_by, 0, future_get_by(no_future, &out, syn_never()))                        \
    ROW(syni_future_poll, 0, future_poll(no_future))                                               \
    ROW(syni_future_request_cancel, 0, future_request_cancel(no_future))                           \
    ROW(syni_future_share, 0, share())                                                             \
    ROW(syni_future_then, 0, future_then(no_future, &demo, told, NULL))                            \
    ROW(syni_future_then_mail, 0, future_then(no_future, (struct syn_mailbox *)NULL, told, NULL))  \
    ROW(syni_channel_then, 0, channel_then(no_channel, NULL, told_item, NULL))                     \
    ROW(syn_scope_then, 0, scope_then(&(struct syn_scope)SYN_SCOPE, NULL, NULL, NULL))             \
    ROW(syni_then_with_room, 0, then_with_room())                                                  \
    ROW(syn_mailbox_new, 0, mailbox_without_memory())                                              \
    ROW(syn_mailbox_drain, 0, drain_closed())                                                      \
    ROW(syni_future_wait_by, 0, future_wait(no_future))                                            \
    ROW(syni_generator_say, 0, say())                                                              \
    ROW(syni_job_may_wait, 1, work(&out))                                                          \
    ROW(syni_local_set, 0, set_mood())                                                             \
    ROW(syni_map_may_wait, 1, map_in_step())                                                       \
    ROW(syni_method_call, 1, thing_look(thing, &out))                                              \
    ROW(syni_promise_complete, 0, promise_complete(no_promise, &out))                              \
    ROW(syni_promise_drop, 0, promise_drop(no_promise))                                            \
    ROW(syni_promise_fail, 0, promise_fail(no_promise, SYN_EIO, NULL))                             \
    ROW(syni_promise_new, 0, make_promise())                                                       \
    ROW(syni_scope_add, 1, add())                                                                  \
    ROW(syni_scope_room, 0, room())                                                                \
    ROW(syni_shared_get_by, 0, syni_shared_get_by(NULL, &out, syn_never()))                        \
    ROW(syni_shared_peek, 0, syni_shared_peek(NULL, &(const void *){NULL}))                        \
    ROW(syn_mailbox_close, 0, close_inside()) /* the last: it leaves a spare frame */

#define TRY(function, step, ...)                                                                   \
    static syn_err try_##function(void)                                                            \
    {                                                                                              \
        return __VA_ARGS__;                                                                        \
    }
ROWS(TRY)

#define LIST(function, step, ...) {#function, step, try_##function},
static const struct row {
    const char *function;
    bool step;
    syn_err (*try)(void);
} rows[] = {ROWS(LIST)};
enum { N_ROWS = sizeof rows / sizeof *rows };

static int n_silent;

/* Refused, in words that are this refusal's own. */
static void check_row(const struct row *row)
{
    const struct syn_report *report;
    syn_err err;

    CHECK_INT(promise_fail(no_promise, 0, NULL), SYN_EINVAL); /* an older report */
    err = row->try();
    report = syn_last_report();
    if (!err || !report || report->code != err || strlen(report->message) < 12)
        n_silent += fprintf(stderr, "%s: %s, and the report says \"%s\" of %s\n", row->function,
                            syn_err_name(err), report ? report->message : "(no report)",
                            report ? syn_err_name(report->code) : "nothing") > 0;
}

ASYNC(demo, void, tries_in_step)
{
    task = &self->syn;
    for (int i = 0; i < N_ROWS; i++)
        if (rows[i].step)
            check_row(&rows[i]);
    return step_done(self);
}

static void E5_every_function_that_refuses_says_why(void)
{
    int ends[2];

    begin();
    CHECK_INT(thing_make(&thing), 0);
    CHECK_INT(pipe(ends), 0);
    CHECK_INT(syn_stream_from_descriptor(ends[0], &stream), 0);
    for (int i = 0; i < N_ROWS; i++)
        if (!rows[i].step)
            check_row(&rows[i]);
    CHECK_INT(tries_in_step(), 0);
    CHECK_INT(n_silent, 0);
    thing_release(thing);
    CHECK_INT(syn_stream_close(stream), 0);
    close(ends[1]);
    CHECK_INT(pool_stop(&workers, syn_never()), 0);
    CHECK_INT(pool_free(&workers), 0);
    finish(&demo);
    finish(syn_default_synchronizer());
    done();
}

static const struct test_case cases[] = {
    TEST(E5_every_function_that_refuses_says_why),
};
TEST_MAIN_BOTH_MODES("refusal", cases);
