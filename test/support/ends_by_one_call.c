/* SPDX-License-Identifier: Apache-2.0
 *
 * The program that ends clean (ends_clean.c), which stops everything by one call.
 */
#include <synchronicity/process.h>

#define BY_ONE_CALL
#include "ends_clean.c"
