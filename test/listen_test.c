/* SPDX-License-Identifier: Apache-2.0
 *
 * Listening: which errors it may have, for which families, with which flags. Both modes.
 */
#define _DEFAULT_SOURCE
#include "support/io_rig.h"

static struct syn_listener *listen_here(void)
{
    struct syn_listener *l;

    CHECK_INT(syn_tcp_listen("127.0.0.1", 0, &l), SYN_OK);
    return l;
}

static void I3_listening_fails_with_the_systems_reason_and_leaves_nothing(void)
{
    struct syn_listener *l = listen_here(), *none = NULL;
    int open = count_open();

    begin();
    CHECK_INT(syn_tcp_listen("127.0.0.1", syn_listener_port(l), &none), EADDRINUSE);
    CHECK_INT(syn_tcp_listen("localhost", 0, &none), SYN_EINVAL); /* a name is no address */
    CHECK_INT(syn_tcp_listen("127.0.0.1", -1, &none), SYN_EINVAL);
    CHECK_INT(syn_tcp_listen("127.0.0.1", 65536, &none), SYN_EINVAL);
    CHECK_INT(syn_tcp_listen("127.0.0.1", 0, NULL), SYN_EINVAL);
    syn_fault_set("socket", 1, 1, EMFILE);
    CHECK_INT(syn_tcp_listen("127.0.0.1", 0, &none), EMFILE);
    syn_fault_set("bind", 1, 1, EACCES);
    CHECK_INT(syn_tcp_listen("127.0.0.1", 0, &none), EACCES);
    syn_fault_set("listen", 1, 1, EADDRINUSE);
    CHECK_INT(syn_tcp_listen("127.0.0.1", 0, &none), EADDRINUSE);
    syn_fault_set("alloc", 1, 1, ENOMEM);
    CHECK_INT(syn_tcp_listen("127.0.0.1", 0, &none), SYN_ENOMEM);
    syn_fault_clear();
    CHECK_PTR(none, NULL);
    CHECK_INT(count_open(), open);
    CHECK_INT(syn_listener_close(l), SYN_OK);
    finish_default();
}

static int family_of(int fd)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;

    CHECK_INT(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    return address.ss_family;
}

/* A port with one half of it in other hands would take half of the callers there. */
static void I3_only_a_missing_family_makes_a_listener_for_IPv4_alone(void)
{
    static const int serious[] = {EMFILE, ENFILE, EACCES, ENOBUFS, EADDRINUSE, EADDRNOTAVAIL};
    static const char *const calls[] = {"socket", "setsockopt", "bind", "listen"};
    struct syn_listener *l = NULL;

    begin();
    for (size_t call = 0; call < 4; call++)
        for (size_t i = 0; i < sizeof serious / sizeof *serious; i++) {
            int open = count_open();

            syn_fault_set(calls[call], 1, 1, serious[i]);
            CHECK_INT(syn_tcp_listen(NULL, 0, &l), serious[i]);
            syn_fault_clear();
            CHECK_PTR(l, NULL);
            CHECK_INT(count_open(), open);
        }
    for (int call = 0; call < 2; call++) { /* no IPv6; no socket for both */
        int fd = dup(0); /* the number that comes next */

        close(fd);
        syn_fault_set(calls[call], 1, 1, call == 0 ? EAFNOSUPPORT : EINVAL);
        CHECK_INT(syn_tcp_listen(NULL, 0, &l), SYN_OK);
        syn_fault_clear();
        CHECK_INT(family_of(fd), AF_INET);
        CHECK_INT(syn_listener_close(l), SYN_OK);
    }
    finish_default();
}

/* The IPv4 half of the port is taken by another program. */
static void I3_listening_everywhere_is_refused_where_half_of_the_port_is_taken(void)
{
    struct syn_listener *half, *l = NULL;

    begin();
    half = listen_here();
    CHECK_INT(syn_tcp_listen(NULL, syn_listener_port(half), &l), EADDRINUSE);
    CHECK_PTR(l, NULL);
    CHECK_INT(syn_listener_close(half), SYN_OK);
    finish_default();
}

static void H2_the_listening_socket_is_nonblocking_and_close_on_exec(void)
{
    struct syn_listener *l;

    begin();
    for (int i = 0; i < 2; i++) {
        int fd = dup(0); /* the number that comes next */

        close(fd);
        CHECK_INT(syn_tcp_listen(i ? NULL : "127.0.0.1", 0, &l), SYN_OK);
        check_flags(fd);
        CHECK_INT(syn_listener_close(l), SYN_OK);
    }
    finish_default();
}

static void I3_closing_no_listener_is_fine(void)
{
    begin();
    CHECK_INT(syn_listener_close(NULL), SYN_OK);
    finish_default();
}

static const struct test_case cases[] = {
    TEST(I3_listening_fails_with_the_systems_reason_and_leaves_nothing),
    TEST(I3_only_a_missing_family_makes_a_listener_for_IPv4_alone),
    TEST(I3_listening_everywhere_is_refused_where_half_of_the_port_is_taken),
    TEST(H2_the_listening_socket_is_nonblocking_and_close_on_exec),
    TEST(I3_closing_no_listener_is_fine),
};
TEST_MAIN_BOTH_MODES("listen", cases);
