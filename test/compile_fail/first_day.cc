/* SPDX-License-Identifier: Apache-2.0
 *
 * A definition in C++.
 */
#include <synchronicity/short.h>

ASYNC_DECLARE(int, square, (int, x));

#if MISTAKE == 1 /* says, in 3 errors: C++ can call and declare async functions, but not define them */
ASYNC(demo, int, square, (int, x))
{
    co_begin;
    co_return(self->x);
    co_end;
}
#elif MISTAKE == 2 /* says, in 2 errors: C++ can call and declare async functions, but not define them */
BLOCKING(demo, int, blocks)
{
}
#endif

int main()
{
    int y = 0;

    return square(3, &y) + y;
}
