/* SPDX-License-Identifier: Apache-2.0
 *
 * libcurl on a loop: a task for each socket that it wants watched, one for its timer.
 */
#include "curl/web.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include <synchronicity/short.h>

SYNCHRONIZER_DEFINE(web);
_Static_assert(SYN_READABLE == CURL_POLL_IN && SYN_READABLE == CURL_CSELECT_IN &&
               SYN_WRITABLE == CURL_POLL_OUT && SYN_WRITABLE == CURL_CSELECT_OUT, "same bits");

/* A socket: its task's, and libcurl's until it says REMOVE. */
struct watched {
    int fd, what, gone;
};

struct transfer {
    CURL *easy;
    struct web_page *page; /* grows */
    struct syn_event changed; /* something came, or it is over */
    int ended; /* 1 + what it came to; 0: it goes on */
    char words[CURL_ERROR_SIZE];
};

static CURLM *multi; /* touched by web's driver only */

/* Tells libcurl what happened, and the task that waits for a transfer that it ended. */
static void act(int fd, int ready)
{
    CURLMsg *message;
    struct transfer *t;
    int left;

    curl_multi_socket_action(multi, fd, ready & (SYN_READABLE | SYN_WRITABLE), &left);
    while ((message = curl_multi_info_read(multi, &left))) {
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&t);
        t->ended = 1 + (int)message->data.result;
        syn_event_set(&t->changed);
    }
}

ASYNC(web, void, tick, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    act(CURL_SOCKET_TIMEOUT, 0);
    co_end;
}

static struct tick_future timer; /* the one that is set, or was */

static int timer_changed(CURLM *m, long ms, void *user)
{
    (void)m, (void)user;
    future_drop(timer);
    if (ms >= 0)
        without_deadline(timer = tick_future((double)ms / 1000));
    return 0;
}

void web_forget(void)
{
    curl_multi_cleanup(multi);
    multi = NULL;
    timer_changed(NULL, -1, NULL);
}

ASYNC(web, void, watch, (struct watched *, w), SYN_LOCAL(int, ready))
{
    co_begin;
    while (!self->w->gone) {
        co_poll(self->w->fd, self->w->what, &self->ready);
        if (!self->w->gone && self->ready != SYN_FORGOTTEN)
            act(self->w->fd, self->ready);
    }
    co_finally;
    if (!self->w->gone)
        curl_multi_assign(multi, self->w->fd, NULL);
    free(self->w);
    co_end;
}

/* What libcurl waits for at FD has changed: the task that waits there looks again. */
static int socket_changed(CURL *easy, curl_socket_t fd, int what, void *user, void *assigned)
{
    struct watched *w = assigned;

    (void)easy, (void)user;
    if (w) {
        w->gone = what == CURL_POLL_REMOVE; /* which is also said before it is closed */
        w->what = what;
        syn_forget_descriptor(NULL, fd);
    } else if (what != CURL_POLL_REMOVE) {
        if (!(w = calloc(1, sizeof *w)))
            return -1;
        *w = (struct watched){fd, what, 0};
        curl_multi_assign(multi, fd, w);
        without_deadline(future_detach(watch_future(w)));
    }
    return 0;
}

static size_t keep(char *data, size_t one, size_t size, void *user)
{
    struct transfer *t = user;
    struct web_page *grown = realloc(t->page, sizeof *grown + t->page->size + size + 1);

    if (!grown || one != 1)
        return 0;
    memcpy(grown->data + grown->size, data, size);
    grown->size += size;
    grown->data[grown->size] = '\0';
    t->page = grown;
    syn_event_set(&t->changed);
    return size;
}

#define SET(option, value) curl_easy_setopt(t->easy, CURLOPT_##option, value)

static int begin(struct transfer *t, const char *url)
{
    if (!multi && (multi = curl_multi_init())) {
        curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, socket_changed);
        curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, timer_changed);
    }
    t->easy = multi ? curl_easy_init() : NULL;
    t->page = t->easy ? calloc(1, sizeof *t->page + 1) : NULL;
    if (!t->page || SET(URL, url) != CURLE_OK)
        return 0;
    SET(PRIVATE, t), SET(ERRORBUFFER, t->words), SET(WRITEFUNCTION, keep), SET(WRITEDATA, t);
    SET(FOLLOWLOCATION, 1L), SET(NOSIGNAL, 1L), SET(PROTOCOLS_STR, "http,https");
    return curl_multi_add_handle(multi, t->easy) == CURLM_OK;
}

GENERATOR_DEFINE(web, struct web_progress, web_fetch, SYN_COPY(const char *, url),
                 (struct web_page **, out), SYN_LOCAL(struct transfer, t))
{
    curl_off_t of = -1;

    co_begin;
    if (!begin(&self->t, self->url))
        co_fail(SYN_ENOMEM);
    while (!self->t.ended) {
        co_wait_on(&self->t.changed);
        syn_event_clear(&self->t.changed);
        curl_easy_getinfo(self->t.easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &of);
        co_yield((struct web_progress){self->t.page->size, of});
    }
    if (self->t.ended != 1 + CURLE_OK)
        co_fail(WEB_ECODE + self->t.ended - 1, self->t.words);
    curl_easy_getinfo(self->t.easy, CURLINFO_RESPONSE_CODE, &self->t.page->status);
    *self->out = self->t.page;
    self->t.page = NULL;
    co_finally; /* these take NULL */
    curl_multi_remove_handle(multi, self->t.easy);
    curl_easy_cleanup(self->t.easy);
    free(self->t.page);
    co_end;
}

ASYNC_DEFINE(web, struct web_page *, web_get, SYN_COPY(const char *, url),
             SYN_LOCAL(struct web_fetch_channel, fetch), SYN_LOCAL(struct web_progress, progress),
             SYN_DESTROY(free))
{
    co_begin;
    self->fetch = web_fetch(self->url, &self->result);
    co_each (self->fetch, &self->progress) {}
    co_check;
    co_finally;
    co_close(self->fetch);
    if (co_outcome)
        free(self->result); /* it came, and then we were cancelled */
    co_end;
}
