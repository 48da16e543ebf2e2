# SPDX-License-Identifier: Apache-2.0
#
# What the example binding.c must print.
set(example_binding_says
    "deposit\\(unsigned cents\\)  -- Adds, and returns the balance.\n.*\
> deposit 200\n1250\n> statement Today\n.Today: Ada has 12.50.\n> owner\n.Ada.\n\
> each interest 10 3\n1.25\n1.38\n1.51\n> limit\n100000\n> limit 2000\nnothing\n> limit\n2000\n\
> deposit 5000\nerror: that is more than the limit\n\
> deposit -5\nerror: argument 1 .cents. of deposit is unsigned, which -5 does not fit\n\
> deposit much\nerror: argument 1 .cents. of deposit is unsigned, not a string\n\
> deposit\nerror: deposit takes 1 arguments .unsigned cents., not 0\n\
> withdraw 5\nerror: a call by name: there is no such method\n$")
