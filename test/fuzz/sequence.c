/* SPDX-License-Identifier: Apache-2.0
 *
 * Sequences of public calls, drawn from bytes, on one loop with the virtual clock, against a small model of
 * futures, channels and scopes that knows nothing of tasks: what must come out, when, and in which order.
 *
 * One task reads the bytes and does what they say: it starts calls that take a time, fail or not and clean up
 * for a time, awaits them with and without a deadline, cancels, drops, polls and passes; puts two of them
 * under a scope that joins, races or takes any; and makes channels, at which it tries, and other tasks wait.
 * Whatever the bytes are, the library says what the model says, to the nanosecond; each value that was
 * made is destroyed or fetched once; and when the synchronizer was stopped no memory is out.
 *
 * Every time is made unique by a few nanoseconds more, so that the model never has to say which of two things
 * that happen at one moment is first; where sums meet all the same, the sequence ends there.
 *
 * For libFuzzer, by `.ci/run fuzz`. With SEQUENCE_SAYS in the environment it prints what it does.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <synchronicity/short.h>
#include <synchronicity/testing.h>

enum { FUTURES = 4, CHANNELS = 2, WAITING = 6, OPS = 200, ROOM = 3 };

SYNCHRONIZER(loop);

static struct syn_clock *clock_of_all;
static long n_made, n_destroyed;

static int64_t now(void)
{
    return clock_of_all ? syn_clock_now(clock_of_all) : -1;
}

static _Noreturn void differs(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fputs("differs from the model: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    abort();
}

static void says(const char *format, ...)
{
    va_list arguments;

    if (!getenv("SEQUENCE_SAYS"))
        return;
    va_start(arguments, format);
    fprintf(stderr, "%12lld  ", (long long)now());
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

static void same(const char *what, long long is, long long model)
{
    if (is != model)
        differs("%s is %lld, not %lld, at %lld", what, is, model, (long long)now());
}

/* --- the calls --- */

static void destroy(int *value)
{
    n_destroyed++;
    free(value);
}

static int *make(int value)
{
    int *made = malloc(sizeof *made);

    if (!made)
        abort();
    n_made++;
    *made = value;
    return made;
}

ASYNC(loop, int *, works, (int, value), (int64_t, takes), (syn_err, fails), (int64_t, cleans),
      DESTROY(destroy))
{
    co_begin;
    co_until(((struct syn_deadline){now() + self->takes}));
    if (self->fails)
        co_fail(self->fails);
    co_return(make(self->value));
    co_finally;
    co_until(((struct syn_deadline){now() + self->cleans}));
    co_end;
}

CHANNEL(int, ints);

/* The result of a waiter at a channel; the model says the same. */
struct waiting {
    syn_err status, model_status;
    int value, model_value;
    bool over, model_over;
};

ASYNC(loop, void, takes, (struct ints_channel, channel), (struct waiting *, w), SYN_LOCAL(int, v))
{
    co_begin;
    co_next(self->channel, &self->v);
    self->w->status = co_status;
    self->w->value = self->v;
    self->w->over = true;
    co_finally;
    if (!self->w->over)
        self->w->status = co_status;
    self->w->over = true;
    co_end;
}

ASYNC(loop, void, gives, (struct ints_channel, channel), (struct waiting *, w), (int, v))
{
    co_begin;
    co_send(self->channel, &self->v);
    self->w->status = co_status;
    self->w->over = true;
    co_finally;
    if (!self->w->over)
        self->w->status = co_status;
    self->w->over = true;
    co_end;
}

/* --- the model --- */

struct call {
    bool there, began, asked;
    int value;
    int64_t made, takes, cleans, end; /* end: as it stands */
    syn_err fails, err;
    struct works_future f;
};

struct line { /* at a channel: the waiters, in order */
    struct waiting *who[WAITING];
    int value[WAITING]; /* of the givers */
    int n;
};

struct channel {
    struct ints_channel ch;
    int capacity, n, items[ROOM];
    bool ended, closed;
    syn_err err;
    struct line takers, givers;
};

struct world {
    const uint8_t *data;
    size_t size, at;
    int n_ops;
    bool tie;
    struct call calls[FUTURES];
    struct channel channels[CHANNELS];
    struct waiting waiting[WAITING];
    int n_waiting;
    int64_t now;
};

static unsigned draw(struct world *w, unsigned below)
{
    return w->at < w->size ? w->data[w->at++] % below : 0;
}

/* Unique, as far as sums are. */
static int64_t draw_time(struct world *w)
{
    return (int64_t)draw(w, 16) * 1000000 + 1 + 7919 * (int64_t)w->n_ops++ % 999983;
}

/* True: A comes before B. */
static bool before(struct world *w, int64_t a, int64_t b)
{
    if (a == b)
        w->tie = true;
    return a < b;
}

