/* SPDX-License-Identifier: Apache-2.0
 *
 * Where an address of code is: the file that is mapped there, by /proc/self/maps, and, where that file is an ELF
 * with a line table, the line. Any thread, any moment.
 *
 * Discarded: dladdr(), which knows functions that the program exports, and takes the loader's lock.
 */
#define _XOPEN_SOURCE 700
#include "inspect/site.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/thread.h"

static void site_append(char *out, size_t size, const char *text)
{
    size_t n = strlen(out), more = strlen(text);

    if (n + 1 >= size)
        return;
    more = more < size - n - 1 ? more : size - n - 1;
    memcpy(out + n, text, more);
    out[n + more] = '\0';
}

static void site_hex(char *out, size_t size, uint64_t number)
{
    char digits[20] = "", *at = digits + sizeof digits - 1;

    *at = '\0';
    do
        *--at = "0123456789abcdef"[number & 15];
    while (number >>= 4);
    site_append(out, size, "0x");
    site_append(out, size, at);
}

#if defined(__linux__)
#include <elf.h>

#if UINTPTR_MAX > 0xffffffff
typedef Elf64_Ehdr site_header;
typedef Elf64_Phdr site_segment;
typedef Elf64_Shdr site_section;
enum { SITE_CLASS = ELFCLASS64 };
#else
typedef Elf32_Ehdr site_header;
typedef Elf32_Phdr site_segment;
typedef Elf32_Shdr site_section;
enum { SITE_CLASS = ELFCLASS32 };
#endif

/* What is mapped at an address. */
struct site_mapped {
    uint64_t begin, end, offset; /* of the address: in the file */
    char path[512];
};

static uint64_t site_number(const char **at)
{
    uint64_t number = 0;
    const char *digits = "0123456789abcdef", *digit;

    for (; **at && (digit = strchr(digits, **at)); ++*at)
        number = number * 16 + (uint64_t)(digit - digits);
    return number;
}

/* LINE of the list of mappings is that of ADDRESS. */
static bool site_is_at(const char *line, uint64_t address, struct site_mapped *out)
{
    const char *at = line;

    out->begin = site_number(&at);
    at += *at == '-';
    out->end = site_number(&at);
    if (address < out->begin || address >= out->end || !(at = strchr(at + (*at == ' '), ' ')))
        return false;
    at++;
    out->offset = site_number(&at) + (address - out->begin);
    at = strchr(at, '/');
    if (!at)
        return false;
    out->path[0] = '\0';
    site_append(out->path, sizeof out->path, at);
    return true;
}

static bool site_find(uint64_t address, struct site_mapped *out)
{
    int fd = syni_descriptor(open("/proc/self/maps", O_RDONLY | O_CLOEXEC));
    char piece[1024], line[600];
    size_t length = 0;
    ssize_t n = 0;
    bool found = false;

    while (fd >= 0 && !found && (n = read(fd, piece, sizeof piece)) > 0)
        for (ssize_t i = 0; i < n && !found; i++) {
            if (piece[i] != '\n') {
                line[length] = piece[i];
                length += length + 1 < sizeof line;
                continue;
            }
            line[length] = '\0';
            length = 0;
            found = site_is_at(line, address, out);
        }
    if (fd >= 0)
        close(fd);
    return found;
}

static bool site_read(int fd, void *to, size_t size, uint64_t offset)
{
    return pread(fd, to, size, (off_t)offset) == (ssize_t)size;
}

/* Where the linker put what lies at OFFSET of the file; false: nowhere. */
static bool site_linked(int fd, const site_header *header, uint64_t offset, uint64_t *out_address)
{
    site_segment segment;

    for (unsigned i = 0; i < header->e_phnum; i++)
        if (site_read(fd, &segment, sizeof segment, header->e_phoff + (uint64_t)i * sizeof segment) &&
            segment.p_type == PT_LOAD && offset >= segment.p_offset &&
            offset < segment.p_offset + segment.p_filesz) {
            *out_address = offset - segment.p_offset + segment.p_vaddr;
            return true;
        }
    return false;
}

