/* SPDX-License-Identifier: Apache-2.0
 *
 * A mailbox in a libev loop.
 */
#include <ev.h>
#include <stdbool.h>
#include <stddef.h>

#include "work.h"

/* --- glue: one watcher, for the descriptor --- */

static ev_io readable;

static void on_readable(struct ev_loop *loop, ev_io *io, int events)
{
    (void)loop, (void)events;
    syn_mailbox_drain(io->data, 0);
}

static bool begin_mailbox(struct ev_loop *loop, struct syn_mailbox **box)
{
    if (syn_mailbox_new(NULL, box) || syn_mailbox_fd(*box) < 0)
        return false;
    ev_init(&readable, on_readable);
    ev_io_set(&readable, syn_mailbox_fd(*box), EV_READ);
    readable.data = *box;
    ev_io_start(loop, &readable);
    return true;
}

static void end_mailbox(struct ev_loop *loop, struct syn_mailbox *box)
{
    ev_io_stop(loop, &readable); /* the descriptor goes with the mailbox */
    syn_mailbox_release(box);
}

/* --- the program --- */

static void over(void)
{
    ev_break(EV_DEFAULT, EVBREAK_ALL);
}

int main(void)
{
    struct syn_mailbox *box = NULL;

    if (!begin_mailbox(EV_DEFAULT, &box))
        return syn_perror("syn_mailbox"), 1;
    if (work_begin(box, over))
        return 1;
    ev_run(EV_DEFAULT, 0);
    end_mailbox(EV_DEFAULT, box);
    return work_end();
}
