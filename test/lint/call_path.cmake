# SPDX-License-Identifier: Apache-2.0
#
# A driven blocking call passes through at most LIMIT functions, counted in a build of its own
# without optimization, where each function counts, also one that is inline. CC compiles; DIR is
# scratch. What a machine does has no influence on the number.

if(NOT CC_ID MATCHES "GNU|Clang" OR CROSS)
    message("[skipped] ${CC_ID} does not count functions, or what it makes does not run here")
    return()
endif()

file(REMOVE_RECURSE ${DIR})
set(flags -std=c11 -D_GNU_SOURCE -O0 -g -I${SOURCE}/include -I${SOURCE}/src)
# In one unit, which takes a fifth of the time.
file(MAKE_DIRECTORY ${DIR})
set(all "")
foreach(folder IN ITEMS base backend loop pool task circle thread future sync scope channel context inspect life call job
        object mailbox)
    file(GLOB sources ${SOURCE}/src/${folder}/*.c)
    foreach(source IN LISTS sources)
        string(APPEND all "#include \"${source}\"\n")
    endforeach()
endforeach()
file(WRITE ${DIR}/all.c "${all}")
execute_process(COMMAND ${CC} ${flags} -finstrument-functions -c all.c
    WORKING_DIRECTORY ${DIR} RESULT_VARIABLE status ERROR_VARIABLE error)
if(NOT status EQUAL 0)
    message(FATAL_ERROR "${error}")
endif()
execute_process(COMMAND ${CC} ${flags} -no-pie -o ${DIR}/call_path ${SOURCE}/test/lint/call_path.c
    ${DIR}/all.o -lpthread RESULT_VARIABLE status ERROR_VARIABLE error)
if(NOT status EQUAL 0)
    message(FATAL_ERROR "${error}")
endif()

execute_process(COMMAND ${DIR}/call_path addresses OUTPUT_VARIABLE text RESULT_VARIABLE status)
if(NOT status EQUAL 0)
    message(FATAL_ERROR "the call failed: ${status}")
endif()
string(REGEX MATCHALL "[^\n]+" lines "${text}")
list(POP_FRONT lines n)
if(n LESS 10)
    message(FATAL_ERROR "only ${n} functions were counted: the build counts nothing")
endif()
message("${n} functions, of at most ${LIMIT}")
if(n GREATER LIMIT)
    execute_process(COMMAND addr2line -f -e ${DIR}/call_path ${lines} OUTPUT_VARIABLE names)
    message(FATAL_ERROR "a driven call passes through ${n} functions, more than ${LIMIT}:\n${names}")
endif()
