# SPDX-License-Identifier: Apache-2.0
#
# The public headers keep docs/conventions.md, as far as a script sees: names, verbs, pairs of verbs, order of
# arguments, number of arguments, units.
cmake_minimum_required(VERSION 3.16)
include(${CMAKE_CURRENT_LIST_DIR}/source.cmake)

# Exceptions, and why.
set(excepted_start syn_method_start) # a call by name; it ends as calls do
set(excepted_init syn_semaphore_init) # holds nothing
set(excepted_is "_is_|_equal$|_cancelled$|_again$|_retry_next$|_is_a$")
set(integers # values without failure, or with one that the text names
    syn_address_port syn_report_text syn_host_fd syn_host_timeout_ms syn_mailbox_fd syn_scope_failure
    syn_scope_winner syn_listener_port syn_tcp_descriptor syn_udp_port syn_udp_descriptor syn_version)

# Words that docs/conventions.md has another one for: the third column of its table of verbs.
set(unwanted)
file(STRINGS ${SOURCE}/docs/conventions.md rows REGEX "^\\| `[a-z]+`.* \\| .* \\| `")
foreach(row IN LISTS rows)
    string(REGEX REPLACE "^.*\\| ([^|]*) \\|$" "\\1" row "${row}")
    if(row MATCHES " for | but ") # a word that is right elsewhere
        continue()
    endif()
    string(REGEX MATCHALL "[a-z]+" words "${row}")
    list(APPEND unwanted ${words})
endforeach()
list(LENGTH unwanted n)
if(n LESS 20)
    complain("docs/conventions.md: only ${n} words that are not used were found: the search is broken")
endif()
# "forget" is a descriptor's: the owner says that it will close it; "cleanup" is a phase of a task, in options.
list(REMOVE_ITEM unwanted forget acquire)

# ---- what is declared ---------------------------------------------------------

# read_declarations(file out): its text without comments and directives, in one line.
function(read_declarations file out)
    read_code(${file} code)
    string(REGEX REPLACE "\\\\\n" " " code "${code}")
    string(REGEX REPLACE "(^|\n)[ \t]*#[^\n]*" "\\1" code "${code}")
    string(REGEX REPLACE "[ \t\n]+" " " code "${code}")
    set(${out} "${code}" PARENT_SCOPE)
endfunction()

