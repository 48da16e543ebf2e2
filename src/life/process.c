/* SPDX-License-Identifier: Apache-2.0
 *
 * What the library shares with the rest of the process, as its users see it. Any thread.
 */
#include <synchronicity/process.h>

#include "base/signals.h"

void syn_spawn_begin(void)
{
    syni_signals_lend();
}

void syn_spawn_end(void)
{
    syni_signals_take_back();
}
