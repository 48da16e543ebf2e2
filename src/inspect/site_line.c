/* SPDX-License-Identifier: Apache-2.0
 *
 * The line of an address, by the line table that compilers write: section .debug_line, DWARF 2 to 5 (the standard's
 * chapter 6.2). A table is a program for a small machine with registers that step through addresses, files and lines; it is
 * run until it passes the address. Read by pread() through one buffer: nothing is mapped, so a file that is cut
 * short meanwhile is an end and no fault. Every number is from the file, and none is trusted: what leaves the section reads
 * as 0, and ends the search. Only checked builds note calls, so only they have this.
 *
 * Any thread, any moment. Discarded: .debug_aranges, which leads to one unit's table, but by way of two more sections; and a
 * library for it, which allocates.
 */
#define _XOPEN_SOURCE 700
#include "inspect/site.h"

#if defined(SYN_CHECKED) && SYN_CHECKED

#include <string.h>
#include <unistd.h>

enum {
    LINE_EXTENDED = 0, LINE_COPY = 1, LINE_ADVANCE_PC, LINE_ADVANCE_LINE, LINE_SET_FILE, LINE_SET_COLUMN,
    LINE_NEGATE, LINE_BLOCK, LINE_CONST_ADD_PC, LINE_FIXED_ADVANCE, LINE_PROLOGUE_END, LINE_EPILOGUE, LINE_ISA,
    LINE_END_SEQUENCE = 1, LINE_SET_ADDRESS = 2, /* extended */
    LINE_PATH = 1,                               /* content of an entry */
    FORM_BLOCK2 = 0x03, FORM_DATA2 = 0x05, FORM_DATA4, FORM_DATA8, FORM_STRING, FORM_BLOCK, FORM_DATA1 = 0x0b,
    FORM_STRP = 0x0e, FORM_UDATA = 0x0f, FORM_DATA16 = 0x1e, FORM_LINE_STRP = 0x1f
};

struct line_reader {
    const struct syni_site_part *part;
    uint64_t at, held; /* where it reads; where the buffer begins */
    size_t n;          /* in the buffer */
    bool past;         /* it has left the part */
    unsigned char buffer[2048];
};

static unsigned char line_u8(struct line_reader *reader)
{
    if (reader->at < reader->held || reader->at >= reader->held + reader->n) {
        uint64_t rest = reader->at < reader->part->size ? reader->part->size - reader->at : 0;
        size_t want = rest < sizeof reader->buffer ? (size_t)rest : sizeof reader->buffer;
        ssize_t n = pread(reader->part->fd, reader->buffer, want,
                          (off_t)(reader->part->begin + reader->at));

        reader->held = reader->at;
        reader->n = n > 0 ? (size_t)n : 0;
    }
    if (reader->n == 0) {
        reader->past = true;
        return 0;
    }
    return reader->buffer[reader->at++ - reader->held];
}

/* An unsigned number of SIZE bytes, in this machine's order, as the file is. */
static uint64_t line_fixed(struct line_reader *reader, unsigned size)
{
    unsigned char bytes[8] = {0};
    uint64_t wide;
    uint32_t middle;
    uint16_t narrow;

    for (unsigned i = 0; i < size; i++) {
        unsigned char byte = line_u8(reader);

        if (i < sizeof bytes)
            bytes[i] = byte;
    }
    memcpy(&wide, bytes, sizeof wide);
    memcpy(&middle, bytes, sizeof middle);
    memcpy(&narrow, bytes, sizeof narrow);
    return size == 1 ? bytes[0] : size == 2 ? narrow : size == 4 ? middle : size == 8 ? wide : 0;
}

static uint64_t line_leb(struct line_reader *reader, bool is_signed)
{
    uint64_t value = 0;
    unsigned shift = 0;
    unsigned char byte;

    do {
        byte = line_u8(reader);
        value |= shift < 64 ? (uint64_t)(byte & 0x7f) << shift : 0;
        shift += 7;
    } while (byte & 0x80 && !reader->past);
    if (is_signed && byte & 0x40 && shift < 64)
        value |= ~(uint64_t)0 << shift;
    return value;
}

/* The next N bytes are passed over; never backwards, however large a number says N is. */
static void line_skip(struct line_reader *reader, uint64_t n)
{
    uint64_t size = reader->part->size;

    if (reader->at > size || n > size - reader->at)
        reader->past = true;
    else
        reader->at += n;
}

