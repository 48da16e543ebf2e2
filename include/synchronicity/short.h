/* SPDX-License-Identifier: Apache-2.0
 *
 * The short names: future_get for syn_future_get, co_await for syn_co_await.
 *
 * For applications and .c files; no other header of the library includes it (synchronicity.h does
 * where SYN_SHORT is defined), so that a library's public header need not either. The names collide with nothing in
 * libc, POSIX, Mach or the BSDs; co_await and its like are keywords in C++20, and
 * are defined in C only.
 *
 * Short are the names that programs write often and that are free. SYN_LOCAL, SYN_COPY and SYN_FREE are
 * not (LOCAL is libjpeg's), nor are ordinary functions, such as syn_after().
 *
 *     #include <synchronicity/short.h>
 *
 *     SYNCHRONIZER(tea);
 *     ASYNC(tea, int, brew, (double, seconds))
 *     {
 *         co_begin;
 *         co_sleep(self->seconds);
 *         co_return(100);
 *         co_end;
 *     }
 *
 * NAMES OF YOUR OWN may be any: an async function may be called call, shared or pool. But not a
 * class object, channel, scope, shared or step: their faces, such as channel_close(), are words
 * of this header; and the value of SYN_TASK_LOCAL(type, future) is (future_get)().
 */
#ifndef SYNCHRONICITY_SHORT_H
#define SYNCHRONICITY_SHORT_H

#include <synchronicity.h>

/* See SYNI_OBJECT_FACES in class.h. */
#define SYNI_TAKEN_object ~, 1
#define SYNI_TAKEN_channel ~, 1
#define SYNI_TAKEN_scope ~, 1
#define SYNI_TAKEN_shared ~, 1

#define SYNCHRONIZER SYN_SYNCHRONIZER
#define SYNCHRONIZER_DEFINE SYN_SYNCHRONIZER_DEFINE
#define SYNCHRONIZER_DECLARE SYN_SYNCHRONIZER_DECLARE
#define PROMISE SYN_PROMISE
#define CHANNEL SYN_CHANNEL
#define TASK_LOCAL SYN_TASK_LOCAL
#define GENERATOR_DECLARE SYN_GENERATOR_DECLARE
#define GENERATOR_TYPES SYN_GENERATOR_TYPES
#define ASYNC_DECLARE SYN_ASYNC_DECLARE
#define ASYNC_TYPES SYN_ASYNC_TYPES
#define POOL SYN_POOL
#define POOL_DEFINE SYN_POOL_DEFINE
#define POOL_DECLARE SYN_POOL_DECLARE
#define POOL_MAP_DECLARE SYN_POOL_MAP_DECLARE
#define CHANNEL_MAP_DECLARE SYN_CHANNEL_MAP_DECLARE
#define BLOCKING_DECLARE SYN_BLOCKING_DECLARE
#define BLOCKING_GENERATOR_DECLARE SYN_BLOCKING_GENERATOR_DECLARE
#define STRAND SYN_STRAND
#define URGENT SYN_URGENT
#define NEVER_ABANDONED SYN_NEVER_ABANDONED
#define CONTEXT_DECLARE SYN_CONTEXT_DECLARE
#define CONTEXT_TYPES SYN_CONTEXT_TYPES
#define with_context(...) syn_with_context(__VA_ARGS__)
#define context_enter syn_context_enter
#define context_exit syn_context_exit
#define CLASS SYN_CLASS
#define CLASS_EXTENDS SYN_CLASS_EXTENDS
#define OBJECT SYN_OBJECT
#define OBJECT_EXTENDS SYN_OBJECT_EXTENDS
#define ABANDONED_AT_ONCE SYN_ABANDONED_AT_ONCE
#define DESTROY SYN_DESTROY
#define SENDS SYN_SENDS
#define ON_NEXT SYN_ON_NEXT
#define ON_SEND SYN_ON_SEND
#define ON_FUTURE SYN_ON_FUTURE
#define ON_TIME SYN_ON_TIME
#define DOC SYN_DOC

/* Definitions; in C++ each says that it belongs into a .c file. */
#define ASYNC SYN_ASYNC
#define ASYNC_DEFINE SYN_ASYNC_DEFINE
#define GENERATOR SYN_GENERATOR
#define GENERATOR_DEFINE SYN_GENERATOR_DEFINE
#define BLOCKING SYN_BLOCKING
#define BLOCKING_DEFINE SYN_BLOCKING_DEFINE
#define POOL_MAP SYN_POOL_MAP
#define POOL_MAP_DEFINE SYN_POOL_MAP_DEFINE
#define CHANNEL_MAP SYN_CHANNEL_MAP
#define CHANNEL_MAP_DEFINE SYN_CHANNEL_MAP_DEFINE

#define synchronizer_new syn_synchronizer_new
#define synchronizer_free syn_synchronizer_free
#define synchronizer_start syn_synchronizer_start
#define synchronizer_stop syn_synchronizer_stop
#define synchronizer_stats syn_synchronizer_stats

