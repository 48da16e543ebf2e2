# SPDX-License-Identifier: Apache-2.0
#
# Each model names the functions that it follows, and holds a hash of their text:
#
#     FOLLOWS src/loop/loop_inbox.c: post_and_knock syni_loop_post
#     HASH 0123456789ab
#
# So nobody changes one of them and leaves the model behind unseen. Comments, white space and checks do
# not count. A change after which the model still holds renews the hash:
#
#     cmake -D SOURCE=. -D UPDATE=ON -P test/lint/model_follows.cmake
cmake_minimum_required(VERSION 3.16)
include(${CMAKE_CURRENT_LIST_DIR}/source.cmake)

# text_of(file function out): the definition of FUNCTION, or nothing.
function(text_of file function out)
    set(${out} "" PARENT_SCOPE)
    read_code(${SOURCE}/${file} code)
    string(REGEX REPLACE "\\\\\n" "" code "${code}")
    set(rest "${code}")
    while(TRUE)
        string(FIND "${rest}" "${function}(" at)
        if(at EQUAL -1)
            return()
        endif()
        string(SUBSTRING "${rest}" 0 ${at} before)
        string(SUBSTRING "${rest}" ${at} -1 rest)
        string(FIND "${before}" "\n" line REVERSE)
        math(EXPR line "${line} + 1")
        string(SUBSTRING "${before}" ${line} -1 line)
        string(FIND "${rest}" "\n{\n" body)
        string(FIND "${rest}" "\n\n" gap)
        # A definition begins at the margin, and its body before the next empty line.
        if(line MATCHES "^[a-z].*[ *]$" AND body GREATER -1 AND (gap EQUAL -1 OR body LESS gap))
            string(FIND "${rest}" "\n}\n" end)
            string(SUBSTRING "${rest}" 0 ${end} text)
            string(REGEX REPLACE "SYNI_(INVARIANT|SURE|HOLDS[A-Z_]*|DRIVEN[A-Z_]*|NOTE|DELAY)\\([^\n]*" ""
                text "${text}")
            string(REGEX REPLACE "[ \t\n]+" " " text "${text}")
            set(${out} "${line}${text}" PARENT_SCOPE)
            return()
        endif()
        string(LENGTH "${function}" length)
        string(SUBSTRING "${rest}" ${length} -1 rest)
    endwhile()
endfunction()

set(n_functions 0)
file(GLOB models ${SOURCE}/test/models/*.pml)
foreach(model IN LISTS models)
    get_filename_component(name ${model} NAME)
    file(STRINGS ${model} follows REGEX "FOLLOWS src/")
    file(STRINGS ${model} hash REGEX "HASH [0-9a-f]+$")
    if(NOT follows OR NOT hash)
        complain("${name}: says not what it follows: FOLLOWS src/...: functions, and HASH 0")
        continue()
    endif()
    set(all "")
    foreach(line IN LISTS follows)
        string(REGEX MATCH "FOLLOWS (src/[^:]*): (.*)$" unused "${line}")
        set(file ${CMAKE_MATCH_1})
        string(REGEX MATCHALL "[a-z_0-9]+" functions "${CMAKE_MATCH_2}")
        foreach(function IN LISTS functions)
            math(EXPR n_functions "${n_functions} + 1")
            text_of(${file} ${function} text)
            if(text STREQUAL "")
                complain("${name}: follows ${function}() of ${file}, which is not there")
            endif()
            string(APPEND all "${text}")
        endforeach()
    endforeach()
    string(SHA256 is "${all}")
    string(SUBSTRING "${is}" 0 12 is)
    string(REGEX MATCH "[0-9a-f]+$" was "${hash}")
    if(UPDATE)
        file(READ ${model} text)
        string(REPLACE "HASH ${was}" "HASH ${is}" text "${text}")
        file(WRITE ${model} "${text}")
    elseif(NOT is STREQUAL was)
        complain("${name}: what it follows has changed. Look whether the model still does, change it "
                 "if not, and write its hash anew: HASH ${is}")
    endif()
endforeach()
list(LENGTH models n)
finish("${n} models follow ${n_functions} functions")
