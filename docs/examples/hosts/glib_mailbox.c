/* SPDX-License-Identifier: Apache-2.0
 *
 * A mailbox in a GLib main loop.
 */
#include <glib-unix.h>
#include <glib.h>

#include "work.h"

/* --- glue: one source, for the descriptor --- */

static gboolean on_mail(gint fd, GIOCondition condition, gpointer box)
{
    (void)fd, (void)condition;
    syn_mailbox_drain(box, 0);
    return G_SOURCE_CONTINUE;
}

static guint begin_mailbox(struct syn_mailbox **box)
{
    if (syn_mailbox_new(NULL, box) || syn_mailbox_fd(*box) < 0)
        return 0;
    return g_unix_fd_add(syn_mailbox_fd(*box), G_IO_IN, on_mail, *box);
}

static void end_mailbox(guint source, struct syn_mailbox *box)
{
    g_source_remove(source); /* the descriptor goes with the mailbox */
    syn_mailbox_release(box);
}

/* --- the program --- */

static GMainLoop *loop;

static void over(void)
{
    g_main_loop_quit(loop);
}

int main(void)
{
    struct syn_mailbox *box;
    guint source = begin_mailbox(&box);

    if (!source)
        return syn_perror("syn_mailbox"), 1;
    loop = g_main_loop_new(NULL, FALSE);
    if (work_begin(box, over))
        return 1;
    g_main_loop_run(loop);
    end_mailbox(source, box);
    g_main_loop_unref(loop);
    return work_end();
}
