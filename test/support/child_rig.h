/* SPDX-License-Identifier: Apache-2.0
 *
 * What the suites of child processes share. In real time, since a virtual clock does not see other
 * processes.
 */
#ifndef CHILD_RIG_H
#define CHILD_RIG_H

#include "support/io_rig.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <synchronicity/child.h>
#include <synchronicity/testing.h>

#define SHELL(...)                                                                                 \
    (&(struct syn_child_options){.arguments = (const char *const[]){"sh", "-c", __VA_ARGS__, NULL}})

static inline void begin_here(void)
{
    begin_in_real_time();
}

static inline void end_here(void)
{
    int status;

    finish(syn_default_synchronizer());
    CHECK_INT(waitpid(-1, &status, WNOHANG), -1); /* no zombie, no child that lives on */
    CHECK_INT(errno, ECHILD);
}

#endif
