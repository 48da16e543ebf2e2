/* SPDX-License-Identifier: Apache-2.0
 *
 * Pools: worker threads for code that blocks; blocking.h has the functions that run there.
 *
 *     SYN_POOL(hashing, .max_threads = 4);    // static; its threads start when there are jobs
 *
 *     SYN_BLOCKING(hashing, unsigned, checksum, (const unsigned char *, bytes), (size_t, n))
 *     {
 *         unsigned sum = 0;
 *
 *         (void)job;
 *         while (n-- > 0 && !syn_pool_job_cancelled())
 *             sum = sum * 31 + *bytes++;
 *         return sum;
 *     }
 *
 * A JOB is one call of a blocking function. It waits in the pool's queue, runs to its end on a
 * worker's stack, and that is all the pool knows: its waiter awaits a future. Submitting
 * one while all threads are busy takes no lock and wakes nobody, unless it is urgent or of a
 * strand; they find it when they look for the next.
 *
 * A JOB THAT WAITS, for anything of this library, does not count among max_threads; another
 * thread takes its place if there is work, up to the hard limit. So calls may go back and
 * forth between callbacks on a pool and tasks on a loop as deep as there are threads. At the
 * hard limit, when all of them wait, a job that was made on behalf of another job is refused
 * with SYN_EDEADLK, since the threads may all be waiting for it. (Discarded: running others'
 * jobs on the stack of one that waits; it may hold a lock that they want, and is delayed by
 * them.)
 *
 * When a thread cannot be started the threads there are run the job. If there are none, its
 * future fails with the system's reason; and so does, if all of them wait, that of one which was
 * made on behalf of another job.
 *
 * Threads keep the memory of some jobs, and while there are any the library keeps it for the
 * next ones; what the last thread leaves is given back.
 *
 * None of the program's signal handlers runs on a worker, but for faults of its own; children that
 * a job starts have the program's signals (process.h). Thread: any, for everything here that
 * does not say otherwise.
 */
#ifndef SYNCHRONICITY_POOL_H
#define SYNCHRONICITY_POOL_H

#include <stddef.h>
#include <stdint.h>

#include <synchronicity/err.h>
#include <synchronicity/synchronizer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What becomes of a job when `queue_bound` of them wait already. A thread that drives a
 * loop, and a job of a pool, must neither wait nor compute for others, nor must the consumer that asks a
 * blocking generator for its first item: theirs are taken over the bound, unless it is FAIL. */
enum syn_when_full {
    SYN_WHEN_FULL_WAIT, /* the submitter waits for room, at most until its deadline */
    SYN_WHEN_FULL_FAIL, /* the future fails with SYN_EAGAIN */
    SYN_WHEN_FULL_RUN_HERE, /* the job runs in the thread that submits it; one of a strand, which
                             * has its turn, is taken over the bound */
};

/* Zero everywhere is the default. */
struct syn_pool_options {
    /* The macros below say it, so that headers of another version are noticed (SYN_EABI); 0 is fine. */
    size_t struct_bytes;
    /* For threads and messages. */
    const char *name;
    /* Threads that stay although they are idle. */
    unsigned min_threads;
    /* Threads that run jobs; those that wait, and abandoned ones, come on top. 0: one for each
     * processor, at least 4. */
    unsigned max_threads;
    /* Threads in all; 0: 4096. */
    unsigned hard_limit;
    /* After so long without a job a thread ends; 0: 2 s. */
    int64_t idle_ns;
    /* Jobs that wait for a thread; 0: any number. */
    size_t queue_bound;
    enum syn_when_full when_full;
    /* Of each thread; 0: 512 KiB. */
    size_t stack_size_bytes;
    /* 1: each thread stays on one processor of those that the process may use, and no two on the same;
     * threads beyond them, while jobs wait, run anywhere. What a job starts by itself, threads and
     * children, inherits that; threads of this library do not. Linux; elsewhere it does nothing. */
    int pin;
    /* A job that was cancelled and has not ended is abandoned after so long, in real time;
     * 0: 1 s; less: never, its waiter blocks until it returns. */
    int64_t grace_ns;
    /* Called by each thread when it begins (1) and before it ends (0), for libraries that
     * need that. */
    void (*on_thread)(void *user, const char *pool, int begins);
    /* Called when a job of FUNCTION was abandoned; NULL: nothing is. Must not block. */
    void (*on_abandoned)(void *user, const char *pool, const char *function);
    /* A job that runs for longer than this is reported while it still runs; nanoseconds, real time. Not one that
     * waits for something of this library, or was abandoned. Else as `step_limit_ns` of a synchronizer. */
    int64_t job_limit_ns;
    /* Gets the report; NULL: it is printed to standard error. On a thread of the library, until
     * syn_pool_free() returns. Must not block, and must not stop anything. */
    void (*on_slow)(void *user, const struct syn_slow *slow);
    void *user;
    int64_t reserved[4]; /* zero: options of later versions */
    int end; /* the macros below need one that nobody sets */
};

