# SPDX-License-Identifier: Apache-2.0
#
# How many lines does wrapping libpq take, and how many without? Lines are counted
# without comments and blank ones.
#
#     cmake -P docs/examples/libpq/lines.cmake
#
# Fails when docs/wrapping-a-library.md says other figures, or shows C that stands in
# no file here.
cmake_minimum_required(VERSION 3.16)
set(here ${CMAKE_CURRENT_LIST_DIR})
set(page_file ${here}/../../wrapping-a-library.md)

function(count_lines out_count)
    set(total 0)
    foreach(name IN LISTS ARGN)
        file(READ ${here}/${name} text)
        # No file here has the two characters that begin a comment in a string.
        string(REGEX REPLACE "/\\*([^*]|\\*+[^*/])*\\*+/" "" text "${text}")
        string(REGEX REPLACE "[^ \t\n]" "x" text "${text}")
        string(REGEX MATCHALL "x[^\n]*\n" lines "${text}")
        list(LENGTH lines n)
        math(EXPR total "${total} + ${n}")
    endforeach()
    set(${out_count} ${total} PARENT_SCOPE)
endfunction()

count_lines(glue pg.c)
count_lines(glue_header pg.h)
count_lines(by_hand by_hand.c)
count_lines(by_hand_header by_hand.h)
message("one definition, every face: pg.c ${glue} lines, pg.h ${glue_header}")
message("blocking and asynchronous, by hand: by_hand.c ${by_hand} lines, "
    "by_hand.h ${by_hand_header}")

if(NOT EXISTS ${page_file})
    return()
endif()
file(READ ${page_file} page)
foreach(row
    "| `pg.c` | ${glue} | ${glue_header} |"
    "| `by_hand.c` | ${by_hand} | ${by_hand_header} |")
    string(FIND "${page}" "${row}" at)
    if(at EQUAL -1)
        message(SEND_ERROR "wrapping-a-library.md should have the row: ${row}")
    endif()
endforeach()

# ---- what the page shows is what is compiled -------------------------------------

file(READ ${here}/pg.c sources)
foreach(name pg.h pg_demo.c ../sqlite/sqlite.c ../../../test/poll_test.c)
    file(READ ${here}/${name} text)
    string(APPEND sources "${text}")
endforeach()

set(fence "```")
string(FIND "${page}" "${fence}c\n" start)
while(NOT start EQUAL -1)
    math(EXPR start "${start} + 5")
    string(SUBSTRING "${page}" ${start} -1 page)
    string(FIND "${page}" "${fence}" end)
    string(SUBSTRING "${page}" 0 ${end} excerpt)
    string(FIND "${sources}" "${excerpt}" at)
    if(at EQUAL -1)
        message(SEND_ERROR "not in pg.c, pg.h, pg_demo.c, sqlite.c or poll_test.c:\n${excerpt}")
    endif()
    math(EXPR end "${end} + 3")
    string(SUBSTRING "${page}" ${end} -1 page)
    string(FIND "${page}" "${fence}c\n" start)
endwhile()
