/* SPDX-License-Identifier: Apache-2.0
 *
 * A synchronizer in a GLib main loop.
 */
#include <glib-unix.h>
#include <glib.h>
#include <stdio.h>

#include <synchronicity/host.h>

#include "redis/redis.h"
#include "work.h"

/* --- glue: one source with the descriptor and the time --- */

static gboolean before_the_wait(GSource *source, gint *timeout_ms)
{
    (void)source;
    *timeout_ms = syn_host_timeout_ms(&redis_synchronizer);
    return *timeout_ms == 0;
}

static gboolean after_the_wait(GSource *source)
{
    (void)source;
    return TRUE; /* one turn too many is fine */
}

static gboolean turn(GSource *source, GSourceFunc fn, gpointer user)
{
    (void)source, (void)fn, (void)user;
    syn_host_turn(&redis_synchronizer);
    return G_SOURCE_CONTINUE;
}

static GSourceFuncs functions = {.prepare = before_the_wait, .check = after_the_wait, .dispatch = turn};

static GSource *begin_hosting(void)
{
    GSource *source;

    if (syn_host_begin(&redis_synchronizer) || syn_host_fd(&redis_synchronizer) < 0)
        return NULL; /* no descriptor: its backend is poll(2) */
    source = g_source_new(&functions, sizeof *source);
    g_source_add_unix_fd(source, syn_host_fd(&redis_synchronizer), G_IO_IN);
    g_source_attach(source, NULL);
    return source;
}

static void end_hosting(GSource *source)
{
    g_source_destroy(source);
    g_source_unref(source);
}

/* --- the program --- */

static GMainLoop *loop;

static void over(void)
{
    g_main_loop_quit(loop);
}

int main(void)
{
    GSource *source = begin_hosting();

    if (!source)
        return fprintf(stderr, "no hosting, or no descriptor\n"), 77;
    loop = g_main_loop_new(NULL, FALSE);
    if (work_begin(NULL, over))
        return 1;
    g_main_loop_run(loop);
    end_hosting(source);
    g_main_loop_unref(loop);
    return work_end();
}
