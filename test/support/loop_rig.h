/* SPDX-License-Identifier: Apache-2.0
 *
 * What the suites of the loop share: a loop under test, driven by hand in the
 * test's own thread or by its dedicated one.
 *
 * By hand is the rule: the test says when a turn happens, so nothing has to be
 * waited for. The dedicated thread is there all the same, because a loop ends on
 * it. Discarded: a loop without a thread for tests, which would be a second kind
 * of loop that only tests know.
 */
#ifndef LOOP_RIG_H
#define LOOP_RIG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "loop/loop.h"
#include "test.h"

enum { MS = 1000000, BOTH = SYNI_READ | SYNI_WRITE };

/* A loop under test. What else is in it is the rig's. */
struct rig {
    struct syni_loop loop;
    struct syni_driving here;
    struct syni_job stop;
    struct syni_live live; /* by hand: what the turns sleep for */
    atomic_int closings;   /* calls of on_closing */
};

/* A loop that its dedicated thread drives, or, with test_driving, the caller that takes
 * the role. CLOCK NULL: real time. */
void rig_start(struct rig *rig, struct syn_clock *clock);

/* A loop with BACKEND (NULL: the default), driven by the calling thread. Skips the
 * case when the build lacks the backend. */
void rig_by_hand(struct rig *rig, const char *backend, struct syn_clock *clock);

/* Ends a loop of either kind and frees all that it had. */
void rig_end(struct rig *rig);

/* The calling thread takes the role if it can; and gives it up. */
bool rig_take(struct rig *rig);
void rig_give(struct rig *rig);

/* N turns that do not sleep. */
void rig_turns(struct rig *rig, int n);

/* Runs FN(ARGUMENT) on the loop, on any driver, and returns when it has run. */
void rig_call(struct rig *rig, void (*fn)(void *argument), void *argument);

/* A wait for a descriptor, and how often it ended. */
struct wait {
    struct syni_fd_wait wait;
    int woken;
};
syn_err rig_wait(struct rig *rig, struct wait *wait, int fd, unsigned direction);

/* A job that counts its runs. */
struct count_job {
    struct syni_job job;
    atomic_int runs;
};
void count_job_init(struct count_job *job);

/* Non-blocking and close-on-exec, as a pair. */
void make_pipe(int ends[2]);
void make_sockets(int ends[2]);
void close_both(const int ends[2]);
void put(int fd);
void take(int fd);
void fill(int fd);

/* How many descriptors this process has open. */
int open_descriptors(void);

/* One case a backend from one body, void name(struct rig *rig), for a loop that is
 * driven by hand and lives by a virtual clock, so that it can be seen whether a turn
 * found something or slept: CASES(CASE_FUNCTIONS), and CASES(CASE_ROWS) inside the table. */
void run_on_backend(const char *backend, void (*body)(struct rig *rig));

#define CASE_FUNCTIONS(body)                                                                       \
    static void I2_epoll_##body(void)                                                              \
    {                                                                                              \
        run_on_backend("epoll", body);                                                             \
    }                                                                                              \
    static void I2_kqueue_##body(void)                                                             \
    {                                                                                              \
        run_on_backend("kqueue", body);                                                            \
    }                                                                                              \
    static void I2_poll_##body(void)                                                               \
    {                                                                                              \
        run_on_backend("poll", body);                                                              \
    }

#define CASE_ROWS(body) TEST(I2_epoll_##body), TEST(I2_kqueue_##body), TEST(I2_poll_##body),

#endif
