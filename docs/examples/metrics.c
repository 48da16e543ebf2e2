/* SPDX-License-Identifier: Apache-2.0
 *
 * The library's own numbers over HTTP, as Prometheus reads them: a page of text, made anew for each
 * request. Run by itself it asks itself once and prints the page. With a port it serves:
 *
 *     metrics 9464 &
 *     curl http://127.0.0.1:9464/metrics
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <synchronicity/short.h>
#include <synchronicity/tcp.h>

SYNCHRONIZER(net);

static char *make_page(size_t *out_size)
{
    static const char head[] = "HTTP/1.0 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n\r\n";
    size_t room = syn_stats_text(NULL, 0) + 4096; /* some may come meanwhile */
    char *page = malloc(sizeof head + room);

    if (!page)
        return NULL;
    memcpy(page, head, sizeof head - 1);
    syn_stats_text(page + sizeof head - 1, room);
    *out_size = strlen(page);
    return page;
}

ASYNC(net, void, answer, (struct syn_stream *, s), SYN_LOCAL(struct syn_reader, in),
      SYN_LOCAL(struct syn_span, line), SYN_LOCAL(char *, page), SYN_LOCAL(size_t, size))
{
    co_begin;
    syn_reader_init(&self->in, self->s, 4096);
    do /* the request, to its empty line; all of them get the same */
        co_try_by(syn_read_line_future(&self->in), &self->line, syn_after(10.0));
    while (self->line.size > 0);
    self->page = make_page(&self->size);
    if (!self->page)
        co_fail(SYN_ENOMEM, "no memory for the page");
    co_try(syn_stream_write_all_future(self->s, self->page, self->size));
    co_finally;
    free(self->page);
    syn_reader_fini(&self->in);
    co_await(syn_stream_finish_future(self->s, syn_after(2.0)));
    co_end;
}

ASYNC(net, void, serve, (struct syn_listener *, listener), SYN_LOCAL(struct syn_scope, all),
      SYN_LOCAL(struct syn_stream *, s))
{
    co_begin;
    scope_limit(&self->all, 10);
    scope_keep_going(&self->all); /* a bad request ends nobody else's */
    for (;;) {
        co_try(syn_tcp_accept_future(self->listener), &self->s);
        co_spawn(&self->all, answer_future(self->s));
        self->s = NULL;
    }
    co_finally;
    co_await(syn_stream_close_future(self->s));
    co_await(syn_listener_close_future(self->listener));
    co_end;
}

static syn_err ask(int port)
{
    static const char request[] = "GET /metrics HTTP/1.0\r\n\r\n";
    struct syn_stream *s;
    char text[4096];
    size_t n;
    syn_err err = syn_tcp_connect("127.0.0.1", port, &s);

    if (err)
        return err;
    err = syn_stream_write_all(s, request, sizeof request - 1);
    while (!err && !(err = syn_stream_read(s, text, sizeof text, &n)) && n > 0)
        fwrite(text, 1, n, stdout);
    syn_stream_close(s);
    return err;
}

int main(int argc, char **argv)
{
    struct syn_listener *listener;
    struct serve_future server;
    syn_err err = syn_tcp_listen("127.0.0.1", argc > 1 ? atoi(argv[1]) : 0, &listener);

    if (err)
        return syn_perror("metrics"), 1;
    syn_measure(1);
    if (argc > 1)
        return serve(listener) != SYN_OK;
    server = serve_future(listener);
    err = ask(syn_listener_port(listener));
    if (err)
        syn_perror("metrics");
    future_drop(server);
    synchronizer_stop(&net, syn_never());
    return err != SYN_OK;
}
