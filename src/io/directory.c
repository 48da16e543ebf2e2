/* SPDX-License-Identifier: Apache-2.0
 *
 * Listing a directory: a generator on the loop, which has its entries read on the pool, a
 * batch at a time.
 *
 * So an entry costs a thirty-second of a way to a worker and back, and a listing that stands
 * still holds no thread. Discarded: a job that yields the entries; it would keep its worker as
 * long as its consumer takes, and each entry would be a hand-over between threads.
 *
 * The generator's frame owns the listing while no job of it is under way. A job that fills it
 * is seen to its end, so clean-up never finds one under way, and closing the directory, which
 * frees memory and a descriptor and waits for no disk, is done there and then.
 */
#define _FILE_OFFSET_BITS 64
#if defined(__linux__)
#define _GNU_SOURCE 1
#elif defined(__APPLE__)
#define _DARWIN_C_SOURCE
#endif
#define SYNI_IN_LIBRARY 1

#include "io/path.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/fault.h"
#include "base/mem.h"

#include <synchronicity/step.h>

enum { DIRECTORY_BATCH = 32 };

struct listing {
    DIR *dir;
    syn_err err; /* why there are no more after these; SYN_EEND: there are none */
    int n, next;
    struct syn_directory_entry entries[DIRECTORY_BATCH];
};

static void listing_free(struct listing *l)
{
    if (l)
        closedir(l->dir);
    syni_free(l, sizeof *l);
}

/* opendir(), by a descriptor above the standard ones. */
static DIR *open_directory(const char *path)
{
    int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    int fd = syni_descriptor(syni_fault("opendir") ? -1 : open(syni_path(path), flags));
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    int error = errno;

    if (!dir && fd >= 0)
        close(fd);
    errno = error;
    return dir;
}

/* What the directory itself says of ENTRY; 0: it does not. */
static mode_t kind_in_directory(const struct dirent *entry)
{
#ifdef DT_UNKNOWN
    switch (syni_fault("d_type") ? DT_UNKNOWN : entry->d_type) {
    case DT_REG:
        return S_IFREG;
    case DT_DIR:
        return S_IFDIR;
    case DT_LNK:
        return S_IFLNK;
    case DT_FIFO:
        return S_IFIFO;
    case DT_SOCK:
        return S_IFSOCK;
    case DT_CHR:
        return S_IFCHR;
    case DT_BLK:
        return S_IFBLK;
    }
#endif
    (void)entry;
    return 0;
}

/* One that is gone by now is of no kind. */
static mode_t kind_of(DIR *dir, const struct dirent *entry)
{
    mode_t kind = kind_in_directory(entry);
    struct stat s;

    if (!kind && fstatat(dirfd(dir), entry->d_name, &s, AT_SYMLINK_NOFOLLOW) == 0)
        kind = s.st_mode & S_IFMT;
    return kind;
}

static void directory_take(struct listing *l, const struct dirent *entry)
{
    struct syn_directory_entry *to = &l->entries[l->n];
    size_t length = strlen(entry->d_name);

    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
        return;
    if (length >= sizeof to->name) {
        l->err = ENAMETOOLONG;
        return;
    }
    memcpy(to->name, entry->d_name, length + 1);
    to->kind = kind_of(l->dir, entry);
    l->n++;
}

/* The next batch. An error waits until what came before it was given out. */
static void fill(struct listing *l)
{
    l->n = l->next = 0;
    while (l->n < DIRECTORY_BATCH && !l->err) {
        struct dirent *entry;

        errno = 0;
        entry = syni_fault("readdir") ? NULL : readdir(l->dir);
        if (entry)
            directory_take(l, entry);
        else
            l->err = errno ? errno : SYN_EEND;
    }
}

SYN_BLOCKING(SYN_DEFAULT_POOL, struct listing *, listing_open, SYN_COPY(const char *, path),
             SYN_DESTROY(listing_free))
{
    struct listing *l = syni_alloc(sizeof *l);
    syn_err err = SYN_ENOMEM;

    if (l) {
        l->dir = open_directory(path);
        err = l->dir ? SYN_OK : errno;
    }
    if (err) {
        syni_free(l, sizeof *l);
        return syn_job_fail(job, err, syni_about("list the directory", path).text);
    }
    fill(l);
    return l;
}

SYN_BLOCKING(SYN_DEFAULT_POOL, void, listing_fill, (struct listing *, l), SYN_NEVER_ABANDONED)
{
    fill(l);
}

static struct syn_step directory_filled(struct syn_directory_list *self);
static struct syn_step list_ends(struct syn_directory_list *self);

SYN_GENERATOR_DEFINE(SYN_FREE, struct syn_directory_entry, syn_directory_list,
                     SYN_COPY(const char *, path), SYN_LOCAL(struct listing *, l))
{
    syn_step_finally(self, list_ends);
    return syn_step_await(self, listing_open_future(self->path), &self->l, directory_filled);
}

/* Also after each yield. */
static struct syn_step directory_filled(struct syn_directory_list *self)
{
    struct listing *l = self->l;

    if (syn_step_status(self))
        return syn_step_fail(self, syn_step_status(self));
    if (l->next < l->n)
        return syn_step_yield(self, l->entries[l->next++], directory_filled);
    if (l->err == SYN_EEND)
        return syn_step_done(self);
    if (l->err)
        return syn_step_fail(self, l->err, syni_about("list the directory", self->path).text);
    return syn_step_await(self, listing_fill_future(l), directory_filled);
}

static struct syn_step list_ends(struct syn_directory_list *self)
{
    listing_free(self->l);
    return syn_step_done(self);
}
