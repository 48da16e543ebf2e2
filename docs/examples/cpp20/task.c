/* SPDX-License-Identifier: Apache-2.0
 *
 * See task.h.
 */
#include "task.h"

#include <synchronicity/short.h>

SYNCHRONIZER(elsewhere);

ASYNC_DEFINE(elsewhere, int, increments_in_task, (struct redis *, db), (int, n), SYN_LOCAL(int, i),
             SYN_LOCAL(struct redis_reply *, reply))
{
    co_begin;
    for (; self->i < self->n; self->i++) {
        co_try(redis_command_future(self->db, "INCR by_task"), &self->reply);
        self->result += self->reply->type == REDIS_INTEGER;
        redis_reply_free(self->reply);
    }
    co_return_result;
    co_end;
}

syn_err end_of_tasks(void)
{
    return synchronizer_stop(&elsewhere, syn_never());
}
