/* SPDX-License-Identifier: Apache-2.0
 *
 * Addresses as values: read, written, compared.
 */
#include <synchronicity/address.h>

#include "test.h"

static void I3_addresses_are_read_written_and_compared(void)
{
    struct syn_address a, b = {0};
    char text[SYN_ADDRESS_TEXT_MAX];

    CHECK_STR(syn_address_text(&b, text), "");
    CHECK_INT(syn_address_port(&b), 0);
    CHECK_INT(syn_address_parse("10.1.2.3", 53, &a), SYN_OK);
    CHECK_STR(syn_address_text(&a, text), "10.1.2.3:53");
    CHECK_INT(syn_address_parse("10.1.2.3", 54, &b), SYN_OK);
    CHECK(!syn_address_equal(&a, &b));
    CHECK(syn_address_equal(&a, &a));
    CHECK_INT(syn_address_parse("2001:db8::1", 443, &b), SYN_OK);
    CHECK_STR(syn_address_text(&b, text), "[2001:db8::1]:443");
    CHECK(!syn_address_equal(&a, &b));
    CHECK(syn_address_equal(&b, &b));
    CHECK_INT(syn_address_parse("10.1.2", -1, &a), SYN_EINVAL);
    CHECK_INT(syn_address_parse("example.org", 1, &a), SYN_EINVAL);
    CHECK_INT(syn_address_parse(NULL, 1, &a), SYN_EINVAL);
    CHECK_INT(syn_address_port(&a), 53); /* untouched */
}

static const struct test_case cases[] = {
    TEST(I3_addresses_are_read_written_and_compared),
};

TEST_MAIN("address", cases);
