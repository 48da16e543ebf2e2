/* SPDX-License-Identifier: Apache-2.0
 *
 * Which locks the calling thread holds, one bit for each rank. In checked builds only. Not in the
 * record of the thread (self.h), which stands upon threads and locks, as those stand upon this.
 */
#include "base/rank.h"

#if defined(SYN_CHECKED) && SYN_CHECKED

#include <stdint.h>
#include <stdlib.h>

#include "base/say.h"

static _Thread_local struct {
    uint64_t ranks;       /* those that are held */
    unsigned channels;    /* of channels */
    const void *channel;  /* the one that was taken last */
} held;

_Static_assert(SYNI_N_RANKS <= 64, "as many ranks as bits");

#define SAYS(name, says, inside) says,
#define INSIDE(name, says, inside) inside,
static const char *const rank_names[] = {SYNI_LOCK_RANKS(SAYS)};
static const unsigned long long may_be_inside[] = {SYNI_LOCK_RANKS(INSIDE)};

static _Noreturn void out_of_order(enum syni_rank rank, uint64_t others, const char *what)
{
    int other = 0;

    while (!(others >> other & 1))
        other++;
    syni_print("the lock %s is %s while that %s is held (src/base/rank.h)", rank_names[rank], what,
               rank_names[other]);
    abort(); /* as syni_panic(), which stands upon us */
}

/* Those of the held ones inside of which a lock of RANK must not be taken. */
static uint64_t forbidding(enum syni_rank rank, const void *address)
{
    uint64_t forbid = 0;

    for (int other = 0; other < SYNI_N_RANKS; other++)
        if ((held.ranks >> other & 1) &&
            (other > (int)rank || !(may_be_inside[other] >> rank & 1) ||
             (other == (int)rank && (uintptr_t)held.channel >= (uintptr_t)address)))
            forbid |= (uint64_t)1 << other;
    return forbid;
}

void syni_rank_take(enum syni_rank rank, const void *address)
{
    uint64_t forbid = held.ranks ? forbidding(rank, address) : 0;

    if (forbid)
        out_of_order(rank, forbid, "taken");
    held.ranks |= (uint64_t)1 << rank;
    if (rank == SYNI_RANK_CHANNEL) {
        held.channel = address;
        held.channels++;
    }
}

void syni_rank_give(enum syni_rank rank)
{
    if (rank == SYNI_RANK_CHANNEL && --held.channels > 0)
        return;
    held.ranks &= ~((uint64_t)1 << rank);
}

void syni_rank_wait(enum syni_rank rank)
{
    uint64_t others = held.ranks & ~((uint64_t)1 << rank);

    if (others)
        out_of_order(rank, others, "given back by a wait");
}

#endif
