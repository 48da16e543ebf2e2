/* SPDX-License-Identifier: Apache-2.0
 *
 * The GLib side of mailbox.c. Part of it, and apart only for its length.
 */
#ifndef BENCH_MAILBOX_GLIB_H
#define BENCH_MAILBOX_GLIB_H

#include <glib-unix.h>
#include <glib.h>

#define GLIB_PEER(name, run) BENCH_PEER(name, run)
#define GLIB_OURS(name, run) BENCH_OURS(name, run)

static GMainLoop *glib_loop;

static void run_glib(void)
{
    g_main_loop_run(glib_loop);
}

static void end_glib(void)
{
    g_main_loop_quit(glib_loop);
}

static gboolean drain_in_glib(gint fd, GIOCondition condition, gpointer user)
{
    (void)fd, (void)condition, (void)user;
    syn_mailbox_drain(box, WINDOW); /* as the peers, which take all there is */
    return G_SOURCE_CONTINUE;
}

static double our_glib(long n, long window, void (*answer)(struct request *request), void (*by)(void))
{
    guint source;
    double ns;

    glib_loop = g_main_loop_new(NULL, FALSE);
    end_loop = end_glib;
    if (syn_mailbox_new(NULL, &box) || syn_mailbox_fd(box) < 0)
        return NAN;
    source = g_unix_fd_add(syn_mailbox_fd(box), G_IO_IN, drain_in_glib, NULL);
    if (answer == answer_by_channel && open_answers())
        return NAN;
    use_worker(answer, by);
    ns = measured(n, window, run_glib);
    g_source_remove(source);
    if (answer == answer_by_channel)
        channel_drop(answers_of.channel);
    syn_mailbox_release(box);
    g_main_loop_unref(glib_loop);
    return ns;
}

static double our_glib_many(long n)
{
    return our_glib(n, WINDOW, answer_by_promise, our_ask);
}

static double our_glib_one(long n)
{
    return our_glib(n, 1, answer_by_promise, our_ask);
}

static double our_glib_promise_many(long n)
{
    return our_glib(n, WINDOW, answer_by_promise, ask_worker_by_promise);
}

static double our_glib_promise_one(long n)
{
    return our_glib(n, 1, answer_by_promise, ask_worker_by_promise);
}

static double our_glib_channel_many(long n)
{
    return our_glib(n, WINDOW, answer_by_channel, ask_worker);
}

static double our_glib_channel_one(long n)
{
    return our_glib(n, 1, answer_by_channel, ask_worker);
}

static gboolean finish_in_glib(gpointer request)
{
    finish_request(request);
    return G_SOURCE_REMOVE;
}

static void answer_glib(struct request *request)
{
    g_main_context_invoke(NULL, finish_in_glib, request);
}

static double glib_invoke(long n, long window)
{
    double ns;

    glib_loop = g_main_loop_new(NULL, FALSE);
    end_loop = end_glib;
    g_main_context_acquire(NULL); /* or the worker would run it itself before the loop does */
    use_worker(answer_glib, ask_worker);
    ns = measured(n, window, run_glib);
    g_main_context_release(NULL);
    g_main_loop_unref(glib_loop);
    return ns;
}

static double glib_invoke_many(long n)
{
    return glib_invoke(n, WINDOW);
}

static double glib_invoke_one(long n)
{
    return glib_invoke(n, 1);
}

#endif
