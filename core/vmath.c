#include "vmath.h"

#define FOUR(x) \
    { x, x, x, x }

const float vmath_constants[VMATH_CONSTANTS][4] = {
    FOUR(-87.3f),
    FOUR(88.3f),
    FOUR(1.44269504088896341f),
    FOUR(12582912.0f),
    FOUR(-0.693359375f),
    FOUR(2.12194440e-4f),
    FOUR(1.0f),
    FOUR(1.9875691500e-4f),
    FOUR(1.3981999507e-3f),
    FOUR(8.3334519073e-3f),
    FOUR(4.1665795894e-2f),
    FOUR(1.6666665459e-1f),
    FOUR(5.0000001201e-1f),
    FOUR(1.5957691216057308f),
    FOUR(0.07135481282553307f),
};