/* C is cancelled at AT, with CODE. */
static void ask(struct world *w, struct call *c, int64_t at, syn_err code)
{
    if (c->asked || c->end <= at)
        return;
    if (!c->began) {
        c->asked = true;
        c->err = code;
        c->end = at;
        c->cleans = -1;
        return;
    }
    if (!before(w, at, c->made + c->takes))
        return; /* it cleans up */
    c->asked = true;
    c->err = code;
    c->end = at + c->cleans;
}

static void all_begin(struct world *w)
{
    for (int i = 0; i < FUTURES; i++)
        if (w->calls[i].there && !w->calls[i].asked)
            w->calls[i].began = true;
}

/* Time goes on to T, if that is to come; then all that was made has begun. */
static void advance(struct world *w, int64_t t)
{
    if (t <= w->now)
        return;
    all_begin(w);
    w->now = t;
}

static void served(struct waiting *who, syn_err status, int value)
{
    who->model_over = true;
    who->model_status = status;
    who->model_value = value;
}

static struct waiting *leave_line(struct line *line, int *out_value)
{
    struct waiting *first = line->who[0];

    *out_value = line->value[0];
    line->n--;
    memmove(line->who, line->who + 1, (size_t)line->n * sizeof line->who[0]);
    memmove(line->value, line->value + 1, (size_t)line->n * sizeof line->value[0]);
    return first;
}

static void tell_all(struct line *line, syn_err status)
{
    int unused;

    while (line->n > 0)
        served(leave_line(line, &unused), status, 0);
}

/* Somebody asks for an item; SYN_EAGAIN: there is none yet. */
static syn_err model_next(struct channel *c, int *out_value)
{
    int value;

    if (c->closed)
        return SYN_ECLOSED;
    if (c->n > 0) {
        *out_value = c->items[0];
        memmove(c->items, c->items + 1, (size_t)--c->n * sizeof c->items[0]);
        if (c->givers.n > 0) {
            served(leave_line(&c->givers, &value), SYN_OK, 0);
            c->items[c->n++] = value;
        }
        return SYN_OK;
    }
    if (c->givers.n > 0) {
        served(leave_line(&c->givers, out_value), SYN_OK, 0);
        return SYN_OK;
    }
    return c->ended ? (c->err ? c->err : SYN_EEND) : SYN_EAGAIN;
}

static syn_err model_send(struct channel *c, int value)
{
    int unused;

    if (c->closed || c->ended)
        return SYN_ECLOSED;
    if (c->takers.n > 0)
        served(leave_line(&c->takers, &unused), SYN_OK, value);
    else if (c->n < c->capacity)
        c->items[c->n++] = value;
    else
        return SYN_EAGAIN;
    return SYN_OK;
}

static void stand(struct line *line, struct waiting *who, int value)
{
    line->who[line->n] = who;
    line->value[line->n++] = value;
}

/* --- both: calls --- */

static void start(struct world *w)
{
    struct call *c = NULL;

    for (int i = 0; i < FUTURES; i++)
        if (!w->calls[i].there)
            c = &w->calls[i];
    if (!c)
        return;
    *c = (struct call){.there = true, .value = (int)draw(w, 256), .made = w->now};
    c->fails = draw(w, 3) ? SYN_OK : SYN_EIO;
    c->err = c->fails;
    c->takes = draw_time(w);
    c->cleans = draw_time(w);
    c->end = c->made + c->takes + c->cleans;
    says("starts %d: takes %lld, cleans %lld, comes to %d", (int)(c - w->calls), (long long)c->takes,
         (long long)c->cleans, c->err);
    c->f = works_future(c->value, c->takes, c->fails, c->cleans);
}

static struct call *pick(struct world *w)
{
    struct call *c = &w->calls[draw(w, FUTURES)];

    return c->there ? c : NULL;
}

/* C was used up, and came to STATUS and VALUE. */
static void check_call(struct world *w, struct call *c, syn_err status, int *value, bool fetched)
{
    same("the status", status, c->err);
    if (fetched)
        same("there is a value", value != NULL, c->err == SYN_OK);
    if (value) {
        same("the value", *value, c->value);
        destroy(value);
    }
    c->there = false;
    if (!w->tie)
        same("the time", now(), w->now);
}

/* --- both: channels --- */

static void try_next(struct channel *c)
{
    int value = -1, model = -1;
    syn_err err = channel_try_next(c->ch, &value);

    says("tries next: %d, %d", err, value);
    same("a try to take", err, model_next(c, &model));
    if (!err)
        same("the item", value, model);
}

static void try_send(struct world *w, struct channel *c)
{
    int value = (int)draw(w, 256);

    says("tries to send %d", value);
    same("a try to give", channel_try_send(c->ch, &value), model_send(c, value));
}

