/* SPDX-License-Identifier: Apache-2.0
 *
 * Defining a class: its methods and its table. C only; class.h declares.
 *
 *     struct redis_impl {                     // the implementation, this file's own
 *         struct syn_stream *stream;
 *     };
 *
 *     SYN_CONSTRUCTOR(redis, open, SYN_COPY(const char *, host), (int, port))
 *     {
 *         syn_co_begin;
 *         syn_co_try(syn_tcp_connect_future(self->host, self->port), &me->stream);
 *         syn_co_end;
 *     }
 *     SYN_DESTRUCTOR(redis)
 *     {
 *         syn_co_begin;
 *         syn_co_await(syn_stream_close_future(me->stream));
 *         syn_co_end;
 *     }
 *     SYN_METHOD(redis, struct redis_reply *, command, SYN_COPY(const char *, line))
 *     {
 *         syn_co_begin;
 *         syn_co_try(syn_stream_write_all_future(me->stream, self->line, strlen(self->line)));
 *         ...
 *         syn_co_end;
 *     }
 *     SYN_CLASS_TABLE(redis_loop, redis, REDIS_METHODS, NULL);
 *
 * Bodies are those of async functions (task.h), with one thing more: `me`, the implementation,
 * which is there again after each suspension. Bare steps say syn_me(self); both forms say
 * syn_this(self) for the wrapper, to hand it on (retain it for a new owner).
 *
 *   SYN_METHOD(C, ret, name, ...)              the row `async`
 *   SYN_METHOD_GENERATOR(C, type, name, ...)   `generator`
 *   SYN_METHOD_CONTEXT(C, type, name, ...)     `context`: it yields once
 *   SYN_METHOD_ENTER(C, type), SYN_METHOD_EXIT(C)
 *                                              `enter`, and `exit` (self->error); both or none
 *   SYN_METHOD_FUTURE(C, ret, name, ...)       `future`
 *   SYN_METHOD_DIRECT(C, ret, name, ...)       `direct`: an ordinary function, with `me` and its
 *                                              arguments by name; on the caller's thread, while
 *                                              tasks of the object may run on the loop
 *   SYN_METHOD_BLOCKING(pool, C, ret, name, ...)
 *                                              `blocking`: ordinary C that blocks, with `me`,
 *                                              `job` and its arguments by name (blocking.h), on
 *                                              the pool; of one object's one at a time, in order
 *   SYN_METHOD_BLOCKING_AT_ONCE(...)           the same, any number at a time
 *   SYN_METHOD_GET(C, type, name), SYN_METHOD_SET(C, type, name)
 *                                              `get`, `set` (self->value)
 *   SYN_ASYNC_DEFINE(synchronizer, ret, C_name, ...)
 *                                              `static`
 *   SYN_CONSTRUCTOR(C, name, ...)              `constructor`: `me` is there, all zero, and need
 *                                              not be freed. It cleans up after itself when it
 *                                              fails (syn_co_finally; if (syn_co_status) ...)
 *   SYN_DESTRUCTOR(C), with SYN_LOCALs         `destructor`: cannot be cancelled or refused, and
 *                                              may await; `me` itself need not be freed
 *   SYN_OVERRIDE(C, base, ret, name, ...)      `override`
 *
 * A method of a parent is called past what overrides it by base_name_super(&...->base, ...),
 * a future; a constructor calls its parent's by base_name_super(&syn_this(self)->base, ...).
 * Destructors of parents run by themselves, after the child's.
 */
#ifndef SYNCHRONICITY_METHOD_H
#define SYNCHRONICITY_METHOD_H

#include <synchronicity/class.h>
#include <synchronicity/make.h>
#include <synchronicity/table.h>

#ifndef __cplusplus

#define syn_me(self) ((self)->syn_me)
#define syn_this(self) ((self)->syn_this)

#define SYN_METHOD(...) SYNI_METHOD(__VA_ARGS__, SYNI_END)
#define SYN_METHOD_GET(...) SYNI_METHOD_GET(__VA_ARGS__, SYNI_END)
#define SYN_METHOD_SET(...) SYNI_METHOD_SET(__VA_ARGS__, SYNI_END)
#define SYN_METHOD_FUTURE(...) SYNI_METHOD_FUTURE(__VA_ARGS__, SYNI_END)
#define SYN_METHOD_GENERATOR(...) SYNI_METHOD_GENERATOR(__VA_ARGS__, SYNI_END)
#define SYN_METHOD_CONTEXT(...) SYNI_METHOD_CONTEXT(__VA_ARGS__, SYNI_ANSWER, SYNI_END)
#define SYN_METHOD_ENTER(...) SYNI_METHOD_ENTER(__VA_ARGS__, SYNI_END)
#define SYN_METHOD_EXIT(...) SYNI_METHOD_EXIT(__VA_ARGS__, SYNI_END)
#define SYN_METHOD_BLOCKING(...) SYNI_METHOD_BLOCKING(__VA_ARGS__, SYNI_END)
#define SYN_METHOD_BLOCKING_AT_ONCE(...) SYNI_METHOD_BLOCKING_AT_ONCE(__VA_ARGS__, SYNI_END)
#define SYN_METHOD_DIRECT(...) SYNI_METHOD_DIRECT(__VA_ARGS__, SYNI_END)
#define SYN_OVERRIDE(...) SYNI_OVERRIDE(__VA_ARGS__, SYNI_END)
#define SYN_CONSTRUCTOR(...) SYNI_CONSTRUCTOR(__VA_ARGS__, SYNI_END)
#define SYN_DESTRUCTOR(...) SYNI_DESTRUCTOR(__VA_ARGS__, SYNI_END)

#endif /* !__cplusplus */

#endif
