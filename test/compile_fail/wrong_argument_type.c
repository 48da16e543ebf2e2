/* SPDX-License-Identifier: Apache-2.0
 *
 * Arguments of a wrong type, kind or number: each MISTAKE must not compile clean.
 */
#include <synchronicity/short.h>
#include <synchronicity/step.h>

SYNCHRONIZER(demo);

ASYNC_DECLARE(int, length, SYN_COPY(const char *, text), (int *, where));
ASYNC_DEFINE(demo, int, length, SYN_COPY(const char *, text), (int *, where))
{
    return step_return(self, self->text[0] + *self->where);
}

ASYNC_DECLARE(int, declared, (int, x));
#if MISTAKE == 1
ASYNC_DEFINE(demo, int, declared, (long, x))
#elif MISTAKE == 2
ASYNC_DEFINE(demo, long, declared, (int, x))
#else
ASYNC_DEFINE(demo, int, declared, (int, x))
#endif
{
    return step_return(self, self->x);
}

#if MISTAKE == 8
ASYNC(demo, int, first, (int, of[3])) /* a pointer outside, an array in the frame */
{
    return step_return(self, self->of[0]);
}
#elif MISTAKE == 9
BLOCKING(DEFAULT_POOL, int, first, (int, of[3]))
{
    return of[0];
}
#endif

int main(void)
{
    double d = 0;
    int y = 0;

    (void)d;
    length("text", &y, &y);
    future_detach(length_future("text", &y));
#if MISTAKE == 3
    length("text", &d, &y);
#elif MISTAKE == 4
    future_detach(length_future("text", &d));
#elif MISTAKE == 5
    future_detach(length_future(&y, &y));
#elif MISTAKE == 6
    length("text", &y);
#elif MISTAKE == 7
    future_detach(length_future("text"));
#endif
    return declared(1, &y);
}
