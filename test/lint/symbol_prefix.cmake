# SPDX-License-Identifier: Apache-2.0
#
# A guest in other people's processes: every global symbol begins with syn_ or
# syni_, and nothing runs before main().
cmake_minimum_required(VERSION 3.16)
include(${CMAKE_CURRENT_LIST_DIR}/source.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/symbols.cmake)

if(NOT NM)
    skip("there is no nm")
endif()
if(SANITIZED)
    skip("sanitizers add symbols and constructors of their own")
endif()

set(n 0)
read_symbols()
foreach(module IN LISTS modules)
    foreach(symbol IN LISTS defined_${module})
        math(EXPR n "${n} + 1")
        # (What <sys/sdt.h> adds for a tracepoint is hidden.)
        if(NOT symbol MATCHES "^(syni?_|_[.]stapsdt[.])")
            complain("src/${module}.c: the global symbol ${symbol} lacks its prefix")
        endif()
    endforeach()
endforeach()
if(n EQUAL 0)
    complain("nm shows no symbol at all")
endif()

if(OBJDUMP)
    library_objects(objects)
    execute_process(COMMAND ${OBJDUMP} -h ${objects} OUTPUT_VARIABLE text)
    string(REGEX MATCHALL "[^\n]+" lines "${text}")
    foreach(line IN LISTS lines)
        if(line MATCHES "^(.*): +file format")
            set(object ${CMAKE_MATCH_1})
        elseif(line MATCHES " ([.](init_array|fini_array|ctors|dtors)|[^ ]*mod_(init|term)_func)")
            complain("${object}: runs code before or after main(): ${CMAKE_MATCH_0}")
        endif()
    endforeach()
endif()

# Also where there is no objdump, and for code that this platform does not compile.
file(GLOB_RECURSE files RELATIVE ${SOURCE} ${SOURCE}/src/*.[ch] ${SOURCE}/include/*.h)
foreach(file IN LISTS files)
    read_code(${SOURCE}/${file} code)
    if(code MATCHES "(__attribute__|gnu::) *[(]*_*(con|de)structor")
        complain("${file}: declares a constructor or destructor")
    endif()
endforeach()

finish("${n} global symbols")
