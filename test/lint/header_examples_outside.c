/* SPDX-License-Identifier: Apache-2.0
 *
 * The examples in the comments of public headers about the world outside, as
 * header_examples.c has the others.
 */
#define _DEFAULT_SOURCE
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <synchronicity/child.h>
#include <synchronicity/mailbox.h>
#include <synchronicity/process.h>
#include <synchronicity/readiness.h>
#include <synchronicity/short.h>
#include <synchronicity/signal.h>
#include <synchronicity/testing.h>
#include <synchronicity/udp.h>
#include <synchronicity/unix.h>

SYNCHRONIZER(demo);
SYNCHRONIZER(db);

#define LOOSE(name) void name(void); void name(void)

/* --- what they call --- */

struct rows;

ASYNC(db, struct rows *, query, SYN_COPY(const char *, sql))
{
    co_begin;
    co_return(NULL);
    co_end;
}

ASYNC(demo, int, square, (double, seconds), (int, x))
{
    co_begin;
    co_sleep(self->seconds);
    co_return(self->x * self->x);
    co_end;
}

/* --- child.h --- */

LOOSE(children)
{
    static const char *const words[] = {"sort", "-n", NULL};
    struct syn_child_options options = {.arguments = words, .in = SYN_CHILD_PIPE,
                                        .out = SYN_CHILD_PIPE};
    struct syn_child *sort;
    struct syn_exit exit;

    syn_child_start(&options, &sort);
    syn_stream_write_all(syn_child_stream(sort, 0), "2\n1\n", 4);
    syn_stream_close(syn_child_take_stream(sort, 0));       // it sees the end
    syn_child_wait(sort, &exit);
    syn_child_close(sort, NULL);
}

ASYNC(demo, void, runs, SYN_LOCAL(struct syn_child_options, o), SYN_LOCAL(struct syn_exit, exit))
{
    static const struct syn_child_options options;

    co_begin;
    co_try_by(syn_child_run_future(&options), &self->exit, syn_after(10.0));
    co_end;
}

/* --- udp.h, unix.h --- */

LOOSE(datagrams)
{
    struct syn_udp *udp;
    char text[] = "ping", room[1500];
    struct syn_datagram out = {.data = text, .size = 4}, in = {.data = room, .capacity = 1500};

    syn_udp_open(NULL, 0, &udp);                       // any address, any port
    syn_address_parse("127.0.0.1", 5353, &out.address);
    syn_udp_send(udp, &out, 1, NULL);
    syn_udp_receive(udp, &in, 1, NULL);                // waits; in.address says who sent it
    syn_udp_close(udp);
}

LOOSE(unix_sockets)
{
    struct syn_listener *l;
    struct syn_stream *s;

    syn_unix_listen("/run/demo.sock", 0600, &l);       // for this user alone
    syn_tcp_accept(l, &s);                             // tcp.h: one verb for all listeners
    syn_listener_close(l);                             // and the name is gone

    syn_unix_connect("/run/demo.sock", &s);            // the other process
}

/* --- signal.h --- */

static struct syn_notice hangup;

static void on_hangup(int number)
{
    (void)number;
    syn_notice_send(&hangup);
}

LOOSE(notices)
{
    syn_notice_open(&hangup);
    sigaction(SIGHUP, &(struct sigaction){.sa_handler = on_hangup}, NULL);
    syn_notice_wait(&hangup);                       // in a thread
}

ASYNC(demo, void, waits_for_signals, (struct syn_signals *, signals), SYN_LOCAL(struct syn_signal, signal))
{
    struct syn_signals *signals = self->signals;

    co_begin;
    co_try(syn_notice_wait_future(&hangup));        // in a task, as often as wanted
    co_try(syn_signals_next_future(signals), &self->signal);                 // in a task
    co_end;
}

LOOSE(signals_in_a_thread)
{
    syn_err err;
    static const int numbers[] = {SIGTERM, SIGHUP, 0};
    struct syn_signals *signals;
    struct syn_signal signal;

    (void)signal;
    syn_signals_open(numbers, &signals);
    channel_each (struct syn_signal, s, syn_signals_each(signals), &err)     // in a thread
        printf("signal %d, %u times\n", s.number, s.count);
    syn_signals_close(signals);
}

/* --- stream.h --- */

