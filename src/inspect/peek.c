/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading memory by the kernel: process_vm_readv() of our own process, or, where there is none or a sandbox
 * forbids it, a write to a pipe, which fails with EFAULT, and a read from it.
 */
#if defined(__linux__)
#define _GNU_SOURCE 1
#endif
#include "inspect/peek.h"

#include <stdint.h>
#include <string.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <sys/uio.h>
#endif

#include "base/descriptor.h"
#include "base/say.h"

enum { PEEK_PAGE = 4096, PEEK_PIECE = 512 }; /* a pipe takes a piece whole */

#if defined(__linux__) && defined(SYS_process_vm_readv)
static bool peek_by_call(void *to, const void *from, size_t size)
{
    struct iovec local = {to, size}, remote = {(void *)(uintptr_t)from, size};

    /* not by the C library's function, which sanitizers wrap */
    return syscall(SYS_process_vm_readv, getpid(), &local, 1UL, &remote, 1UL, 0UL) == (long)size;
}
#else
static bool peek_by_call(void *to, const void *from, size_t size)
{
    (void)to, (void)from, (void)size;
    return false;
}
#endif

static long peek_write(int fd, const void *from, size_t size)
{
#if defined(__linux__)
    return syscall(SYS_write, fd, from, size); /* as above */
#else
    return syni_write_quietly(fd, from, size);
#endif
}

static bool peek_by_pipe(struct syni_peek *peek, char *to, const char *from, size_t size)
{
    while (size > 0) {
        size_t piece = size < PEEK_PIECE ? size : PEEK_PIECE;

        if (peek_write(peek->ends[1], from, piece) != (long)piece ||
            read(peek->ends[0], to, piece) != (long)piece)
            return false;
        to += piece, from += piece, size -= piece;
    }
    return true;
}

void syni_peek_begin(struct syni_peek *peek)
{
    int here = 1, copy = 0;

    peek->ends[0] = peek->ends[1] = -1;
    peek->fails = !peek_by_call(&copy, &here, sizeof copy) && syni_descriptor_pipe(peek->ends) != 0;
}

void syni_peek_end(struct syni_peek *peek)
{
    for (int i = 0; i < 2; i++)
        if (peek->ends[i] >= 0)
            close(peek->ends[i]);
}

bool syni_peek(struct syni_peek *peek, void *to, const void *from, size_t size)
{
    if (peek->fails || (uintptr_t)from < PEEK_PAGE)
        return false;
    return peek->ends[0] >= 0 ? peek_by_pipe(peek, to, from, size) : peek_by_call(to, from, size);
}

void syni_peek_string(struct syni_peek *peek, char *to, size_t size, const char *from)
{
    size_t n = 0;

    /* by pieces that lie in one page each, so that none fails for what follows the string */
    while (n + 1 < size) {
        size_t room = PEEK_PAGE - (((uintptr_t)from + n) & (PEEK_PAGE - 1));
        size_t piece = room < size - 1 - n ? room : size - 1 - n;

        if (!syni_peek(peek, to + n, (const void *)((uintptr_t)from + n), piece)) {
            memcpy(to, "?", 2);
            return;
        }
        for (; piece > 0 && to[n]; piece--, n++)
            if (to[n] < ' ' || to[n] > '~')
                to[n] = '?';
        if (piece > 0)
            return;
    }
    to[n] = '\0';
}
