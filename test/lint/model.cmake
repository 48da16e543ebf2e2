# SPDX-License-Identifier: Apache-2.0
#
# A spin model is right, and can be wrong: checks MODEL for its claim (under weak fairness) and,
# in a build without claims, for assertions and invalid end states; then that each variant
# in BROKEN (definitions, e.g. "BROKEN=1;BROKEN=2") fails. FORM: one more definition for all.
cmake_minimum_required(VERSION 3.16)
include(${CMAKE_CURRENT_LIST_DIR}/source.cmake)

find_program(SPIN spin)
if(NOT SPIN OR NOT COMPILER)
    skip("there is no spin")
endif()

find_program(TCC tcc)
set(patience 4) # seconds; most searches take less, and less than gcc's -O2
if(TCC)
    set(quick_compiler ${TCC})
else()
    set(quick_compiler ${COMPILER} -O0)
endif()

# search(out place seconds run-flags compiler...): compiles pan.c, which lies at PLACE, and runs it. OUT is right or
# wrong, with the number of states; or empty: SECONDS were too short. Or it complains.
function(search out place seconds run_flags)
    set(${out} "" PARENT_SCOPE)
    execute_process(COMMAND ${ARGN} -w -o pan pan.c
        WORKING_DIRECTORY ${place} OUTPUT_VARIABLE said ERROR_VARIABLE said RESULT_VARIABLE status)
    if(NOT status EQUAL 0)
        complain("${place}: pan.c does not compile:\n${said}")
        return()
    endif()
    execute_process(COMMAND ./pan -m1000000 ${run_flags}
        WORKING_DIRECTORY ${place} OUTPUT_VARIABLE said ERROR_VARIABLE said RESULT_VARIABLE status TIMEOUT ${seconds})
    if(status MATCHES "timeout" AND seconds EQUAL patience)
        return()
    endif()
    string(REGEX MATCH "errors: [0-9]+" errors "${said}")
    if(errors STREQUAL "" OR said MATCHES "max search depth too small")
        complain("${place}: was not searched to its end:\n${said}")
        return()
    endif()
    set(found "right")
    if(NOT errors STREQUAL "errors: 0")
        set(found "wrong")
    endif()
    set(said "${said}" PARENT_SCOPE)
    string(REGEX MATCH "[0-9e+.]+ states, stored" states "${said}")
    set(${out} "${found}, ${states}" PARENT_SCOPE)
endfunction()

# check(name expected spin-flags [SAFETY] [CLAIM]): EXPECTED is right or wrong, by a search for assertions and invalid end states,
# or for the claim under weak fairness, and for assertions, which takes longer. Of both the first that finds it serves.
function(check name expected spin_flags)
    set(place ${SCRATCH}/${name})
    file(REMOVE_RECURSE ${place})
    file(MAKE_DIRECTORY ${place})
    if(FORM)
        list(APPEND spin_flags -D${FORM})
    endif()
    execute_process(COMMAND ${SPIN} ${spin_flags} -a ${MODEL}
        WORKING_DIRECTORY ${place} OUTPUT_VARIABLE said ERROR_VARIABLE said RESULT_VARIABLE status)
    if(NOT status EQUAL 0)
        complain("${name}: spin does not take it:\n${said}")
        return()
    endif()
    set(SAFETY_flags -DSAFETY -DNOCLAIM)
    set(SAFETY_run "")
    set(CLAIM_flags -DNFAIR=4)
    set(CLAIM_run "-a;-f")
    foreach(way IN LISTS ARGN)
        set(by ${way})
        search(found ${place} ${patience} "-w20;${${by}_run}" ${quick_compiler} ${${by}_flags})
        if(found MATCHES "^${expected}")
            break()
        endif()
    endforeach()
    if(found STREQUAL "") # by the last way, which finds what the others do
        search(found ${place} 250 "${${by}_run}" ${COMPILER} -O2 ${${by}_flags})
    endif()
    if(found MATCHES "^wrong" AND expected STREQUAL "right")
        complain("${name}: the model is wrong:\n${said}")
    elseif(NOT found MATCHES "^${expected}")
        complain("${name}: the broken variant passes, so the model shows nothing")
    endif()
    message(STATUS "${name}: ${found}, by ${by}")
endfunction()

check(claim right "" CLAIM)
check(safety right "" SAFETY)
foreach(variant IN LISTS BROKEN)
    string(MAKE_C_IDENTIFIER "${variant}" id)
    check(${id} wrong "-D${variant}" SAFETY CLAIM)
endforeach()
finish("${MODEL}")
