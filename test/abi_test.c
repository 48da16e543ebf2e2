/* SPDX-License-Identifier: Apache-2.0
 *
 * What a program and the library share keeps its size within a major version (docs/abi.md): each public struct that
 * crosses the border, on 64-bit Linux. A size that changes needs another SYNI_ABI, and a line here.
 */
#define _GNU_SOURCE
#include <synchronicity/address.h>
#include <synchronicity/channel_map.h>
#include <synchronicity/child.h>
#include <synchronicity/file.h>
#include <synchronicity/hooks.h>
#include <synchronicity/inspect.h>
#include <synchronicity/mailbox.h>
#include <synchronicity/mem.h>
#include <synchronicity/method.h>
#include <synchronicity/retry.h>
#include <synchronicity/signal.h>
#include <synchronicity/stream.h>
#include <synchronicity/udp.h>
#include <synchronicity/unix.h>

#include "support/call_rig.h"

enum { ABI_OF_THESE = 12 };

#define SIZE(name, bytes) {#name, sizeof(struct name), bytes}

static const struct {
    const char *name;
    size_t is, held;
} sizes[] = {
    SIZE(syn_address, 136),
    SIZE(syn_allocator, 56),
    SIZE(syn_argument, 32),
    SIZE(syn_blocking, 120),
    SIZE(syn_blocking_generator, 144),
    SIZE(syn_channel, 16),
    SIZE(syn_channel_map, 48),
    SIZE(syn_child_options, 80),
    SIZE(syn_choice, 200),
    SIZE(syn_class, 88),
    SIZE(syn_condition, 24),
    SIZE(syn_context, 40),
    SIZE(syn_datagram, 168),
    SIZE(syn_deadline, 8),
    SIZE(syn_destructor, 152),
    SIZE(syn_directory_entry, 260),
    SIZE(syn_err_table, 24),
    SIZE(syn_err_text, 24),
    SIZE(syn_event, 32),
    SIZE(syn_exit, 8),
    SIZE(syn_failure, 24),
    SIZE(syn_file_info, 40),
    SIZE(syn_function, 144),
    SIZE(syn_future, 16),
    SIZE(syn_generator, 176),
    SIZE(syn_histogram, 216),
    SIZE(syn_hook_event, 80),
    SIZE(syn_hooks, 56),
    SIZE(syn_job, 472),
    SIZE(syn_mailbox_options, 64),
    SIZE(syn_memory_use, 16),
    SIZE(syn_method, 104),
    SIZE(syn_method_channel, 16),
    SIZE(syn_method_future, 16),
    SIZE(syn_mutex, 40),
    SIZE(syn_notice, 32),
    SIZE(syn_object, 24),
    SIZE(syn_override, 24),
    SIZE(syn_pool, 872),
    SIZE(syn_pool_map, 56),
    SIZE(syn_pool_options, 160),
    SIZE(syn_pool_stats, 544),
    SIZE(syn_promise, 16),
    SIZE(syn_rate, 32),
    SIZE(syn_reader, 56),
    SIZE(syn_report, 520),
    SIZE(syn_retry, 40),
    SIZE(syn_retry_budget, 8),
    SIZE(syn_retry_options, 88),
    SIZE(syn_scope, 208),
    SIZE(syn_semaphore, 32),
    SIZE(syn_signal, 8),
    SIZE(syn_site, 24),
    SIZE(syn_slow, 48),
    SIZE(syn_span, 16),
    SIZE(syn_step, 4),
    SIZE(syn_strand, 48),
    SIZE(syn_stream, 8),
    SIZE(syn_stream_class, 48),
    SIZE(syn_synchronizer, 168),
    SIZE(syn_synchronizer_options, 152),
    SIZE(syn_synchronizer_stats, 776),
    SIZE(syn_task, 432),
    SIZE(syn_task_local, 8),
    SIZE(syn_trace_end, 16),
    SIZE(syn_trace_options, 64),
    SIZE(syn_type, 24),
    SIZE(syn_unix_message, 48),
    SIZE(syn_unix_peer, 12),
    SIZE(syn_value, 24),
    SIZE(syn_values, 16),
    SIZE(syn_writer, 40),
};

static void K8_structs_keep_their_sizes(void)
{
#if !defined(__linux__)
    TEST_SKIP("sizes are held for 64-bit Linux");
#endif
    if (sizeof(void *) != 8)
        TEST_SKIP("sizes are held for 64-bit Linux");
    CHECK_INT(SYNI_ABI, ABI_OF_THESE);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (sizes[i].is != sizes[i].held)
            test_fail(__FILE__, __LINE__, "struct %s has %zu bytes, and had %zu: raise SYNI_ABI, or use its room",
                      sizes[i].name, sizes[i].is, sizes[i].held);
}

static const struct test_case cases[] = {
    TEST(K8_structs_keep_their_sizes),
};
TEST_MAIN("abi", cases);