/* Another task waits, or is served at once. It is detached: W says what became of it. */
static void wait_at(struct world *w, struct channel *c, bool gives)
{
    struct waiting *who = &w->waiting[w->n_waiting];
    int value = (int)draw(w, 256), model = 0;
    syn_err err;

    if (w->n_waiting == WAITING)
        return;
    w->n_waiting++;
    says("one waits to %s %d", gives ? "give" : "take", value);
    if (gives) {
        future_detach(gives_future(c->ch, who, value));
        err = model_send(c, value);
    } else {
        future_detach(takes_future(c->ch, who));
        err = model_next(c, &model);
    }
    if (err != SYN_EAGAIN)
        served(who, err, model);
    else
        stand(gives ? &c->givers : &c->takers, who, value);
}

static void end_channel(struct channel *c, syn_err err)
{
    says("ends a channel: %d", err);
    if (err)
        channel_fail(c->ch, err, NULL);
    else
        channel_end(c->ch);
    if (c->ended || c->closed)
        return;
    c->ended = true;
    c->err = err;
    tell_all(&c->takers, err ? err : SYN_EEND);
    tell_all(&c->givers, SYN_ECLOSED);
}

static void close_channel(struct channel *c)
{
    says("closes a channel");
    same("a close", channel_close(c->ch), SYN_OK);
    c->closed = true;
    c->n = 0;
    tell_all(&c->takers, SYN_ECLOSED);
    tell_all(&c->givers, SYN_ECLOSED);
}

static void check_waiting(struct world *w)
{
    for (int i = 0; i < w->n_waiting; i++) {
        struct waiting *who = &w->waiting[i];

        same("a waiter is served", who->over, who->model_over);
        if (!who->over)
            continue;
        same("what it was told", who->status, who->model_status);
        if (!who->status && who->model_value)
            same("what it got", who->value, who->model_value);
    }
}

static bool at_channel(struct world *w, unsigned op)
{
    struct channel *c = &w->channels[draw(w, CHANNELS)];

    switch (op) {
    case 10:
        try_next(c);
        return true;
    case 11:
        try_send(w, c);
        return true;
    case 12:
    case 13:
        wait_at(w, c, op == 13);
        return true;
    case 14:
        end_channel(c, draw(w, 2) ? SYN_EIO : SYN_OK);
        return true;
    default:
        close_channel(c);
        return true;
    }
}

/* --- both: two calls under one scope --- */

enum goal { ALL, ANY, RACE };

/* What the scope comes to, of A and B, which are children from now on. */
static syn_err model_scope(struct world *w, enum goal goal, struct call *a, struct call *b)
{
    struct call *first, *second;
    bool decides;
    syn_err err;

    first = before(w, b->end, a->end) ? b : a;
    second = first == a ? b : a;
    if (first->end <= w->now && second->end <= w->now) {
        w->tie = true; /* both were over: which is told first is the order of spawning */
        return 0;
    }
    decides = goal == RACE || (goal == ANY ? !first->err : first->err != SYN_OK);
    if (decides) {
        int64_t at = first->end > w->now ? first->end : w->now;

        ask(w, second, at, SYN_ECANCELED);
        advance(w, at);
        advance(w, second->end);
        return first->err;
    }
    advance(w, first->end);
    advance(w, second->end);
    err = goal == ALL ? second->err : second->err ? first->err : SYN_OK;
    return err;
}

/* What was delivered is theirs, and nobody else's. */
static void check_outs(const struct call *a, const struct call *b, int *outs[2])
{
    for (int i = 0; i < 2; i++) {
        if (!outs[i])
            continue;
        same("a delivered value", *outs[i], (i == 0 ? a : b)->value);
        destroy(outs[i]);
    }
}

/* --- the task --- */

