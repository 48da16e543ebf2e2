/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a call is made, for dumps and for what says at the exit that nobody ended it. By the calling thread.
 *
 * In a checked build a face notes the address to which it returns, and the frame that it makes takes that. A face
 * that calls another one, as that of a method does, leaves the place of the outermost; one that made nothing takes
 * its place back. Discarded: __FILE__ and __LINE__, which a function's caller cannot pass on without writing them.
 */
#include "base/self.h"

#include <stddef.h>

#include <synchronicity/show.h>

struct syni_made syni_made_begin(const void *address)
{
    struct syni_self *self = syni_self();
    struct syni_made made = {.noted = !self->made};

    if (made.noted)
        self->made = address;
    return made;
}

void syni_made_end(struct syni_made *made)
{
    if (made->noted)
        syni_self()->made = NULL;
}
