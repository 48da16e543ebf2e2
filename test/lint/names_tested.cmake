# SPDX-License-Identifier: Apache-2.0
#
# Each public name, or its short form, or its _future face, stands in a test: functions, macros and constants of
# include/synchronicity.
cmake_minimum_required(VERSION 3.16)
include(${CMAKE_CURRENT_LIST_DIR}/source.cmake)

# What tests cannot name, and why.
set(excepted
    syn_next syn_finally syn_item # fields of frames that macros use
    syn_run_fn # a type of functions, for which tests give one
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

set(names)
file(GLOB headers ${SOURCE}/include/synchronicity/*.h)
list(FILTER headers EXCLUDE REGEX "/short\\.h$")
foreach(file IN LISTS headers)
    file(READ ${file} text)
    string(REGEX REPLACE "/\\*([^*]|\\*+[^*/])*\\*+/" " " text "${text}")
    string(REGEX REPLACE "[][;]" " " text "${text}")
    # Tags are types: those that no test names are opaque.
    string(REGEX REPLACE "(struct|enum|union) syn_[a-z0-9_]+" " " text "${text}")
    string(REGEX MATCHALL "[^A-Za-z0-9_#](syn_[a-z0-9_]+ *\\(|SYN_[A-Z0-9_]+|syn_[a-z0-9_]+,)" found "${text}")
    string(REGEX MATCHALL "# *define syn_[a-z0-9_]+" macros "${text}")
    foreach(match IN LISTS found macros)
        string(REGEX MATCH "(syn|SYN)_[A-Za-z0-9_]+" name "${match}")
        list(APPEND names ${name})
    endforeach()
endforeach()
list(REMOVE_DUPLICATES names)

set(n 0)
foreach(name IN LISTS names)
    if(name IN_LIST excepted OR name MATCHES "_$|^SYN_HAVE_|_H$")
        continue()
    endif()
    math(EXPR n "${n} + 1")
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
finish("${n} public names")