ASYNC(loop, void, reads_bytes, (struct world *, w), SYN_LOCAL(struct call *, c), SYN_LOCAL(struct call *, d),
      SYN_LOCAL(int *, value), SYN_LOCAL(int64_t, until), SYN_LOCAL(struct syn_scope, scope),
      SYN_LOCAL(struct works_future, pair[2]), SYN_LOCAL(int *, outs[2]), SYN_LOCAL(unsigned, op), SYN_LOCAL(syn_err, model))
{
    co_begin;
    while (self->w->at < self->w->size && self->w->n_ops < OPS && !self->w->tie) {
        self->op = draw(self->w, 20);
        self->c = self->op < 10 || self->op > 15 ? pick(self->w) : NULL;
        self->value = NULL;
        if (self->op == 0 || self->op == 1) {
            start(self->w);
        } else if (self->op == 2) {
            says("sleeps");
            self->until = self->w->now + draw_time(self->w);
            co_until(((struct syn_deadline){self->until}));
            advance(self->w, self->until);
            same("the time", now(), self->w->now);
        } else if (self->op >= 10 && self->op <= 15) {
            at_channel(self->w, self->op);
            co_pass; /* a waiter comes, one that was served goes on */
        } else if (!self->c) {
            says("passes");
        } else if (self->op == 3 || self->op == 4) {
            says("awaits %d", (int)(self->c - self->w->calls));
            co_await(self->c->f, &self->value);
            advance(self->w, self->c->end);
            check_call(self->w, self->c, co_status, self->value, true);
        } else if (self->op == 5) {
            self->until = self->w->now + draw_time(self->w);
            says("awaits %d until %lld", (int)(self->c - self->w->calls), (long long)self->until);
            co_await_by(self->c->f, &self->value, ((struct syn_deadline){self->until}));
            self->c->began = self->c->began || !self->c->asked;
            ask(self->w, self->c, self->until, SYN_ETIMEDOUT);
            advance(self->w, self->c->end);
            check_call(self->w, self->c, co_status, self->value, true);
        } else if (self->op == 6) {
            says("asks %d to end", (int)(self->c - self->w->calls));
            future_request_cancel(self->c->f);
            ask(self->w, self->c, self->w->now, SYN_ECANCELED);
        } else if (self->op == 7) {
            says("cancels %d", (int)(self->c - self->w->calls));
            co_cancel(self->c->f);
            ask(self->w, self->c, self->w->now, SYN_ECANCELED);
            advance(self->w, self->c->end);
            check_call(self->w, self->c, co_status, NULL, false);
        } else if (self->op == 8) {
            says("drops %d", (int)(self->c - self->w->calls));
            future_detach(self->c->f);
            self->c->there = false;
        } else if (self->op == 9) {
            self->model = before(self->w, self->c->end, self->w->now) ? SYN_OK : SYN_EAGAIN;
            self->value = NULL;
            if (!self->w->tie)
                same("a poll", future_poll(self->c->f), self->model);
        } else {
            self->d = pick(self->w);
            if (!self->d || self->d == self->c || !self->c->began || !self->d->began) {
                co_pass;
                all_begin(self->w);
                continue;
            }
            says("takes %d and %d under a scope (%u)", (int)(self->c - self->w->calls),
                 (int)(self->d - self->w->calls), self->op);
            self->pair[0] = self->c->f;
            self->pair[1] = self->d->f;
            self->outs[0] = self->outs[1] = NULL;
            memset(&self->scope, 0, sizeof self->scope);
            self->model = model_scope(self->w, self->op == 16   ? ANY
                                               : self->op == 17 ? RACE
                                                                : ALL, self->c, self->d);
            if (self->op == 16)
                co_any_of(&self->scope, 2, self->pair, self->outs);
            else if (self->op == 17)
                co_race_of(&self->scope, 2, self->pair, self->outs);
            else
                co_all_of(&self->scope, 2, self->pair, self->outs);
            check_outs(self->c, self->d, self->outs);
            self->c->there = self->d->there = false;
            if (self->w->tie)
                break;
            same("what the scope comes to", co_status, self->model);
            same("the time", now(), self->w->now);
        }
        if (self->op > 1) { /* else what was just made may be cancelled before it begins */
            co_pass;
            all_begin(self->w);
            check_waiting(self->w);
        }
    }
    co_end;
}

static void begin_world(struct world *w)
{
    for (int i = 0; i < CHANNELS; i++) {
        w->channels[i].capacity = (int)draw(w, ROOM);
        same("a channel is made", channel_new(ints, (size_t)w->channels[i].capacity, &w->channels[i].ch), 0);
    }
}

static void end_world(struct world *w)
{
    for (int i = 0; i < FUTURES; i++)
        if (w->calls[i].there)
            future_detach(w->calls[i].f);
    for (int i = 0; i < CHANNELS; i++)
        channel_close(w->channels[i].ch);
    same("a stop", synchronizer_stop(&loop, syn_never()), SYN_OK);
    same("a free", synchronizer_free(&loop), SYN_OK);
    syn_clock_use(NULL);
    same("the clock's free", syn_clock_free(clock_of_all), SYN_OK);
    clock_of_all = NULL;
    same("values destroyed", n_destroyed, n_made);
    same("memory that is out", syn_memory_use().outstanding, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world w = {.data = data, .size = size};

    n_made = n_destroyed = 0;
    syn_test_callers_drive(true);
    if (syn_clock_new(&clock_of_all))
        abort();
    syn_clock_use(clock_of_all);
    begin_world(&w);
    same("the sequence", reads_bytes(&w), SYN_OK);
    end_world(&w);
    return 0;
}
