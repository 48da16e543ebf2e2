/* SPDX-License-Identifier: Apache-2.0
 *
 * Maps over channels: one function over all that comes out of a channel, by the threads of a pool;
 * the results go into another channel, in the order of the items.
 *
 *     SYN_CHANNEL(struct block, blocks);                  // or a generator of that name
 *     SYN_CHANNEL(struct text, texts, SYN_DESTROY(text_free));
 *
 *     SYN_CHANNEL_MAP(packing, (struct block, blocks), (struct text, texts), unpack)
 *     {                                                   // pool, from, to, name
 *         return inflate_block(in, out);                  // in: struct block *; out: struct text *
 *     }
 *
 * gives, as if written out:
 *
 *     syn_err unpack(struct blocks_channel in, struct texts_channel out, size_t ahead);
 *     struct unpack_future unpack_future(struct blocks_channel in, struct texts_channel out,
 *                                        size_t ahead);
 *
 * a free async function (call.h): blocking, as a future, awaited, under a deadline. Mostly it runs
 * beside what consumes OUT:
 *
 *     struct texts_channel out;
 *     struct unpack_future unpacks;
 *
 *     syn_channel_new(texts, 0, &out);
 *     unpacks = unpack_future(read_blocks(path), out, 16);
 *     syn_channel_each (struct text, text, out, &err)
 *         print(text);                                    // a break is fine
 *     syn_future_get(unpacks);
 *
 * LOOK-AHEAD. At most AHEAD items are fetched from IN and not yet handed on to OUT: they wait for a
 * thread, are worked on, are done and wait for one before them, or for room in OUT. So a slow consumer
 * stops the source, and memory is bounded. More than the pool's threads keeps all of them busy; twice as
 * many is mostly enough. (OUT's own capacity comes on top.)
 *
 * OWNERSHIP. The call takes over IN and the producing side of OUT, also when it fails at once: IN
 * is closed when it ends, and OUT has ended, or failed. So neither a producer nor a consumer waits for a map that
 * is gone. The body owns *in; *out is the channel's when the body returned 0, and is
 * not looked at otherwise. What was fetched and never began, and results that cannot be handed on, are
 * destroyed as their channels' SYN_DESTROY says. The body runs in several threads at once.
 *
 * HOW IT ENDS. IN ended: OUT ends after the last result, and the map's result is 0. IN failed, or an item did: OUT
 * gets all results that come before, then fails with that error; so does the map, with the number
 * of the item in its report. The consumer closed OUT: the map's result is 0; it sees that when it has
 * the next result. Cancelled, or its deadline passed, or its pool stopped: OUT fails at once. In each
 * case the items that nobody began never begin, and those that run are waited for: the body may look at
 * syn_pool_job_cancelled(). A map is never abandoned by its pool, since it works in places of its own.
 *
 * Fails: SYN_ENOMEM; SYN_EINVAL for an AHEAD of 0, or without a channel. Thread: any, as any async
 * function.
 */
#ifndef SYNCHRONICITY_CHANNEL_MAP_H
#define SYNCHRONICITY_CHANNEL_MAP_H

#include <stddef.h>

#include <synchronicity/call.h>
#include <synchronicity/channel.h>
#include <synchronicity/pool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A map, described once. */
struct syn_channel_map {
    int abi; /* SYNI_ABI_OF(syn_channel_map) */
    const char *name;
    struct syn_pool *pool; /* NULL: the default one */
    size_t in_size, out_size;
    syn_err (*one)(void *in, void *out);
};

/* What the faces call. Takes IN and OUT over. */
SYN_ASYNC_DECLARE(void, syni_channel_map, (const struct syn_channel_map *, map),
                  (struct syn_channel, in), (struct syn_channel, out), (size_t, ahead));

/* Of a pair (type, channel). */
#define SYNI_PAIR_TYPE(type, channel) type
#define SYNI_PAIR_CHANNEL(type, channel) struct channel##_channel

#define SYN_CHANNEL_MAP_DECLARE(from, to, name)                                                    \
    SYNI_FUTURE_TYPES(void, name);                                                                 \
    SYNI_CHANNEL_MAP_FACES(extern, from, to, name)
#define SYNI_CHANNEL_MAP_FACES(linkage, from, to, name)                                            \
    linkage syn_err name(SYNI_PAIR_CHANNEL from in, SYNI_PAIR_CHANNEL to out, size_t ahead);       \
    SYNI_NAMESAKE(name##_future, linkage SYNI_HELD struct name##_future name##_future(             \
                                     SYNI_PAIR_CHANNEL from in, SYNI_PAIR_CHANNEL to out, size_t ahead))

#ifndef __cplusplus

#define SYN_CHANNEL_MAP_DEFINE(pool, from, to, name) SYNI_CHANNEL_MAP(, pool, from, to, name)
#define SYN_CHANNEL_MAP(pool, from, to, name)                                                      \
    SYNI_FUTURE_TYPES(void, name);                                                                 \
    SYNI_CHANNEL_MAP_FACES(static inline SYNI_UNUSED, from, to, name);                             \
    SYNI_CHANNEL_MAP(static inline SYNI_UNUSED, pool, from, to, name)

#define SYNI_CHANNEL_MAP(linkage, pool, from, to, name)                                            \
    static syn_err syni_body_of_##name(SYNI_PAIR_TYPE from *in, SYNI_PAIR_TYPE to *out);           \
    static syn_err syni_one_of_##name(void *in, void *out)                                         \
    {                                                                                              \
        return syni_body_of_##name((SYNI_PAIR_TYPE from *)in, (SYNI_PAIR_TYPE to *)out);           \
    }                                                                                              \
    static const struct syn_channel_map syni_map_of_##name = {                                     \
        SYNI_ABI_OF(syn_channel_map), #name, &pool,                                                \
        sizeof(SYNI_PAIR_TYPE from), sizeof(SYNI_PAIR_TYPE to), syni_one_of_##name};               \
    linkage SYNI_HELD struct name##_future name##_future(                                          \
        SYNI_PAIR_CHANNEL from in, SYNI_PAIR_CHANNEL to out, size_t ahead)                         \
    {                                                                                              \
        struct name##_future syni_future;                                                          \
        (void)(0 ? in.u.item_is((SYNI_PAIR_TYPE from *)NULL) : SYN_OK);                            \
        (void)(0 ? out.u.item_is((SYNI_PAIR_TYPE to *)NULL) : SYN_OK);                             \
        syni_future.u.handle =                                                                     \
            syni_channel_map_future(&syni_map_of_##name, in.u.handle, out.u.handle, ahead)         \
                .u.handle;                                                                         \
        return syni_future;                                                                        \
    }                                                                                              \
    linkage syn_err name(SYNI_PAIR_CHANNEL from in, SYNI_PAIR_CHANNEL to out, size_t ahead)        \
    {                                                                                              \
        return syni_channel_map(&syni_map_of_##name, in.u.handle, out.u.handle, ahead);            \
    }                                                                                              \
    static syn_err syni_body_of_##name(SYNI_PAIR_TYPE from *in, SYNI_PAIR_TYPE to *out)

#endif /* !__cplusplus */

#ifdef __cplusplus
}
#endif

#endif
