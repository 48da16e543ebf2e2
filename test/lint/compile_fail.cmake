# SPDX-License-Identifier: Apache-2.0
#
# The likeliest mistakes must not compile. Each file of test/compile_fail compiles
# clean as it is, and not with -DMISTAKE=1, 2, 3 ... as far as it counts; what the
# compiler says is shown, so that somebody reads it now and then. Where the line of a mistake
# has a comment "says: TEXT" the compiler must say that, and the guide have it in its table.
cmake_minimum_required(VERSION 3.16)
include(${CMAKE_CURRENT_LIST_DIR}/source.cmake)

if(NOT COMPILER)
    skip("there is no such compiler here")
endif()

# compile(file mistake out_status out_said)
function(compile file mistake out_status out_said)
    execute_process(
        COMMAND ${COMPILER} ${language_of_${file}} -Wall -Wextra -pedantic -Werror -S -o /dev/null
            -I ${SOURCE}/include -D MISTAKE=${mistake} ${file}
        RESULT_VARIABLE status ERROR_VARIABLE said OUTPUT_QUIET)
    set(${out_status} "${status}" PARENT_SCOPE)
    set(${out_said} "${said}" PARENT_SCOPE)
endfunction()

set(n_mistakes 0)
file(GLOB files ${SOURCE}/test/compile_fail/*.c)
foreach(file IN LISTS files)
    set(language_of_${file} -std=c11)
endforeach()
execute_process( # whether this compiler knows C++
    COMMAND ${COMPILER} -x c++ -std=c++17 -fsyntax-only -I ${SOURCE}/include
        ${SOURCE}/include/synchronicity/version.h
    RESULT_VARIABLE status ERROR_QUIET OUTPUT_QUIET)
if(status EQUAL 0)
    file(GLOB cxx_files ${SOURCE}/test/compile_fail/*.cc)
    foreach(file IN LISTS cxx_files)
        list(APPEND files ${file})
        set(language_of_${file} -x c++ -std=c++17)
    endforeach()
else()
    message(STATUS "no C++ here: what C++ says is not tried")
endif()
file(READ ${SOURCE}/docs/when-it-does-not-compile.md guide)
foreach(file IN LISTS files)
    get_filename_component(name ${file} NAME)
    compile(${file} 0 status said)
    if(NOT status EQUAL 0)
        complain("${name} does not compile without a mistake:\n${said}")
        continue()
    endif()
    file(READ ${file} text)
    string(REGEX MATCHALL "MISTAKE [!=]= [0-9]+" mistakes "${text}")
    foreach(mistake IN LISTS mistakes)
        string(REGEX REPLACE ".* " "" number "${mistake}")
        compile(${file} ${number} status said)
        math(EXPR n_mistakes "${n_mistakes} + 1")
        if(status EQUAL 0)
            complain("${name}: mistake ${number} compiles clean")
        else()
            string(REGEX MATCH "[^\n]*(error|Error):[^\n]*" first "${said}")
            message(STATUS "${name}, mistake ${number}: ${first}")
        endif()
        string(REGEX MATCH "MISTAKE == ${number} /\\* says: ([^*]*) \\*/" sentence "${text}")
        if(sentence)
            string(FIND "${said}" "${CMAKE_MATCH_1}" found)
            if(found EQUAL -1)
                complain("${name}, mistake ${number} is not told by '${CMAKE_MATCH_1}':\n${said}")
            endif()
            string(FIND "${guide}" "${CMAKE_MATCH_1}" found)
            if(found EQUAL -1)
                complain("when-it-does-not-compile.md lacks '${CMAKE_MATCH_1}'")
            endif()
        endif()
    endforeach()
endforeach()

if(n_mistakes EQUAL 0)
    complain("no mistake was tried")
endif()
finish("${n_mistakes} mistakes, ${COMPILER}")
