/* SPDX-License-Identifier: Apache-2.0
 *
 * Three generators in a row, each on its own: lines of a text, those with a word in them, and
 * those numbered as they are shown. Leaving the loop at the end closes all three, the last
 * one first; and what nobody fetched is freed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <synchronicity/short.h>

SYNCHRONIZER(app);
SYNCHRONIZER(elsewhere); /* a pipeline may cross synchronizers */

static const char text[] = "a channel is a queue\n"
                           "with an end and an error\n"
                           "a generator is a function\n"
                           "that yields\n"
                           "calling it gives a channel\n"
                           "closing a channel ends its generator\n";

static int alive; /* lines that nobody has freed; the three run one at a time */

static void free_line(char *line)
{
    alive -= line != NULL;
    free(line);
}

static char *make_line(const char *from, size_t size)
{
    char *line = malloc(size + 1);

    if (!line)
        return NULL;
    memcpy(line, from, size);
    line[size] = '\0';
    alive++;
    return line;
}

/* 1. Each line, which is the consumer's from then on. */
GENERATOR(app, char *, lines, (const char *, text), DESTROY(free_line))
{
    char *line;
    size_t size;

    co_begin;
    while (*self->text) {
        size = strcspn(self->text, "\n");
        line = make_line(self->text, size);
        if (!line)
            co_fail(SYN_ENOMEM);
        self->text += size + 1;
        co_yield(line);
    }
    co_finally;
    printf("(lines end)\n");
    co_end;
}

/* 2. Those that have WORD in them; it owns the channel it reads from. */
GENERATOR(elsewhere, char *, with_word, (struct lines_channel, from), SYN_COPY(const char *, word),
          SYN_LOCAL(char *, line), DESTROY(free_line))
{
    co_begin;
    co_each (self->from, &self->line) {
        if (strstr(self->line, self->word))
            co_yield(self->line);
        else
            free_line(self->line);
    }
    co_check;
    co_finally;
    co_close(self->from);
    printf("(with_word ends)\n");
    co_end;
}

/* 3. Numbered. */
struct numbered {
    int number;
    char *line;
};

static void free_numbered(struct numbered item)
{
    free_line(item.line);
}

GENERATOR(app, struct numbered, number, (struct with_word_channel, from), DESTROY(free_numbered),
          SYN_LOCAL(struct numbered, item))
{
    co_begin;
    co_each (self->from, &self->item.line) {
        self->item.number++;
        co_yield(self->item);
    }
    co_check;
    co_finally;
    co_close(self->from);
    printf("(number ends)\n");
    co_end;
}

int main(void)
{
    syn_err err;

    channel_each (struct numbered, item, number(with_word(lines(text), "channel")), &err) {
        printf("%d: %s\n", item.number, item.line);
        free_line(item.line);
    }
    printf("all: %s, %d lines left\n", syn_strerror(err), alive);
    channel_each (struct numbered, item, number(with_word(lines(text), "a")), &err) {
        printf("%d: %s\n", item.number, item.line);
        free_line(item.line);
        if (item.number == 2)
            break;
    }
    printf("two: %s, %d lines left\n", syn_strerror(err), alive);
    return 0;
}
