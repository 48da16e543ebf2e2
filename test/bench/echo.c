/* SPDX-License-Identifier: Apache-2.0
 *
 * TCP echo on loopback: messages of 64 bytes on 1, 64 and 1000 connections.
 *
 * Each server is this program again, in a process of its own ("echo serve NAME"); the
 * client is one raw epoll loop, the same for all, so that what differs is the server.
 * Then a short run of each under strace, where there is one, for the number of system
 * calls that a request takes. Discarded: clients written with each peer, which would
 * measure both ends at once.
 */
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <synchronicity/short.h>
#include <synchronicity/tcp.h>

#define BENCH_USUAL_ROUNDS 7 /* short ones, since one connection is at the mercy of the scheduler */
#include "bench.h"

#ifdef SYN_HAVE_EPOLL
#include <sys/epoll.h>

#ifdef BENCH_HAVE_uv
#include <uv.h>
#endif

#include "echo_client.h"
#include "strace.h"

enum { BUFFER = 16384, SERVER_LIVES_S = 120, ROUND_MS = 150 };

/* To the starter of the server: that it listens, where, and what to end. */
static void announce(int port)
{
    printf("%d %ld\n", port, (long)getpid());
    fflush(stdout);
}

/* ------------------------------------------------------------ synchronicity -- */

SYNCHRONIZER(echo);

ASYNC(echo, void, serve_one, (struct syn_stream *, s), SYN_LOCAL(size_t, n),
      SYN_LOCAL(char, buffer[BUFFER]))
{
    co_begin;
    for (;;) {
        co_try(syn_stream_read_future(self->s, self->buffer, BUFFER), &self->n);
        if (self->n == 0)
            co_done;
        co_try(syn_stream_write_all_future(self->s, self->buffer, self->n));
    }
    co_finally;
    co_await(syn_stream_close_future(self->s));
    co_end;
}

ASYNC(echo, void, serve, (struct syn_listener *, listener), SYN_LOCAL(struct syn_stream *, s))
{
    co_begin;
    for (;;) {
        co_try(syn_tcp_accept_future(self->listener), &self->s);
        future_detach(serve_one_future(self->s));
    }
    co_end;
}

static void serve_synchronicity(void)
{
    struct syn_listener *listener;

    if (syn_tcp_listen("127.0.0.1", 0, &listener))
        fail("listen");
    announce(syn_listener_port(listener));
    if (serve(listener))
        syn_perror("serve");
}

/* ----------------------------------------------------------------- raw epoll -- */

static int listen_raw(void)
{
    struct sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) < 0 || listen(fd, 1024) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) < 0)
        fail("listen");
    announce(ntohs(address.sin_port));
    return fd;
}

/* Writes that do not fit do not happen with 64 bytes in flight. */
static void echo_raw(int fd)
{
    char buffer[BUFFER];
    ssize_t n = read(fd, buffer, sizeof buffer);

    if (n > 0)
        n = send(fd, buffer, (size_t)n, MSG_NOSIGNAL);
    if (n == 0 || (n < 0 && errno != EAGAIN))
        close(fd);
}

static void serve_epoll(void)
{
    int epoll = epoll_create1(0), listener = listen_raw();
    struct epoll_event events[64];

    watch(epoll, listener);
    for (;;) {
        int n = epoll_wait(epoll, events, 64, -1);

        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;

            if (fd != listener)
                echo_raw(fd);
            else if ((fd = accept(listener, NULL, NULL)) >= 0)
                watch(epoll, fd);
        }
    }
}

/* --------------------------------------------------------------------- libuv -- */

#ifdef BENCH_HAVE_uv
struct uv_connection {
    uv_tcp_t tcp;
    uv_write_t write;
    char buffer[BUFFER];
};

static void uv_gone(uv_handle_t *handle)
{
    free(handle->data);
}

static void uv_buffer(uv_handle_t *handle, size_t size, uv_buf_t *out_buffer)
{
    struct uv_connection *c = handle->data;

    (void)size;
    *out_buffer = uv_buf_init(c->buffer, BUFFER);
}

static void uv_wrote(uv_write_t *write, int status)
{
    (void)write;
    (void)status;
}

static int uv_tries_first;

/* uv_write(), which is what its users call; or, as "libuv-try", uv_try_write() first,
 * which saves it a system call. */
static void uv_got(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
    struct uv_connection *c = stream->data;
    uv_buf_t reply = uv_buf_init(buffer->base, (unsigned)(n > 0 ? n : 0));

    if (n < 0)
        uv_close((uv_handle_t *)stream, uv_gone);
    else if (n > 0 && (!uv_tries_first || uv_try_write(stream, &reply, 1) != n))
        uv_write(&c->write, stream, &reply, 1, uv_wrote);
}

static void uv_accepted(uv_stream_t *listener, int status)
{
    struct uv_connection *c = status ? NULL : malloc(sizeof *c);

    if (!c)
        return;
    uv_tcp_init(listener->loop, &c->tcp);
    c->tcp.data = c;
    uv_accept(listener, (uv_stream_t *)&c->tcp);
    uv_tcp_nodelay(&c->tcp, 1);
    uv_read_start((uv_stream_t *)&c->tcp, uv_buffer, uv_got);
}

static void serve_uv(void)
{
    uv_loop_t *loop = uv_default_loop();
    uv_tcp_t listener;

    uv_tcp_init(loop, &listener);
    uv_tcp_open(&listener, listen_raw());
    uv_listen((uv_stream_t *)&listener, 1024, uv_accepted);
    uv_run(loop, UV_RUN_DEFAULT);
}

