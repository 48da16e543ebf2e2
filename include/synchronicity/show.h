/* SPDX-License-Identifier: Apache-2.0
 *
 * What a dump (<synchronicity/inspect.h>) shows of a call besides what it waits for: its arguments and locals
 * by name, and where it was made. <synchronicity/call.h> includes it. C only.
 *
 *     SYN_ASYNC(shop, int, order, (int, id), SYN_LOCAL(int, tries), SYN_LOCAL(struct parcel, parcel),
 *               SYN_SHOW(id, tries, parcel.weight))
 *
 * is shown as
 *
 *     order: waits for answers, for 2.013 s, id=7, tries=3, parcel.weight=250, at shop.c:31
 *
 * SYN_SHOW(name, ...) is one more item of an async function, a method, a generator or a context: up to 12 fields of
 * its frame, which may be fields of a struct or elements of an array in it, and nothing behind a pointer. Integers
 * and enumerations are shown as numbers, `bool` as true or false, floating types with three digits, `char` arrays
 * and pointers to `char` as the string there (cut at 60 bytes), pointers to void as addresses, and what else has 8
 * bytes or fewer as a number in hexadecimal; of larger ones the size.
 *
 * No code of the program runs in a dump, so this works wherever a dump does, in a signal handler too. The fields are
 * read from the frame when the dump comes to the task, by the kernel, which says so if a string is gone. A task
 * that waits does not change them. Where a step of the task runs they may be of two moments, and the dump says "in a
 * step" before them; where one began while they were read it says "a step ran meanwhile" behind them (both are
 * "in_step" in JSON).
 *
 * In a checked build (SYN_CHECKED, for the program and the library) a dump also says where each call was made: the
 * statement that called, by whatever face, "made at shop.c:88". The file and the line come from the line table
 * of the executable, which `-g` writes; without it the place is one for addr2line, "shop+0x11a5". (Of a call that is
 * the last thing a function does, `return order_future(7);`, an optimizing compiler leaves the place where that
 * function was called.)
 */
#ifndef SYNCHRONICITY_SHOW_H
#define SYNCHRONICITY_SHOW_H

#include <stddef.h>

#include <synchronicity/map.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- where a call is made --- */

/* The calling thread makes a call from ADDRESS, unless it is inside of one that is being made; that one is made,
 * or was refused. */
struct syni_made {
    int noted;
};
struct syni_made syni_made_begin(const void *address);
void syni_made_end(struct syni_made *made);

/* In a face: what is made from here on was made by its caller. Such a function is never inlined. */
#if SYNI_CHECKED && defined(__GNUC__)
#define SYNI_FACE __attribute__((noinline))
#define SYNI_STATIC_FACE static SYNI_UNUSED
#define SYNI_MADE_HERE                                                                             \
    __attribute__((cleanup(syni_made_end), unused)) struct syni_made syni_made =                   \
        syni_made_begin(__builtin_return_address(0));
#define SYNI_MADE_FIELD const void *syni_made_at;
#define SYNI_MADE_OFFSET(name) offsetof(struct name, syni_made_at)
#else
#define SYNI_FACE
#define SYNI_STATIC_FACE static inline SYNI_UNUSED
#define SYNI_MADE_HERE
#define SYNI_MADE_FIELD
#define SYNI_MADE_OFFSET(name) 0
#endif

#ifdef __cplusplus
}
#endif

#ifndef __cplusplus

/* --- which fields are shown --- */

enum syni_shown_kind {
    SYNI_SHOWN_OTHER,
    SYNI_SHOWN_BOOL,
    SYNI_SHOWN_SIGNED,
    SYNI_SHOWN_UNSIGNED,
    SYNI_SHOWN_FLOAT,
    SYNI_SHOWN_STRING, /* a pointer to it */
    SYNI_SHOWN_CHARS,  /* an array */
    SYNI_SHOWN_POINTER
};

/* A field of a frame; the last one of a table has no name. */
struct syni_shown {
    const char *name;
    unsigned offset, size;
    enum syni_shown_kind kind;
};

