/* SPDX-License-Identifier: Apache-2.0
 *
 * Coroutines of C++20 that await what comes by a mailbox: they go on where that is drained.
 *
 *     synchronicity_cpp::coroutine count(struct syn_mailbox *box)
 *     {
 *         int y = co_await synchronicity_cpp::await(square_future(1.0, 42), box);
 *         while (auto item = co_await synchronicity_cpp::next(channel, box))
 *             use(*item);
 *     }
 *
 * An error is thrown, as synchronicity_cpp::error; SYN_ECANCELED when the mailbox is closed meanwhile.
 */
#pragma once
#include <coroutine>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>
#include <synchronicity.h>

namespace synchronicity_cpp {
struct error : std::runtime_error {
    syn_err code;
    explicit error(syn_err err)
        : std::runtime_error(syn_last_report() ? syn_last_report()->message : syn_strerror(err)), code(err)
    {
    }
};

/* Runs at once until it first waits, and frees itself at its end. */
struct coroutine {
    struct promise_type {
        coroutine get_return_object() { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { std::terminate(); }
    };
};

/* One wait, for a T: what `.u.result_is` and `.u.item_is` take a pointer to. */
template <class T> struct wait {
    std::coroutine_handle<> waiter;
    std::optional<T> value;
    std::exception_ptr failure;

    bool note(syn_err err)
    {
        if (err && err != SYN_EEND) /* now: the report is this thread's until it fails again */
            failure = std::make_exception_ptr(error(err));
        return !err;
    }
    static void told(void *user, syn_err err, T *value)
    {
        wait *self = static_cast<wait *>(user);
        if (self->note(err))
            self->value = *value;
        self->waiter.resume();
    }
    bool await_ready() const { return false; }
    std::optional<T> outcome()
    {
        if (failure)
            std::rethrow_exception(failure);
        return std::move(value);
    }
};

template <class T> T pointee(syn_err (*)(T *));
template <class F> using result_of = decltype(pointee(F().u.result_is));
template <class C> using item_of = decltype(pointee(C().u.item_is));

template <class F> struct await : wait<result_of<F>> {
    F future;
    struct syn_mailbox *box;
    await(F f, struct syn_mailbox *b) : future(f), box(b) {}
    bool await_suspend(std::coroutine_handle<> h) /* false: it goes on at once, and throws */
    {
        this->waiter = h;
        return this->note(syn_future_then(future, box, &wait<result_of<F>>::told, this));
    }
    result_of<F> await_resume() { return *this->outcome(); }
};

/* The next item of a channel; nothing: there is no more. */
template <class C> struct next : wait<item_of<C>> {
    C channel;
    struct syn_mailbox *box;
    next(C c, struct syn_mailbox *b) : channel(c), box(b) {}
    bool await_suspend(std::coroutine_handle<> h)
    {
        this->waiter = h;
        return this->note(syn_channel_next_then(channel, box, &wait<item_of<C>>::told, this));
    }
    std::optional<item_of<C>> await_resume() { return this->outcome(); }
};
} // namespace synchronicity_cpp
