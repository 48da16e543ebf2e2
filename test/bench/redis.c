/* SPDX-License-Identifier: Apache-2.0
 *
 * GETs against a real Redis server on loopback, which the bench starts for itself:
 * one at a time, blocking, in both modes of the synchronizer, beside others that live there, and beside a reader
 * and a keep-alive that live on the same connection; by eight threads on one connection; how late a timer is beside
 * them; and 100 in flight, from tasks and from one thread. What is one at a time, and the eight threads, are also
 * measured by processor time and by switches of threads, since these depend less on what else the machine does.
 *
 * The client is that of docs/examples/redis, written once as tasks. Beside it: hiredis,
 * which is written twice, blocking (one at a time, and pipelined by hand) and with
 * libev. Discarded: our own example server, which would take from the same processor
 * more or less than Redis does.
 */
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <synchronicity/readiness.h>
#include <synchronicity/short.h>

#include "bench.h"
#include "redis/redis.h"

#ifdef BENCH_HAVE_hiredis
#include <hiredis/hiredis.h>
#ifdef BENCH_HAVE_ev
#include <hiredis/adapters/libev.h>
#include <hiredis/async.h>
#endif
#endif

enum { IN_FLIGHT = 100 };

static int server_port;
static pid_t server_pid;

static double per_second(double since, long n)
{
    return (double)n / (bench_now() - since);
}

static double began, began_cpu, began_switches;

static void begin_measuring(void)
{
    began_switches = bench_switches();
    began_cpu = bench_cpu();
    began = bench_now();
}

static double measured_rate(long n)
{
    double rate = per_second(began, n);

    bench_also[1] = (bench_cpu() - began_cpu) * 1e9 / (double)n;
    bench_also[2] = (bench_switches() - began_switches) / (double)n;
    return rate;
}

/* ------------------------------------------------------------- synchronicity -- */

static int64_t look_ns; /* of callers that drive */

static void set_mode(int callers_drive)
{
    struct syn_synchronizer_options *options = &redis_synchronizer.options;

    if (options->caller_may_drive == callers_drive && options->drive_look_ns == look_ns)
        return;
    synchronizer_stop(&redis_synchronizer, syn_never());
    options->caller_may_drive = callers_drive;
    options->drive_look_ns = look_ns;
    synchronizer_start(&redis_synchronizer);
}

/* Connects, with the synchronizer in that mode. NULL: it says why. */
static struct redis *our_connection(int callers_drive)
{
    struct redis *db;

    set_mode(callers_drive);
    if (redis_open("127.0.0.1", server_port, &db) == SYN_OK)
        return db;
    syn_perror("redis_open");
    return NULL;
}

static double our_blocking(long n, int callers_drive)
{
    struct redis *db = our_connection(callers_drive);
    struct redis_reply *reply;
    double rate;

    begin_measuring();
    for (long i = 0; db && i < n; i++) {
        if (redis_command(db, "GET bench", &reply)) {
            syn_perror("GET");
            return NAN;
        }
        redis_reply_free(reply);
    }
    rate = db ? measured_rate(n) : NAN;
    redis_close(db);
    return rate;
}

static double our_thread(long n)
{
    return our_blocking(n, -1);
}

static double our_driven(long n)
{
    return our_blocking(n, 1);
}

/* A driver that looks before it sleeps. */
static double our_looking(long n)
{
    double rate;

    look_ns = 100000;
    rate = our_blocking(n, 1);
    look_ns = 0;
    return rate;
}

/* --- beside what lives in the background --- */

/* A PING each second on the connection of the calls. */
ASYNC(redis_synchronizer, void, keep_alive, (struct redis *, db), SYN_LOCAL(struct redis_reply *, reply))
{
    co_begin;
    for (;;) {
        co_sleep(1.0);
        co_try(redis_command_future(self->db, "PING"), &self->reply);
        redis_reply_free(self->reply);
    }
    co_end;
}

/* As one that waits for what a server may push. */
ASYNC(redis_synchronizer, void, wait_for_pushes, (int, fd))
{
    co_begin;
    co_readable(self->fd);
    co_end;
}

