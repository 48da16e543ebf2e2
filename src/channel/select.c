/* SPDX-License-Identifier: Apache-2.0
 *
 * Select: several ports and waiters, of which one is served.
 *
 * Any thread. All channels are locked together, by address, while it is looked whether
 * one of the choices can happen, and while the ports are listed if none can. So a select
 * that looks is seen by nobody, only the OTHER side of what it finds must be claimed, and
 * two selects that meet never wait for each other. Discarded: one lock at a time, where
 * both sides are claimable and one that tries must be able to take its claim back.
 *
 * Lock order: channels by address, then what a wake takes. Nothing else holds two.
 */
#include "channel/select.h"

#include <stddef.h>
#include <string.h>

static void select_wake_port(struct syni_port *port)
{
    port->select->wake(port->select);
}

/* The result of a core is there, or was withdrawn from us just too late. */
static void wake_waiter(struct syni_waiter *waiter)
{
    struct syni_chance *chance = SYNI_CONTAINER(waiter, struct syni_chance, waiter);

    if (syni_select_claim(chance->port.select, chance->port.choice - 1))
        chance->port.select->wake(chance->port.select);
    else /* release: the owner, which waits for it, may free us then */
        atomic_store_explicit(&chance->told, true, memory_order_release);
}

/* Holds what CHOICE is about. A bad handle is an answer, and needs no more. */
static void select_ready(struct syni_select *select, int number)
{
    struct syn_choice *choice = &select->choices[number];
    struct syni_chance *chance = syni_chance(choice);

    memset(chance, 0, sizeof *chance);
    chance->port.listed = false;
    chance->port.item = choice->item;
    chance->port.receives = choice->on == SYNI_ON_NEXT;
    chance->port.choice = (unsigned char)(number + 1);
    chance->port.select = select;
    chance->port.wake = select_wake_port;
    chance->waiter.wake = wake_waiter;
    if (choice->on == SYNI_ON_FUTURE)
        chance->port.status = syni_core_reserve(choice->future, &chance->core);
    else if (choice->on != SYNI_ON_TIME)
        chance->port.status = syni_channel_pin(choice->channel, &chance->channel);
    if (chance->channel && chance->channel->is_generator && choice->on == SYNI_ON_SEND)
        chance->port.status = SYN_ENOTSUP;
}

/* --- all locks --- */

/* The channels, each once, by address; returns how many. */
static int in_lock_order(struct syni_select *select, struct syni_channel **channels)
{
    int n = 0;

    for (int i = 0; i < select->n; i++) {
        struct syni_channel *channel = syni_chance(&select->choices[i])->channel;
        int at = n;

        while (at > 0 && (uintptr_t)channels[at - 1] > (uintptr_t)channel)
            at--;
        if (!channel || (at > 0 && channels[at - 1] == channel))
            continue;
        memmove(&channels[at + 1], &channels[at], (size_t)(n - at) * sizeof *channels);
        channels[at] = channel;
        n++;
    }
    return n;
}

/* --- looking, and standing in line --- */

static bool happens_locked(struct syni_chance *chance)
{
    SYNI_SURE(!chance->channel || syni_mutex_is_held(&chance->channel->lock));
    if (chance->port.status)
        return true;
    if (chance->core)
        return syni_core_done(chance->core);
    return chance->channel &&
           syni_channel_serve_locked(chance->channel, &chance->port, &chance->after);
}

/* SplitMix64, as the loop's. Each thread draws its own. */
static unsigned select_draw(struct syni_self *self, unsigned below)
{
    uint64_t z = self->draws += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (unsigned)((z ^ (z >> 31)) % below);
}

/* One of those that can happen does: they are tried in an order that is drawn. */
static bool look_locked(struct syni_select *select)
{
    struct syni_self *self = syni_self();
    int order[SYN_SELECT_MAX];

    for (int i = 0; i < select->n; i++)
        order[i] = i;
    for (int left = select->n; left > 0; left--) {
        unsigned at = select_draw(self, (unsigned)left);
        int number = order[at];

        order[at] = order[left - 1];
        if (!happens_locked(syni_chance(&select->choices[number])))
            continue;
        SYNI_INVARIANT(61, atomic_load_explicit(&select->chosen, memory_order_relaxed) == SYNI_OPEN);
        /* relaxed: nobody else knows of it yet */
        atomic_store_explicit(&select->chosen, number, memory_order_relaxed);
        return true;
    }
    return false;
}

static void select_list_locked(struct syni_select *select)
{
    for (int i = 0; i < select->n; i++) {
        struct syni_chance *chance = syni_chance(&select->choices[i]);

        if (chance->channel)
            syni_channel_list_locked(chance->channel, &chance->port, &chance->after);
    }
}

