/* SPDX-License-Identifier: Apache-2.0
 *
 * Objects: an implementation, a method table and a synchronizer, bundled in a WRAPPER.
 *
 * A user of a class reads class.h; this is what all objects have in common,
 * and what a binding to another language needs.
 *
 *     struct redis *db;
 *     redis_open("127.0.0.1", 6379, &db);         // its constructor, on its loop
 *     redis_command(db, "GET foo", &reply);       // a method; state lives on between calls
 *     redis_release(db);                          // its destructor, on its loop
 *
 * LIFE OF A WRAPPER. It is counted: its maker has one reference; RETAIN adds one, RELEASE
 * drops one, a call of a method holds one until it has ended. The release of the last,
 * on any thread, starts the destructor, which runs as a task on the object's
 * synchronizer, once. Nobody waits for it: where its end matters, CLOSE instead. A method
 * never runs while, or after, the destructor does.
 *
 * A constructor that fails leaves nothing: no destructor runs (but for what an inherited
 * constructor had made by then, the inherited one), the memory is freed, there is no wrapper.
 *
 * STOPPING the synchronizer ends its objects: when the tasks there have ended, the
 * destructors run, one after the other, the newest object first. From then on calls are
 * SYN_ECLOSED, and a release frees memory. If the loop died, or the stop's deadline passed,
 * destructors that had not begun do not run.
 *
 * IDENTITY. One implementation has one wrapper on one synchronizer: wrapping it again gives
 * the same one, as long as somebody holds it.
 */
#ifndef SYNCHRONICITY_OBJECT_H
#define SYNCHRONICITY_OBJECT_H

#include <stddef.h>

#include <synchronicity/channel.h>
#include <synchronicity/err.h>
#include <synchronicity/future.h>
#include <synchronicity/synchronizer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct syn_class;
struct syn_destructor;

/* The head of every wrapper: `struct redis` begins with it, and it is all of that.
 * Owner: counted. Read only; for bindings, and for programs that look. */
struct syn_object {
    const struct syn_class *object_class; /* the dynamic one */
    void *implementation;
    struct syn_synchronizer *synchronizer;
};

/* --- references --- */

/* One more reference; NULL is fine. Thread: any that holds one. Returns OBJECT. */
struct syn_object *syn_object_retain(struct syn_object *object);

/* Gives one up; NULL is fine. The last one starts the destructor and does not wait for it.
 * Never fails. Thread: any, also inside a method of the same object, in a callback, and
 * after its synchronizer was stopped. */
void syn_object_release(struct syn_object *object);

/* Releases the reference, and returns when the destructor has ended: with its error, if it
 * failed. While others hold the object, that is when they are through; an unfinished call
 * holds it, and so does a generator method's channel that is not closed. NULL is fine.
 *
 * syn_object_close() blocks, the other is for awaiting, and for a deadline: to stop
 * waiting does not take the release back.
 * Fails: SYN_ENOMEM, and SYN_EDEADLK on the thread that drives its synchronizer (write
 * syn_co_await(..._close_future(...)) there), and then the reference is still yours. */
SYNI_FUTURE_TYPES(void, syn_object_close);
syn_err syn_object_close(struct syn_object *object);
SYNI_NAMESAKE(syn_object_close_future,
              SYNI_HELD struct syn_object_close_future syn_object_close_future(struct syn_object *object));

/* --- wrapping --- */

/* The wrapper of IMPLEMENTATION, which stays the caller's, on SYNCHRONIZER (NULL: that of
 * the class, or the default one), with a reference for the caller. The class is CLASS, or
 * what its class_of() says IMPLEMENTATION is; or, if there is a wrapper of it already, that
 * one's. When the last reference goes, the class's destructor runs, if it has one.
 * Thread: any. Fails: SYN_EINVAL for no implementation, or one of another class; SYN_EABI for a class
 * that was compiled with other headers; SYN_ENOMEM; SYN_ECLOSED; as starting the synchronizer does. */
SYNI_HELD syn_err syn_wrap(const struct syn_class *object_class, void *implementation,
                 struct syn_synchronizer *synchronizer, struct syn_object **out_object);