/* The kind of PLACE, by the type of its address; of an array it is that of its elements. */
#define SYNI_SHOWN_KIND(place)                                                                     \
    _Generic(&(place),                                                                             \
        _Bool *: SYNI_SHOWN_BOOL, char *: SYNI_SHOWN_SIGNED, signed char *: SYNI_SHOWN_SIGNED,     \
        short *: SYNI_SHOWN_SIGNED, int *: SYNI_SHOWN_SIGNED, long *: SYNI_SHOWN_SIGNED,           \
        long long *: SYNI_SHOWN_SIGNED, unsigned char *: SYNI_SHOWN_UNSIGNED,                      \
        unsigned short *: SYNI_SHOWN_UNSIGNED, unsigned *: SYNI_SHOWN_UNSIGNED,                    \
        unsigned long *: SYNI_SHOWN_UNSIGNED, unsigned long long *: SYNI_SHOWN_UNSIGNED,           \
        float *: SYNI_SHOWN_FLOAT, double *: SYNI_SHOWN_FLOAT, char **: SYNI_SHOWN_STRING,         \
        const char **: SYNI_SHOWN_STRING, void **: SYNI_SHOWN_POINTER,                             \
        const void **: SYNI_SHOWN_POINTER, default: SYNI_SHOWN_ARRAY(place))
#define SYNI_SHOWN_ARRAY(place) _Generic((place), char *: SYNI_SHOWN_CHARS, default: SYNI_SHOWN_OTHER)

/* One row: a field of struct FRAME. */
#define SYNI_SHOWN_ROW(frame, field)                                                               \
    {#field, offsetof(struct frame, field), sizeof ((struct frame *)0)->field,                     \
     SYNI_SHOWN_KIND(((struct frame *)0)->field)},

/* The rows of an item. */
#define SYNI_SHOW(frame, item) SYNI_SHOW_THEM(frame SYNI_DO(SYNI_SHOW_, item))
#define SYNI_SHOW_SYN_SHOW(...) ~, (, __VA_ARGS__)
#define SYNI_SHOW_THEM(...) SYNI_CAT(SYNI_SHOW_OF_, SYNI_N(__VA_ARGS__))(__VA_ARGS__)
#define SYNI_SHOW_OF_1(frame)
#define SYNI_SHOW_OF_2(frame, a) SYNI_SHOWN_ROW(frame, a)
#define SYNI_SHOW_OF_3(frame, a, ...) SYNI_SHOWN_ROW(frame, a) SYNI_SHOW_OF_2(frame, __VA_ARGS__)
#define SYNI_SHOW_OF_4(frame, a, ...) SYNI_SHOWN_ROW(frame, a) SYNI_SHOW_OF_3(frame, __VA_ARGS__)
#define SYNI_SHOW_OF_5(frame, a, ...) SYNI_SHOWN_ROW(frame, a) SYNI_SHOW_OF_4(frame, __VA_ARGS__)
#define SYNI_SHOW_OF_6(frame, a, ...) SYNI_SHOWN_ROW(frame, a) SYNI_SHOW_OF_5(frame, __VA_ARGS__)
#define SYNI_SHOW_OF_7(frame, a, ...) SYNI_SHOWN_ROW(frame, a) SYNI_SHOW_OF_6(frame, __VA_ARGS__)
#define SYNI_SHOW_OF_8(frame, a, ...) SYNI_SHOWN_ROW(frame, a) SYNI_SHOW_OF_7(frame, __VA_ARGS__)
#define SYNI_SHOW_OF_9(frame, a, ...) SYNI_SHOWN_ROW(frame, a) SYNI_SHOW_OF_8(frame, __VA_ARGS__)
#define SYNI_SHOW_OF_10(frame, a, ...) SYNI_SHOWN_ROW(frame, a) SYNI_SHOW_OF_9(frame, __VA_ARGS__)
#define SYNI_SHOW_OF_11(frame, a, ...) SYNI_SHOWN_ROW(frame, a) SYNI_SHOW_OF_10(frame, __VA_ARGS__)
#define SYNI_SHOW_OF_12(frame, a, ...) SYNI_SHOWN_ROW(frame, a) SYNI_SHOW_OF_11(frame, __VA_ARGS__)
#define SYNI_SHOW_OF_13(frame, a, ...) SYNI_SHOWN_ROW(frame, a) SYNI_SHOW_OF_12(frame, __VA_ARGS__)
#define SYNI_SHOWS(item) SYNI_DO(SYNI_SHOWS_, item)
#define SYNI_SHOWS_SYN_SHOW(...) ~, (+1)

/* The table of the function NAME; the field of its description for it. */
#define SYNI_SHOWN_TABLE(name, ...)                                                                \
    static const struct syni_shown syni_shown_of_##name[] SYNI_UNUSED = {                          \
        SYNI_EACH(SYNI_SHOW, name, __VA_ARGS__){NULL, 0, 0, SYNI_SHOWN_OTHER}};
#define SYNI_SHOWN_OF(name, ...)                                                                   \
    ((0 SYNI_MAP(SYNI_SHOWS, __VA_ARGS__)) ? syni_shown_of_##name : NULL)

#ifndef SYNI_IN_LIBRARY
#define SYNI_IN_LIBRARY 0
#endif

#endif /* !__cplusplus */

#endif