/* True: it is decided. Else somebody may decide it from here on, and wake us. */
static bool look_and_list(struct syni_select *select)
{
    struct syni_channel *channels[SYN_SELECT_MAX + 1];
    int n = in_lock_order(select, channels);
    bool decided;

    for (int i = 0; i < n; i++)
        syni_channel_lock(channels[i]);
    decided = look_locked(select);
    if (!decided && select->wake)
        select_list_locked(select);
    for (int i = 0; i < n; i++)
        syni_channel_unlock(channels[i]);
    for (int i = 0; i < select->n; i++) {
        struct syni_chance *chance = syni_chance(&select->choices[i]);

        if (chance->channel)
            syni_channel_do_after(chance->channel, &chance->after);
    }
    return decided;
}

/* True: it is decided, since a future was done by now, or somebody else waits for it. */
static bool wait_for_futures(struct syni_select *select)
{
    for (int i = 0; i < select->n; i++) {
        struct syni_chance *chance = syni_chance(&select->choices[i]);
        bool busy;

        if (!chance->core)
            continue;
        chance->waits = true;
        if (syni_core_wait(chance->core, &chance->waiter, &busy))
            continue;
        chance->waits = false;
        if (!syni_select_claim(select, i))
            return false;
        chance->port.status = busy ? SYN_EBUSY : SYN_OK;
        return true;
    }
    return false;
}

bool syni_select_begin(struct syni_select *select, struct syn_choice *choices, int n,
                       void (*wake)(struct syni_select *select))
{
    SYNI_SURE(n >= 0 && n <= SYN_SELECT_MAX);
    atomic_init(&select->chosen, SYNI_OPEN);
    select->choices = choices;
    select->n = n;
    select->wake = wake;
    for (int i = 0; i < n; i++)
        select_ready(select, i);
    return look_and_list(select) || (wake && wait_for_futures(select));
}

int syni_select_first_time(const struct syn_choice *choices, int n)
{
    int first = -1;

    for (int i = 0; i < n; i++)
        if (choices[i].on == SYNI_ON_TIME &&
            (first < 0 || choices[i].deadline.ns < choices[first].deadline.ns))
            first = i;
    return first;
}

/* --- the end --- */

static void leave_core(struct syni_chance *chance)
{
    SYNI_SURE(chance->core);
    if (chance->waits && !syni_core_stop_waiting(chance->core, &chance->waiter))
        /* acquire: it does not touch us any more. It is a few instructions away. */
        while (!atomic_load_explicit(&chance->told, memory_order_acquire))
            syni_thread_yield();
    syni_core_restore(chance->core);
    chance->core = NULL;
}

void syni_select_end(struct syni_select *select)
{
    int chosen = atomic_load_explicit(&select->chosen, memory_order_relaxed);

    for (int i = 0; i < select->n; i++) {
        struct syni_chance *chance = syni_chance(&select->choices[i]);

        if (chance->channel)
            syni_channel_withdraw(chance->channel, &chance->port);
        if (chance->core && (i != chosen || chance->port.status))
            leave_core(chance);
        else if (chance->core)
            syni_core_commit(chance->core);
        if (chance->channel && i != chosen) {
            syni_channel_unpin(chance->channel);
            chance->channel = NULL;
        }
    }
}

void syni_select_release(struct syni_select *select)
{
    /* relaxed: it is ours since the wake */
    int chosen = atomic_load_explicit(&select->chosen, memory_order_relaxed);
    struct syni_chance *chance = chosen < 0 ? NULL : syni_chance(&select->choices[chosen]);

    if (chance && chance->channel)
        syni_channel_unpin(chance->channel);
    if (chance && chance->core)
        syni_core_let_go(chance->core);
}

/* --- making choices --- */

struct syn_choice syni_on_next(struct syn_channel channel, void *out)
{
    struct syn_choice choice = {.on = SYNI_ON_NEXT, .channel = channel, .item = out};

    return choice;
}

struct syn_choice syni_on_send(struct syn_channel channel, const void *item)
{
    struct syn_choice choice = {
        .on = SYNI_ON_SEND, .channel = channel, .item = (void *)(uintptr_t)item};

    return choice;
}

struct syn_choice syni_on_future(struct syn_future future, void *out)
{
    struct syn_choice choice = {.on = SYNI_ON_FUTURE, .future = future, .item = out};

    return choice;
}

struct syn_choice syni_on_time(struct syn_deadline deadline)
{
    struct syn_choice choice = {.on = SYNI_ON_TIME, .deadline = deadline};

    return choice;
}
