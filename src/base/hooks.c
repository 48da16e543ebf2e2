/* SPDX-License-Identifier: Apache-2.0
 *
 * The hooks that are called: a few places, read without a lock by each thread that tells.
 *
 * A teller counts itself in at a place before it reads which to call, and out afterwards; a thread that empties a
 * place waits until nobody is in. So hooks can be removed, and their memory be used again, while
 * other threads tell. Discarded: a lock, which a hook would run under; and places that only
 * ever fill.
 */
#include "base/hooks.h"

#include <errno.h>
#include <stddef.h>

#include "base/fork.h"
#include "base/report.h"
#include "base/reserved.h"
#include "base/spin.h"
#include "base/time.h"

/* macOS and the BSDs have a file of this name, for DTrace. */
#if defined(__linux__) && defined(__has_include)
#if __has_include(<sys/sdt.h>)
#define HAVE_SDT
#endif
#endif

enum { HOOKS_PLACES = 8 };

struct hooks_place {
    _Atomic(const struct syn_hooks *) hooks; /* NULL: empty */
    atomic_uint tellers;                     /* threads that may be inside its on_event */
};

static struct hooks_place hooks_places[HOOKS_PLACES];

#ifdef HAVE_SDT
/* A tracer that attaches adds 1 to the semaphore, which is the half of our word named `outside`. */
#define _SDT_HAS_SEMAPHORES 1
#if defined(__clang__)
#pragma clang diagnostic ignored "-Wgnu-zero-variadic-macro-arguments"
#if __has_warning("-Wc23-extensions") /* the same remark, of clang 19 and later */
#pragma clang diagnostic ignored "-Wc23-extensions"
#endif
#endif
#include <sys/sdt.h>
__attribute__((section(".probes"))) union syni_hooks_lookers syni_hooks_lookers;
/* The probe names the semaphore twice: as an operand, by which an optimizer at link time sees that it is used, and in its
 * text, which knows nothing of SYN_PREFIX. So this is what the linker calls our word. */
#ifdef SYN_PREFIX
#define HOOKS_JOINED(prefix, name) HOOKS_JOINED_1(prefix, name)
#define HOOKS_JOINED_1(prefix, name) prefix##name
#define syn_hook_semaphore HOOKS_JOINED(SYN_PREFIX, syni_hooks_lookers)
extern union syni_hooks_lookers syn_hook_semaphore;
#else
#define syn_hook_semaphore syni_hooks_lookers
#endif

static void tell_tracer(const struct syn_hook_event *event)
{
    if (atomic_load_explicit(&syni_hooks_lookers.half.outside, memory_order_relaxed))
        STAP_PROBE6(syn, hook, (int)event->hook, event->id, event->name, event->where, event->what,
                    event->by);
}
#else
union syni_hooks_lookers syni_hooks_lookers;

static void tell_tracer(const struct syn_hook_event *event)
{
    (void)event;
}
#endif

void syni_hooks_look(bool on)
{
    if (on)
        atomic_fetch_add(&syni_hooks_lookers.half.inside, 1);
    else
        atomic_fetch_sub(&syni_hooks_lookers.half.inside, 1);
}

static void tell_place(struct hooks_place *place, const struct syn_hook_event *event)
{
    const struct syn_hooks *hooks;

    /* relaxed: a look, so that empty places cost no more */
    if (!atomic_load_explicit(&place->hooks, memory_order_relaxed))
        return;
    /* seq_cst, with remove(): it empties and then looks at the tellers, we count ourselves and then
     * look which hooks are there; one of the two sees the other */
    atomic_fetch_add(&place->tellers, 1);
    SYNI_INVARIANT(270, atomic_load(&place->tellers) > 0);
    hooks = atomic_load(&place->hooks);
    if (hooks && (!hooks->wanted || (hooks->wanted >> event->hook & 1)))
        hooks->on_event(hooks->user, event);
    /* release: what the hook did with its memory comes before that is used for something else */
    atomic_fetch_sub_explicit(&place->tellers, 1, memory_order_release);
}

void syni_hooks_tell(struct syn_hook_event *event)
{
    struct syni_self *self = syni_self();
    int saved = errno;

    if (self->tells) /* what a hook does */
        return;
    self->tells = true;
    event->now_ns = syni_now();
    if (!event->by && event->hook != SYN_HOOK_TASK_RESUMES) { /* else it runs by itself */
        event->by = self->runs.id;
        event->by_data = self->runs.data;
    }
    if (!event->what)
        event->what = "";
    tell_tracer(event);
    for (int i = 0; i < HOOKS_PLACES; i++)
        tell_place(&hooks_places[i], event);
    self->tells = false;
    errno = saved;
}

static void tell_sleep(enum syn_hook hook, const char *what)
{
    struct syn_hook_event event = {.hook = hook, .detail = -1, .what = what};

    if (SYNI_HOOKED)
        syni_hooks_tell(&event);
}

void syni_hooks_sleep_begins(struct syni_self *self, const char *what, int64_t deadline)
{
    self->sleeps_since = syni_now();
    self->sleeps_until = deadline;
    self->sleeps_for = what ? what : "";
    tell_sleep(SYN_HOOK_WAIT_BEGINS, self->sleeps_for);
}

void syni_hooks_sleep_ended(struct syni_self *self)
{
    const char *what = self->sleeps_for;

    self->sleeps_for = NULL;
    tell_sleep(SYN_HOOK_WAIT_ENDS, what);
}

/* Tellers of the parent are not here. */
static void hooks_forked(void)
{
    for (int i = 0; i < HOOKS_PLACES; i++)
        atomic_store(&hooks_places[i].tellers, 0);
}

static struct syni_fork_call hooks_fork = {.child = hooks_forked};

static struct hooks_place *hooks_place_of(const struct syn_hooks *hooks)
{
    for (int i = 0; i < HOOKS_PLACES; i++)
        if (atomic_load(&hooks_places[i].hooks) == hooks)
            return &hooks_places[i];
    return NULL;
}

syn_err syn_hooks_add(const struct syn_hooks *hooks)
{
    if (!hooks || !hooks->on_event)
        return syni_refuse(SYN_EINVAL, "syn_hooks_add was given no on_event to call");
    if (!syni_options_are_known(0, 0, hooks->reserved))
        return syni_refuse(SYN_EABI, "hooks: " SYNI_OPTION_UNKNOWN);
    if (syni_fork_watch(&hooks_fork))
        return syni_refuse(SYN_ENOMEM, "no memory for hooks");
    if (hooks_place_of(hooks))
        return syni_refuse(SYN_EBUSY, "these hooks were added before; remove them first");
    for (int i = 0; i < HOOKS_PLACES; i++) {
        const struct syn_hooks *nobody = NULL;

        /* seq_cst: a teller reads what they are made of */
        if (atomic_compare_exchange_strong(&hooks_places[i].hooks, &nobody, hooks)) {
            syni_hooks_look(true);
            return SYN_OK;
        }
    }
    return syni_refuse(SYN_EAGAIN, "there are %d hooks already; remove one before you add another",
                       (int)HOOKS_PLACES);
}

void syn_hooks_remove(const struct syn_hooks *hooks)
{
    struct hooks_place *place = hooks ? hooks_place_of(hooks) : NULL;

    if (!place || !atomic_compare_exchange_strong(&place->hooks, &hooks, NULL))
        return;
    syni_hooks_look(false);
    for (unsigned i = 0; atomic_load(&place->tellers) != 0; i++)
        syni_spin_once(i);
}