/* A string; TO gets it, cut, without what is before the last slash. */
static bool line_string(struct line_reader *reader, char *to, size_t size)
{
    size_t n = 0, length = 0;
    char byte;

    while ((byte = (char)line_u8(reader)) && !reader->past) {
        length++;
        if (byte == '/')
            n = 0;
        else if (to && n + 1 < size)
            to[n++] = byte > ' ' && byte <= '~' ? byte : '?';
    }
    if (to)
        to[n] = '\0';
    return length > 0;
}

struct line_unit {
    const struct syni_site_part *strings;
    uint64_t tables, program, end; /* the file names, the program, the next unit */
    unsigned version, offset_size, address_size;
    unsigned min_length, line_range, opcode_base;
    int line_base;
    unsigned char lengths[256]; /* operands of the standard opcodes */
};

static bool line_read_unit(struct line_reader *reader, struct line_unit *unit)
{
    uint64_t length = line_fixed(reader, 4), header;

    unit->offset_size = length == 0xffffffff ? 8 : 4;
    if (unit->offset_size == 8)
        length = line_fixed(reader, 8);
    unit->end = reader->at + length;
    if (length == 0 || length > reader->part->size || reader->past)
        return false;
    unit->version = (unsigned)line_fixed(reader, 2);
    unit->address_size = sizeof(void *);
    if (unit->version >= 5) {
        unit->address_size = line_u8(reader);
        line_u8(reader); /* size of a segment's number */
    }
    header = line_fixed(reader, unit->offset_size);
    unit->program = reader->at + header;
    unit->min_length = line_u8(reader);
    if (unit->version >= 4)
        line_u8(reader); /* operations of one instruction */
    line_u8(reader);     /* whether a row is a statement at first */
    unit->line_base = (signed char)line_u8(reader);
    unit->line_range = line_u8(reader);
    unit->opcode_base = line_u8(reader);
    for (unsigned i = 1; i < unit->opcode_base; i++)
        unit->lengths[i] = line_u8(reader);
    unit->tables = reader->at;
    return !reader->past;
}

static bool line_skip_form(struct line_reader *reader, uint64_t form, unsigned offset_size)
{
    switch (form) {
    case FORM_DATA1: line_u8(reader); return true;
    case FORM_DATA2: line_fixed(reader, 2); return true;
    case FORM_DATA4: line_fixed(reader, 4); return true;
    case FORM_DATA8: line_fixed(reader, 8); return true;
    case FORM_DATA16: line_fixed(reader, 16); return true;
    case FORM_UDATA: line_leb(reader, false); return true;
    case FORM_BLOCK: line_skip(reader, line_leb(reader, false)); return true;
    case FORM_BLOCK2: line_skip(reader, line_fixed(reader, 2)); return true;
    case FORM_STRING: line_string(reader, NULL, 0); return true;
    case FORM_STRP:
    case FORM_LINE_STRP: line_fixed(reader, offset_size); return true;
    default: return false;
    }
}

/* The path of an entry, in FORM. */
static bool line_path(struct line_reader *reader, const struct line_unit *unit, uint64_t form, char *to,
                      size_t size)
{
    struct line_reader other = {.part = form == FORM_STRP ? &unit->strings[1] : &unit->strings[0]};

    if (form == FORM_STRING)
        return line_string(reader, to, size);
    if (form != FORM_STRP && form != FORM_LINE_STRP)
        return false;
    other.at = line_fixed(reader, unit->offset_size);
    return line_string(&other, to, size) && !other.past;
}

/* The entries of a table of version 5: skipped up to the one numbered WANTED; its path goes TO. */
static bool line_entries(struct line_reader *reader, const struct line_unit *unit, uint64_t wanted, char *to,
                         size_t size)
{
    uint64_t content[16], form[16], n;
    unsigned n_formats = line_u8(reader);
    bool found = false;

    if (n_formats > 16)
        return false;
    for (unsigned i = 0; i < n_formats; i++) {
        content[i] = line_leb(reader, false);
        form[i] = line_leb(reader, false);
    }
    n = line_leb(reader, false);
    if (n_formats == 0) /* entries that take no bytes */
        n = 0;
    for (uint64_t i = 0; i < n && !reader->past; i++)
        for (unsigned k = 0; k < n_formats; k++) {
            if (to && i == wanted && content[k] == LINE_PATH)
                found = line_path(reader, unit, form[k], to, size);
            else if (!line_skip_form(reader, form[k], unit->offset_size))
                return false;
        }
    return found;
}

