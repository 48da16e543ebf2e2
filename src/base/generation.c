/* SPDX-License-Identifier: Apache-2.0
 *
 * The number of this process. Any thread reads it; fork.c writes it.
 */
#include "base/generation.h"

unsigned syni_process_number = 1;
