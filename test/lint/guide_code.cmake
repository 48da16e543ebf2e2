# SPDX-License-Identifier: Apache-2.0
#
# The code of a chapter of the guide. Run as a script it writes that of FILE to OUT.
cmake_minimum_required(VERSION 3.16)

# program_of(file out): all C code of a chapter, in order.
function(program_of file out)
    set(program)
    file(READ ${file} text)
    string(FIND "${text}" "```c\n" start)
    while(NOT start EQUAL -1)
        math(EXPR start "${start} + 5")
        string(SUBSTRING "${text}" ${start} -1 text)
        string(FIND "${text}" "```" end)
        string(SUBSTRING "${text}" 0 ${end} code)
        string(APPEND program "${code}\n")
        string(SUBSTRING "${text}" ${end} -1 text)
        string(FIND "${text}" "```c\n" start)
    endwhile()
    set(${out} "${program}" PARENT_SCOPE)
endfunction()

# first_program_of(file out): the first C code of it.
function(first_program_of file out)
    file(READ ${file} text)
    string(FIND "${text}" "```c\n" start)
    math(EXPR start "${start} + 5")
    string(SUBSTRING "${text}" ${start} -1 text)
    string(FIND "${text}" "```" end)
    string(SUBSTRING "${text}" 0 ${end} text)
    set(${out} "${text}" PARENT_SCOPE)
endfunction()

if(DEFINED FILE AND DEFINED OUT)
    program_of(${FILE} program)
    file(WRITE ${OUT} "${program}")
endif()
