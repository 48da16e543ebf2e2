# SPDX-License-Identifier: Apache-2.0
#
# In the rooms where tasks, or threads, meet in one state there is a check for each three functions, at least.
# A function is what ends in a brace at the margin. A check is SYNI_INVARIANT, SYNI_SURE, SYNI_ALWAYS, SYNI_HOLDS...,
# SYNI_DRIVEN... or syni_panic. And a function with a name that ends in `_locked` checks that its thread has the lock.
cmake_minimum_required(VERSION 3.16)
include(${CMAKE_CURRENT_LIST_DIR}/source.cmake)

set(check "SYNI_(INVARIANT|SURE|ALWAYS|HOLDS[A-Z_]*|DRIVEN[A-Z_]*)\\(|syni_panic\\(")
set(modules task scope sync channel pool loop)

# The functions of CODE that end in _locked, and check no lock. What they call first may: a lock around several.
function(look_at_locked file code)
    string(REPLACE "\n}\n" "\n@\n" code "${code}") # the end, to match up to
    string(REGEX MATCHALL "[a-z_]+_locked\\([^\n{}]*\\)\n{[^@]*" found "${code}")
    foreach(text IN LISTS found)
        string(REGEX MATCH "^[a-z_]+" name "${text}")
        if(NOT text MATCHES "SYNI_HOLDS|is_held\\(|SYNI_INVARIANT|_locked\\(.*_locked\\(")
            complain("${file}: ${name}() does not check that its thread has the lock")
        endif()
    endforeach()
endfunction()

foreach(module IN LISTS modules)
    set(functions_${module} 0)
    set(checks_${module} 0)
endforeach()
file(GLOB files RELATIVE ${SOURCE} ${SOURCE}/src/*/*.c ${SOURCE}/src/*/*.h)
foreach(file IN LISTS files)
    get_filename_component(module ${file} DIRECTORY)
    get_filename_component(module ${module} NAME)
    read_code(${SOURCE}/${file} code)
    string(REGEX REPLACE "\\\\\n" " " code "${code}")
    string(REGEX REPLACE "#[^\n]*" "" code "${code}") # what defines a check is none
    look_at_locked(${file} "${code}")
    if(NOT module IN_LIST modules)
        continue()
    endif()
    string(REGEX MATCHALL "\n}\n" ends "${code}\n")
    string(REGEX MATCHALL "${check}" checks "${code}")
    list(LENGTH ends n)
    math(EXPR functions_${module} "${functions_${module}} + ${n}")
    list(LENGTH checks n)
    math(EXPR checks_${module} "${checks_${module}} + ${n}")
endforeach()

set(summary)
foreach(module IN LISTS modules)
    math(EXPR three "3 * ${checks_${module}}")
    if(three LESS functions_${module})
        complain("${module}: ${checks_${module}} checks in ${functions_${module}} functions, less than one in three")
    endif()
    list(APPEND summary "${module} ${checks_${module}} checks in ${functions_${module}} functions")
endforeach()
string(REPLACE ";" ", " summary "${summary}")
finish("${summary}")
