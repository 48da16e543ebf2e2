/* SPDX-License-Identifier: Apache-2.0
 *
 * The version, in one place: the build reads these three lines.
 *
 *     if (syn_version() < SYN_VERSION)
 *         printf("older than its headers: %s\n", syn_version_text());
 */
#ifndef SYNCHRONICITY_VERSION_H
#define SYNCHRONICITY_VERSION_H

#define SYN_VERSION_MAJOR 0
#define SYN_VERSION_MINOR 1
#define SYN_VERSION_PATCH 0

/* One number to compare: 0.1.0 is 100. */
#define SYN_VERSION (SYN_VERSION_MAJOR * 10000 + SYN_VERSION_MINOR * 100 + SYN_VERSION_PATCH)

/* The rules that header and library must share. What the macros make says this number together
 * with the size of the struct that it fills, and the library refuses with SYN_EABI if either is not its own
 * (docs/abi.md). */
enum { SYNI_ABI = 12 };
#define SYNI_ABI_OF(name) (SYNI_ABI + (int)sizeof(struct name) * 0x10000)
/* A struct syn_type for what OF describes. */
#define SYNI_TYPED(of, size, destroy, call) {SYNI_ABI_OF(of), (size), (destroy), (call)}

#ifdef __cplusplus
extern "C" {
#endif

/* SYN_VERSION of the library that was linked. Thread: any. */
int syn_version(void);

/* The same as text, "0.1.0". Thread: any. */
const char *syn_version_text(void);

#ifdef __cplusplus
}
#endif

#endif
