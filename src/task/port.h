/* SPDX-License-Identifier: Apache-2.0
 *
 * Ports: who waits at a channel (channel.h). Lies where he likes: in a task's frame, on a
 * thread's stack. All of it is under the channel's lock while he waits.
 */
#ifndef SYNI_PORT_H
#define SYNI_PORT_H

#include <stdbool.h>

#include <synchronicity/err.h>

#include "base/list.h"

struct syni_port {
    struct syni_list link; /* on a list of the channel: not served yet */
    void *item;            /* where the item goes, or lies; a producer's is only read */
    bool receives;
    syn_err status;
    void (*wake)(struct syni_port *port); /* under the lock; the last touch */
};

#endif
