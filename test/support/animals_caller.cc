/* SPDX-License-Identifier: Apache-2.0
 *
 * A caller in C++ of classes written in C.
 */
#include "support/animals.h"

#include <cstdlib>
#include <cstring>

extern "C" int animals_from_cxx();

static bool says(struct animal *animal, const char *text)
{
    char *said = nullptr;
    bool right = syn_future_get(animal_speak_future(animal, "you"), &said) == 0 &&
                 std::strcmp(said, text) == 0;

    std::free(said);
    return right;
}

/* Twice, and out of the second by its return. */
static int sleeps()
{
    syn_err err = 0;

    syn_with_context (int, n, animals_asleep(3), &err)
        if (n != 3)
            err = SYN_EINVAL;
    if (err)
        return 0;
    syn_with_context (int, n, animals_asleep(4), &err)
        return n;
    return 0;
}

/* The number of the step that went wrong, or 0. */
int animals_from_cxx()
{
    struct dog *dog = nullptr;
    struct animal *same = nullptr;
    int n = 0;

    if (dog_born("Rex", 3, &dog))
        return 1;
    if (dog_fetch(dog, 2, &n) || n != 2 || animal_get_legs(&dog->animal, &n) || n != 4)
        return 2;
    if (!says(&dog->animal, "Rex stares at you and barks 3 times"))
        return 3;
    if (animal_wrap(animal_unwrap(&dog->animal), nullptr, &same) || same != &dog->animal)
        return 4;
    if (dog_of(&same->object) != dog)
        return 5;
    if (sleeps() != 4 || std::strcmp(animals_story, "animal dog awake awake ") != 0)
        return 7;
    animal_release(same);
    dog_release(dog_retain(dog));
    return syn_future_get(dog_close_future(dog)) ? 6 : 0;
}
