# SPDX-License-Identifier: Apache-2.0
#
# Writes the whole library as one pair of files, OUT/synchronicity.c and OUT/synchronicity.h:
#
#     cmake -D SOURCE=<checkout> -D OUT=<folder> -D LIST=<file> -P amalgamate.cmake
#
# LIST names the sources, one a line, such as src/base/clock.c.
# The text of the sources stays as it is. What a file includes of ours is put before it, once, and
# every source is compiled in one unit; so two sources must not define a static name, a tag or a
# macro twice, and the test that compiles the pair is the lint for that.
#
# The pair compiled with -DSYN_PREFIX=acme_ has acme_syn_after() for syn_after(), and so on for each
# symbol that a linker sees, so that several copies live in one process. A program that includes the
# header with the same definition need not know.
#
# Compiled with -DSYN_NO_IO, -DSYN_NO_OBJECTS or -DSYN_NO_TRACE, the pair has no streams, sockets and files, no
# classes, or no traces, neither what they declare nor their code.
cmake_minimum_required(VERSION 3.16)

# What each switch leaves out. The declarations of traces stand in inspect.h, which knows its switch.
set(SYN_NO_IO_files "^src/io/|^include/synchronicity/(address|broadcast|child|file|retry|signal|stream|tcp|udp|unix)\\.h$")
set(SYN_NO_OBJECTS_files "^src/object/|^include/synchronicity/(class|face|method|object|value)\\.h$")
set(SYN_NO_TRACE_files "^src/inspect/trace")

# read_text(FILE var): its text, without what the pair says once.
function(read_text file var)
    file(READ ${file} text)
    string(REGEX REPLACE "^/\\* SPDX-License-Identifier: Apache-2.0" "/* ${file}" text "${text}")
    string(REPLACE "/* ${SOURCE}/" "/* ---- " text "${text}")
    string(REGEX REPLACE "\n#define (_GNU_SOURCE|_DARWIN_C_SOURCE|_POSIX_C_SOURCE|_XOPEN_SOURCE|_FILE_OFFSET_BITS|SYNI_IN_LIBRARY 1)[^\n]*" "" text "${text}")
    set(${var} "${text}" PARENT_SCOPE)
endfunction()

# add(FILE OUTPUT): appends FILE to OUTPUT, after what it includes of ours.
function(add file output)
    get_property(known GLOBAL PROPERTY added)
    if(file IN_LIST known)
        return()
    endif()
    set_property(GLOBAL APPEND PROPERTY added ${file})
    file(STRINGS ${SOURCE}/${file} lines REGEX "^ *# *include (\"|<synchronicity)")
    foreach(line IN LISTS lines)
        string(REGEX MATCH "[\"<](.*)[\">]" line "${line}")
        set(name ${CMAKE_MATCH_1})
        if(name STREQUAL "synchronicity/short.h")
            continue() # at the end, and only if it is asked for
        elseif(line MATCHES "^<")
            add(include/${name} ${output})
        else()
            add(src/${name} ${output})
        endif()
    endforeach()
    read_text(${SOURCE}/${file} text)
    string(REGEX REPLACE "\n *# *include (\"[^\n]*|<synchronicity[^\n]*)" "" text "${text}")
    # What it includes lies before the switch: files that are not left out may need that.
    foreach(switch IN ITEMS SYN_NO_IO SYN_NO_OBJECTS SYN_NO_TRACE)
        if(file MATCHES "${${switch}_files}")
            string(CONCAT text "#ifndef ${switch}\n" "${text}" "#endif /* !${switch} */\n")
        endif()
    endforeach()
    file(APPEND ${output} "\n${text}")
endfunction()

file(READ ${SOURCE}/include/synchronicity/version.h version)
foreach(part MAJOR MINOR PATCH)
    string(REGEX MATCH "SYN_VERSION_${part} ([0-9]+)" line "${version}")
    list(APPEND number ${CMAKE_MATCH_1})
endforeach()
list(JOIN number "." number)

# ---- synchronicity.h ---------------------------------------------------------