static double our_beside_others(long n)
{
    struct redis *db = our_connection(1);
    struct redis_reply *reply;
    struct keep_alive_future alive;
    struct wait_for_pushes_future pushes;
    int ends[2];
    double rate;

    if (!db || pipe(ends))
        return NAN;
    alive = keep_alive_future(db);
    pushes = wait_for_pushes_future(ends[0]);
    begin_measuring();
    for (long i = 0; i < n; i++) {
        if (redis_command(db, "GET bench", &reply))
            return NAN;
        redis_reply_free(reply);
    }
    rate = measured_rate(n);
    if (future_cancel(alive) != SYN_ECANCELED || future_cancel(pushes) != SYN_ECANCELED)
        return NAN;
    close(ends[0]);
    close(ends[1]);
    redis_close(db);
    return rate;
}

#include "redis_resident.h"

/* The same by a driver that looks. */
static double our_resident_looking(long n)
{
    double rate;

    look_ns = 100000;
    rate = our_resident(n);
    look_ns = 0;
    return rate;
}

/* --- eight threads on one connection --- */

enum { SHARERS = 8 };

struct sharer {
    pthread_t thread;
    struct redis *db;
    long n;
    int failed;
};

static void *get_in_turn(void *of)
{
    struct sharer *sharer = of;
    struct redis_reply *reply;

    for (long i = 0; i < sharer->n && !sharer->failed; i++) {
        sharer->failed = redis_command(sharer->db, "GET bench", &reply) != SYN_OK;
        if (!sharer->failed)
            redis_reply_free(reply);
    }
    return NULL;
}

static double our_sharers(long n, int callers_drive)
{
    struct redis *db = our_connection(callers_drive);
    struct sharer sharers[SHARERS];
    double rate;
    int failed = !db;

    begin_measuring();
    for (int i = 0; db && i < SHARERS; i++) {
        sharers[i] = (struct sharer){.db = db, .n = n / SHARERS};
        if (pthread_create(&sharers[i].thread, NULL, get_in_turn, &sharers[i]))
            exit(1);
    }
    for (int i = 0; db && i < SHARERS; i++) {
        pthread_join(sharers[i].thread, NULL);
        failed += sharers[i].failed;
    }
    rate = failed ? NAN : measured_rate(n);
    redis_close(db);
    return rate;
}

static double our_sharers_thread(long n)
{
    return our_sharers(n, -1);
}

static double our_sharers_driven(long n)
{
    return our_sharers(n, 1);
}

/* --- how late a timer in the background is beside a stream of driven calls --- */

enum { TIMERS = 20000 };
static double lateness_us[TIMERS];
static int n_late;

ASYNC(redis_synchronizer, void, tick_each_ms, SYN_LOCAL(double, due))
{
    co_begin;
    while (n_late < TIMERS) {
        self->due = bench_now() + 0.001;
        co_sleep(0.001);
        lateness_us[n_late++] = (bench_now() - self->due) * 1e6;
    }
    co_end;
}

static double our_late_timers(long n)
{
    struct redis *db = our_connection(1);
    struct redis_reply *reply;
    struct tick_each_ms_future ticks;

    if (!db)
        return NAN;
    n_late = 0;
    ticks = tick_each_ms_future();
    for (long i = 0; i < n; i++) {
        if (redis_command(db, "GET bench", &reply))
            return NAN;
        redis_reply_free(reply);
    }
    if (future_cancel(ticks) != SYN_ECANCELED || n_late == 0)
        return NAN;
    redis_close(db);
    qsort(lateness_us, (size_t)n_late, sizeof lateness_us[0], bench_by_value);
    bench_also[1] = lateness_us[n_late * 99 / 100];
    return lateness_us[n_late / 2];
}

ASYNC(redis_synchronizer, void, get_many, (struct redis *, db), (long, n), SYN_LOCAL(long, i),
      SYN_LOCAL(struct redis_reply *, reply))
{
    co_begin;
    for (self->i = 0; self->i < self->n; self->i++) {
        co_try(redis_command_future(self->db, "GET bench"), &self->reply);
        redis_reply_free(self->reply);
    }
    co_end;
}

ASYNC(redis_synchronizer, void, get_at_once, (struct redis *, db), (long, n), SYN_LOCAL(int, i),
      SYN_LOCAL(struct get_many_future, f[IN_FLIGHT]))
{
    co_begin;
    for (int i = 0; i < IN_FLIGHT; i++)
        self->f[i] = get_many_future(self->db, self->n / IN_FLIGHT);
    for (self->i = 0; self->i < IN_FLIGHT; self->i++)
        co_try(self->f[self->i]);
    co_end;
}

