/* SPDX-License-Identifier: Apache-2.0
 *
 * Contexts: a value of the wrong type, and what is no context.
 */
#include <synchronicity/short.h>

SYNCHRONIZER(demo);

CONTEXT(demo, int, session, (int, n))
{
    co_begin;
    co_yield(self->n);
    co_end;
}

GENERATOR(demo, int, count, (int, n))
{
    co_begin;
    co_yield(self->n);
    co_end;
}

ASYNC(demo, int, uses, SYN_LOCAL(struct session_context, session),
      SYN_LOCAL(struct count_channel, ch), SYN_LOCAL(int, v), SYN_LOCAL(double, d))
{
    co_begin;
    self->session = session(1);
    self->ch = count(1);
#if MISTAKE == 1
    co_with (self->session, &self->d)
#elif MISTAKE == 2
    co_with (self->ch, &self->v)
#else
    co_with (self->session, &self->v)
#endif
        co_sleep(1.0);
    co_close(self->ch);
    co_return(self->v);
    co_end;
}

int main(void)
{
    syn_err err = 0;
    int n = 0;

#if MISTAKE == 3
    with_context (double, v, session(1), &err)
#elif MISTAKE == 4
    with_context (int, v, count(1), &err)
#else
    with_context (int, v, session(1), &err)
#endif
        n += (int)v;
#if MISTAKE == 5
    channel_next(session(1), &n);
#elif MISTAKE == 6
    future_get(session(1), &n);
#elif MISTAKE == 7
    channel_each (int, v, session(1), &err)
        n += v;
#endif
    return uses(&n) + err;
}
