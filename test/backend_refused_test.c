/* SPDX-License-Identifier: Apache-2.0
 *
 * A kernel that is too old, or a sandbox, refuses the calls of the best backend: a loop does with
 * another one; but a backend that was asked for by name, and a system that is out of descriptors,
 * are errors.
 */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "support/call_rig.h"

static const char *const calls_of_epoll[] = {"epoll_create1", "eventfd", "epoll_ctl"};
static const char *const calls_of_kqueue[] = {"kqueue", "kevent"};
static const int refusals[] = {ENOSYS, EPERM, EACCES, EINVAL};

SYNCHRONIZER(demo);
SYNCHRONIZER(named, .backend = "epoll");

ASYNC(demo, int, reads_a_byte, (int, fd))
{
    char byte = 0;

    co_begin;
    co_sleep(0.001);
    co_readable(self->fd);
    co_return(read(self->fd, &byte, 1) == 1 ? byte : -1);
    co_end;
}

ASYNC(named, int, gives, (int, x))
{
    co_begin;
    co_return(self->x);
    co_end;
}

/* Whether the build's default backend makes CALL at all. */
static bool is_made(const char *call)
{
    unsigned long hits;

    syn_fault_set(call, ULONG_MAX, 1, ENOSYS);
    CHECK_INT(syn_synchronizer_start(&demo), 0);
    hits = syn_fault_hits();
    syn_fault_clear();
    CHECK_INT(syn_synchronizer_stop(&demo, syn_never()), 0);
    CHECK_INT(syn_synchronizer_free(&demo), 0);
    return hits > 0;
}

static void works(void)
{
    struct reads_a_byte_future f;
    int ends[2], byte = 0;

    CHECK_INT(pipe(ends), 0);
    f = reads_a_byte_future(ends[0]); /* a loop asleep is woken by a call, and by a descriptor */
    CHECK_INT(write(ends[1], "x", 1), 1);
    CHECK_INT(future_get(f, &byte), 0);
    CHECK_INT(byte, 'x');
    close(ends[0]);
    close(ends[1]);
}

static void refuse(const char *call, int error)
{
    syn_fault_set(call, 1, ULONG_MAX, error);
    works();
    CHECK(syn_fault_hits() > 0);
    syn_fault_clear();
    CHECK_INT(syn_synchronizer_stop(&demo, syn_never()), 0);
    CHECK_INT(syn_synchronizer_free(&demo), 0);
}

static int refuse_all(const char *const *calls, size_t n)
{
    int tried = 0;

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; is_made(calls[i]) && j < sizeof refusals / sizeof refusals[0]; j++) {
            refuse(calls[i], refusals[j]);
            tried++;
        }
    return tried;
}

static void H8_a_loop_does_without_what_the_system_refuses(void)
{
    int tried = refuse_all(calls_of_epoll, sizeof calls_of_epoll / sizeof calls_of_epoll[0]) +
                refuse_all(calls_of_kqueue, sizeof calls_of_kqueue / sizeof calls_of_kqueue[0]);

    if (tried == 0)
        TEST_SKIP("the default backend is poll(2), which nobody refuses");
}

static void H8_being_out_of_descriptors_is_no_refusal(void)
{
    if (!is_made("epoll_create1"))
        TEST_SKIP("the default backend is not epoll");
    syn_fault_set("epoll_create1", 1, 1, EMFILE);
    CHECK_INT(syn_synchronizer_start(&demo), EMFILE);
    syn_fault_clear();
}

static void H8_a_backend_that_was_named_is_not_replaced(void)
{
    int y = 0;

    if (!is_made("epoll_create1"))
        TEST_SKIP("the default backend is not epoll");
    syn_fault_set("epoll_create1", 1, 1, ENOSYS);
    CHECK_INT(gives(1, &y), ENOSYS);
    syn_fault_clear();
}

static const struct test_case cases[] = {
    TEST(H8_a_loop_does_without_what_the_system_refuses),
    TEST(H8_being_out_of_descriptors_is_no_refusal),
    TEST(H8_a_backend_that_was_named_is_not_replaced),
};
TEST_MAIN("backend_refused", cases);