# What read_code() makes of `;` is a space, so a declaration ends where the next type begins; a function is
# found by its name and its parentheses.
set(name_pattern "(syn|SYN)_[A-Za-z0-9_]+")
set(functions)
set(n_functions 0)
file(GLOB headers RELATIVE ${SOURCE} ${SOURCE}/include/synchronicity/*.h)
foreach(file IN LISTS headers)
    if(file MATCHES "/short\\.h$")
        continue()
    endif()
    file(READ ${SOURCE}/${file} text)
    string(REGEX REPLACE "/\\*([^*]|\\*+[^*/])*\\*+/" " " text "${text}")
    string(REGEX REPLACE "\\\\\n" " " text "${text}")
    string(REGEX REPLACE "(^|\n)[ \t]*#[^\n]*" "\\1" text "${text}")
    string(REGEX REPLACE "[][]" " " text "${text}")
    string(REGEX REPLACE "[ \t\n]+" " " text "${text}")

    if(text MATCHES "[^a-z0-9_](syn_[a-z0-9_]+_t)[^a-z0-9_]")
        complain("${file}: ${CMAKE_MATCH_1} ends in _t, which belongs to POSIX")
    endif()
    string(REPLACE ";" "\n" text "${text}")
    string(REPLACE "{" "{\n" text "${text}")
    string(REPLACE "}" "\n}\n" text "${text}")
    string(REPLACE "\n" ";" declarations "${text}")
    foreach(declaration IN LISTS declarations)
        string(STRIP "${declaration}" declaration)
        if(declaration MATCHES "^typedef " AND NOT declaration MATCHES "^typedef int syn_err$|_fn\\(")
            complain("${file}: \"${declaration}\": no typedefs but of functions, which end in _fn")
        endif()
        if(declaration MATCHES "^(SYN_[A-Z]+_DECLARE)\\(([^,]+), (syn_[a-z0-9_]+)(.*)\\)$")
            set(kind ${CMAKE_MATCH_1})
            set(returns "${CMAKE_MATCH_2}")
            set(name ${CMAKE_MATCH_3})
            set(arguments "${CMAKE_MATCH_4}")
        elseif(declaration MATCHES "^(static inline |SYNI_[A-Z]+ )*([a-z][a-z0-9_ *]*[ *])(syn_[a-z0-9_]+)\\((.*)\\)$")
            set(kind function)
            set(returns "${CMAKE_MATCH_2}")
            set(name ${CMAKE_MATCH_3})
            set(arguments "${CMAKE_MATCH_4}")
            if(declaration MATCHES "^typedef ")
                continue()
            endif()
        else()
            continue()
        endif()
        math(EXPR n_functions "${n_functions} + 1")
        list(APPEND functions ${name})
        string(STRIP "${returns}" returns)

        # words
        string(REPLACE "_" ";" words "${name}")
        foreach(word IN LISTS words)
            if(word IN_LIST unwanted)
                complain("${file}: ${name}: \"${word}\" is not used; docs/conventions.md has the word for it")
            endif()
        endforeach()

        # what it returns
        if(kind STREQUAL "function" AND returns STREQUAL "int" AND NOT name MATCHES "${excepted_is}"
           AND NOT name IN_LIST integers)
            complain("${file}: ${name} returns int: a predicate is named as a question, and what fails returns syn_err")
        endif()
        if(name MATCHES "_new$" AND NOT (returns STREQUAL "syn_err" AND arguments MATCHES "\\*\\*out_[a-z_]+$"))
            complain("${file}: ${name} returns syn_err, and what it makes in its last argument, **out_")
        endif()
        if(name MATCHES "_fini$" AND NOT returns STREQUAL "void")
            complain("${file}: ${name} cannot fail, so it returns nothing")
        endif()

        # arguments: a callback is one with its `user`
        if(NOT kind STREQUAL "function")
            continue()
        endif()
        string(REGEX REPLACE "\\(\\*fn\\)\\([^()]*\\), void \\*user" "fn" flat "${arguments}")
        string(REGEX REPLACE "\\([^()]*\\)" "" flat "${flat}")
        string(REPLACE "," ";" parameters "${flat}")
        list(LENGTH parameters n)
        if(n GREATER 4)
            complain("${file}: ${name} has ${n} parameters; four is the limit, and then a struct of options")
        endif()
        set(outs 0)
        foreach(parameter IN LISTS parameters)
            if(parameter MATCHES "[ *]out_[a-z_0-9]+ *$")
                set(outs 1)
            elseif(outs)
                complain("${file}: ${name}: what comes out is last, behind \"${parameter}\"")
            endif()
            if(parameter MATCHES "^ *struct [a-z_]+ \\*\\*" AND NOT parameter MATCHES "\\*\\*(out|take)_")
                complain("${file}: ${name}: \"${parameter}\" comes out: name it out_…")
            endif()
            if(parameter MATCHES "struct syn_deadline" AND NOT parameter MATCHES "deadline$|earlier$|later$")
                complain("${file}: ${name}: a deadline is named so")
            endif()
            if(parameter MATCHES "(double|long|int64_t|unsigned|int) [a-z_]*(timeout|delay|grace|age|interval|limit_time)$"
               AND NOT parameter MATCHES "seconds")
                complain("${file}: ${name}: \"${parameter}\": a time is seconds, or ends in its unit")
            endif()
        endforeach()
        if(flat MATCHES "struct syn_deadline deadline,(.*)$")
            set(after "${CMAKE_MATCH_1}")
            if(NOT after MATCHES "out_")
                complain("${file}: ${name}: a deadline stands last, before what comes out")
            endif()
        endif()
    endforeach()
endforeach()

# ---- pairs --------------------------------------------------------------------

# has_pair(NAME verb others...): NAME, which ends in VERB, has one of OTHERS.
function(has_pair name verb)
    if(NOT name MATCHES "_${verb}$" OR name IN_LIST excepted_${verb})
        return()
    endif()
    string(REGEX REPLACE "_${verb}$" "" noun ${name})
    foreach(other IN LISTS ARGN)
        if(${noun}_${other} IN_LIST functions)
            return()
        endif()
    endforeach()
    complain("${name} has no counterpart: ${noun}_ with one of ${ARGN}")
endfunction()

foreach(name IN LISTS functions)
    has_pair(${name} new free release)
    has_pair(${name} open close)
    has_pair(${name} init fini)
    has_pair(${name} start stop close)
    has_pair(${name} retain release)
    has_pair(${name} register unregister)
    has_pair(${name} add remove)
    has_pair(${name} begin end)
endforeach()

if(n_functions LESS 200)
    complain("only ${n_functions} public functions were found: the search is broken")
endif()
finish("${n_functions} public functions against docs/conventions.md")
