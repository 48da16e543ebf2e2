/* SPDX-License-Identifier: Apache-2.0
 *
 * A synchronizer in a loop around poll(2).
 */
#include <poll.h>
#include <stdbool.h>

#include <synchronicity/host.h>

#include "redis/redis.h"
#include "work.h"

static bool is_over;

static void over(void)
{
    is_over = true;
}

int main(void)
{
    if (syn_host_begin(&redis_synchronizer))
        return syn_perror("syn_host_begin"), 1;
    if (work_begin(NULL, over))
        return 1;
    while (!is_over) {
        struct pollfd fds[16]; /* the program's own come behind */
        size_t n = syn_host_fds(&redis_synchronizer, fds, 16);

        poll(fds, (nfds_t)(n < 16 ? n : 16), syn_host_timeout_ms(&redis_synchronizer));
        syn_host_turn(&redis_synchronizer);
    }
    return work_end();
}
