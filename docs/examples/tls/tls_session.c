/* SPDX-License-Identifier: Apache-2.0
 *
 * Sessions of servers, by host: the next connection to one takes no certificate and one round trip less
 * work. One is used once, as TLS 1.3 wants it, so that connections cannot be linked by it.
 *
 * A session says that its host was verified, by this context; so it is given to no other host.
 */
#include <stdlib.h>
#include <string.h>

#include "tls/tls_inside.h"

static struct tls_session *find_locked(struct tls_context *me, const char *host)
{
    for (int i = 0; i < TLS_SESSIONS; i++)
        if (me->sessions[i].host && strcmp(me->sessions[i].host, host) == 0)
            return &me->sessions[i];
    return NULL;
}

static struct tls_session *oldest_locked(struct tls_context *me)
{
    struct tls_session *oldest = &me->sessions[0];

    for (int i = 1; i < TLS_SESSIONS; i++)
        if (me->newest - me->sessions[i].age > me->newest - oldest->age)
            oldest = &me->sessions[i];
    return oldest;
}

static void empty(struct tls_session *place)
{
    SSL_SESSION_free(place->session);
    free(place->host);
    *place = (struct tls_session){0};
}

/* The host that SSL talks to: its own copy. */
static void free_host(void *parent, void *host, CRYPTO_EX_DATA *data, int index, long n, void *user)
{
    (void)parent, (void)data, (void)index, (void)n, (void)user;
    free(host);
}

static int host_index(void)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static int index = -1;
    int known;

    pthread_mutex_lock(&lock);
    if (index < 0)
        index = SSL_get_ex_new_index(0, NULL, NULL, NULL, free_host);
    known = index;
    pthread_mutex_unlock(&lock);
    return known;
}

/* SSL got SESSION, which is kept if this returns 1. */
static int keep(SSL *ssl, SSL_SESSION *session)
{
    struct tls_context *me = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    const char *host = SSL_get_ex_data(ssl, host_index());
    char *copy = host ? malloc(strlen(host) + 1) : NULL;
    struct tls_session *place;

    if (!copy)
        return 0;
    strcpy(copy, host);
    pthread_mutex_lock(&me->lock);
    place = find_locked(me, host);
    if (!place)
        place = oldest_locked(me);
    empty(place);
    *place = (struct tls_session){copy, session, ++me->newest};
    pthread_mutex_unlock(&me->lock);
    return 1;
}

void tls_sessions_begin(struct tls_context *me)
{
    SSL_CTX_set_app_data(me->ssl, me);
    SSL_CTX_set_session_cache_mode(me->ssl, SSL_SESS_CACHE_CLIENT |
                                                SSL_SESS_CACHE_NO_INTERNAL_STORE);
    SSL_CTX_set_session_id_context(me->ssl, (const unsigned char *)"tls", 3);
    SSL_CTX_sess_set_new_cb(me->ssl, keep);
}

void tls_sessions_end(struct tls_context *me)
{
    for (int i = 0; i < TLS_SESSIONS; i++)
        empty(&me->sessions[i]);
    pthread_mutex_destroy(&me->lock);
}

int tls_sessions_use(struct tls_context *me, SSL *ssl, const char *host)
{
    char *copy = malloc(strlen(host) + 1);
    struct tls_session *place;
    SSL_SESSION *session = NULL;

    if (!copy)
        return 0;
    strcpy(copy, host);
    if (SSL_set_ex_data(ssl, host_index(), copy) != 1) {
        free(copy);
        return 0;
    }
    pthread_mutex_lock(&me->lock);
    place = find_locked(me, host);
    if (place) {
        session = place->session;
        place->session = NULL;
    }
    pthread_mutex_unlock(&me->lock);
    if (session)
        SSL_set_session(ssl, session);
    SSL_SESSION_free(session);
    return 1;
}
