/* SPDX-License-Identifier: Apache-2.0
 *
 * What uses one of several copies of the library in a process (K2), each compiled with a SYN_PREFIX of
 * its own: NAME_use() and NAME_stop(). */
#define SYN_SHORT
#include "synchronicity.h"

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

SYNCHRONIZER(home);

ASYNC(home, int, square, (int, x))
{
    co_begin;
    co_sleep(0.0001);
    co_return(self->x * self->x);
    co_end;
}

int JOIN(NAME, _use)(int x)
{
    int y = 0;

    return square(x, &y) ? -1 : y;
}

int JOIN(NAME, _stop)(void)
{
    return syn_stop_everything(syn_after(10));
}
