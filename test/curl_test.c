/* SPDX-License-Identifier: Apache-2.0
 *
 * libcurl on a loop, against a server of this program: many at once, a deadline, what goes wrong.
 * Without libcurl every case is skipped.
 */
#define _DEFAULT_SOURCE
#include "support/io_rig.h"

#ifdef HAVE_CURL

#include <curl/curl.h>

#include "curl/web.h"

static atomic_int seen; /* bytes of /parts, by the case; the next ones come then */

/* Answers each request with its path; /silent never. */
ASYNC(SYN_FREE, void, serve_one, (struct syn_stream *, s), SYN_LOCAL(struct syn_reader, in),
      SYN_LOCAL(struct syn_span, line), SYN_LOCAL(char, path[100]), SYN_LOCAL(char, reply[300]))
{
    co_begin;
    syn_reader_init(&self->in, self->s, 0);
    for (;;) {
        co_await(syn_read_line_future(&self->in), &self->line);
        if (co_status)
            break;
        snprintf(self->path, sizeof self->path, "%.*s", (int)self->line.size, self->line.data);
        *strrchr(self->path, ' ') = '\0';
        do
            co_try(syn_read_line_future(&self->in), &self->line);
        while (self->line.size > 0);
        if (strcmp(self->path, "GET /silent") == 0)
            co_sleep(1e6);
        if (strncmp(self->path, "GET /parts", 10) == 0) {
            co_try(syn_stream_write_all_future(
                self->s, "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n0123456789", 49));
            if (self->path[10])
                co_sleep(1e6);
            while (seen < 10)
                co_sleep(0.001);
            co_try(syn_stream_write_all_future(self->s, "0123456789", 10));
            while (seen < 20)
                co_sleep(0.001);
            co_try(syn_stream_write_all_future(self->s, "0123456789", 10));
            continue;
        }
        snprintf(self->reply, sizeof self->reply,
                 "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(self->path + 4),
                 self->path + 4);
        co_try(syn_stream_write_all_future(self->s, self->reply, strlen(self->reply)));
    }
    co_finally;
    syn_reader_fini(&self->in);
    co_await(syn_stream_close_future(self->s));
    co_end;
}

ASYNC(SYN_FREE, void, serve, (struct syn_listener *, l), SYN_LOCAL(struct syn_stream *, s),
      SYN_LOCAL(struct syn_scope, scope))
{
    co_begin;
    for (;;) {
        co_try(syn_tcp_accept_future(self->l), &self->s);
        co_spawn(&self->scope, serve_one_future(self->s));
    }
    co_end;
}

static struct syn_listener *listener;
static struct serve_future server;
static char url[100];

static const char *at(const char *path)
{
    snprintf(url, sizeof url, "http://127.0.0.1:%d%s", syn_listener_port(listener), path);
    return url;
}

static void begin_web(void)
{
    begin_in_real_time();
    CHECK_INT(syn_tcp_listen("127.0.0.1", 0, &listener), SYN_OK);
    server = serve_future(listener);
}

static void end_web(void)
{
    CHECK_INT(synchronizer_stop(&web, syn_never()), SYN_OK);
    web_forget();
    CHECK_INT(future_cancel(server), SYN_ECANCELED);
    CHECK_INT(syn_listener_close(listener), SYN_OK);
    CHECK_INT(synchronizer_free(&web), SYN_OK);
    finish(syn_default_synchronizer());
    CHECK_INT(syn_pool_stop(syn_lookup_pool(), syn_never()), SYN_OK);
}

static void C2_a_page_is_fetched(void)
{
    struct web_page *page = NULL;

    begin_web();
    for (int i = 0; i < 3; i++) {
        CHECK_INT(web_get(at("/hello"), &page), SYN_OK);
        CHECK_INT(page->status, 200);
        CHECK_STR(page->data, "/hello");
        free(page);
    }
    end_web();
}

