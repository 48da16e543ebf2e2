/* SPDX-License-Identifier: Apache-2.0
 *
 * Values inside: between what a binding has and what a method declares.
 */
#ifndef SYNI_VALUE_H
#define SYNI_VALUE_H

#include <stdbool.h>

#include <synchronicity/value.h>

/* Why a call was refused. */
struct syni_complaint {
    char text[SYN_MESSAGE_MAX];
};

/* A value of that type can be had by name. */
bool syni_value_can(const struct syn_argument *argument);

/* VALUE as argument number I of METHOD, at RAW; false: it does not fit, and why. */
bool syni_value_store(const struct syn_method *method, size_t i, const struct syn_value *value,
                      union syn_raw *raw, struct syni_complaint *complaint);

#endif
