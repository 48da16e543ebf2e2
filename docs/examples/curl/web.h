/* SPDX-License-Identifier: Apache-2.0
 *
 * libcurl's multi interface with every face: one loop for all transfers, which share connections.
 *
 *     struct web_page *page;
 *
 *     if (call_by(syn_after(5), web_get("https://example.org/", &page)) != SYN_OK)
 *         return syn_perror("web_get"), 1;
 *     fwrite(page->data, 1, page->size, stdout);
 *     free(page);
 *
 * Cancelled, or at a deadline, a transfer ends at once and its connection is closed.
 */
#ifndef WEB_H
#define WEB_H

#include <stddef.h>

#include <synchronicity.h>

/* What libcurl says is WEB_ECODE + its code, with its words: WEB_ECODE + CURLE_COULDNT_CONNECT. */
enum { WEB_ECODE = SYN_EUSER + 5000 };

struct web_page {
    long status; /* 200; any status is a page */
    size_t size;
    char data[]; /* and a '\0' behind it */
};

/* Where all transfers run. */
extern struct syn_synchronizer web;

/* Fetches URL (http or https), following redirections. Owns: the caller, which frees the page by free(). */
SYN_ASYNC_DECLARE(struct web_page *, web_get, SYN_COPY(const char *, url));

/* How much came so far, of how much; of: -1, the server did not say. */
struct web_progress {
    size_t had;
    long long of;
};

/* The same as a generator: an item as often as something came since the last, and the page in *OUT before
 * its end; which must stay until then. Closed before its end, the transfer ends, and *OUT is as it was. */
SYN_GENERATOR_DECLARE(struct web_progress, web_fetch, SYN_COPY(const char *, url),
                      (struct web_page **, out));

/* Forgets idle connections, after a stop of `web`. */
void web_forget(void);

#endif
