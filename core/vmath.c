#include "vmath.h"

const float vmath_constants[13] = {
    -87.3f,
    88.3f,
    1.44269504088896341f,
    12582912.0f,
    -0.693359375f,
    2.12194440e-4f,
    1.0f,
    1.9875691500e-4f,
    1.3981999507e-3f,
    8.3334519073e-3f,
    4.1665795894e-2f,
    1.6666665459e-1f,
    5.0000001201e-1f,
};

f32x4 vmath_exp_end(f32x4 x) { return vmath_exp(x); }
