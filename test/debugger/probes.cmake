# SPDX-License-Identifier: Apache-2.0
#
# The static tracepoint of <synchronicity/hooks.h>: PROGRAM has its note, and, where GDB is given, a tracer that
# attaches to it gets all events with all arguments.
# PROGRAM (traced.c), READELF, GDB, SDT (whether this compiler finds <sys/sdt.h>), WORK (a folder)
cmake_minimum_required(VERSION 3.16)

if(NOT SDT)
    message("[skipped] this compiler finds no <sys/sdt.h> (Debian: systemtap-sdt-dev)")
    return()
endif()

# ---- the note --------------------------------------------------------------------

if(NOT DEFINED GDB)
    if(NOT READELF)
        message("[skipped] there is no readelf")
        return()
    endif()
    execute_process(COMMAND ${READELF} -n ${PROGRAM} OUTPUT_VARIABLE notes RESULT_VARIABLE status)
    string(REGEX MATCHALL "Provider: [^\n]*\n *Name: [^\n]*\n *Location: [^\n]*\n *Arguments: [^\n]*" probes "${notes}")
    if(status OR NOT probes)
        message(FATAL_ERROR "${PROGRAM} has no note of a tracepoint:\n${notes}")
    endif()
    foreach(probe IN LISTS probes)
        if(NOT probe MATCHES "Provider: syn\n *Name: hook\n *Location: 0x[0-9a-f]+, Base: 0x[0-9a-f]+, Semaphore: 0x([0-9a-f]+)\n *Arguments: (.*)")
            message(FATAL_ERROR "${PROGRAM} has a tracepoint that no header names:\n${probe}")
        endif()
        set(arguments "${CMAKE_MATCH_2}")
        if(CMAKE_MATCH_1 MATCHES "^0+$")
            message(FATAL_ERROR "the tracepoint has no semaphore, so that no tracer turns it on:\n${probe}")
        endif()
        string(REGEX MATCHALL "-?[0-9]+@" sizes "${arguments}")
        list(LENGTH sizes n)
        if(NOT n EQUAL 6)
            message(FATAL_ERROR "hooks.h names 6 arguments of the tracepoint, these are ${n}: ${arguments}")
        endif()
    endforeach()
    message("-- the note of syn:hook: ${arguments}")
    return()
endif()

# ---- a tracer --------------------------------------------------------------------

if(NOT GDB)
    message("[skipped] there is no gdb, or this is a build with sanitizers")
    return()
endif()
file(MAKE_DIRECTORY ${WORK})
file(REMOVE ${WORK}/told.txt)
# What is NULL is written as "-", as the program does.
set(text "")
foreach(n 2 3 4)
    string(APPEND text "  if $_probe_arg${n} == 0\n    printf \"-\"\n  else\n    printf \"%s\", (char *)$_probe_arg${n}\n  end\n")
    if(NOT n EQUAL 4)
        string(APPEND text "  printf \"|\"\n")
    endif()
endforeach()
file(WRITE ${WORK}/probes.gdb
"set pagination off
set debuginfod enabled off
break -probe-stap syn:hook
commands
  silent
  printf \"\\nsyn:hook %d %lx \", (int)$_probe_arg0, (unsigned long)$_probe_arg1
${text}  printf \" %lx\\n\", (unsigned long)$_probe_arg5
  continue
end
run ${WORK}/told.txt
")
execute_process(COMMAND ${GDB} -nx -batch -x ${WORK}/probes.gdb ${PROGRAM}
    OUTPUT_VARIABLE traced ERROR_VARIABLE errors TIMEOUT 280)
if("${traced}${errors}" MATCHES "ptrace|Operation not permitted")
    message("[skipped] gdb may not trace here: ${errors}")
    return()
endif()
if(NOT traced MATCHES "exited normally")
    message(FATAL_ERROR "the traced program did not end well:\n${traced}\n${errors}")
endif()
# Only a tracer looked then.
if(NOT traced MATCHES "\nsyn:hook [0-9]+ [0-9a-f]+ alone[|]first[|]time [0-9a-f]+\n")
    message(FATAL_ERROR "a tracer does not turn the events on:\n${traced}\n${errors}")
endif()
file(STRINGS ${WORK}/told.txt told)
list(LENGTH told n)
if(n LESS 15)
    message(FATAL_ERROR "the program's own hooks were told of ${n} events")
endif()
foreach(event IN LISTS told)
    string(FIND "${traced}" "\nsyn:hook ${event}\n" at)
    if(at EQUAL -1)
        message(FATAL_ERROR "a hook was told \"${event}\", and the tracer was not:\n${traced}\n${errors}")
    endif()
endforeach()
message("-- a tracer got all ${n} events that hooks were told, and those before")
