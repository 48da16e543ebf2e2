// SPDX-License-Identifier: Apache-2.0
//
// Bare C++20 coroutines, for calls.c and channels.c, which start this as a child:
//
//     bench_coroutines_cc await|spawn|item COUNT
//
// prints nanoseconds of CPU an operation. They have no deadlines, cancellation, or threads: what
// the compiler's own mechanism costs.
#include <coroutine>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <exception>
#include <utility>

namespace {

double cpu()
{
    timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return double(t.tv_sec) * 1e9 + double(t.tv_nsec);
}

// Begins when it is awaited, and goes on in its awaiter, by symmetric transfer.
struct call {
    struct promise_type {
        std::coroutine_handle<> awaiting = std::noop_coroutine();
        long value = 0;

        struct end {
            bool await_ready() noexcept { return false; }
            std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> h) noexcept
            {
                return h.promise().awaiting;
            }
            void await_resume() noexcept {}
        };
        call get_return_object() { return call{handle::from_promise(*this)}; }
        std::suspend_always initial_suspend() noexcept { return {}; }
        end final_suspend() noexcept { return {}; }
        void return_value(long v) { value = v; }
        void unhandled_exception() { std::terminate(); }
    };
    using handle = std::coroutine_handle<promise_type>;
    handle h;

    explicit call(handle h) : h(h) {}
    call(call &&other) noexcept : h(std::exchange(other.h, {})) {}
    ~call()
    {
        if (h)
            h.destroy();
    }
    bool await_ready() { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting)
    {
        h.promise().awaiting = awaiting;
        return h;
    }
    long await_resume() { return h.promise().value; }
};

[[gnu::noinline]] call child(long x)
{
    co_return x;
}

[[gnu::noinline]] call awaits(long n)
{
    long sum = 0;

    for (long i = 0; i < n; i++)
        sum += co_await child(i);
    co_return sum;
}

// Runs at once, and frees itself.
struct detached {
    struct promise_type {
        detached get_return_object() { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { std::terminate(); }
    };
};

long n_ended;

[[gnu::noinline]] detached spawned()
{
    n_ended++;
    co_return;
}

struct generator {
    struct promise_type {
        long value = 0;

        generator get_return_object() { return generator{handle::from_promise(*this)}; }
        std::suspend_always initial_suspend() noexcept { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        std::suspend_always yield_value(long v)
        {
            value = v;
            return {};
        }
        void return_void() {}
        void unhandled_exception() { std::terminate(); }
    };
    using handle = std::coroutine_handle<promise_type>;
    handle h;

    ~generator() { h.destroy(); }
};

[[gnu::noinline]] generator counting(long n)
{
    for (long i = 0; i < n; i++)
        co_yield i;
}

long run(const char *what, long n)
{
    long sum = 0;

    if (std::strcmp(what, "await") == 0) {
        call all = awaits(n);

        all.h.resume();
        return all.h.promise().value;
    }
    if (std::strcmp(what, "spawn") == 0) {
        for (long i = 0; i < n; i++) {
            spawned();
            sum += i;
        }
        return n_ended == n ? sum : -1;
    }
    generator items = counting(n);

    for (items.h.resume(); !items.h.done(); items.h.resume())
        sum += items.h.promise().value;
    return sum;
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    long n = std::atol(argv[2]);
    double start = cpu();

    if (run(argv[1], n) != n * (n - 1) / 2)
        return 1;
    std::printf("%.3f\n", (cpu() - start) / double(n));
    return 0;
}
