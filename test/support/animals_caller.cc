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
    if (!syn_is_a(&same->object, &dog_class) || dog_of(&same->object) != dog)
        return 5;
    animal_release(same);
    dog_release(dog_retain(dog));
    return syn_future_get(dog_close_future(dog)) ? 6 : 0;
}
