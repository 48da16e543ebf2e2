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

# check(name expected spin-flags compiler-flags run-flags): EXPECTED is right or wrong.
function(check name expected spin_flags compiler_flags run_flags)
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
    # Most searches take less time than gcc's -O2. What does not end within seconds is compiled with that.
    foreach(optimization "-O0;4" "-O2;250")
        list(POP_BACK optimization seconds)
        execute_process(COMMAND ${COMPILER} ${optimization} -w ${compiler_flags} -o pan pan.c
            WORKING_DIRECTORY ${place} ERROR_VARIABLE said RESULT_VARIABLE status)
        if(NOT status EQUAL 0)
            complain("${name}: pan.c does not compile:\n${said}")
            return()
        endif()
        execute_process(COMMAND ./pan -m1000000 ${run_flags}
            WORKING_DIRECTORY ${place} OUTPUT_VARIABLE said ERROR_VARIABLE said RESULT_VARIABLE status TIMEOUT ${seconds})
        if(NOT status MATCHES "timeout")
            break()
        endif()
    endforeach()
    if(NOT said MATCHES "errors: ([0-9]+)" OR said MATCHES "max search depth too small")
        complain("${name}: was not searched to its end:\n${said}")
        return()
    endif()
    string(REGEX MATCH "errors: ([0-9]+)" found "${said}")
    set(errors ${CMAKE_MATCH_1})
    if(expected STREQUAL "right" AND NOT errors EQUAL 0)
        complain("${name}: the model is wrong:\n${said}")
    elseif(expected STREQUAL "wrong" AND errors EQUAL 0)
        complain("${name}: the broken variant passes, so the model shows nothing")
    endif()
    string(REGEX MATCH "[0-9e+.]+ states, stored" states "${said}")
    message(STATUS "${name}: ${expected}, ${states}")
endfunction()

check(claim right "" "-DNFAIR=4" "-a;-f")
check(safety right "" "-DSAFETY;-DNOCLAIM" "")
foreach(variant IN LISTS BROKEN)
    string(MAKE_C_IDENTIFIER "${variant}" id)
    check(${id} wrong "-D${variant}" "-DNFAIR=4" "-a;-f")
endforeach()
finish("${MODEL}")