static double our_tasks(long n)
{
    struct redis *db = our_connection(-1);
    double rate = bench_now();

    if (!db)
        return NAN;
    rate = get_at_once(db, n) ? NAN : per_second(rate, n);
    redis_close(db);
    return rate;
}

/* One thread, which asks IN_FLIGHT times and then takes the replies. */
static double our_pipelined(long n)
{
    struct redis *db = our_connection(1);
    struct redis_command_future f[IN_FLIGHT];
    struct redis_reply *reply;
    double rate = bench_now();

    for (long done = 0; db && done < n; done += IN_FLIGHT) {
        for (int i = 0; i < IN_FLIGHT; i++)
            f[i] = redis_command_future(db, "GET bench");
        for (int i = 0; i < IN_FLIGHT; i++) {
            if (future_get(f[i], &reply))
                return NAN;
            redis_reply_free(reply);
        }
    }
    rate = db ? per_second(rate, n) : NAN;
    redis_close(db);
    return rate;
}

/* ------------------------------------------------------------------- hiredis -- */

#ifdef BENCH_HAVE_hiredis
static redisContext *hiredis_connection(void)
{
    redisContext *c = redisConnect("127.0.0.1", server_port);

    if (c && !c->err)
        return c;
    fprintf(stderr, "hiredis: %s\n", c ? c->errstr : "no memory");
    if (c)
        redisFree(c);
    return NULL;
}

static double hiredis_blocking(long n)
{
    redisContext *c = hiredis_connection();
    double rate;

    begin_measuring();
    for (long i = 0; c && i < n; i++) {
        redisReply *reply = redisCommand(c, "GET bench");

        if (!reply)
            return NAN;
        freeReplyObject(reply);
    }
    rate = c ? measured_rate(n) : NAN;
    if (c)
        redisFree(c);
    return rate;
}

static double hiredis_pipelined(long n)
{
    redisContext *c = hiredis_connection();
    double rate = bench_now();

    for (long done = 0; c && done < n; done += IN_FLIGHT) {
        for (int i = 0; i < IN_FLIGHT; i++)
            redisAppendCommand(c, "GET bench");
        for (int i = 0; i < IN_FLIGHT; i++) {
            void *reply;

            if (redisGetReply(c, &reply) != REDIS_OK)
                return NAN;
            freeReplyObject(reply);
        }
    }
    rate = c ? per_second(rate, n) : NAN;
    if (c)
        redisFree(c);
    return rate;
}

#ifdef BENCH_HAVE_ev
static long n_to_send, n_to_come;

static void hiredis_answered(redisAsyncContext *c, void *reply, void *unused)
{
    (void)unused;
    if (!reply)
        return;
    if (n_to_send > 0) {
        n_to_send--;
        redisAsyncCommand(c, hiredis_answered, NULL, "GET bench");
    }
    if (--n_to_come == 0)
        redisAsyncDisconnect(c);
}

static double hiredis_async(long n)
{
    redisAsyncContext *c = redisAsyncConnect("127.0.0.1", server_port);
    struct ev_loop *loop = ev_loop_new(0);
    double t = bench_now();

    if (!c || c->err || !loop)
        return NAN;
    redisLibevAttach(loop, c);
    n_to_send = n_to_come = n;
    for (int i = 0; i < IN_FLIGHT && n_to_send > 0; i++, n_to_send--)
        redisAsyncCommand(c, hiredis_answered, NULL, "GET bench");
    ev_run(loop, 0); /* until it is disconnected */
    t = per_second(t, n);
    ev_loop_destroy(loop);
    return n_to_come == 0 ? t : NAN;
}
#define PEER_EV BENCH_PEER("hiredis-libev", hiredis_async)
#else
#define PEER_EV BENCH_SKIP("hiredis-libev", "built without libev")
#endif
#define PEER_BLOCKING BENCH_PEER("hiredis", hiredis_blocking)
#define PEER_PIPELINED BENCH_PEER("hiredis-pipelined", hiredis_pipelined)
#else
#define PEER_EV BENCH_SKIP("hiredis-libev", "built without hiredis")
#define PEER_BLOCKING BENCH_SKIP("hiredis", "built without hiredis")
#define PEER_PIPELINED BENCH_SKIP("hiredis-pipelined", "built without hiredis")
#endif

