/* SPDX-License-Identifier: Apache-2.0
 *
 * Files and directories.
 *
 *     if (syn_file_open("notes", O_WRONLY | O_CREAT | O_APPEND, 0644, &fd) == 0) {
 *         err = syn_file_write(fd, text, strlen(text), -1);
 *         syn_file_close(fd);
 *     }
 *
 * and the same with _future for futures and awaiting. The kernel has no non-blocking files, so
 * all of it runs on the default pool (pool.h; syn_file_open_submit(&pool, ...) for another); a
 * loop never waits for a disk. What is said of blocking functions (blocking.h) holds here.
 *
 * DESCRIPTORS are the system's own: what this header does not have is done to them as ever.
 * They are close-on-exec. Pipes, sockets and terminals can be read by these, too, but hold a
 * thread until there is something, and cannot be cancelled meanwhile: they are for streams
 * (syn_stream_from_descriptor()).
 *
 * OFFSETS are counted from the start of the file; a negative one means the descriptor's
 * current position, which moves. Files may be larger than 2 GiB everywhere.
 *
 * CANCELLING. What has not begun never begins. What was lent, a buffer or a descriptor, is in
 * use until the call is over: a read or write ends between pieces of 16 MiB, with
 * SYN_ECANCELED and how far it came; the rest of those that take a descriptor is seen to its
 * end. (So a future of one must not be detached while the buffer may go.) Those that take a
 * path may be abandoned (see pool.h) where a disk or a server does not answer; whether they
 * were done is unknown then, but a file that they open late is closed.
 *
 * Fails: as the system call of that name does, never SYN_EINTR; the message names the path.
 */
#ifndef SYNCHRONICITY_FILE_H
#define SYNCHRONICITY_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <synchronicity/blocking.h>
#include <synchronicity/generator.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Opens PATH; FLAGS (O_RDONLY ...) and MODE as open() has them. Owns: the caller closes the
 * descriptor; one that nobody fetches is closed. */
SYN_BLOCKING_DECLARE(int, syn_file_open, SYN_COPY(const char *, path), (int, flags), (int, mode));

/* Closes FD; an error that the system kept for this moment is returned, and it is closed all the
 * same. It is still open only where the call never began: after SYN_ECANCELED,
 * SYN_ENOMEM, SYN_EAGAIN, SYN_ECLOSED, SYN_EDEADLK. */
SYN_BLOCKING_DECLARE(void, syn_file_close, (int, fd));

/* Reads SIZE bytes; fewer only at the end of the file. 0 bytes: returns at once. */
SYN_BLOCKING_DECLARE(size_t, syn_file_read, (int, fd), (void *, buffer), (size_t, size),
                     (int64_t, offset));

/* Writes all of DATA. A failed one may have written a part; the message says how much. */
SYN_BLOCKING_DECLARE(void, syn_file_write, (int, fd), (const void *, data), (size_t, size),
                     (int64_t, offset));

/* Returns when what was written is on the disk. After a rename it is the directory, opened
 * with O_RDONLY, that wants it. */
SYN_BLOCKING_DECLARE(void, syn_file_sync, (int, fd));

/* What stat() says of a file, as far as it is the same everywhere. */
struct syn_file_info {
    mode_t mode;            /* kind and permissions: S_ISDIR(mode), mode & 07777 */
    int64_t size;           /* bytes */
    int64_t modified_ns;    /* since 1970 */
    uint64_t device, inode; /* two paths of the same file have the same */
};

/* What PATH is, or the file that it links to; the link itself; what FD is. */
SYN_BLOCKING_DECLARE(struct syn_file_info, syn_file_stat, SYN_COPY(const char *, path));
SYN_BLOCKING_DECLARE(struct syn_file_info, syn_file_lstat, SYN_COPY(const char *, path));
SYN_BLOCKING_DECLARE(struct syn_file_info, syn_file_fstat, (int, fd));

/* FROM is called TO from now on, which replaces what was called so, at one moment. */
SYN_BLOCKING_DECLARE(void, syn_file_rename, SYN_COPY(const char *, from),
                     SYN_COPY(const char *, to));

SYN_BLOCKING_DECLARE(void, syn_file_unlink, SYN_COPY(const char *, path));

SYN_BLOCKING_DECLARE(void, syn_directory_make, SYN_COPY(const char *, path), (int, mode));
SYN_BLOCKING_DECLARE(void, syn_directory_remove, SYN_COPY(const char *, path));

struct syn_directory_entry {
    char name[256];
    mode_t kind; /* S_ISDIR(kind) ..., of a link S_ISLNK(kind); 0: it is gone by now */
};

/* A generator of what is in the directory PATH, in no order, without "." and "..". Entries are
 * read on the pool, 32 at a time, when they are wanted; a listing that nobody asks holds no
 * thread. It runs on the loop of the task that asks, on the default one for plain threads.
 * Closing it closes the directory. Fails: ENAMETOOLONG for a name that has no room above. */
SYN_GENERATOR_DECLARE(struct syn_directory_entry, syn_directory_list, SYN_COPY(const char *, path));

#ifdef __cplusplus
}
#endif

#endif
