# SPDX-License-Identifier: Apache-2.0
#
# Every function of the headers that can fail says why when it refuses (E5): it has a row in the
# table of test/refusal_test.c, which tries it. Here are those that need none, and why.
cmake_minimum_required(VERSION 3.16)
include(${CMAKE_CURRENT_LIST_DIR}/source.cmake)

set(needs_none
    syn_task_outcome          # tells an outcome, and cannot fail
    syni_deadline_pop         # these pass on what they are given
    syni_call_free_frame
    syni_call_no_frame        # itself the words, for a frame that found no memory
    syni_context_entered      # of the macros of a task: the words are in co_report
    syni_method_begins
    syni_scope_refusal
    syni_channel_close        # what is not there is closed; an error is its generator's
    syn_reader_take           # "not now" only, which has no words
    syn_reader_line
    syn_semaphore_try
    syni_broadcast_latest
    syni_broadcast_try_next
    syn_notice_close          # while something waits, which signal_test.c tries
    syn_signals_close         # the same, by a notice of its own
    syn_pool_start            # while another thread stops it, which pool_stop_test.c tries
)

file(READ ${SOURCE}/test/refusal_test.c table)
file(GLOB headers RELATIVE ${SOURCE} ${SOURCE}/include/*.h ${SOURCE}/include/synchronicity/*.h)
set(n 0)
set(declared)
foreach(file IN LISTS headers)
    read_code(${SOURCE}/${file} code)
    string(REGEX MATCHALL "\n(SYNI_HELD |extern )*syn_err \\(?syni?_[a-z0-9_]+\\)?\\(" found "${code}")
    foreach(declaration IN LISTS found)
        string(REGEX REPLACE ".*syn_err \\(?(syni?_[a-z0-9_]+).*" "\\1" name "${declaration}")
        list(APPEND declared ${name})
        math(EXPR n "${n} + 1")
        string(FIND "${table}" "ROW(${name}," row)
        if(row EQUAL -1 AND NOT name IN_LIST needs_none)
            complain("${file}: ${name}() can fail and has no row in test/refusal_test.c")
        endif()
    endforeach()
endforeach()
foreach(name IN LISTS needs_none)
    if(NOT name IN_LIST declared)
        complain("test/lint/refusals.cmake: ${name} is in no header any more")
    endif()
endforeach()
if(n LESS 80)
    complain("only ${n} functions that can fail were found: the search is broken")
endif()
finish("${n} functions that can fail")
