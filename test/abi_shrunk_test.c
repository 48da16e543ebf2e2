/* SPDX-License-Identifier: Apache-2.0
 *
 * As abi_grown, with headers whose structs of options are smaller than the library's.
 */
#define OTHER_HEADERS "abi_shrunk"
#include "abi_grown_test.c"