/* The file that is mapped there, if it is one of this machine's programs, with where the linker put the address;
 * -1: it is not. */
static int site_open(const struct site_mapped *mapped, site_header *header, uint64_t *out_address)
{
    int fd = syni_descriptor(open(mapped->path, O_RDONLY | O_CLOEXEC));

    if (fd < 0)
        return -1;
    if (site_read(fd, header, sizeof *header, 0) && memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 &&
        header->e_ident[EI_CLASS] == SITE_CLASS && header->e_phentsize == sizeof(site_segment) &&
        header->e_shentsize == sizeof(site_section) &&
        site_linked(fd, header, mapped->offset, out_address))
        return fd;
    close(fd);
    return -1;
}

#if defined(SYN_CHECKED) && SYN_CHECKED

/* The section NAME, unless it is compressed; nothing: there is none. */
static struct syni_site_part site_section_of(int fd, const site_header *header, const char *name)
{
    struct syni_site_part part = {.fd = fd};
    site_section section, names;
    char is[24];

    if (!site_read(fd, &names, sizeof names,
                   header->e_shoff + (uint64_t)header->e_shstrndx * sizeof names))
        return part;
    for (unsigned i = 0; i < header->e_shnum; i++) {
        memset(is, 0, sizeof is);
        if (!site_read(fd, &section, sizeof section, header->e_shoff + (uint64_t)i * sizeof section) ||
            pread(fd, is, sizeof is - 1, (off_t)(names.sh_offset + section.sh_name)) <= 0 ||
            strcmp(is, name) != 0 || section.sh_flags & SHF_COMPRESSED)
            continue;
        part.begin = section.sh_offset;
        part.size = section.sh_size;
        break;
    }
    return part;
}

static bool site_by_line(int fd, const site_header *header, uint64_t address, char *out, size_t size)
{
    struct syni_site_part lines = site_section_of(fd, header, ".debug_line");
    struct syni_site_part strings[2] = {site_section_of(fd, header, ".debug_line_str"),
                                        site_section_of(fd, header, ".debug_str")};

    return syni_site_line(&lines, strings, address, out, size);
}

#else

static bool site_by_line(int fd, const site_header *header, uint64_t address, char *out, size_t size)
{
    (void)fd, (void)header, (void)address, (void)out, (void)size;
    return false;
}

#endif

/* Where ADDRESS is, BY_LINE if it can be said so; false: nothing is known. */
static bool site_say(uint64_t address, bool by_line, char *out, size_t size)
{
    struct site_mapped mapped;
    site_header header;
    uint64_t linked;
    bool found;
    int fd;

    if (!site_find(address, &mapped))
        return false;
    linked = mapped.offset;
    fd = site_open(&mapped, &header, &linked);
    found = fd >= 0 && by_line && site_by_line(fd, &header, linked, out, size);
    if (fd >= 0)
        close(fd);
    if (found)
        return true;
    out[0] = '\0';
    site_append(out, size < 60 ? size : 60, strrchr(mapped.path, '/') + 1);
    site_append(out, size, "+");
    site_hex(out, size, linked);
    return true;
}

#else

static bool site_say(uint64_t address, bool by_line, char *out, size_t size)
{
    (void)address, (void)by_line, (void)out, (void)size;
    return false;
}

#endif

/* What opens and reads files is no cancellation point. */
static bool site_say_held(uint64_t address, bool by_line, char *out, size_t size)
{
    int saved = errno, cancel_state = syni_thread_hold_cancel();
    bool said;

    out[0] = '\0';
    said = site_say(address, by_line, out, size);
    syni_thread_let_cancel(cancel_state);
    errno = saved;
    return said;
}

void syni_site_of_call(const void *address, char *out, size_t size)
{
    /* the call itself is before where it returns to */
    uint64_t call = (uint64_t)(uintptr_t)address - 1;

    if (!site_say_held(call, true, out, size))
        site_hex(out, size, call);
}

void syni_site_of_code(uint64_t address, char *out, size_t size)
{
    site_say_held(address, false, out, size);
}
