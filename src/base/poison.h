/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory that the library has, and that nobody may use for now: the address sanitizer finds each use.
 */
#ifndef SYNI_POISON_H
#define SYNI_POISON_H

#if defined(__SANITIZE_ADDRESS__)
#define SYNI_POISONS
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SYNI_POISONS
#endif
#endif

#ifdef SYNI_POISONS
#include <sanitizer/asan_interface.h>
#define SYNI_POISON(memory, size) __asan_poison_memory_region(memory, size)
#define SYNI_UNPOISON(memory, size) __asan_unpoison_memory_region(memory, size)
#else
#define SYNI_POISON(memory, size) ((void)(memory), (void)(size))
#define SYNI_UNPOISON(memory, size) ((void)(memory), (void)(size))
#endif

#endif
