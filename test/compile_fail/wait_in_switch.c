/* SPDX-License-Identifier: Apache-2.0
 *
 * Waiting inside a switch of one's own: the compiler tells.
 */
#include <synchronicity/short.h>

SYNCHRONIZER(demo);

ASYNC(demo, int, chooses, (int, x))
{
    co_begin;
    switch (self->x) {
    case 1:
        self->x = 10;
#if MISTAKE == 1
        co_sleep(1.0);
#elif MISTAKE == 2
        co_await(chooses_future(2), &self->x);
#elif MISTAKE == 3
        co_pass;
#endif
        break;
    default:
        self->x = 20;
    }
    if (self->x == 10)
        co_sleep(1.0);
    co_return(self->x);
    co_end;
}

int main(void)
{
    return chooses(1, NULL);
}
