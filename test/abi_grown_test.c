/* SPDX-License-Identifier: Apache-2.0
 *
 * A program that was compiled with headers that have larger structs of options than the library's, against
 * docs/abi.md: what a macro made is refused, and nothing is written where other fields lie. The headers are
 * copies that CMake edits.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

#ifndef OTHER_HEADERS
#define OTHER_HEADERS "abi_grown"
#endif

SYNCHRONIZER(grown);
POOL(grown_pool);

ASYNC(grown, int, is_refused)
{
    co_begin;
    co_return(1);
    co_end;
}

BLOCKING(grown_pool, int, job_is_refused)
{
    (void)job;
    return 1;
}

static void K8_options_of_another_size_are_an_error(void)
{
    struct syn_synchronizer before = grown;
    int y = 0;

    begin_in_real_time();
    CHECK_INT(is_refused(&y), SYN_EABI);
    CHECK_INT(syn_synchronizer_start(&grown), SYN_EABI);
    CHECK_INT(memcmp(&before, &grown, sizeof before), 0);
    CHECK_INT(job_is_refused(&y), SYN_EABI);
    CHECK_INT(syn_pool_configure(&grown_pool, &grown_pool.options), SYN_EABI);
    CHECK_INT(y, 0);
}

static const struct test_case cases[] = {
    TEST(K8_options_of_another_size_are_an_error),
};
TEST_MAIN_BOTH_MODES(OTHER_HEADERS, cases);