/* The implementation, to be used on the object's loop. NULL for NULL. */
void *syn_unwrap(const struct syn_object *object);

/* --- classes --- */

/* The kind of a method, which decides its faces; see class.h. */
enum syn_kind {
    SYN_KIND_ASYNC,
    SYN_KIND_GENERATOR,
    SYN_KIND_BLOCKING,
    SYN_KIND_DIRECT,
    SYN_KIND_FUTURE,
    SYN_KIND_STATIC,
    SYN_KIND_GET,
    SYN_KIND_SET,
    SYN_KIND_ENTER,
    SYN_KIND_EXIT,
    SYN_KIND_CONTEXT,
    SYN_KIND_CONSTRUCTOR
};

/* What a value of an argument or a result is, for calls by name. */
enum syn_value_kind {
    SYN_VALUE_NONE,     /* nothing */
    SYN_VALUE_INTEGER,  /* any signed integer type */
    SYN_VALUE_UNSIGNED, /* any unsigned one, and bool */
    SYN_VALUE_NUMBER,   /* float, double */
    SYN_VALUE_STRING,   /* const char *, char * */
    SYN_VALUE_POINTER   /* any other pointer; also what is none (its type does not end in a
                         * star), such as a struct by value, which no value can be */
};

struct syn_argument {
    const char *type, *name; /* as declared: "const char *", "line" */
    enum syn_value_kind kind;
    size_t size;
};

/* One slot of a method table. The functions take the object and pointers to the arguments,
 * in order; of the three there is the one that the kind has, or none. They dispatch to what
 * overrides the method. */
struct syn_method {
    const char *name;
    enum syn_kind kind;
    const char *signature; /* "const char *line, int n" */
    const char *doc;       /* one line, or "" */
    struct syn_argument result; /* of a generator: the items */
    const struct syn_argument *arguments;
    size_t n_arguments;
    struct syn_future (*future)(struct syn_object *object, const void *const *arguments);
    struct syn_channel (*channel)(struct syn_object *object, const void *const *arguments);
    void (*direct)(struct syn_object *object, const void *const *arguments, void *out_result);
};

/* A method of a parent that this class does in its own way. */
struct syn_override {
    void (*overridden)(void); /* the parent's face, which stands for the method */
    void (*plain)(void);      /* the new faces, of the same types */
    void (*future)(void);
};

/* A class: made by SYN_CLASS_TABLE(), or by hand, at run time, for syn_wrap(). It lives
 * longer than its objects. Zero for whatever is not there. */
struct syn_class {
    /* SYN_CLASS_TABLE() says it, so that headers of another version are noticed (SYN_EABI); 0 is fine. */
    int abi;
    const char *name;
    const struct syn_class *parent;
    struct syn_synchronizer *synchronizer; /* of its constructors; NULL: the caller's */
    size_t size;                           /* of the implementation that constructors make */
    const struct syn_method *methods;
    size_t n_methods;
    const struct syn_override *overrides;
    size_t n_overrides;
    const struct syn_destructor *destructor; /* only SYN_DESTRUCTOR() makes one */
    /* The class that IMPLEMENTATION really is: this one, or one that extends it. */
    const struct syn_class *(*class_of)(const void *implementation);
};

#define SYNI_ABI_OF_CLASS                                                                           \
    (SYNI_ABI_OF(syn_class) + SYNI_ABI_OF(syn_method) + SYNI_ABI_OF(syn_argument) +                \
     SYNI_ABI_OF(syn_override) + SYNI_ABI_OF(syn_destructor))

/* True if it is BASE, or extends it, however far. False for NULL. */
int syn_class_is_a(const struct syn_class *object_class, const struct syn_class *base);

/* All of them, its own first, then its parent's: the method of number I from 0; NULL: there
 * are no more. Overrides are listed where they were introduced. */
const struct syn_method *syn_class_method_at(const struct syn_class *object_class, size_t i);

/* "async", "generator" ... Static. */
const char *syn_kind_name(enum syn_kind kind);

#ifdef __cplusplus
}
#endif

#endif
