/* SPDX-License-Identifier: Apache-2.0
 *
 * A conversation over TCP in which each call and each allocation fails once. Both modes.
 */
#define _DEFAULT_SOURCE
#include "support/io_rig.h"

ASYNC(SYN_FREE, void, exchange, (struct syn_listener *, l), SYN_LOCAL(struct syn_stream *, near),
      SYN_LOCAL(struct syn_stream *, far), SYN_LOCAL(struct syn_tcp_accept_future, f),
      SYN_LOCAL(char, text[8]), SYN_LOCAL(size_t, n))
{
    co_begin;
    self->f = syn_tcp_accept_future(self->l);
    co_try(syn_tcp_connect_future("127.0.0.1", syn_listener_port(self->l)), &self->near);
    co_try(self->f, &self->far);
    self->f = (struct syn_tcp_accept_future){0};
    co_try(syn_stream_write_all_future(self->near, "hello", 5));
    co_try(syn_stream_read_future(self->far, self->text, 8), &self->n);
    co_try(syn_stream_shutdown_future(self->far));
    co_finally;
    if (self->f.u.handle.slot) {
        future_request_cancel(self->f);
        co_await(self->f, &self->far);
    }
    while (self->near) {
        co_await(syn_stream_close_future(self->near));
        if (!co_status)
            self->near = NULL;
    }
    while (self->far) {
        co_await(syn_stream_close_future(self->far));
        if (!co_status)
            self->far = NULL;
    }
    co_end;
}

static void fail_each(const char *what, int error)
{
    int open = count_open();
    bool all_well = false;

    for (unsigned long n = 1; !all_well; n++) {
        struct syn_listener *l = NULL;
        syn_err err;

        CHECK(n < 400);
        syn_fault_set(what, n, 1, error);
        err = syn_tcp_listen("127.0.0.1", 0, &l);
        if (!err)
            err = exchange(l);
        while (l && syn_listener_close(l) != SYN_OK)
            CHECK(syn_fault_hits() < 1000);
        all_well = syn_fault_hits() < n;
        CHECK(!all_well || !err);
        synchronizer_stop(syn_default_synchronizer(), syn_never());
        CHECK_INT(synchronizer_free(syn_default_synchronizer()), SYN_OK);
        CHECK_INT(count_open(), open);
        CHECK_INT(syn_memory_use().outstanding, 1); /* the clock */
    }
    syn_fault_clear();
}

static void T4_each_allocation_failing_leaves_nothing_open_or_allocated(void)
{
    begin();
    fail_each("alloc", ENOMEM);
    done();
}

static void T4_each_system_call_failing_leaves_nothing_open_or_allocated(void)
{
    static const char *const calls[] = {"socket", "bind",   "listen",    "connect", "accept",
                                        "read",   "send",   "epoll_ctl", "fstat",   "eventfd",
                                        "pthread_create", NULL};

    begin();
    for (int i = 0; calls[i]; i++)
        fail_each(calls[i], EPERM);
    done();
}

static const struct test_case cases[] = {
    TEST(T4_each_allocation_failing_leaves_nothing_open_or_allocated),
    TEST(T4_each_system_call_failing_leaves_nothing_open_or_allocated),
};
TEST_MAIN_BOTH_MODES("tcp_faults", cases);
