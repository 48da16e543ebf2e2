# SPDX-License-Identifier: Apache-2.0
#
# Plain English (docs/conventions.md), as far as a script can tell: a thread, a task or a job is "it";
# "who", "whoever" and "whose" stand behind a person, and are counted, so that they become fewer; the
# sentences of a guide are short: of ten at most one has more than 30 words.
cmake_minimum_required(VERSION 3.16)
include(${CMAKE_CURRENT_LIST_DIR}/source.cmake)

# count(pattern list out): how often the word PATTERN, in small letters, stands in the files of LIST.
function(count pattern list out)
    set(n 0)
    foreach(file IN LISTS ${list})
        file(READ ${SOURCE}/${file} text)
        string(TOLOWER "${text}" text)
        string(REGEX MATCHALL "[^a-z0-9_](${pattern})[^a-z0-9_]" found "${text}")
        list(LENGTH found n_found)
        math(EXPR n "${n} + ${n_found}")
    endforeach()
    set(${out} ${n} PARENT_SCOPE)
endfunction()

# The numbers may become smaller, and not larger.
# "he who glob..."
set(sets
    "0 0 README.md"
    "0 9 docs/[a-h]*.md docs/[j-z]*.md docs/examples/*.[ch] docs/examples/*/*.[ch]"
    "0 0 docs/invariants.md"
    "0 5 include/*.h include/synchronicity/*.h"
    "0 95 src/base/*.[ch]"
    "0 10 src/backend/*.[ch]"
    "0 25 src/io/*.[ch]"
    "0 40 src/loop/*.[ch]"
    "0 40 src/inspect/*.[ch]"
    "0 50 src/pool/*.[ch]"
    "20 215 src/task/*.[ch]"
    "8 120 src/facade/*.[ch]")
set(n_he 0)
set(n_who 0)
foreach(line IN LISTS sets)
    separate_arguments(words UNIX_COMMAND "${line}")
    list(GET words 0 most_he)
    list(GET words 1 most_who)
    list(REMOVE_AT words 0 1)
    list(TRANSFORM words PREPEND ${SOURCE}/)
    file(GLOB files RELATIVE ${SOURCE} ${words})
    if(NOT files)
        complain("there is no file for '${line}'")
    endif()
    count("he|his|him|himself" files he)
    count("who|whoever|whose" files who)
    if(he GREATER most_he)
        complain("${words}: ${he} times he, his, him or himself, more than ${most_he}: write it, or the noun")
    endif()
    if(who GREATER most_who)
        complain("${words}: ${who} times who, whoever or whose, more than ${most_who}: write the noun")
    endif()
    math(EXPR n_he "${n_he} + ${he}")
    math(EXPR n_who "${n_who} + ${who}")
    message(STATUS "${line}: ${he} he, ${who} who")
endforeach()

# Prose for users. What else is in docs is for readers of the code, and lists of facts.
set(no_guides changelog design invariants performance platforms promises)
set(n_guides 0)
file(GLOB guides RELATIVE ${SOURCE} ${SOURCE}/docs/*.md)
foreach(guide IN LISTS guides ITEMS README.md)
    get_filename_component(name ${guide} NAME_WE)
    if(name IN_LIST no_guides)
        continue()
    endif()
    math(EXPR n_guides "${n_guides} + 1")
    file(READ ${SOURCE}/${guide} text)
    string(REGEX REPLACE "\\]\\([^)\n]*\\)" "" text "${text}") # where a link leads
    string(REGEX REPLACE "[][;\\]" "," text "${text}")
    string(REGEX REPLACE "```[^`]*```" "" text "${text}")
    string(REGEX REPLACE "`[^`\n]*`" "X" text "${text}")
    # Tables, code, headings; points of a list begin anew.
    string(REGEX REPLACE "\n(\\||    |#)[^\n]*" "\n\n" text "\n${text}")
    string(REGEX REPLACE "\n(\\||    |#)[^\n]*" "\n\n" text "${text}")
    string(REGEX REPLACE "\n *([*-]|[0-9]+[.]) " "\n\n" text "${text}")
    string(REGEX REPLACE "[.!?:]+[\"')*]*[ \n]+|\n[ \n]*\n" ";" sentences "${text}")
    set(n 0)
    set(n_long 0)
    set(longest)
    foreach(sentence IN LISTS sentences)
        string(REGEX MATCHALL "[A-Za-z0-9][A-Za-z0-9_'-]*" words "${sentence}")
        list(LENGTH words n_words)
        if(n_words GREATER 1)
            math(EXPR n "${n} + 1")
        endif()
        if(n_words GREATER 30)
            math(EXPR n_long "${n_long} + 1")
            string(APPEND longest "\n  ${n_words} words: ${sentence}")
        endif()
    endforeach()
    math(EXPR tenfold "10 * ${n_long}")
    if(n EQUAL 0)
        complain("${guide}: no sentence was found")
    elseif(tenfold GREATER n)
        complain("${guide}: ${n_long} of ${n} sentences have more than 30 words:${longest}")
    endif()
endforeach()
finish("${n_guides} guides; ${n_he} he, ${n_who} who")
