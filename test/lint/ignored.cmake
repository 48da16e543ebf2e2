# SPDX-License-Identifier: Apache-2.0
#
# Results that must not be ignored. Each function of the headers that can fail stands in the
# guide's tables (when-it-does-not-compile.md): in that of those that warn, and then its declaration says
# SYNI_HELD, or in that of the others, with the reason, and then it does not.
cmake_minimum_required(VERSION 3.16)
include(${CMAKE_CURRENT_LIST_DIR}/source.cmake)

file(READ ${SOURCE}/docs/when-it-does-not-compile.md guide)
string(FIND "${guide}" "## Results that must not be ignored" start)
string(FIND "${guide}" "Nothing is lost where these are" middle)
if(start EQUAL -1 OR middle EQUAL -1)
    complain("when-it-does-not-compile.md has lost its tables of results")
    finish("")
endif()
string(SUBSTRING "${guide}" ${middle} -1 does_not)
math(EXPR length "${middle} - ${start}")
string(SUBSTRING "${guide}" ${start} ${length} warns)

set(all "")
file(GLOB headers ${SOURCE}/include/*.h ${SOURCE}/include/synchronicity/*.h)
foreach(file IN LISTS headers)
    read_code(${file} code)
    string(APPEND all "${code}")
endforeach()
string(REGEX MATCHALL "\n(SYNI_HELD |extern )*(syn_err|struct syn_stream \\*) ?\\(?syni?_[a-z0-9_]+\\)?\\("
    declarations "${all}")
set(n 0)
foreach(declaration IN LISTS declarations)
    string(REGEX REPLACE ".*[ *(](syni?_[a-z0-9_]+).*" "\\1" name "${declaration}")
    if(name MATCHES "^syni_")
        string(REGEX REPLACE "^syni_" "syn_" name "${name}")
        if(NOT all MATCHES "#define ${name}\\(")
            continue() # of the library's own macros
        endif()
    endif()
    math(EXPR n "${n} + 1")
    string(REGEX REPLACE "^syn_" "" short "${name}")
    if(name STREQUAL "syn_child_stream") # a look, at what stays the child's
        continue()
    endif()
    string(FIND "${warns}" "`${short}`" in_first)
    string(FIND "${does_not}" "`${short}`" in_second)
    string(FIND "${declaration}" "SYNI_HELD" held)
    if(in_first EQUAL -1 AND in_second EQUAL -1)
        complain("${name}() can fail and is in neither table of when-it-does-not-compile.md")
    elseif(NOT held EQUAL -1 AND in_first EQUAL -1)
        complain("${name}() warns when its result is ignored; the guide says it does not")
    elseif(held EQUAL -1 AND in_second EQUAL -1)
        complain("${name}() does not warn when its result is ignored; the guide says it does")
    endif()
endforeach()

if(n LESS 60)
    complain("only ${n} functions were found")
endif()
finish("${n} functions")
