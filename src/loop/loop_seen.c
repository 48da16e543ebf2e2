/* SPDX-License-Identifier: Apache-2.0
 *
 * What happens to a loop, told to hooks (base/hooks.h). Any thread.
 */
#include "loop/role.h"

void syni_loop_tell_role(struct syni_loop *loop, enum syn_hook hook)
{
    struct syn_hook_event event = {.hook = hook, .detail = -1, .where = loop->name};

    syni_hooks_tell(&event);
}
