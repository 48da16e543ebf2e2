/* SPDX-License-Identifier: Apache-2.0
 *
 * More of header_examples.c: what a definition gives, as if written out, and definitions of every kind. A prototype
 * that a header shows is declared again here, so the compiler compares it with what the macro made.
 */
#define _DEFAULT_SOURCE
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <synchronicity/short.h>
#include <synchronicity/tcp.h>

SYNCHRONIZER(demo);

/* --- call.h --- */

SYN_ASYNC_DECLARE(int, square, (double, seconds), (int, x));          // .h
SYN_ASYNC_DEFINE(demo, int, square, (double, seconds), (int, x))      // .c, and its body
{
    co_return(self->x * self->x);
}
syn_err square(double seconds, int x, int *out_result);
struct square_future square_future(double seconds, int x);

struct connection {
    int fd;
};
static void connection_free(struct connection *c)
{
    (void)c;
}
SYN_ASYNC(demo, void, serve, SYN_TAKE(struct connection *, c, connection_free))
{
    syn_co_begin;
    co_pass;
    syn_co_finally;
    connection_free(self->c);
    syn_co_end;
}

struct client;
SYN_ASYNC(demo, void, reader, (struct client *, of))
{
    co_done;
}
SYN_ASYNC(demo, void, note, (const char *, text))
{
    co_done;
}
struct client {
    struct reader_future reader;
};
syn_err calls(struct client *me);
syn_err calls(struct client *me)
{
    syn_err err;
    int y;

    err = syn_call_by(syn_after(0.2), square(1.0, 42, &y));
    syn_without_deadline(me->reader = reader_future(me));
    syn_without_deadline(syn_future_detach(note_future("opened")));
    (void)serve_future;
    return err;
}

/* --- blocking.h, blocking_generator.h --- */

SYN_POOL(hashing, .max_threads = 4);            // static; started by the first job

SYN_BLOCKING(hashing, uint64_t, slow_hash, SYN_COPY(const char *, path))
{
    uint64_t hash = 0;

    FILE *file = fopen(path, "rb");             // ordinary C, on a worker's stack
    if (!file)
        return syn_job_fail(job, errno, path);
    fclose(file);
    return hash;
}
syn_err slow_hash(const char *path, uint64_t *out_result);
struct slow_hash_future slow_hash_future(const char *path);
struct slow_hash_future slow_hash_submit(struct syn_pool *pool, const char *path);

struct entry {
    char name[256];
};
static struct entry entry_of(const struct dirent *d)
{
    struct entry entry;

    snprintf(entry.name, sizeof entry.name, "%.255s", d->d_name);
    return entry;
}
SYN_POOL(files);
SYN_BLOCKING_GENERATOR(files, struct entry, entries, SYN_COPY(const char *, path))
{
    DIR *dir = opendir(path);                    // ordinary C, on a worker's stack
    struct dirent *d;

    if (!dir) {
        syn_job_fail(job, errno, path);
        return;
    }
    while ((d = readdir(dir)) && !syn_job_yield(job, entry_of(d)))
        ;
    closedir(dir);
}
struct entries_channel entries(const char *path);
struct entries_channel entries_submit(struct syn_pool *pool, const char *path);

/* --- pool_map.h, channel_map.h --- */

SYN_POOL(numbers);
SYN_POOL_MAP(numbers, double, float, root)       // pool, from, to, name
{
    *out = (float)sqrt(*in);                      // in: const double *; out: float *
    return SYN_OK;
}
syn_err root(const double *in, size_t n, float *out);
struct root_future root_future(const double *in, size_t n, float *out);
struct root_future root_submit(struct syn_pool *pool, const double *in, size_t n, float *out);

struct block {
    size_t size;
};
struct text {
    char *text;
};
static void text_free(struct text text)
{
    (void)text;
}
static syn_err inflate_block(const struct block *in, struct text *out)
{
    out->text = NULL;
    return in->size ? SYN_EPROTO : SYN_OK;
}
static void print(struct text text)
{
    (void)text;
}
SYN_POOL(packing);
SYN_CHANNEL(struct block, blocks);                  // or a generator of that name
SYN_CHANNEL(struct text, texts, SYN_DESTROY(text_free));

SYN_CHANNEL_MAP(packing, (struct block, blocks), (struct text, texts), unpack)
{                                                   // pool, from, to, name
    return inflate_block(in, out);                  // in: struct block *; out: struct text *
}
syn_err unpack(struct blocks_channel in, struct texts_channel out, size_t ahead);
struct unpack_future unpack_future(struct blocks_channel in, struct texts_channel out,
                                   size_t ahead);

static struct blocks_channel read_blocks(const char *path)
{
    struct blocks_channel ch = {{{0}}};

    (void)path;
    return ch;
}
syn_err maps_a_channel(const char *path);
syn_err maps_a_channel(const char *path)
{
    syn_err err;

    struct texts_channel out;
    struct unpack_future unpacks;

    syn_channel_new(texts, 0, &out);
    unpacks = unpack_future(read_blocks(path), out, 16);
    syn_channel_each (struct text, text, out, &err)
        print(text);                                    // a break is fine
    syn_future_get(unpacks);
    return err;
}

/* --- generator.h --- */