/* ---------------------------------------------------------------- the server -- */

/* A port that nobody listens at; somebody may before the server does, and that then ends. */
static int free_port(void)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0), port = -1;

    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, size) == 0 &&
        getsockname(fd, (struct sockaddr *)&address, &size) == 0)
        port = ntohs(address.sin_port);
    if (fd >= 0)
        close(fd);
    return port;
}

static void run_server(void)
{
    char port[16];
    int nowhere = open("/dev/null", O_RDWR);

    snprintf(port, sizeof port, "%d", server_port);
    dup2(nowhere, STDOUT_FILENO);
    execlp("redis-server", "redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "",
           "--appendonly", "no", "--dir", "/tmp", (char *)NULL);
    _exit(127);
}

static void stop_server(void)
{
    kill(server_pid, SIGTERM);
    waitpid(server_pid, NULL, 0);
}

/* NULL, or why there is none. */
static const char *start_server(void)
{
    struct redis_reply *reply;
    struct redis *db = NULL;

    server_port = free_port();
    server_pid = fork();
    if (server_pid == 0)
        run_server();
    if (server_pid < 0 || server_port < 0)
        return "it could not be started";
    for (int tries = 0; tries < 100; tries++) {
        nanosleep(&(struct timespec){0, 50000000}, NULL);
        if (waitpid(server_pid, NULL, WNOHANG) != 0)
            return "redis-server is not there, or did not start";
        if (redis_open("127.0.0.1", server_port, &db) == SYN_OK)
            break;
    }
    atexit(stop_server);
    if (!db || redis_command(db, "SET bench 0123456789abcdef", &reply))
        return "redis-server does not answer";
    redis_reply_free(reply);
    redis_close(db);
    return NULL;
}

#include "redis_bare.h"

int main(void)
{
    const struct bench_workload one[] = {{"redis-get-1", "median", "GET/s", 1, 10000},
                                         {"redis-get-1-processor", "median", "ns/GET", 0, 10000},
                                         {"redis-get-1-switches", "median", "switches/GET", 0, 10000}};
    const struct bench_workload many = {"redis-get-100", "median", "GET/s", 1, 100000};
    const struct bench_peer one_peers[] = {BENCH_OURS("synchronicity-thread", our_thread),
                                           BENCH_OURS("synchronicity-driven", our_driven),
                                           BENCH_OURS("synchronicity-driven-looks", our_looking),
                                           BENCH_OURS("synchronicity-driven-beside-others", our_beside_others),
                                           BENCH_OURS("synchronicity-driven-resident", our_resident),
                                           BENCH_OURS("synchronicity-resident-looks", our_resident_looking),
                                           PEER_BLOCKING, PEER_BARE};
    const struct bench_workload eight[] = {{"redis-get-8-threads", "median", "GET/s", 1, 20000},
                                           {"redis-get-8-processor", "median", "ns/GET", 0, 20000},
                                           {"redis-get-8-switches", "median", "switches/GET", 0, 20000}};
    const struct bench_peer eight_peers[] = {BENCH_OURS("synchronicity-driven", our_sharers_driven),
                                             BENCH_PEER("synchronicity-thread", our_sharers_thread)};
    const struct bench_workload late[] = {{"redis-late-timer", "median", "us", 0, 10000},
                                          {"redis-late-timer-p99", "median", "us", 0, 10000}};
    const struct bench_peer late_peers[] = {BENCH_OURS("synchronicity-driven", our_late_timers)};
    const struct bench_peer many_peers[] = {BENCH_OURS("synchronicity-tasks", our_tasks),
                                            BENCH_OURS("synchronicity-pipelined", our_pipelined), PEER_EV,
                                            PEER_PIPELINED};
    const char *missing;

    bench_begin("redis", 2);
    fflush(stdout);
    missing = start_server();
    if (missing) {
        bench_print_skipped("redis", "all", missing);
        return 0;
    }
    BENCH_COMPARE_ALL(one, one_peers);
    BENCH_COMPARE_ALL(eight, eight_peers);
    BENCH_COMPARE_ALL(late, late_peers);
    BENCH_COMPARE(many, many_peers);
    return 0;
}
