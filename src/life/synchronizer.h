/* SPDX-License-Identifier: Apache-2.0
 *
 * The home of a synchronizer.
 */
#ifndef SYNI_SYNCHRONIZER_H
#define SYNI_SYNCHRONIZER_H

#include "task/state.h"

/* The home of SYNCHRONIZER, started if it never was. Fails: SYN_ECLOSED when it is
 * being stopped or was; SYN_ELOOPDEAD; what starting meets. Also inside a task of
 * its own it is found while it is being stopped: clean-up may call. */
syn_err syni_synchronizer_home(struct syn_synchronizer *synchronizer, struct syni_home **out_home);

#endif
