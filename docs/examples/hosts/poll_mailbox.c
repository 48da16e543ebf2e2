/* SPDX-License-Identifier: Apache-2.0
 *
 * A mailbox in a loop around poll(2).
 */
#include <poll.h>
#include <stdbool.h>

#include "work.h"

static bool is_over;

static void over(void)
{
    is_over = true;
}

int main(void)
{
    struct syn_mailbox *box;

    if (syn_mailbox_new(NULL, &box))
        return syn_perror("syn_mailbox_new"), 1;
    if (work_begin(box, over))
        return 1;
    while (!is_over) {
        struct pollfd fds[1] = {{.fd = syn_mailbox_fd(box), .events = POLLIN}}; /* and your own */

        poll(fds, 1, -1);
        syn_mailbox_drain(box, 0);
    }
    syn_mailbox_release(box);
    return work_end();
}
