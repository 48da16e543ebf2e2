/* SPDX-License-Identifier: Apache-2.0
 *
 * Headers in which each struct that macros fill has one field fewer, where one can be left out; the copies are CMake's.
 */
#define TYPES_DIFFER 0
#include "support/other_headers.h"

TEST_MAIN("abi_fewer", cases);
