/* SPDX-License-Identifier: Apache-2.0
 *
 * Channels: their memory, and its holders.
 *
 * Any thread. The memory comes from the store of frames, with the slot that handles point
 * to; the handle holds one reference until the channel is closed, each thread inside a call
 * one, and the generator one until it ended.
 */
#include "channel/channel.h"

#include <string.h>

#include "base/mem.h"
#include "base/report.h"
#include "task/frame.h"
#include "task/home.h"

struct syni_channel *syni_channel_make(const struct syn_type *item, size_t capacity, size_t extra,
                                       struct syn_channel *out_channel)
{
    struct syni_slot *slot;
    struct syni_channel *channel = NULL;
    size_t ring = capacity + extra < capacity ? 0 : syni_ring_bytes(capacity + extra, item->size);

    if (ring)
        channel = syni_frame_new(syni_self(), sizeof *channel + ring, &slot);
    if (!channel) {
        *out_channel = (struct syn_channel){NULL, SYN_ENOMEM, 0};
        return NULL;
    }
    channel->item = item;
    channel->slot = slot;
    channel->bytes = sizeof *channel + ring;
    channel->capacity = capacity;
    syni_ring_init(&channel->ring, channel->places_behind, capacity + extra, item->size);
    syni_mutex_init(&channel->lock, SYNI_RANK_CHANNEL);
    syni_list_init(&channel->receivers);
    syni_list_init(&channel->senders);
    syni_list_init(&channel->closers);
    syni_list_init(&channel->incoming);
    syni_slot_publish(slot, SYNI_SLOT_CHANNEL, channel, 1);
    *out_channel = (struct syn_channel){slot, syni_slot_generation(slot), 0};
    return channel;
}

syn_err syni_channel_pin(struct syn_channel handle, struct syni_channel **out_channel)
{
    struct syni_channel *channel;

    if (!handle.slot)
        return handle.generation ? (syn_err)handle.generation : SYN_EINVAL;
    channel = syni_slot_take(handle.slot, handle.generation, SYNI_SLOT_PIN);
    if (!channel)
        return syni_slot_refusal(handle.slot, SYN_ECLOSED);
    *out_channel = channel;
    return SYN_OK;
}

const char *syni_channel_refusal(syn_err err)
{
    if (err == SYN_ECLOSED)
        return "the channel is closed, or its generator was called when its synchronizer was stopped; "
               "syn_synchronizer_start() begins anew";
    if (err == SYN_EFORKED)
        return "the channel is one of the parent process; make one here";
    if (err == SYN_ENOTSUP)
        return "only its generator sends into this channel";
    return err == SYN_EINVAL ? "the channel was never made" : "the channel could not be made";
}

static void free_ring(struct syni_channel *channel)
{
    struct syni_ring *ring = &channel->ring;

    SYNI_INVARIANT(66, syni_channel_count(channel) == 0);
    if (ring->items != (unsigned char *)channel->places_behind)
        syni_free(ring->items, syni_ring_bytes(ring->places, ring->size));
}

void syni_channel_empty(struct syni_channel *channel)
{
    syni_ring_empty(&channel->ring, channel->item->destroy);
}

void syni_channel_unpin(struct syni_channel *channel)
{
    struct syni_home *home;

    if (!syni_slot_unpin(channel->slot))
        return;
    home = channel->home;
    /* The handle's reference went with a close, which emptied it; nothing is put in after that. */
    SYNI_INVARIANT(66, syni_channel_count(channel) == 0);
    if (channel->err && !channel->told)
        syni_core_unobserved_end(channel->name ? channel->name : "a channel", channel->err,
                                 channel->origin, channel->report);
    syni_report_free(channel->report);
    syni_report_free(channel->thrown_report);
    syni_mutex_fini(&channel->lock);
    free_ring(channel);
    syni_frame_free(channel, channel->bytes, channel->slot);
    if (home)
        syni_home_let_go(home);
}

/* The thread that closed it empties the ring outside the lock; and once it flowed, some threads look at
 * the ring without it. */
static bool is_in_use(const struct syni_channel *channel)
{
    SYNI_HOLDS(&channel->lock);
    return channel->closed || channel->started || channel->ring.flowed ||
           syni_channel_count(channel) > 0 || !syni_list_empty(&channel->receivers) ||
           !syni_list_empty(&channel->senders);
}

syn_err syni_channel_resize(struct syni_channel *channel, size_t capacity)
{
    size_t places = channel->is_generator && !capacity ? 1 : capacity;
    size_t bytes = syni_ring_bytes(places, channel->item->size);
    void *memory = bytes ? syni_alloc(bytes) : NULL;

    if (channel->hear || !memory) {
        syni_free(memory, bytes);
        return channel->hear ? SYN_ENOTSUP : SYN_ENOMEM;
    }
    syni_mutex_lock(&channel->lock);
    if (is_in_use(channel)) {
        syni_mutex_unlock(&channel->lock);
        syni_free(memory, bytes);
        return SYN_EBUSY;
    }
    free_ring(channel);
    syni_ring_init(&channel->ring, memory, places, channel->item->size);
    channel->capacity = capacity;
    syni_mutex_unlock(&channel->lock);
    return SYN_OK;
}
