/* SPDX-License-Identifier: Apache-2.0
 *
 * How many functions a driven blocking call passes through, of a library that was compiled with
 * -O0 -finstrument-functions. See call_path.cmake. Prints the number, and with an argument the
 * addresses, one a line.
 */
#include <stdio.h>

#include <synchronicity/short.h>
#include <synchronicity/step.h>

SYNCHRONIZER(demo, .caller_may_drive = 1);

ASYNC(demo, int, add, (int, a), (int, b))
{
    return step_return(self, self->a + self->b);
}

enum { MOST = 4000 };
static void *passed[MOST];
static int n_passed;
static _Thread_local int counts;

void __cyg_profile_func_enter(void *function, void *site);
void __cyg_profile_func_exit(void *function, void *site);

void __cyg_profile_func_enter(void *function, void *site)
{
    (void)site;
    if (counts && n_passed < MOST)
        passed[n_passed++] = function;
}

void __cyg_profile_func_exit(void *function, void *site)
{
    (void)function;
    (void)site;
}

int main(int argc, char **argv)
{
    int y = 0;

    (void)argv;
    for (int i = 0; i < 100; i++) /* what is made once is there */
        if (add(i, 1, &y))
            return 1;
    counts = 1;
    if (add(2, 3, &y) || y != 5)
        return 1;
    counts = 0;
    printf("%d\n", n_passed);
    for (int i = 0; argc > 1 && i < n_passed; i++)
        printf("%p\n", passed[i]);
    return 0;
}