#define future_get(...) syn_future_get(__VA_ARGS__)
#define future_get_by syn_future_get_by
#define future_wait syn_future_wait
#define future_wait_by syn_future_wait_by
#define future_poll syn_future_poll
#define future_request_cancel syn_future_request_cancel
#define future_cancel syn_future_cancel
#define future_detach syn_future_detach
#define future_drop syn_future_drop
#define future_then syn_future_then
#define channel_then syn_channel_then
#define channel_next_then syn_channel_next_then
#define scope_then syn_scope_then
#define future_share syn_future_share
#define shared_get(...) syn_shared_get(__VA_ARGS__)
#define shared_get_by syn_shared_get_by
#define shared_peek syn_shared_peek
#define shared_retain syn_shared_retain
#define shared_release syn_shared_release
#define promise_new syn_promise_new
#define promise_complete syn_promise_complete
#define promise_fail syn_promise_fail
#define promise_drop syn_promise_drop
#define promise_is_wanted syn_promise_is_wanted
#define call_by syn_call_by
#define without_deadline syn_without_deadline
#define channel_new syn_channel_new
#define channel_next syn_channel_next
#define channel_next_by syn_channel_next_by
#define channel_try_next syn_channel_try_next
#define channel_send syn_channel_send
#define channel_send_by syn_channel_send_by
#define channel_try_send syn_channel_try_send
#define channel_end syn_channel_end
#define channel_fail syn_channel_fail
#define channel_prefetch syn_channel_prefetch
#define channel_close syn_channel_close
#define channel_close_by syn_channel_close_by
#define channel_drop syn_channel_drop
#define channel_each syn_channel_each
#define channel_each_open syn_channel_each_open
#define channel_select syn_channel_select
#define generator_send syn_generator_send
#define generator_send_by syn_generator_send_by
#define generator_throw syn_generator_throw
#define pool_new syn_pool_new
#define pool_free syn_pool_free
#define pool_configure syn_pool_configure
#define pool_start syn_pool_start
#define pool_stop syn_pool_stop
#define pool_stats syn_pool_stats
#define pool_submit(...) syn_pool_submit(__VA_ARGS__)
#define pool_map syn_pool_map
#define pool_map_all syn_pool_map_all
#define pool_submit_all syn_pool_submit_all
#define pool_job_cancelled syn_pool_job_cancelled
#define pool_job_deadline syn_pool_job_deadline
#define pool_on_cancel syn_pool_on_cancel
#define scope_limit syn_scope_limit
#define scope_keep_going syn_scope_keep_going
#define scope_collect syn_scope_collect
#define scope_deadline syn_scope_deadline
#define scope_spawn syn_scope_spawn
#define scope_join syn_scope_join
#define scope_cancel syn_scope_cancel
#define scope_close syn_scope_close
#define scope_live syn_scope_live
#define scope_failure syn_scope_failure
#define scope_winner syn_scope_winner
#define object_retain syn_object_retain
#define object_release syn_object_release
#define object_close syn_object_close
#define object_close_future syn_object_close_future

#ifndef __cplusplus

#define DEFAULT_POOL SYN_DEFAULT_POOL
#define BLOCKING_GENERATOR SYN_BLOCKING_GENERATOR
#define BLOCKING_GENERATOR_DEFINE SYN_BLOCKING_GENERATOR_DEFINE
#define job_fail syn_job_fail
#define job_yield syn_job_yield
#define CONTEXT SYN_CONTEXT
#define CONTEXT_DEFINE SYN_CONTEXT_DEFINE
#define METHOD SYN_METHOD
#define METHOD_CONTEXT SYN_METHOD_CONTEXT
#define METHOD_ENTER SYN_METHOD_ENTER
#define METHOD_EXIT SYN_METHOD_EXIT
#define METHOD_BLOCKING SYN_METHOD_BLOCKING
#define METHOD_BLOCKING_AT_ONCE SYN_METHOD_BLOCKING_AT_ONCE
#define METHOD_DIRECT SYN_METHOD_DIRECT
#define METHOD_FUTURE SYN_METHOD_FUTURE
#define METHOD_GENERATOR SYN_METHOD_GENERATOR
#define METHOD_GET SYN_METHOD_GET
#define METHOD_SET SYN_METHOD_SET
#define OVERRIDE SYN_OVERRIDE
#define CONSTRUCTOR SYN_CONSTRUCTOR
#define DESTRUCTOR SYN_DESTRUCTOR
#define CLASS_TABLE SYN_CLASS_TABLE

#define co_begin syn_co_begin
#define co_finally syn_co_finally
#define co_end syn_co_end
#define co_status syn_co_status
#define co_outcome syn_co_outcome
#define co_report syn_co_report
#define co_return syn_co_return
#define co_return_result syn_co_return_result
#define co_done syn_co_done
#define co_fail syn_co_fail
#define co_check syn_co_check
#define co_sleep syn_co_sleep
#define co_until syn_co_until
#define co_pass syn_co_pass
#define co_retry syn_co_retry
#define co_readable syn_co_readable
#define co_writable syn_co_writable
#define co_poll syn_co_poll
#define co_poll_by syn_co_poll_by
#define co_await syn_co_await
#define co_await_by syn_co_await_by
#define co_cancel syn_co_cancel
#define co_try syn_co_try
#define co_try_by syn_co_try_by
#define co_next syn_co_next
#define co_next_by syn_co_next_by
#define co_send syn_co_send
#define co_then syn_co_then
#define co_send_by syn_co_send_by
#define co_close syn_co_close
#define co_each syn_co_each
#define co_each_open syn_co_each_open
#define co_with syn_co_with
#define co_yield syn_co_yield
#define co_select syn_co_select
#define co_generator_send syn_co_generator_send
#define co_generator_throw syn_co_generator_throw
#define co_lock syn_co_lock
#define co_acquire syn_co_acquire
#define co_wait_on syn_co_wait_on
#define co_attempt_by syn_co_attempt_by
#define co_spawn syn_co_spawn
#define co_join syn_co_join
#define co_all syn_co_all
#define co_any syn_co_any
#define co_race syn_co_race
#define co_all_of syn_co_all_of
#define co_any_of syn_co_any_of
#define co_race_of syn_co_race_of

#endif

#include <synchronicity/step.h> /* and its short names */

#endif
