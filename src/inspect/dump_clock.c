/* SPDX-License-Identifier: Apache-2.0
 *
 * Making a virtual clock, which dumps everything when all wait for ever. A file of its own, so that a static
 * program without such a clock is linked without the dump.
 */
#include <synchronicity/inspect.h>
#include <synchronicity/testing.h>

#include "base/clock.h"

syn_err syn_clock_new(struct syn_clock **out_clock)
{
    return syni_clock_make(syn_dump, out_clock);
}