ASYNC(web, int, fetch_many, (int, n), SYN_LOCAL(struct syn_scope, scope), SYN_LOCAL(int, i),
      SYN_LOCAL(struct web_page *, pages[200]), SYN_LOCAL(char, path[30]))
{
    co_begin;
    scope_limit(&self->scope, 16);
    for (self->i = 0; self->i < self->n; self->i++) {
        snprintf(self->path, sizeof self->path, "/%d", self->i);
        co_spawn(&self->scope, web_get_future(at(self->path)), &self->pages[self->i]);
    }
    co_join(&self->scope);
    co_check;
    for (self->i = 0; self->i < self->n; self->i++) {
        CHECK_INT(atoi(self->pages[self->i]->data + 1), self->i);
        free(self->pages[self->i]);
    }
    co_return(self->n);
    co_end;
}

static void S2_two_hundred_transfers_sixteen_at_once(void)
{
    int n = 0;

    begin_web();
    CHECK_INT(fetch_many(200, &n), SYN_OK);
    CHECK_INT(n, 200);
    end_web();
}

static void X3_a_silent_server_is_given_up(void)
{
    struct web_get_future f;
    struct web_page *page = NULL;

    begin_web();
    CHECK_INT(call_by(syn_after(0.05), web_get(at("/silent"), &page)), SYN_ETIMEDOUT);
    f = web_get_future(at("/silent"));
    CHECK_INT(future_wait_by(f, syn_after(0.05)), SYN_ETIMEDOUT);
    CHECK_INT(future_cancel(f), SYN_ECANCELED);
    f = web_get_future(at("/silent"));
    CHECK_INT(future_wait_by(f, syn_after(0.05)), SYN_ETIMEDOUT);
    future_detach(f); /* the stop ends it */
    end_web();
}

static void G1_progress_is_a_generator(void)
{
    struct web_page *page = NULL;
    size_t had = 0;
    int n = 0;
    syn_err err;

    begin_web();
    channel_each (struct web_progress, progress, web_fetch(at("/parts"), &page), &err) {
        CHECK(progress.had >= had);
        CHECK_INT(progress.of, 30);
        seen = (int)(had = progress.had);
        n++;
    }
    CHECK_INT(err, SYN_OK);
    CHECK(n >= 2); /* it came in pieces */
    CHECK_INT(page->size, 30);
    CHECK_STR(page->data, "012345678901234567890123456789");
    free(page);
    page = NULL;
    channel_each (struct web_progress, progress, web_fetch(at("/parts/that-stall"), &page), &err) {
        if (progress.had == 10)
            break; /* and so does the transfer */
    }
    CHECK_INT(err, SYN_OK);
    CHECK_PTR(page, NULL);
    CHECK_INT(web_get(at("/parts"), &page), SYN_OK); /* the others go on */
    free(page);
    end_web();
}

static void E1_what_goes_wrong_has_libcurls_code_and_words(void)
{
    struct web_page *page = NULL;

    begin_web();
    CHECK_INT(web_get("nonsense://x", &page), WEB_ECODE + CURLE_UNSUPPORTED_PROTOCOL);
    CHECK_INT(web_get("http://127.0.0.1:1/", &page), WEB_ECODE + CURLE_COULDNT_CONNECT);
    CHECK(strstr(syn_last_report()->message, "127.0.0.1"));
    CHECK_PTR(page, NULL);
    end_web();
}

static const struct test_case cases[] = {
    TEST(C2_a_page_is_fetched),
    TEST(S2_two_hundred_transfers_sixteen_at_once),
    TEST(X3_a_silent_server_is_given_up),
    TEST(G1_progress_is_a_generator),
    TEST(E1_what_goes_wrong_has_libcurls_code_and_words),
};

#else

static void C2_a_page_is_fetched(void)
{
    TEST_SKIP("there is no libcurl for this compiler");
}

static const struct test_case cases[] = {
    TEST(C2_a_page_is_fetched),
};

#endif

TEST_MAIN("curl", cases);
