/* SPDX-License-Identifier: Apache-2.0
 *
 * Channels: their memory, and who holds them.
 *
 * Any thread. The memory comes from the store of frames, with the slot that handles point
 * to; the handle holds one reference until the channel is closed, whoever is inside a call
 * one each, and the generator one until it ended.
 */
#include "task/channel.h"

#include <string.h>

#include "base/mem.h"
#include "base/report.h"

static size_t bytes_of(const struct syn_type *item, size_t places)
{
    return sizeof(struct syni_channel) + places * item->size;
}

struct syni_channel *syni_channel_make(const struct syn_type *item, size_t capacity, size_t extra,
                                       struct syn_channel *out_channel)
{
    struct syni_slot *slot;
    struct syni_channel *channel = NULL;
    size_t places = capacity + extra;

    if (places < (SIZE_MAX - sizeof *channel) / (item->size ? item->size : 1))
        channel = syni_frame_new(bytes_of(item, places), &slot);
    if (!channel) {
        *out_channel = (struct syn_channel){NULL, SYN_ENOMEM, 0};
        return NULL;
    }
    channel->item = item;
    channel->slot = slot;
    channel->bytes = bytes_of(item, places);
    channel->capacity = capacity;
    channel->places = places;
    channel->ring = (unsigned char *)channel->places_behind;
    syni_mutex_init(&channel->lock);
    syni_list_init(&channel->receivers);
    syni_list_init(&channel->senders);
    syni_list_init(&channel->closers);
    syni_list_init(&channel->incoming);
    syni_slot_publish(slot, channel, 1);
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
        return SYN_ECLOSED;
    *out_channel = channel;
    return SYN_OK;
}

const char *syni_channel_refusal(syn_err err)
{
    if (err == SYN_ECLOSED)
        return "the channel is closed";
    return err == SYN_EINVAL ? "the channel was never made" : "the channel could not be made";
}

static bool behind(const struct syni_channel *channel)
{
    return channel->ring == (const unsigned char *)channel->places_behind;
}

void syni_channel_empty(struct syni_channel *channel)
{
    for (size_t i = 0; i < channel->count && channel->item->destroy; i++)
        channel->item->destroy(syni_channel_place(channel, i));
    channel->count = 0;
}

void syni_channel_unpin(struct syni_channel *channel)
{
    if (!syni_slot_unpin(channel->slot))
        return;
    syni_channel_empty(channel);
    if (channel->err && !channel->told)
        syni_unobserved(channel->name ? channel->name : "a channel", channel->err,
                        channel->origin, channel->report);
    syni_report_free(channel->report);
    syni_report_free(channel->thrown_report);
    syni_mutex_fini(&channel->lock);
    if (!behind(channel))
        syni_free(channel->ring, channel->places * channel->item->size + 1);
    syni_frame_free(channel, channel->bytes, channel->slot);
}

syn_err syni_channel_resize(struct syni_channel *channel, size_t capacity)
{
    size_t places = capacity + (channel->is_generator ? 1 : 0), size = channel->item->size;
    bool too_many = places < capacity || places >= SIZE_MAX / (size ? size : 1);
    unsigned char *ring = too_many ? NULL : syni_alloc(places * size + 1);

    if (channel->hear || !ring) {
        syni_free(ring, places * size + 1);
        return channel->hear ? SYN_ENOTSUP : SYN_ENOMEM;
    }
    syni_mutex_lock(&channel->lock);
    /* Who closed it empties the ring outside the lock. */
    if (channel->closed || channel->started || channel->count > 0 || !syni_list_empty(&channel->receivers) ||
        !syni_list_empty(&channel->senders)) {
        syni_mutex_unlock(&channel->lock);
        syni_free(ring, places * size + 1);
        return SYN_EBUSY;
    }
    if (!behind(channel))
        syni_free(channel->ring, channel->places * size + 1);
    channel->ring = ring;
    channel->first = 0;
    channel->places = places;
    channel->capacity = capacity;
    syni_mutex_unlock(&channel->lock);
    return SYN_OK;
}
