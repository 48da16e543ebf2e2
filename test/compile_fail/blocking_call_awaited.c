/* SPDX-License-Identifier: Apache-2.0
 *
 * A blocking call where a future is wanted, and a function that has no async face.
 */
#include <synchronicity/short.h>
#include <synchronicity/step.h>

SYNCHRONIZER(demo);

ASYNC(demo, int, square, (int, x))
{
    return step_return(self, self->x * self->x);
}

static inline int plain(int x)
{
    return x + 1;
}

ASYNC(demo, int, awaits, SYN_LOCAL(int, y))
{
    co_begin;
    co_await(square_future(1), &self->y);
#if MISTAKE == 1
    co_await(square(1, &self->y));
#elif MISTAKE == 2
    co_await(square(1, &self->y), &self->y);
#elif MISTAKE == 3
    co_await(plain(1), &self->y);
#elif MISTAKE == 4
    co_await(plain_future(1), &self->y);
#endif
    co_return(plain(self->y));
    co_end;
}

int main(void)
{
#if MISTAKE == 5
    future_get(square(1, NULL), NULL);
#endif
    return awaits(NULL);
}
