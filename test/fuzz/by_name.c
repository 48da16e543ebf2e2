/* SPDX-License-Identifier: Apache-2.0
 *
 * Values from outside: any method of the test's animals, called by name with any number of any values.
 * What does not fit is SYN_EINVAL or SYN_ENOTSUP before anything begins, and has words; nothing else happens
 * than what fits, and no memory is lost (the address sanitizer looks).
 *
 * For libFuzzer, by `.ci/run fuzz`.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <synchronicity/short.h>
#include <synchronicity/testing.h>

#include "support/animals.h"

SYN_SYNCHRONIZER_DECLARE(zoo);

enum { MOST = 6 };

struct input {
    const uint8_t *data;
    size_t size, at;
    char text[MOST][24];
};

static void draw(struct input *in, void *out, size_t size)
{
    size_t n = in->size - in->at < size ? in->size - in->at : size;

    memset(out, 0, size);
    if (n > 0)
        memcpy(out, in->data + in->at, n);
    in->at += n;
}

static struct syn_value draw_value(struct input *in, int i)
{
    unsigned char kind;
    long long integer;
    double number;

    draw(in, &kind, 1);
    switch (kind % 5) {
    case 0:
        draw(in, &kind, 1);
        return syn_value_integer((signed char)kind);
    case 1:
        draw(in, &integer, sizeof integer);
        return syn_value_integer(integer);
    case 2:
        draw(in, &number, sizeof number);
        return syn_value_number(number);
    case 3:
        draw(in, in->text[i], sizeof in->text[i] - 1);
        return syn_value_string(in->text[i]);
    default:
        return syn_value_pointer(in->text[i], "struct stranger *");
    }
}

static void call_one(struct input *in, const struct syn_class *of, struct syn_object *object)
{
    struct syn_value arguments[MOST], result = syn_value_integer(0);
    const struct syn_method *method = NULL;
    unsigned char which, n;
    syn_err err;

    draw(in, &which, 1);
    draw(in, &n, 1);
    for (size_t i = 0; i <= which % 24; i++)
        method = syn_class_method_at(of, i) ? syn_class_method_at(of, i) : method;
    for (int i = 0; i < n % MOST; i++)
        arguments[i] = draw_value(in, i);
    /* What would be somebody else's to end is not made here. */
    if (!method || method->kind == SYN_KIND_CONSTRUCTOR)
        return;
    err = syn_method_call(method, object, (struct syn_values){n % MOST, arguments}, &result);
    if ((err == SYN_EINVAL || err == SYN_ENOTSUP) && !syn_last_report()) {
        fprintf(stderr, "%s: refused without words\n", method->name);
        abort();
    }
    if (!err && result.kind == SYN_VALUE_STRING)
        free((void *)(uintptr_t)result.as.string);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct syn_class *const classes[] = {&animal_class, &dog_class};
    struct syn_value born[] = {syn_value_string("Rex"), syn_value_integer(3)}, dog;
    struct input in = {.data = data, .size = size};
    struct syn_clock *clock;

    syn_test_callers_drive(true);
    if (syn_clock_new(&clock))
        abort();
    syn_clock_use(clock); /* what sleeps takes no time */
    if (syn_method_call(syn_class_find(&dog_class, "born", 2), NULL, (struct syn_values){2, born}, &dog))
        abort();
    while (in.at < in.size)
        call_one(&in, classes[in.data[in.at] % 2], dog.as.pointer);
    syn_object_release(dog.as.pointer);
    if (syn_synchronizer_stop(&zoo, syn_never()) || syn_synchronizer_free(&zoo))
        abort();
    syn_clock_use(NULL);
    if (syn_clock_free(clock))
        abort();
    return 0;
}
