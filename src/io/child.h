/* SPDX-License-Identifier: Apache-2.0
 *
 * A child process's inside.
 */
#ifndef SYNI_CHILD_H
#define SYNI_CHILD_H

#include <stdbool.h>

#include <synchronicity/child.h>

#include "base/process_watch.h"
#include "base/thread.h"

struct syn_child {
    pid_t id;
    struct syni_process_watch watch;
    double grace; /* seconds */
    struct syn_stream *streams[3];

    struct syni_mutex lock; /* so that no signal is sent to a number that was reaped */
    bool reaped;
    syn_err err; /* why EXIT is not known */
    struct syn_exit exit;
    _Atomic(bool) waited_for; /* a task waits for it, or ends it */
};

/* For tests: SECONDS after which a wait that listens to SIGCHLD looks all the same. */
void syni_child_set_look(double seconds);

/* Looks, without waiting, whether CHILD has ended, and reaps it. */
bool syni_child_has_ended(struct syn_child *child);

/* CHILD, which has ended or was killed; its streams are unused or gone. */
void syni_child_free(struct syn_child *child);

#endif
