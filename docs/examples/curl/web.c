/* SPDX-License-Identifier: Apache-2.0
 *
 * libcurl on a loop: a task for each socket that it wants watched, one for its timer.
 */
#define _POSIX_C_SOURCE 200809L
#include "curl/web.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <synchronicity/readiness.h>
#include <synchronicity/short.h>

SYNCHRONIZER_DEFINE(web);
SYN_PROMISE(int, transferred);

/* A socket: its task's, and libcurl's until it says REMOVE. */
struct watched {
    int fd, what, gone;
};

struct transfer {
    CURL *easy;
    struct web_page *page;
    struct transferred_promise done;
    char words[CURL_ERROR_SIZE];
};

static CURLM *multi; /* touched by web's driver only */

void web_page_free(struct web_page *page)
{
    if (page)
        free(page->data);
    free(page);
}

void web_forget(void)
{
    curl_multi_cleanup(multi);
    multi = NULL;
}

static int timer_changed(CURLM *m, long ms, void *user);

/* Tells libcurl what happened, and who waits for a transfer that it ended. */
static void act(int fd, int ready)
{
    int events = (ready & SYN_READABLE ? CURL_CSELECT_IN : 0) |
                 (ready & SYN_WRITABLE ? CURL_CSELECT_OUT : 0), left;
    CURLMsg *message;
    struct transfer *t;

    curl_multi_socket_action(multi, fd, events, &left);
    while ((message = curl_multi_info_read(multi, &left))) {
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&t);
        promise_complete(t->done, &(int){(int)message->data.result});
    }
}

static unsigned latest; /* the number of the timer that is set */

ASYNC(web, void, tick, (double, seconds), (unsigned, number))
{
    co_begin;
    co_sleep(self->seconds);
    act(CURL_SOCKET_TIMEOUT, 0);
    co_finally;
    if (self->number == latest)
        timer_changed(multi, -1, NULL); /* it is not to be dropped any more */
    co_end;
}

static struct tick_future timer;

static int timer_changed(CURLM *m, long ms, void *user)
{
    (void)m, (void)user;
    if (timer.u.handle.slot)
        future_drop(timer);
    timer = (struct tick_future){0};
    if (ms >= 0)
        without_deadline(timer = tick_future((double)ms / 1000, ++latest));
    return 0;
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
    if (!w && what == CURL_POLL_REMOVE)
        return 0;
    if (w) {
        w->gone = what == CURL_POLL_REMOVE;
        syn_forget_descriptor(NULL, fd);
    } else {
        w = calloc(1, sizeof *w);
        if (!w)
            return -1;
        w->fd = fd;
        curl_multi_assign(multi, fd, w);
        without_deadline(future_detach(watch_future(w)));
    }
    w->what = (what & CURL_POLL_IN ? SYN_READABLE : 0) | (what & CURL_POLL_OUT ? SYN_WRITABLE : 0);
    return 0;
}

static int close_socket(void *user, curl_socket_t fd)
{
    (void)user;
    syn_forget_descriptor(NULL, fd);
    return close(fd);
}

static size_t keep(char *data, size_t one, size_t size, void *user)
{
    struct web_page *page = ((struct transfer *)user)->page;
    char *grown = realloc(page->data, page->size + size + 1);

    (void)one;
    if (!grown)
        return 0;
    memcpy(grown + page->size, data, size);
    page->data = grown;
    page->size += size;
    grown[page->size] = '\0';
    return size;
}

#define SET(option, value) curl_easy_setopt(t->easy, CURLOPT_##option, value)

static syn_err begin(struct transfer *t, const char *url)
{
    if (!multi && (multi = curl_multi_init())) {
        curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, socket_changed);
        curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, timer_changed);
    }
    t->easy = multi ? curl_easy_init() : NULL;
    t->page = t->easy ? calloc(1, sizeof *t->page) : NULL;
    if (!t->page || SET(URL, url) != CURLE_OK)
        return SYN_ENOMEM;
    SET(PRIVATE, t), SET(ERRORBUFFER, t->words), SET(WRITEFUNCTION, keep), SET(WRITEDATA, t);
    SET(CLOSESOCKETFUNCTION, close_socket), SET(FOLLOWLOCATION, 1L), SET(NOSIGNAL, 1L);
    SET(PROTOCOLS_STR, "http,https");
    return curl_multi_add_handle(multi, t->easy) == CURLM_OK ? SYN_OK : SYN_ENOMEM;
}

ASYNC_DEFINE(web, struct web_page *, web_get, SYN_COPY(const char *, url),
             SYN_LOCAL(struct transfer, t), SYN_LOCAL(struct transferred_future, done),
             SYN_LOCAL(int, code), SYN_DESTROY(web_page_free))
{
    syn_err err;

    co_begin;
    if ((err = begin(&self->t, self->url)) ||
        (err = promise_new(transferred, &self->t.done, &self->done)))
        co_fail(err);
    co_try(self->done, &self->code);
    if (self->code != CURLE_OK)
        co_fail(WEB_ECODE + self->code, self->t.words);
    curl_easy_getinfo(self->t.easy, CURLINFO_RESPONSE_CODE, &self->t.page->status);
    self->result = self->t.page;
    self->t.page = NULL;
    co_return_result;
    co_finally;
    if (self->t.easy) {
        curl_multi_remove_handle(multi, self->t.easy);
        curl_easy_cleanup(self->t.easy);
    }
    promise_drop(self->t.done);
    web_page_free(self->t.page);
    co_end;
}
