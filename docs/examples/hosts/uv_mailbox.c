/* SPDX-License-Identifier: Apache-2.0
 *
 * A mailbox in a libuv loop.
 */
#define _GNU_SOURCE /* uv.h */
#include <uv.h>

#include "work.h"

/* --- glue: one handle, which the library's threads wake --- */

static uv_async_t async;
static struct syn_mailbox *box;

static void wake(void *user)
{
    uv_async_send(user); /* any thread; never blocks */
}

static void on_async(uv_async_t *handle)
{
    (void)handle;
    syn_mailbox_drain(box, 0);
}

static syn_err begin_mailbox(uv_loop_t *loop)
{
    struct syn_mailbox_options options = {.on_mail = wake, .user = &async};

    uv_async_init(loop, &async, on_async);
    return syn_mailbox_new(&options, &box);
}

static void end_mailbox(uv_loop_t *loop)
{
    syn_mailbox_release(box); /* from here on nobody wakes the handle */
    uv_close((uv_handle_t *)&async, NULL);
    uv_run(loop, UV_RUN_DEFAULT);
}

/* --- the program --- */

static void over(void)
{
    uv_stop(uv_default_loop());
}

int main(void)
{
    if (begin_mailbox(uv_default_loop()))
        return syn_perror("syn_mailbox_new"), 1;
    if (work_begin(box, over))
        return 1;
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    end_mailbox(uv_default_loop());
    return work_end() || uv_loop_close(uv_default_loop()) != 0;
}
