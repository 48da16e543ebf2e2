/* SPDX-License-Identifier: Apache-2.0
 *
 * Headers in which each struct that macros fill has one field fewer; the copies are CMake's.
 */
#include "support/other_headers.h"

TEST_MAIN("abi_fewer", cases);
