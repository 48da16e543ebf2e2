/* SPDX-License-Identifier: Apache-2.0
 *
 * 64-bit atomics as fields.
 *
 * On i386 a plain 64-bit integer in a struct is aligned to 4, and across two cache lines it is not
 * atomic when it is just loaded. gcc gives atomic ones 8 since version 11, and notes it at each file;
 * with an alignment of their own they have it from any compiler, without the note.
 */
#ifndef SYNI_ALIGN_H
#define SYNI_ALIGN_H

#define SYNI_ALIGNED_8 __attribute__((aligned(8)))

#endif