static void serve_uv_try(void)
{
    uv_tries_first = 1;
    serve_uv();
}
#endif

/* -------------------------------------------------------------- the servers -- */

struct server {
    const char *name;
    void (*serve)(void);
    int port;
    long pid; /* of the server, which under strace is not our child */
    pid_t child;
};

static struct server servers[] = {
    {"synchronicity", serve_synchronicity, 0, 0, 0},
#ifdef BENCH_HAVE_uv
    {"libuv", serve_uv, 0, 0, 0},
    {"libuv-try", serve_uv_try, 0, 0, 0},
#endif
    {"epoll", serve_epoll, 0, 0, 0},
};

static struct server *server_named(const char *name)
{
    for (int i = 0; i < BENCH_COUNT(servers); i++)
        if (strcmp(servers[i].name, name) == 0)
            return &servers[i];
    return NULL;
}

/* Runs ARGV, which ends up in a server, and reads what that announces. */
static int start_server(struct server *server, char **argv)
{
    int ends[2], n = 0;
    FILE *said;

    if (pipe(ends) < 0)
        fail("pipe");
    fflush(stdout);
    server->child = fork();
    if (server->child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execvp(argv[0], argv);
        _exit(127);
    }
    close(ends[1]);
    said = fdopen(ends[0], "r");
    if (said && server->child > 0)
        n = fscanf(said, "%d %ld", &server->port, &server->pid);
    if (said)
        fclose(said);
    return n == 2;
}

static void stop_server(struct server *server)
{
    if (server->pid > 0)
        kill((pid_t)server->pid, SIGTERM);
    if (server->child > 0)
        waitpid(server->child, NULL, 0);
    server->pid = server->child = 0;
}

static void stop_servers(void)
{
    for (int i = 0; i < BENCH_COUNT(servers); i++)
        stop_server(&servers[i]);
}

/* ----------------------------------------------------------------- measuring -- */

static int n_connections;

static double requests_per_second(const char *name, long milliseconds)
{
    struct conversation c = talk_to(server_named(name)->port, n_connections,
                                    (double)milliseconds / 1e3, 1000000000);

    return (double)c.requests / c.seconds;
}

static double ours(long milliseconds)
{
    return requests_per_second("synchronicity", milliseconds);
}

static double raw(long milliseconds)
{
    return requests_per_second("epoll", milliseconds);
}

#ifdef BENCH_HAVE_uv
static double libuv(long milliseconds)
{
    return requests_per_second("libuv", milliseconds);
}

static double libuv_try(long milliseconds)
{
    return requests_per_second("libuv-try", milliseconds);
}
#define PEER_UV BENCH_PEER("libuv", libuv), BENCH_PEER("libuv-try", libuv_try)
#else
#define PEER_UV BENCH_SKIP("libuv", "built without libuv")
#endif

static void compare(const char *name, int connections)
{
    const struct bench_workload workload = {name, "median", "requests/s", 1, ROUND_MS};
    const struct bench_peer peers[] = {BENCH_OURS("synchronicity", ours), PEER_UV,
                                       BENCH_PEER("epoll", raw)};

    n_connections = connections;
    BENCH_COMPARE(workload, peers);
}

/* The calls that SERVER makes for each request, under strace. */
static void count_calls(struct server *server, char *self)
{
    enum { CONNECTIONS = 64, REQUESTS = 6000 };
    char file[] = "/tmp/bench_echo.XXXXXX", name[32];
    char *argv[] = {"strace", "-f", "-c", "-o", file, self, "serve", NULL, NULL};
    int fd = mkstemp(file);

    snprintf(name, sizeof name, "%s", server->name);
    argv[7] = name;
    if (fd < 0)
        fail("mkstemp");
    close(fd);
    if (start_server(server, argv)) {
        struct conversation c = talk_to(server->port, CONNECTIONS, 10, REQUESTS);

        stop_server(server);
        strace_print("echo-calls", server->name, file, (double)(c.requests + CONNECTIONS));
    } else {
        stop_server(server);
        bench_print_skipped("echo-calls", server->name, "strace is not there, or may not trace");
    }
    unlink(file);
}

static int serve_here(const char *name)
{
    struct server *server = server_named(name);

    if (!server)
        return 2;
    alarm(SERVER_LIVES_S); /* should our starter die */
    server->serve();
    return 1;
}

int main(int argc, char **argv)
{
    struct rlimit files;

    if (argc == 3 && strcmp(argv[1], "serve") == 0)
        return serve_here(argv[2]);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    bench_begin("echo", 4);
    atexit(stop_servers);
    for (int i = 0; i < BENCH_COUNT(servers); i++) {
        char name[32], *serve[] = {argv[0], "serve", name, NULL};

        snprintf(name, sizeof name, "%s", servers[i].name);
        if (!start_server(&servers[i], serve))
            fail(name);
    }
    compare("echo-1", 1);
    compare("echo-64", 64);
    compare("echo-1000", MOST);
    stop_servers();
    for (int i = 0; i < BENCH_COUNT(servers); i++)
        count_calls(&servers[i], argv[0]);
    return 0;
}

#else

int main(void)
{
    bench_begin("echo", 4);
    bench_print_skipped("echo", "all", "its client needs epoll");
    return 0;
}

#endif
