// SPDX-License-Identifier: Apache-2.0
//
// The peer of scopes.c in Boost.Fiber, on one thread, with pooled stacks. It has no scopes and
// no cancellation: a vector of fibers that are joined, and a flag with a condition variable,
// are what its users write. One round of a workload; prints nanoseconds for each task.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <boost/fiber/all.hpp>

namespace fibers = boost::fibers;
using moment = std::chrono::steady_clock;

static fibers::pooled_fixedsize_stack stacks(16 * 1024);

template <typename Body> static fibers::fiber start(Body body)
{
    return fibers::fiber(fibers::launch::post, std::allocator_arg, stacks, body);
}

static double ns_each(moment::time_point since, long n)
{
    return std::chrono::duration<double, std::nano>(moment::now() - since).count() / (double)n;
}

// Something that may be told to end.
struct stop {
    fibers::mutex lock;
    fibers::condition_variable changed;
    bool asked = false;

    void ask()
    {
        std::unique_lock<fibers::mutex> held(lock);
        asked = true;
        changed.notify_all();
    }
    void sleep_for_long()
    {
        std::unique_lock<fibers::mutex> held(lock);
        changed.wait_until(held, moment::now() + std::chrono::seconds(1000),
                           [this] { return asked; });
    }
};

static void scope(long rounds)
{
    const long tasks = 1000;
    auto since = moment::now();

    for (long i = 0; i < rounds; i++) {
        std::vector<fibers::fiber> all;

        all.reserve(tasks);
        for (long j = 0; j < tasks; j++)
            all.push_back(start([] { boost::this_fiber::yield(); }));
        for (auto &one : all)
            one.join();
    }
    std::printf("%f\n", ns_each(since, rounds * tasks));
}

static void race(long n)
{
    auto since = moment::now();

    for (long i = 0; i < n; i++) {
        fibers::buffered_channel<int> won(2);
        stop loser;
        int winner;
        fibers::fiber quick = start([&] {
            boost::this_fiber::yield();
            won.push(0);
        });
        fibers::fiber slow = start([&] {
            loser.sleep_for_long();
            won.push(1);
        });

        won.pop(winner);
        loser.ask();
        quick.join();
        slow.join();
    }
    std::printf("%f\n", ns_each(since, n));
}

static void cancel_all(long n)
{
    std::vector<fibers::fiber> all;
    stop everybody;
    auto since = moment::now();

    all.reserve((size_t)n);
    for (long i = 0; i < n; i++)
        all.push_back(start([&] { everybody.sleep_for_long(); }));
    boost::this_fiber::yield(); // they begin to wait
    double begun = ns_each(since, n);

    since = moment::now();
    everybody.ask();
    for (auto &one : all)
        one.join();
    std::printf("%f\n%f\n", ns_each(since, n), begun);
}

int main(int argc, char **argv)
{
    long n = argc == 3 ? std::atol(argv[2]) : 0;

    if (n < 1)
        return 2;
    if (!std::strcmp(argv[1], "scope"))
        scope(n);
    else if (!std::strcmp(argv[1], "race"))
        race(n);
    else if (!std::strcmp(argv[1], "cancel"))
        cancel_all(n);
    else
        return 2;
    return 0;
}
