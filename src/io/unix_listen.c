/* SPDX-License-Identifier: Apache-2.0
 *
 * Listening at a Unix socket, and its file.
 *
 * Nobody can connect between bind() and listen(), so the file's mode is set there. A file that is in
 * the way is removed only if it is a socket that no process has open, which a connect finds out. Of
 * its own file a listener keeps the number, since the name may be another one's at the end.
 */
#if defined(__linux__)
#define _GNU_SOURCE 1
#elif defined(__APPLE__)
#define _DARWIN_C_SOURCE
#endif
#define SYNI_IN_LIBRARY 1

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/mem.h"
#include "base/report.h"
#include "io/listener.h"
#include "io/unix.h"

struct syni_unix_file {
    dev_t device;
    ino_t number;
    size_t size; /* of this struct */
    char path[];
};

static struct syni_unix_file *file_of(const char *path)
{
    size_t size = sizeof(struct syni_unix_file) + strlen(path) + 1;
    struct syni_unix_file *file = syni_alloc(size);

    if (!file)
        return NULL;
    file->size = size;
    memcpy(file->path, path, strlen(path) + 1);
    return file;
}

static bool is_there(const struct syni_unix_file *file)
{
    struct stat now;

    return lstat(file->path, &now) == 0 && now.st_dev == file->device &&
           now.st_ino == file->number;
}

void syni_unix_file_remove(struct syni_unix_file *file)
{
    if (!file)
        return;
    if (is_there(file))
        unlink(file->path);
    syni_free(file, file->size);
}

/* Removes the socket at PATH if no process has it open. False: it stays. A datagram socket asks: it
 * is refused either way, and the other one does not notice. */
static bool remove_dead(const char *path, const struct syni_unix_address *address)
{
    struct stat is;
    bool dead;
    int fd;

    if (lstat(path, &is) < 0 || !S_ISSOCK(is.st_mode) ||
        syni_socket(AF_UNIX, SOCK_DGRAM, &fd) != SYN_OK)
        return false;
    dead = connect(fd, (const struct sockaddr *)&address->raw, address->size) < 0 &&
           errno == ECONNREFUSED;
    syni_close(fd);
    return dead && unlink(path) == 0;
}

static syn_err unix_listen_bind_to(int fd, const char *path,
                                   const struct syni_unix_address *address)
{
    const struct sockaddr *raw = (const struct sockaddr *)&address->raw;
    syn_err err = syni_fault("bind") || bind(fd, raw, address->size) < 0 ? errno : SYN_OK;

    if (err != EADDRINUSE || syni_unix_is_abstract(path) || !remove_dead(path, address))
        return err;
    return bind(fd, raw, address->size) < 0 ? errno : SYN_OK;
}

/* FILE becomes the one that was just made at its path. */
static syn_err take_file(struct syni_unix_file *file, mode_t mode)
{
    struct stat is;

    if (syni_fault("chmod") || chmod(file->path, mode) < 0 || lstat(file->path, &is) < 0) {
        syn_err err = errno;

        unlink(file->path);
        return err;
    }
    file->device = is.st_dev;
    file->number = is.st_ino;
    return SYN_OK;
}

/* FD listens at PATH; FILE, NULL for an abstract name, is then its file. */
static syn_err listen_at(int fd, const char *path, mode_t mode, struct syni_unix_file *file)
{
    struct syni_unix_address address;
    const char *why;
    syn_err err = syni_unix_address(path, &address, &why);

    if (!err)
        err = unix_listen_bind_to(fd, path, &address);
    if (!err && file)
        err = take_file(file, mode);
    if (!err && (syni_fault("listen") || listen(fd, SYNI_BACKLOG) < 0))
        err = errno;
    return err;
}

static syn_err open_listener(const char *path, mode_t mode, struct syn_listener *l)
{
    syn_err err = syni_socket(AF_UNIX, SOCK_STREAM, &l->fd);

    if (err)
        return err;
    if (!syni_unix_is_abstract(path)) {
        l->file = file_of(path);
        if (!l->file)
            err = SYN_ENOMEM;
    }
    if (!err)
        err = listen_at(l->fd, path, mode, l->file);
    if (err) {
        syni_unix_file_remove(l->file); /* as far as it was made */
        syni_close(l->fd);
    }
    return err;
}

syn_err syn_unix_listen(const char *path, mode_t mode, struct syn_listener **out_listener)
{
    struct syni_unix_address address;
    struct syn_listener *l;
    const char *why;
    syn_err err = syni_unix_address(path, &address, &why);

    if (err || !out_listener)
        return syni_refuse(err ? err : SYN_EINVAL, "%s",
                           err ? why : "there is nowhere to put the listener: NULL");
    l = syni_alloc(sizeof *l);
    if (!l)
        return syni_refuse(SYN_ENOMEM, "no memory for a listener");
    err = open_listener(path, mode, l);
    if (err)
        syni_free(l, sizeof *l);
    else
        *out_listener = l;
    return syni_name_failure(err, "'%s' cannot be listened at", path);
}
