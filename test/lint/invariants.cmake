# SPDX-License-Identifier: Apache-2.0
#
# docs/invariants.md and what cites it: no number stands there twice, within a section the numbers
# grow, and whoever cites "invariant 12" (or "invariants 12 and 13") cites one that is there.
cmake_minimum_required(VERSION 3.16)
include(${CMAKE_CURRENT_LIST_DIR}/source.cmake)

set(known)
set(last 0)
file(STRINGS ${SOURCE}/docs/invariants.md lines REGEX "^(## |[0-9]+\\. )")
foreach(line IN LISTS lines)
    if(line MATCHES "^## ")
        set(last 0)
        continue()
    endif()
    string(REGEX MATCH "^[0-9]+" number "${line}")
    if(number IN_LIST known)
        complain("docs/invariants.md: ${number} stands there twice; give the later one a new number")
    elseif(NOT number GREATER last)
        complain("docs/invariants.md: ${number} stands behind ${last}; a new invariant is the last "
                 "of its section")
    endif()
    list(APPEND known ${number})
    set(last ${number})
endforeach()

set(n_citations 0)
file(GLOB_RECURSE files RELATIVE ${SOURCE} ${SOURCE}/include/*.h ${SOURCE}/src/*.[ch]
    ${SOURCE}/test/*.[ch] ${SOURCE}/test/*.pml ${SOURCE}/docs/*.md)
foreach(file IN LISTS files)
    file(READ ${SOURCE}/${file} text)
    string(REGEX MATCHALL "[Ii]nvariants?[ \n*]+[0-9]+((,|, and| and| or)[ \n*]+[0-9]+)*" citations "${text}")
    foreach(citation IN LISTS citations)
        string(REGEX MATCHALL "[0-9]+" numbers "${citation}")
        foreach(number IN LISTS numbers)
            math(EXPR n_citations "${n_citations} + 1")
            if(NOT number IN_LIST known)
                complain("${file}: cites invariant ${number}, which docs/invariants.md does not have")
            endif()
        endforeach()
    endforeach()
endforeach()

if(NOT known OR NOT n_citations)
    complain("nothing was read: ${SOURCE}/docs/invariants.md or its citations moved")
endif()
list(LENGTH known n)
finish("${n} invariants, ${n_citations} citations")