set(header ${OUT}/synchronicity.h)
set(head "/* SPDX-License-Identifier: Apache-2.0
 *
 * synchronicity ${number}, all headers in one; made from the sources by src/amalgamate.cmake.
 * Compile synchronicity.c with your program: cc hello.c synchronicity.c -pthread
 *
 * Define SYN_SHORT before you include it for the short names, those of <synchronicity/short.h>. To the same for
 * synchronicity.c and all that include this, define SYN_PREFIX for other symbols than others', and SYN_NO_IO,
 * SYN_NO_OBJECTS, SYN_NO_TRACE to leave out streams, sockets and files, classes, and traces. */
#ifndef SYNCHRONICITY_ALL_H
#define SYNCHRONICITY_ALL_H
")
file(WRITE ${header} "")
file(GLOB headers RELATIVE ${SOURCE} ${SOURCE}/include/synchronicity/*.h)
list(REMOVE_ITEM headers include/synchronicity/short.h)
foreach(file IN ITEMS include/synchronicity.h LISTS headers)
    add(${file} ${header})
endforeach()
file(APPEND ${header} "\n#endif\n\n#ifdef SYN_SHORT\n")
add(include/synchronicity/short.h ${header})
file(APPEND ${header} "\n#endif\n")

# ---- synchronicity.c ---------------------------------------------------------

set(unit ${OUT}/synchronicity.c)
file(WRITE ${unit} "/* SPDX-License-Identifier: Apache-2.0
 *
 * synchronicity ${number}, all sources in one; made from them by src/amalgamate.cmake.
 * C11, POSIX threads, nothing else: cc -std=c11 -O2 -c synchronicity.c */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#elif defined(__APPLE__) && !defined(_DARWIN_C_SOURCE)
#define _DARWIN_C_SOURCE
#endif
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64
#endif
#define SYNI_IN_LIBRARY 1

/* What lay in headers lies here, so clang takes an inline function that this build does not use for
 * a forgotten one. */
#ifdef __clang__
#pragma clang diagnostic ignored \"-Wunused-function\"
#pragma clang diagnostic ignored \"-Wunneeded-internal-declaration\"
#endif

#include \"synchronicity.h\"
")
file(STRINGS ${LIST} sources)
foreach(file IN LISTS sources)
    add(${file} ${unit})
endforeach()

# ---- SYN_PREFIX ----------------------------------------------------------------

# Every name of ours that is called or extern may be a symbol that a linker sees, and so may what a declaring macro makes of one. A pragma for
# a name that is none does nothing. It renames the symbol only, so macros that paste the name do not notice. (Discarded:
# a macro for each name, which is replaced in some of the places where it is pasted and not in others.)
file(READ ${header} text)
file(READ ${unit} more)
string(REGEX MATCHALL "syni?_[a-z0-9_]+\\(" names "${text}${more}")
string(REGEX MATCHALL "\nextern [^;{]*;" externs "${text}${more}")
string(REGEX MATCHALL "syni?_[a-z0-9_]+" names "${names};${externs}")
string(REGEX MATCHALL "DECLARE\\([^)(]* syni?_[a-z0-9_]+" declared "${text}${more}")
string(REGEX MATCHALL "syni?_[a-z0-9_]+" declared "${declared}")
list(APPEND names ${declared})
foreach(suffix future submit)
    set(made ${declared})
    list(TRANSFORM made APPEND _${suffix})
    list(APPEND names ${made})
endforeach()
string(REGEX MATCHALL "static[^\n(]*[ *](syni?_[a-z0-9_]+)\\(" statics "${text}${more}")
string(REGEX MATCHALL "syni?_[a-z0-9_]+" statics "${statics}")
list(REMOVE_DUPLICATES names)
list(REMOVE_ITEM names ${statics})
list(SORT names)
list(TRANSFORM names REPLACE "(.+)" "SYNI_RENAMED(\\1)")
list(JOIN names "\n" names)
file(WRITE ${header} "${head}
#ifdef SYN_PREFIX
#ifndef __PRAGMA_REDEFINE_EXTNAME
#error \"SYN_PREFIX: this compiler cannot rename symbols (#pragma redefine_extname)\"
#endif
#define SYNI_RENAMED(name) SYNI_RENAMED_1(SYN_PREFIX, name)
#define SYNI_RENAMED_1(prefix, name) SYNI_RENAMED_2(prefix, name)
#define SYNI_RENAMED_2(prefix, name) SYNI_RENAMED_3(redefine_extname name prefix##name)
#define SYNI_RENAMED_3(text) _Pragma(#text)
${names}
#endif
${text}")
