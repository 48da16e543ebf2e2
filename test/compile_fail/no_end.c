/* SPDX-License-Identifier: Apache-2.0
 *
 * A coroutine without its end, as the last thing of a file, where no definition follows that could tell.
 */
#include <synchronicity/short.h>

SYNCHRONIZER(demo);
ASYNC_DECLARE(void, waits);

int main(void)
{
    return waits();
}

ASYNC_DEFINE(demo, void, waits)
{
    co_begin;
    co_sleep(1.0);
#if MISTAKE == 1 /* says, in 2 errors: syni_this_co_begin_has_no_co_end */
#else
    co_end;
#endif
}
