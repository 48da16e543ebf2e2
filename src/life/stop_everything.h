/* SPDX-License-Identifier: Apache-2.0
 *
 * Stopping all when the process exits.
 */
#ifndef SYNI_STOP_EVERYTHING_H
#define SYNI_STOP_EVERYTHING_H

/* What runs is stopped when the process exits. Before anything runs; again costs a look. */
void syni_stop_everything_at_exit(void);

#endif
