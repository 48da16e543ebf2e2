# SPDX-License-Identifier: Apache-2.0
#
# A program that stops what it started leaves nothing that valgrind calls lost, possibly or
# definitely; nor does the program of the guide's chapter about that. In: PROGRAMS, SANITIZED.
cmake_minimum_required(VERSION 3.16)
include(${CMAKE_CURRENT_LIST_DIR}/source.cmake)

find_program(valgrind valgrind)
if(NOT valgrind)
    skip("there is no valgrind")
endif()
if(SANITIZED)
    skip("valgrind and sanitizers do not go together")
endif()

string(REPLACE "," ";" PROGRAMS "${PROGRAMS}")
foreach(program IN LISTS PROGRAMS)
    execute_process(
        COMMAND ${valgrind} --quiet --leak-check=full --error-exitcode=9 ${program}
        RESULT_VARIABLE status OUTPUT_VARIABLE out ERROR_VARIABLE said TIMEOUT 250)
    if(NOT status EQUAL 0)
        complain("${program}: ${status}\n${out}${said}")
    endif()
endforeach()
finish("programs that end clean")