SYN_GENERATOR(demo, int, count, (int, n), SYN_LOCAL(int, i))
{
    syn_co_begin;
    for (self->i = 0; self->i < self->n; self->i++) {
        syn_co_sleep(1.0);
        syn_co_yield(self->i);
    }
    syn_co_end;
}
struct count_channel count(int n);

SYN_GENERATOR(demo, double, average, SYN_SENDS(double), SYN_LOCAL(double, sum),
              SYN_LOCAL(int, n))
{
    syn_co_begin;
    for (;;) {
        syn_co_yield(self->n ? self->sum / self->n : 0);
        syn_co_check;
        if (self->sent) {
            self->sum += *self->sent;
            self->n++;
        }
    }
    syn_co_end;
}
void talks(void);
void talks(void)
{
    struct average_channel ch = average();
    double a;

    syn_channel_next(ch, &a);                  // to its first yield
    syn_generator_send(ch, &(double){3}, &a);  // that yield gives 3; a: the next item
    syn_generator_throw(ch, SYN_EIO, "no more", &a);
    channel_close(ch);
    (void)count;
}

/* --- class.h, method.h --- */

struct redis_reply {
    const char *text;
};
struct redis_message {
    const char *text;
};
SYNCHRONIZER(redis_loop);
#define REDIS_METHODS(M, C)                                                                 \
    M(C, constructor, open, SYN_COPY(const char *, host), (int, port))                      \
    M(C, destructor)                                                                        \
    M(C, async, struct redis_reply *, command, SYN_COPY(const char *, line),                \
      SYN_DOC("Sends one command and returns its reply."))                                  \
    M(C, generator, struct redis_message, subscribe, SYN_COPY(const char *, topic))
SYN_CLASS(redis, REDIS_METHODS);

struct redis *redis_retain(struct redis *it);   // object.h says what these do
void redis_release(struct redis *it);
syn_err redis_close(struct redis *it);
struct syn_object_close_future redis_close_future(struct redis *it);
syn_err redis_wrap(struct redis_impl *implementation, struct syn_synchronizer *where,
                   struct redis **out_it);
struct redis_impl *redis_unwrap(const struct redis *it);
struct redis *redis_of(struct syn_object *object);   // NULL if it is not one

struct redis_impl {                     // the implementation, this file's own
    struct syn_stream *stream;
};

SYN_CONSTRUCTOR(redis, open, SYN_COPY(const char *, host), (int, port))
{
    syn_co_begin;
    syn_co_try(syn_tcp_connect_future(self->host, self->port), &me->stream);
    syn_co_end;
}
SYN_DESTRUCTOR(redis)
{
    syn_co_begin;
    syn_co_await(syn_stream_close_future(me->stream));
    syn_co_end;
}
SYN_METHOD(redis, struct redis_reply *, command, SYN_COPY(const char *, line))
{
    syn_co_begin;
    syn_co_try(syn_stream_write_all_future(me->stream, self->line, strlen(self->line)));
    syn_co_end;
}
SYN_METHOD_GENERATOR(redis, struct redis_message, subscribe, SYN_COPY(const char *, topic))
{
    co_done;
}
SYN_CLASS_TABLE(redis_loop, redis, REDIS_METHODS, NULL);

/* --- context.h --- */

SYN_CONTEXT(demo, struct redis *, redis_session, SYN_COPY(const char *, host), (int, port),
            SYN_LOCAL(struct redis *, db))
{
    syn_co_begin;
    syn_co_try(redis_open_future(self->host, self->port), &self->db);
    syn_co_yield(self->db);                  // the block runs here
    syn_co_finally;
    redis_release(self->db);
    syn_co_end;
}
struct redis_session_context redis_session(const char *host, int port);

syn_err in_a_thread(void);
syn_err in_a_thread(void)
{
    struct redis_reply *reply;

    syn_err err;
    syn_with_context (struct redis *, db, redis_session("127.0.0.1", 6379), &err) {
        if ((err = redis_command(db, "GET foo", &reply)) != 0)
            break;                               // exit gets the error
    }
    return err;
}

ASYNC(demo, void, in_a_task, SYN_LOCAL(struct redis_session_context, session), SYN_LOCAL(struct redis *, db),
      SYN_LOCAL(struct redis_reply *, reply))
{
    co_begin;
    self->session = redis_session("127.0.0.1", 6379);
    syn_co_with (self->session, &self->db) {
        syn_co_try(redis_command_future(self->db, "GET foo"), &self->reply);
    }
    co_end;
}

ASYNC(demo, void, end, (int, transaction), (syn_err, failed))
{
    co_done;
}
CONTEXT(demo, int, transaction, SYN_LOCAL(int, transaction), SYN_LOCAL(syn_err, failed))
{
    co_begin;
    self->failed = SYN_ECANCELED;                // as long as the block has not ended well
    syn_co_yield(self->transaction);
    self->failed = syn_co_status;
    syn_co_finally;
    syn_co_await(end_future(self->transaction, self->failed));
    co_end;
}
void uses_contexts(void);
void uses_contexts(void)
{
    (void)in_a_task_future;
    (void)transaction;
    (void)slow_hash_future;
    (void)entries;
    (void)root;
    (void)unpack;
}
