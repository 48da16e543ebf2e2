# SPDX-License-Identifier: Apache-2.0
#
# Peers of a bench that are programs of their own, in C++ or Go, since their world cannot be
# linked to ours. The bench starts them as children (bench_child.h).

# syn_bench_program(target file [header library...]): builds test/bench/FILE if its compiler,
# HEADER and the LIBRARIES are there, and tells TARGET where it is by the definition
# BENCH_PROGRAM_<FILE, as an identifier>.
function(syn_bench_program target file)
    string(MAKE_C_IDENTIFIER ${file} id)
    set(source ${PROJECT_SOURCE_DIR}/test/bench/${file})
    if(file MATCHES "\\.go$")
        find_program(SYN_GO go)
        mark_as_advanced(SYN_GO)
        if(NOT SYN_GO OR CMAKE_CROSSCOMPILING)
            return()
        endif()
        # Not the target's name: make takes the two for one, which would depend on itself.
        set(program ${CMAKE_CURRENT_BINARY_DIR}/bench_${id}.program)
        add_custom_command(OUTPUT ${program}
            COMMAND ${CMAKE_COMMAND} -E env GO111MODULE=off CGO_ENABLED=0
                GOCACHE=${CMAKE_CURRENT_BINARY_DIR}/go-cache ${SYN_GO} build -o ${program} ${source}
            DEPENDS ${source} VERBATIM)
        add_custom_target(bench_${id} DEPENDS ${program})
    else()
        set(needs ${ARGN})
        list(GET needs 0 header)
        list(REMOVE_AT needs 0)
        if(NOT CMAKE_CXX_COMPILER)
            return()
        endif()
        set(standard 17)
        if(bench_standard_${file})
            set(standard ${bench_standard_${file}})
        endif()
        include(CheckIncludeFileCXX)
        set(CMAKE_REQUIRED_FLAGS -std=c++${standard})
        check_include_file_cxx(${header} SYN_PROGRAM_HEADER_${id})
        unset(CMAKE_REQUIRED_FLAGS)
        if(NOT SYN_PROGRAM_HEADER_${id})
            return()
        endif()
        foreach(library IN LISTS needs)
            find_library(SYN_PROGRAM_${library} ${library})
            mark_as_advanced(SYN_PROGRAM_${library})
            if(NOT SYN_PROGRAM_${library})
                return()
            endif()
            list(APPEND libraries ${SYN_PROGRAM_${library}})
        endforeach()
        if(NOT TARGET bench_${id}) # else another bench has it as a peer, too
            add_executable(bench_${id} ${source})
            syn_only_when_asked(bench_${id} ${SYN_BENCH})
            set_target_properties(bench_${id} PROPERTIES CXX_STANDARD ${standard})
            target_link_libraries(bench_${id} PRIVATE ${libraries} Threads::Threads)
        endif()
        set(program $<TARGET_FILE:bench_${id}>)
    endif()
    add_dependencies(${target} bench_${id})
    target_compile_definitions(${target} PRIVATE BENCH_PROGRAM_${id}="${program}")
endfunction()
