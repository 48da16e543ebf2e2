/* SPDX-License-Identifier: Apache-2.0
 *
 * synchronicity: write a library once, as async tasks, and export it blocking, as
 * futures, and awaited.
 *
 *     #include <stdio.h>
 *     #include <synchronicity/short.h>
 *
 *     SYNCHRONIZER(demo);
 *
 *     ASYNC(demo, int, square, (double, seconds), (int, x))
 *     {
 *         co_begin;
 *         co_sleep(self->seconds);
 *         co_return(self->x * self->x);
 *         co_end;
 *     }
 *
 *     int main(void)
 *     {
 *         struct square_future f[10];
 *         int y;
 *
 *         if (square(1.0, 42, &y) != 0)
 *             return syn_perror("square"), 1;
 *         for (int i = 0; i < 10; i++)
 *             f[i] = square_future(1.0, i);
 *         for (int i = 0; i < 10; i++)
 *             if (future_get(f[i], &y) == 0)
 *                 printf("%d\n", y);
 *     }
 *
 * Read next: call.h (declaring async functions), task.h (writing their bodies), readiness.h
 * (waiting for descriptors), future.h (waiting for calls), channel.h and generator.h (one item after the other), select.h (the
 * first of several), scope.h (several at once), pool.h, blocking.h, blocking_generator.h and
 * pool_map.h and channel_map.h (code that blocks), class.h, method.h and object.h (whole objects), context.h
 * (entered and left), value.h (calls by name), sync.h and local.h (sharing among tasks, values
 * that calls inherit), synchronizer.h (where they run), process.h (the library in your process),
 * err.h (what can go wrong).
 *
 * Define SYN_SHORT before you include it to have the short names as well (short.h), which this
 * program uses. It is the only way where all headers are one (`synchronicity.c` and `.h`, as target `amalgamation` makes
 * them); that one has what is listed next, too.
 *
 * Not included here: stream.h and tcp.h (streams, buffered reading and writing, connections),
 * unix.h (Unix sockets), udp.h (datagrams), child.h (child processes), signal.h (signals), file.h (files, directories),
 * broadcast.h (one value for many observers), retry.h (trying again, rate limits), step.h (bodies as
 * bare steps, for authors of libraries), testing.h (time and failures under your control).
 */
#ifndef SYNCHRONICITY_H
#define SYNCHRONICITY_H

#include <synchronicity/blocking.h>
#include <synchronicity/blocking_generator.h>
#include <synchronicity/call.h>
#include <synchronicity/channel.h>
#include <synchronicity/channel_map.h>
#include <synchronicity/class.h>
#include <synchronicity/context.h>
#include <synchronicity/err.h>
#include <synchronicity/future.h>
#include <synchronicity/generator.h>
#include <synchronicity/hooks.h>
#include <synchronicity/host.h>
#include <synchronicity/inspect.h>
#include <synchronicity/local.h>
#include <synchronicity/mailbox.h>
#include <synchronicity/mem.h>
#include <synchronicity/method.h>
#include <synchronicity/object.h>
#include <synchronicity/pool.h>
#include <synchronicity/pool_map.h>
#include <synchronicity/process.h>
#include <synchronicity/readiness.h>
#include <synchronicity/scope.h>
#include <synchronicity/select.h>
#include <synchronicity/stats.h>
#include <synchronicity/sync.h>
#include <synchronicity/synchronizer.h>
#include <synchronicity/task.h>
#include <synchronicity/value.h>
#include <synchronicity/version.h>

#endif

#ifdef SYN_SHORT
#include <synchronicity/short.h>
#endif