/* More of the smaller ones: times and pthread's parts are as large there. */
enum { SYNI_POOL_WORDS = sizeof(void *) == 8 ? 88 : 136 };

/* Yours to place, the library's to fill. */
#ifdef __cplusplus
#define SYNI_POOL_ALIGN(n) alignas(n)
#else
#define SYNI_POOL_ALIGN(n) _Alignas(n)
#endif
#ifdef __hppa__
#define SYNI_POOL_ALIGNMENT 16 /* as its locks have it */
#else
#define SYNI_POOL_ALIGNMENT 8 /* a pointer's is less on some 32-bit machines */
#endif

struct syn_pool {
    struct syn_pool_options options;
    int allocated; /* by syn_pool_new() */
    union {
        SYNI_POOL_ALIGN(SYNI_POOL_ALIGNMENT) long long align;
        void *words[SYNI_POOL_WORDS]; /* src/pool/pool.h */
    } inside;
};

/* SYN_POOL(name), SYN_POOL(name, .option = value ...): a static one for this file. In a
 * library of several: SYN_POOL_DEFINE in one of them, SYN_POOL_DECLARE in its header. With options
 * that make no sense (below) each of its jobs fails with SYN_EINVAL, or SYN_EABI. */
#define SYN_POOL(...) static SYNI_POOL(__VA_ARGS__, .end = 0)
#define SYN_POOL_DEFINE(...) SYNI_POOL(__VA_ARGS__, .end = 0)
#define SYN_POOL_DECLARE(pool) extern struct syn_pool pool
#define SYNI_POOL(id, ...)                                                                         \
    struct syn_pool id = {                                                                         \
        .options = {.struct_bytes = sizeof(struct syn_pool_options), .name = #id, __VA_ARGS__},    \
        .allocated = 0}

/* Makes one with OPTIONS (copied, but not the strings; NULL: all defaults). It takes jobs at
 * once; threads start when there are some. Fails: SYN_ENOMEM; SYN_EINVAL for options that
 * make no sense: an unknown when_full, more threads that stay than may run, a negative idle time;
 * SYN_EABI for options of another version of the headers (docs/abi.md). */
syn_err syn_pool_new(const struct syn_pool_options *options, struct syn_pool **out_new);

/* Stops it, without limit, and frees it: it waits also for a thread that was abandoned in a
 * job by an earlier stop, and for other stops that are under way. No thread may be inside
 * another call on it, such as one that waits for room. NULL is fine. One that is static stays
 * stopped (syn_pool_start()). Success: its threads have ended, its memory is free. Fails, and frees
 * nothing: SYN_EDEADLK as a stop does. */
SYNI_HELD syn_err syn_pool_free(struct syn_pool *pool);

/* Another size, name, ...; before its first job, and after a stop. This is how one sets the
 * default pool's. Fails: SYN_EBUSY while it has threads or jobs; SYN_EINVAL as above. */
syn_err syn_pool_configure(struct syn_pool *pool, const struct syn_pool_options *options);

/* Refuses new jobs (SYN_ECLOSED), ends those that wait (SYN_ECANCELED), cancels those that
 * run, and joins all threads. Fine if it has none.
 *
 * Several threads may stop it at once, each by its own deadline; what a stop abandons when its deadline
 * passes is abandoned for all. A stop in a job of another pool ends when that job is cancelled:
 * SYN_ECANCELED, and the pool is stopped without it. So it does with SYN_EDEADLK where a job of the pool waits in its
 * clean-up for the job that stops it.
 * Fails: SYN_ETIMEDOUT when jobs had not ended by DEADLINE (on the calling thread's clock): they
 * were abandoned, the report names one, their threads stay behind (one in on_thread has a second
 * more); SYN_EDEADLK, and nothing happened, in a job of its own, or on a thread that drives a
 * loop. */
syn_err syn_pool_stop(struct syn_pool *pool, struct syn_deadline deadline);

/* Takes jobs again, after a stop; also while threads stay behind that it abandoned. Fine if it does.
 * Fails: SYN_EBUSY while a stop waits. */
syn_err syn_pool_start(struct syn_pool *pool);

/* The pool of the process: files are read there. (Names are looked up on one of their own,
 * syn_lookup_pool().) */
struct syn_pool *syn_default_pool(void);

/* A snapshot. */
struct syn_pool_stats {
    unsigned threads;        /* that exist now */
    unsigned blocked;        /* of them: in jobs that wait for something of this library */
    unsigned idle;           /* of them: without a job */
    unsigned peak_threads;   /* the most that ever existed at once */
    size_t queued;           /* jobs that wait */
    unsigned long submitted; /* ever, with those that were refused */
    unsigned long ended;     /* ran, to their end */
    unsigned long ran_here;  /* of them: in the submitter */
    unsigned long cancelled; /* never began */
    unsigned long abandoned;
    unsigned long refused;   /* the queue was full, no thread could be had, it was stopped */
    unsigned long unclaimed; /* results that are there and that nobody used up so far: futures were
                                dropped, if it grows. To count them all futures are looked at */
    /* While somebody measured (syn_measure()): */
    struct syn_histogram queue_time; /* of a job, from its call until it began */
    struct syn_histogram run_time;   /* from that until it returned */
    uint64_t reserved[4];            /* zero: counts of later versions */
};
SYNI_NAMESAKE(syn_pool_stats, struct syn_pool_stats syn_pool_stats(struct syn_pool *pool));

/* What was added to LATER since it was EARLIER, of the same pool. What is a state and no count (threads,
 * blocked, idle, peak_threads, queued, unclaimed) is LATER's. */
struct syn_pool_stats syn_pool_stats_since(struct syn_pool_stats later,
                                           struct syn_pool_stats earlier);

/* Jobs of one owner: one at a time, and in order, on any worker. Zeroed is ready. Yours to
 * place; it lives until its last job has really ended. Its jobs are of one pool
 * (SYN_EINVAL while there are some of another). A job of it that waits holds up the next. */
struct syn_strand {
    void *inside[6]; /* src/pool/queue.c */
};

/* --- in a job, on its own thread ---
 * A job sees once that it is cancelled: by its hook, by the flag, or by a wait for a future or a
 * blocking call, which is cancelled in turn: one that is under way, or else the next. Waits
 * after that are its clean-up, and are not disturbed. */

/* True when it was cancelled. Any code that a job calls may ask; 0 outside of jobs. */
int syn_pool_job_cancelled(void);

/* From now on FN(USER) is called once when the job is cancelled, on the thread that cancels
 * it; it makes the job's blocking code return (sqlite3_interrupt(), shutdown() ...), and
 * must not block. NULL takes the hook away; when that returns, and when the job ends, it is
 * not being called. Returns 0; or, when the job was asked already, SYN_ECANCELED, and FN
 * is not set; SYN_EINVAL outside of jobs. */
syn_err syn_pool_on_cancel(void (*fn)(void *user), void *user);

/* The earliest moment until which anybody waits for this job; never, if there is none. */
struct syn_deadline syn_pool_job_deadline(void);

#ifdef __cplusplus
}
#endif

#endif
