/* SPDX-License-Identifier: Apache-2.0
 *
 * Channels made directly, of numbers and of texts that must be destroyed, on two synchronizers.
 */
#ifndef CHANNEL_RIG_H
#define CHANNEL_RIG_H

#include "support/pair_rig.h"

static atomic_int destroyed; /* by whichever thread lets go of an item */

static inline void destroy(char *item)
{
    destroyed++;
    free(item);
}

CHANNEL(int, ints);
CHANNEL(char *, texts, DESTROY(destroy));

static inline struct ints_channel ints(size_t capacity)
{
    struct ints_channel ch;

    CHECK_INT(channel_new(ints, capacity, &ch), 0);
    return ch;
}

static inline struct texts_channel texts(size_t capacity)
{
    struct texts_channel ch;

    CHECK_INT(channel_new(texts, capacity, &ch), 0);
    return ch;
}

ASYNC(demo, int, takes, (struct ints_channel, ch), SYN_LOCAL(int, v))
{
    co_begin;
    co_next(self->ch, &self->v);
    co_check;
    co_return (self->v);
    co_end;
}

ASYNC(demo, void, gives, (struct ints_channel, ch), (int, v))
{
    co_begin;
    co_send(self->ch, &self->v);
    co_check;
    co_end;
}

#endif
