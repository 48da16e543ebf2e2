/* SPDX-License-Identifier: Apache-2.0
 *
 * The order of the library's locks: one table, which a checked build (SYN_CHECKED) holds each lock
 * against. A thread takes a lock only if its rank is behind those of all that it holds, and if the
 * table says for each of them that this one may be taken inside. Locks of one rank are never held
 * together, but for those of channels, by address. Nobody waits for a condition with another lock.
 * A thread that breaks this aborts, and names both.
 *
 * No callback of a user runs under any of them.
 */
#ifndef SYNI_RANK_H
#define SYNI_RANK_H

#define SYNI_INSIDE(name) (1ULL << SYNI_RANK_##name)
#define SYNI_INSIDE_NONE 0ULL
#define SYNI_INSIDE_ANY (~0ULL)

/* From the outside in: of what, and which may be taken inside. */
#define SYNI_LOCK_RANKS(RANK)                                                                      \
    RANK(CATCHING, "of the catching of interrupts", SYNI_INSIDE_ANY)                              \
    RANK(LISTENING, "of how signals are caught", SYNI_INSIDE_ANY)                                  \
    RANK(INTERRUPT, "of waits that a signal interrupts", SYNI_INSIDE_ANY)                          \
    RANK(TRACE, "of the trace", SYNI_INSIDE_ANY) /* it starts its thread */                        \
    RANK(LIFE, "of synchronizers' lives", SYNI_INSIDE_ANY) /* held while one starts */             \
    RANK(SLOW, "of the watch for slow steps",                                                      \
         SYNI_INSIDE(POOLS) | SYNI_INSIDE(RETIRED) | SYNI_INSIDE(FORK))                            \
    RANK(BLOCKED, "of steps that block", SYNI_INSIDE_NONE)                                         \
    RANK(SCOPE, "of a thread's scopes", SYNI_INSIDE_NONE)                                          \
    RANK(CHILD, "of a child process", SYNI_INSIDE_NONE)                                            \
    RANK(SIGNALS, "of listeners to signals", SYNI_INSIDE_NONE)                                     \
    RANK(MAILBOX, "of a mailbox", SYNI_INSIDE(FORK))                                               \
    RANK(BROADCAST, "of a broadcast", SYNI_INSIDE_NONE)                                            \
    RANK(SHARED, "of a shared future", SYNI_INSIDE_NONE)                                           \
    RANK(CHANNEL, "of a channel", SYNI_INSIDE(CHANNEL)) /* a select holds several */               \
    RANK(MAKING, "of pools that are made",                                                         \
         SYNI_INSIDE(POOL) | SYNI_INSIDE(POOLS) | SYNI_INSIDE(CENSUS) | SYNI_INSIDE(FORK))         \
    RANK(POOL, "of a pool",                                                                        \
         SYNI_INSIDE(POOLS) | SYNI_INSIDE(CLOCKS) | SYNI_INSIDE(CLOCK) | SYNI_INSIDE(SPARE) |     \
             SYNI_INSIDE(PARKER) | SYNI_INSIDE(RECORDS) | SYNI_INSIDE(RETIRED) |                   \
             SYNI_INSIDE(KEY) | SYNI_INSIDE(FORK))                                                 \
    RANK(POOLS, "of the list of pools", SYNI_INSIDE_NONE)                                          \
    RANK(GRACE, "of the grace thread", SYNI_INSIDE(FORK) | SYNI_INSIDE(RETIRED)) /* it starts its thread */ \
    RANK(RESIDENTS, "of residents", SYNI_INSIDE(FORK))                                             \
    RANK(LOOP, "of a loop", SYNI_INSIDE(PARKER)) /* the role, when it is handed over */            \
    RANK(REGISTRY, "of the list of loops", SYNI_INSIDE_NONE)                                       \
    RANK(CLOCKS, "of clocks that a child renews", SYNI_INSIDE_NONE)                                \
    RANK(CLOCK, "of a virtual clock", SYNI_INSIDE(PARKER))                                         \
    RANK(SPARE, "of spare parkers", SYNI_INSIDE_NONE)                                              \
    RANK(PARKER, "of a parker", SYNI_INSIDE_NONE)                                                  \
    RANK(FRAMES, "of frames", SYNI_INSIDE(SLOTS))                                                  \
    RANK(SLOTS, "of slots", SYNI_INSIDE_NONE)                                                      \
    RANK(CODES, "of users' codes", SYNI_INSIDE_NONE)                                               \
    RANK(CENSUS, "of all of a kind", SYNI_INSIDE_NONE)                                             \
    RANK(RECORDS, "of threads' records", SYNI_INSIDE_NONE)                                         \
    RANK(RETIRED, "of the last retired thread", SYNI_INSIDE_NONE)                                  \
    RANK(KEY, "of the thread-specific key", SYNI_INSIDE_NONE)                                      \
    RANK(FORK, "of what a fork renews", SYNI_INSIDE_NONE)

#define SYNI_RANK_OF(name, says, inside) SYNI_RANK_##name,
enum syni_rank { SYNI_LOCK_RANKS(SYNI_RANK_OF) SYNI_N_RANKS };

#if defined(SYN_CHECKED) && SYN_CHECKED

/* The calling thread is about to take a lock of RANK, which lies at ADDRESS; has given it back; is
 * about to wait for a condition with it. */
void syni_rank_take(enum syni_rank rank, const void *address);
void syni_rank_give(enum syni_rank rank);
void syni_rank_wait(enum syni_rank rank);

#else

#define syni_rank_take(rank, address) ((void)0)
#define syni_rank_give(rank) ((void)0)
#define syni_rank_wait(rank) ((void)0)

#endif

#endif
