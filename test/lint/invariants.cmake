# SPDX-License-Identifier: Apache-2.0
#
# docs/invariants.md and what cites it: no number stands there twice, and what cites "invariant 12" (or
# "invariants 12 and 13") cites one that is there. Each one is checked while the library runs, or shown by
# a model, or the section "Held in another way" says why not: one of the three, so that no reason outlives
# its cause.
cmake_minimum_required(VERSION 3.16)
include(${CMAKE_CURRENT_LIST_DIR}/source.cmake)

set(known)
file(STRINGS ${SOURCE}/docs/invariants.md lines REGEX "^[0-9]+\\. ")
foreach(line IN LISTS lines)
    string(REGEX MATCH "^[0-9]+" number "${line}")
    if(number IN_LIST known)
        complain("docs/invariants.md: ${number} stands there twice; give the later one a new number")
    endif()
    list(APPEND known ${number})
endforeach()

# Reasons: "* 12: why".
set(reasoned)
file(STRINGS ${SOURCE}/docs/invariants.md lines REGEX "^\\* [0-9]+: .")
foreach(line IN LISTS lines)
    string(REGEX MATCH "[0-9]+" number "${line}")
    list(APPEND reasoned ${number}) # of one that is no invariant (yet): no matter
endforeach()

set(n_citations 0)
set(checked)
set(modelled)
file(GLOB_RECURSE files RELATIVE ${SOURCE} ${SOURCE}/include/*.h ${SOURCE}/src/*.[ch]
    ${SOURCE}/test/*.[ch] ${SOURCE}/test/*.pml ${SOURCE}/docs/*.md)
foreach(file IN LISTS files)
    file(READ ${SOURCE}/${file} text)
    string(REGEX MATCHALL "[Ii]nvariants?[ \n*]+[0-9]+((,|, and| and| or)[ \n*]+[0-9]+)*" citations "${text}")
    string(REGEX MATCHALL "SYNI_(INVARIANT|ALWAYS)\\([1-9][0-9]*" checks "${text}")
    list(APPEND citations ${checks})
    foreach(citation IN LISTS citations)
        string(REGEX MATCHALL "[0-9]+" numbers "${citation}")
        foreach(number IN LISTS numbers)
            math(EXPR n_citations "${n_citations} + 1")
            if(citation MATCHES "^SYNI_")
                list(APPEND checked ${number})
            elseif(file MATCHES "^test/models/")
                list(APPEND modelled ${number})
            endif()
            if(NOT number IN_LIST known)
                complain("${file}: cites invariant ${number}, which docs/invariants.md does not have")
            endif()
        endforeach()
    endforeach()
endforeach()

if(NOT known OR NOT n_citations)
    complain("nothing was read: ${SOURCE}/docs/invariants.md or its citations moved")
endif()
foreach(number IN LISTS known)
    if(number IN_LIST checked OR number IN_LIST modelled)
        if(number IN_LIST reasoned)
            complain("docs/invariants.md: ${number} is checked or modelled; take its reason out")
        endif()
    elseif(NOT number IN_LIST reasoned)
        complain("docs/invariants.md: nothing checks ${number}, no model shows it, and no reason says why")
    endif()
endforeach()
list(LENGTH known n)
list(REMOVE_DUPLICATES checked)
list(LENGTH checked n_checked)
finish("${n} invariants, ${n_checked} of them checked while it runs, ${n_citations} citations")
