/* SPDX-License-Identifier: Apache-2.0
 *
 * A program that has one copy of the library inside and exports its symbols, and a plug-in, which it opens, uses
 * and closes a hundred times, with another (K2). Each has its own loop. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

int one_use(int x);
int one_stop(void);

static int wrong(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, dlerror());
    return 1;
}

static int round_of(const char *plugin, int i)
{
    int (*use)(int), (*stop)(void);
    void *handle = dlopen(plugin, RTLD_NOW | RTLD_GLOBAL), *f, *g;

    if (!handle || !(f = dlsym(handle, "two_use")) || !(g = dlsym(handle, "two_stop")))
        return wrong("dlopen");
    memcpy(&use, &f, sizeof f);
    memcpy(&stop, &g, sizeof g);
    if (use(i) != i * i || one_use(i) != i * i)
        return wrong("use");
    if (stop() != 0 || one_use(i) != i * i)
        return wrong("one copy stopped the other");
    return dlclose(handle) == 0 ? 0 : wrong("dlclose");
}

int main(int argc, char **argv)
{
    for (int i = 0; i < 100; i++)
        if (argc != 2 || round_of(argv[1], i))
            return 1;
    return one_stop();
}
