/* SPDX-License-Identifier: Apache-2.0
 *
 * Setting the allocator, with the words of its refusals. Apart from mem.c, which reports need
 * themselves. Any thread, before the first call or after the last.
 */
#include <synchronicity/mem.h>

#include "base/mem.h"
#include "base/report.h"
#include "base/reserved.h"

syn_err syn_set_allocator(const struct syn_allocator *allocator)
{
    if (allocator && (!allocator->allocate || !allocator->release))
        return syni_refuse(SYN_EINVAL, "an allocator has both allocate and release");
    if (allocator && !syni_options_are_known(0, 0, allocator->reserved))
        return syni_refuse(SYN_EABI, "an allocator: " SYNI_OPTION_UNKNOWN);
    if (!syni_mem_set(allocator))
        return syni_refuse(SYN_EBUSY, "memory of the library is in use; set the allocator before the "
                                      "first call, or after everything was stopped and freed");
    return SYN_OK;
}