/* The name of the file that UNIT numbers FILE. */
static bool line_file(struct line_reader *reader, const struct line_unit *unit, uint64_t file, char *to,
                      size_t size)
{
    reader->at = unit->tables;
    if (unit->version >= 5) {
        line_entries(reader, unit, 0, NULL, 0); /* folders */
        return line_entries(reader, unit, file, to, size);
    }
    while (line_string(reader, NULL, 0))
        ; /* folders */
    for (uint64_t i = 1; line_string(reader, i == file ? to : NULL, size) && !reader->past; i++) {
        if (i == file)
            return true;
        for (int k = 0; k < 3; k++) /* its folder, time and size */
            line_leb(reader, false);
    }
    return false;
}

struct line_row {
    uint64_t address, file, line;
};

/* The machine. */
struct line_machine {
    struct line_row now, before; /* the row that is being made; the latest one of this sequence */
    bool has_before;
};

static void line_reset(struct line_machine *machine)
{
    *machine = (struct line_machine){.now = {.file = 1, .line = 1}};
}

/* A row; true: what lies before it has ADDRESS. */
static bool line_emit(struct line_machine *machine, uint64_t address)
{
    if (machine->has_before && machine->before.address <= address && address < machine->now.address)
        return true;
    machine->before = machine->now;
    machine->has_before = true;
    return false;
}

static bool line_extended(struct line_reader *reader, struct line_machine *machine, uint64_t address)
{
    uint64_t length = line_leb(reader, false), begin = reader->at;
    unsigned char opcode = length > 0 ? line_u8(reader) : 0;
    bool found = false;

    if (opcode == LINE_END_SEQUENCE) {
        found = line_emit(machine, address);
        if (!found)
            line_reset(machine);
    } else if (opcode == LINE_SET_ADDRESS && length <= 9) {
        machine->now.address = line_fixed(reader, (unsigned)length - 1);
    }
    reader->at = begin;
    line_skip(reader, length);
    return found;
}

static bool line_standard(struct line_reader *reader, const struct line_unit *unit,
                          struct line_machine *machine, uint64_t address)
{
    unsigned char opcode = line_u8(reader);
    unsigned adjusted = opcode >= unit->opcode_base ? opcode - unit->opcode_base : 255 - unit->opcode_base;

    if (opcode >= unit->opcode_base || opcode == LINE_CONST_ADD_PC)
        machine->now.address += (uint64_t)(adjusted / unit->line_range) * unit->min_length;
    if (opcode >= unit->opcode_base) {
        machine->now.line += (uint64_t)(int64_t)(unit->line_base + (int)(adjusted % unit->line_range));
        return line_emit(machine, address);
    }
    switch (opcode) {
    case LINE_EXTENDED: return line_extended(reader, machine, address);
    case LINE_COPY: return line_emit(machine, address);
    case LINE_ADVANCE_PC: machine->now.address += line_leb(reader, false) * unit->min_length; break;
    case LINE_ADVANCE_LINE: machine->now.line += line_leb(reader, true); break;
    case LINE_SET_FILE: machine->now.file = line_leb(reader, false); break;
    case LINE_FIXED_ADVANCE: machine->now.address += line_fixed(reader, 2); break;
    case LINE_CONST_ADD_PC: break;
    default:
        for (unsigned i = 0; i < unit->lengths[opcode]; i++)
            line_leb(reader, false);
    }
    return false;
}

static bool line_run(struct line_reader *reader, const struct line_unit *unit, uint64_t address,
                     struct line_row *out)
{
    struct line_machine machine;

    line_reset(&machine);
    reader->at = unit->program;
    while (reader->at < unit->end && !reader->past)
        if (line_standard(reader, unit, &machine, address)) {
            *out = machine.before;
            return true;
        }
    return false;
}

bool syni_site_line(const struct syni_site_part *lines, const struct syni_site_part strings[2],
                    uint64_t address, char *out, size_t size)
{
    struct line_reader reader = {.part = lines};
    struct line_unit unit = {.strings = strings};
    struct line_row row;
    char digits[16];
    size_t n = sizeof digits, length;

    while (reader.at < lines->size && line_read_unit(&reader, &unit)) {
        if (unit.version >= 2 && unit.version <= 5 && unit.line_range > 0 &&
            line_run(&reader, &unit, address, &row)) {
            if (size < sizeof digits + 2 || !line_file(&reader, &unit, row.file, out, size - sizeof digits))
                return false;
            for (uint32_t rest = (uint32_t)row.line; n == sizeof digits || rest > 0; rest /= 10)
                digits[--n] = (char)('0' + rest % 10);
            length = strlen(out);
            out[length] = ':';
            memcpy(out + length + 1, digits + n, sizeof digits - n);
            out[length + 1 + sizeof digits - n] = '\0';
            return true;
        }
        reader.at = unit.end;
        reader.past = false;
    }
    return false;
}

#endif
