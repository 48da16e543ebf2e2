# SPDX-License-Identifier: Apache-2.0
#
# Each public name, or its short form, or its _future face, stands in a test: functions, macros and constants of
# include/synchronicity. There are as many as the table of docs/conventions.md says, subject by subject: who adds one counts
# it there, and takes another away if that one is not needed any more.
cmake_minimum_required(VERSION 3.16)
include(${CMAKE_CURRENT_LIST_DIR}/source.cmake)

# What tests cannot name, and why.
set(excepted
    syn_next syn_finally syn_item # fields of frames that macros use
    syn_run_fn # a type of functions, for which tests give one
    syn_err syn_type syn_scope syn_channel syn_generator syn_blocking_generator # types
)

# ---- the words of the tests -----------------------------------------------------

set(words " ")
file(GLOB_RECURSE tests ${SOURCE}/test/*.c ${SOURCE}/test/*.h ${SOURCE}/test/*.cc)
foreach(file IN LISTS tests)
    file(READ ${file} text)
    string(REGEX REPLACE "[^A-Za-z0-9_]+" " " text "${text}")
    string(APPEND words "${text} ")
endforeach()

# ---- the names, and their short forms -------------------------------------------

set(short_form "^#define [A-Za-z_]+(\\([^)]*\\))? +syn_|^#define [A-Z_]+ SYN_")
file(STRINGS ${SOURCE}/include/synchronicity/short.h lines REGEX "${short_form}")
file(STRINGS ${SOURCE}/include/synchronicity/step.h step_lines REGEX "^#define step_")
foreach(line IN LISTS lines step_lines)
    string(REGEX MATCH "^#define ([A-Za-z_0-9]+)(\\([^)]*\\))? +([A-Za-z_0-9]+)" line "${line}")
    list(APPEND short_of_${CMAKE_MATCH_3} ${CMAKE_MATCH_1})
endforeach()

# Macros belong to the header that defines them, all else to the one in whose declarations it stands.
set(names)
file(GLOB headers ${SOURCE}/include/synchronicity/*.h)
list(FILTER headers EXCLUDE REGEX "/short\\.h$")
foreach(file IN LISTS headers)
    get_filename_component(header ${file} NAME_WE)
    file(READ ${file} text)
    string(REGEX REPLACE "/\\*([^*]|\\*+[^*/])*\\*+/" " " text "${text}")
    string(REGEX REPLACE "[][;]" " " text "${text}")
    # Tags are types: those that no test names are opaque.
    string(REGEX REPLACE "(struct|enum|union) syn_[a-z0-9_]+" " " text "${text}")
    string(REGEX MATCHALL "# *define (syn_[a-z0-9_]+|SYN_[A-Z0-9_]+)" macros "${text}")
    # Items are no macros: rows of macros have them at the end of their names. Words that a program defines are asked for.
    string(REGEX MATCHALL "# *define SYNI_[A-Z_0-9]*_SYN_[A-Z_]+|defined\\(SYN_[A-Z_]+\\)" items "${text}")
    string(REGEX REPLACE "\\\\\n" " " text "${text}")
    string(REGEX REPLACE "(^|\n)[ \t]*#[^\n]*" "\\1" text "${text}")
    string(REGEX MATCHALL "[^A-Za-z0-9_#](syn_[a-z0-9_]+ *\\(|SYN_[A-Z0-9_]+|syn_[a-z0-9_]+,)" found "${text}")
    foreach(match IN LISTS found)
        string(REGEX MATCH "(syn|SYN)_[A-Za-z0-9_]+" name "${match}")
        list(APPEND names ${name})
        if(NOT home_of_${name})
            set(home_of_${name} ${header})
        endif()
    endforeach()
    foreach(match IN LISTS macros items)
        string(REGEX REPLACE ".*[_( ](SYN_[A-Z_]+)\\)?$" "\\1" name "${match}")
        string(REGEX MATCH "(syn|SYN)_[A-Za-z0-9_]+" name "${name}")
        list(APPEND names ${name})
        if(match IN_LIST macros OR NOT home_of_${name} OR header STREQUAL "map")
            set(home_of_${name} ${header})
        endif()
    endforeach()
endforeach()
list(REMOVE_DUPLICATES names)

set(n 0)
foreach(name IN LISTS names)
    if(name IN_LIST excepted OR name MATCHES "_$|^SYN_HAVE_|_H$")
        continue()
    endif()
    string(REGEX REPLACE "_future$" "" call ${name})
    if(NOT call STREQUAL name AND call IN_LIST names) # a face of that one
        continue()
    endif()
    math(EXPR n "${n} + 1")
    list(APPEND names_in_${home_of_${name}} ${name})
    set(is_there FALSE)
    foreach(form IN ITEMS ${name} ${name}_future ${short_of_${name}})
        string(FIND "${words}" " ${form} " at)
        if(NOT at EQUAL -1)
            set(is_there TRUE)
            break()
        endif()
    endforeach()
    if(NOT is_there)
        complain("${name}: no test names it; write one, or take the name away")
    endif()
endforeach()
if(n LESS 400)
    complain("only ${n} public names were found: the search is broken")
endif()

# ---- the table of docs/conventions.md: | subject | headers | names | ------------------

set(total 0)
set(counted)
file(STRINGS ${SOURCE}/docs/conventions.md rows REGEX "^\\| [^|]* \\| [^|]*`[a-z_]+\\.h`[^|]* \\| [0-9]+ \\|$")
foreach(row IN LISTS rows)
    string(REGEX MATCH "^\\| ([^|]*) \\| ([^|]*) \\| ([0-9]+) \\|$" row "${row}")
    set(subject "${CMAKE_MATCH_1}")
    set(said ${CMAKE_MATCH_3})
    string(REGEX MATCHALL "[a-z_]+\\.h" in_row "${CMAKE_MATCH_2}")
    set(here)
    foreach(header IN LISTS in_row)
        string(REGEX REPLACE "\\.h$" "" header ${header})
        list(APPEND counted ${header})
        list(APPEND here ${names_in_${header}})
    endforeach()
    list(LENGTH here is)
    math(EXPR total "${total} + ${said}")
    if(NOT is EQUAL said)
        string(REPLACE ";" " " here "${here}")
        complain("docs/conventions.md: \"${subject}\" has ${is} public names and not ${said}: ${here}")
    endif()
endforeach()
foreach(file IN LISTS headers)
    get_filename_component(header ${file} NAME_WE)
    if(names_in_${header} AND NOT header IN_LIST counted)
        complain("docs/conventions.md: no row of its table of public names has ${header}.h")
    endif()
endforeach()
file(READ ${SOURCE}/docs/conventions.md text)
string(FIND "${text}" "The headers have ${total} public names" at)
if(at EQUAL -1)
    complain("docs/conventions.md: its rows have ${total} public names, and its text does not say so")
endif()
finish("${n} public names")
