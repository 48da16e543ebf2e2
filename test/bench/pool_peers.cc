// SPDX-License-Identifier: Apache-2.0
//
// The pools of Boost.Asio and oneTBB, for pool.c, which starts this as a child:
//
//     bench_pool_peers_cc asio|tbb thread|one|map COUNT THREADS
//
// prints nanoseconds a job, or milliseconds for the map. The jobs are those of pool.c.
#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <semaphore.h>
#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>
#include <thread>
#include <vector>

namespace {

constexpr unsigned bound = 1024;
std::atomic<long> done;
sem_t places;

double now()
{
    using namespace std::chrono;
    return duration<double>(steady_clock::now().time_since_epoch()).count();
}

void empty()
{
    done.fetch_add(1, std::memory_order_relaxed);
    sem_post(&places);
}

// SUBMIT(f) gives f to the pool.
template <typename Submit> double from_thread(long count, Submit submit)
{
    double start;

    for (int round = 0; round < 2; round++) { // the first one warms it
        done = 0;
        sem_init(&places, 0, bound);
        start = now();
        for (long i = 0; i < count; i++) {
            sem_wait(&places);
            submit(empty);
        }
        while (done < count)
            std::this_thread::yield();
    }
    return (now() - start) / double(count) * 1e9;
}

template <typename Submit> double one_at_a_time(long count, Submit submit)
{
    sem_t answer;
    double start;

    sem_init(&answer, 0, 0);
    start = now();
    for (long i = 0; i < count; i++) {
        submit([&answer] { sem_post(&answer); });
        sem_wait(&answer);
    }
    return (now() - start) / double(count) * 1e9;
}

double map(long count)
{
    std::vector<double> in(count), out(count);
    double start = 0;

    for (int round = 0; round < 2; round++) {
        for (long i = 0; i < count; i++)
            in[i] = out[i] = double(i);
        start = now();
        tbb::parallel_for(tbb::blocked_range<long>(0, count),
                          [&](const tbb::blocked_range<long> &range) {
                              for (long i = range.begin(); i < range.end(); i++)
                                  out[i] = std::sqrt(in[i]);
                          });
    }
    return (now() - start) * 1e3;
}

template <typename Submit> double run(const char *workload, long count, Submit submit)
{
    return std::strcmp(workload, "thread") == 0 ? from_thread(count, submit)
                                                : one_at_a_time(count, submit);
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 5)
        return 2;
    long count = std::atol(argv[3]);
    unsigned threads = unsigned(std::atoi(argv[4]));
    double value;

    if (std::strcmp(argv[1], "asio") == 0) {
        boost::asio::thread_pool pool(threads);

        value = run(argv[2], count, [&pool](auto f) { boost::asio::post(pool, f); });
        pool.join();
    } else {
        // One place is kept for the thread that submits, which takes part in none of the jobs.
        tbb::global_control control(tbb::global_control::max_allowed_parallelism, threads + 1);
        tbb::task_arena arena(int(threads) + 1);

        value = std::strcmp(argv[2], "map") == 0
                    ? map(count)
                    : run(argv[2], count, [&arena](auto f) { arena.enqueue(f); });
    }
    std::printf("%.3f\n", value);
    return 0;
}