ASYNC(demo, void, converses, (struct syn_stream *, s), SYN_LOCAL(struct syn_reader, r),
      SYN_LOCAL(struct syn_writer, w), SYN_LOCAL(struct syn_span, line))
{
    static const char head[] = "HTTP/1.1 200 OK\r\n";
    const size_t n = sizeof head - 1;

    co_begin;
    while (syn_reader_line(&self->r, &self->line) == SYN_EAGAIN)
        co_try(syn_reader_fill_future(&self->r));
    syn_writer_init(&self->w, self->s, 0);
    co_try(syn_writer_write_future(&self->w, head, n));       // waits only where there is no room
    if (syn_writer_printf(&self->w, "%d\r\n", 42) == SYN_EAGAIN)
        co_check;
    co_try(syn_writer_flush_future(&self->w));                // now it is on its way
    co_end;
}

/* --- mailbox.h --- */

static void on_rows(void *user, syn_err err, struct rows **rows)
{
    (void)user, (void)err, (void)rows;
}

static void on_row(void *user, syn_err err, int *row)
{
    (void)user, (void)err, (void)row;
}

GENERATOR(db, int, rows, SYN_COPY(const char *, sql))
{
    co_begin;
    co_yield(1);
    co_end;
}

LOOSE(mailboxes)
{
    void *user = NULL;
    struct syn_mailbox *box;

    syn_mailbox_new(NULL, &box);
    syn_future_then(query_future("SELECT 1"), box, on_rows, user);   // as with a synchronizer
    syn_channel_then(rows("SELECT 1"), box, on_row, user);           // for each item

    for (;;) {
        struct pollfd fds[1] = {{.fd = syn_mailbox_fd(box), .events = POLLIN}};

        poll(fds, 1, -1);
        syn_mailbox_drain(box, 0);              // on_rows and on_row are called in here
    }
}

/* --- pool.h, synchronizer.h --- */

SYN_POOL(hashing, .max_threads = 4);    // static; its threads start when there are jobs

LOOSE(hashes)
{
    SYN_SYNCHRONIZER(redis, .caller_may_drive = 1);  // with options

    syn_synchronizer_start(&redis);
    syn_pool_stop(&hashing, syn_never());
}

LOOSE(starts)
{
    SYN_SYNCHRONIZER(redis);                       // in one .c file

    syn_synchronizer_start(&redis);
}

/* --- process.h --- */

LOOSE(spawns)
{
    FILE *stream;

    syn_spawn_begin();
    stream = popen("gzip -9 > out.gz", "w");
    syn_spawn_end();
    if (stream)
        pclose(stream);
}

LOOSE(interrupts)
{
    struct rows *rows;

    syn_catch_interrupt(SIGINT);                    // first thing in main()
    if (query("SELECT 1", &rows) == SYN_EINTR)      // Ctrl-C
        syn_perror("query");                        // and where it waited
}

void plugin_fini(void);
void plugin_fini(void)
{
    syn_stop_everything(syn_after(5));
}

/* --- testing.h --- */

static void run_the_test(void)
{
}

static void start_the_thread_that_posts(void)
{
}

static void do_what_must_be_safe_now(void)
{
}

LOOSE(tests_time)
{
    int y;
    struct syn_clock *clock;
    syn_clock_new(&clock);
    syn_clock_use(clock);            // synchronizers started from here on use it,
    square(3600.0, 6, &y);           // returns at once
    syn_clock_now(clock);            // 3600000000000
    syn_clock_use(NULL);
    syn_clock_free(clock);           // after the synchronizers were stopped
}

LOOSE(tests_faults)
{
    for (unsigned long n = 1;; n++) {
        syn_fault_set(NULL, n, 1, ENOMEM);
        run_the_test();              // must not crash, hang or leak
        if (syn_fault_hits() < n) break;  // it took less than n calls: done
    }
    syn_fault_clear();
}

LOOSE(tests_moments)
{
    if (syn_test_hold("post_knock", 1) == SYN_ENOTSUP)
        return;                                  // skipped: not a checked build
    start_the_thread_that_posts();
    syn_test_await_held("post_knock", 10);       // it has pushed, and woken nobody yet
    do_what_must_be_safe_now();
    syn_test_release("post_knock");
}

LOOSE(tests_orders)
{
    for (uint64_t seed = 1; seed <= 1000; seed++) {
        syn_test_seed(seed);
        run_the_test();              // prints SEED when it fails; that one replays
    }
}

/* --- readiness.h --- */

ASYNC(demo, void, reads_a_pipe, (int, fd), SYN_LOCAL(int, ready), SYN_LOCAL(char, buffer[80]))
{
    ssize_t n;

    co_begin;
    syn_co_readable(self->fd);                        // one direction
    n = read(self->fd, self->buffer, sizeof self->buffer);
    if (n < 0)
        co_done;
    syn_co_poll(self->fd, SYN_READABLE | SYN_WRITABLE, &self->ready);   // the first of both
    co_end;
}
