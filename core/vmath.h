/* vmath.h - exp of four floats. Largest error 1.2 ulp on [-87.3, 88.3]; 0 below, exp(88.3) above. */
#ifndef FOLIO_VMATH_H
#define FOLIO_VMATH_H

#include "f32x4.h"
#include "unroll.h"

enum {
    VMATH_LOW,
    VMATH_HIGH,
    VMATH_LOG2E,
    VMATH_ROUND,
    VMATH_LN2_HIGH,
    VMATH_LN2_LOW,
    VMATH_ONE,
    VMATH_EXP0,
    VMATH_GELU_A = VMATH_EXP0 + 6, /* for activation.c, where a compiler that saw its value would put it into the code again */
    VMATH_GELU_B,
    VMATH_CONSTANTS
};

/* In memory, and four times: V8 rebuilds a splatted constant at every use in three instructions, a splatted float in two, and loads a vector in one. */
extern const float vmath_constants[VMATH_CONSTANTS][4];

static inline f32x4 vmath_constant(int index) { return f32x4_load(vmath_constants[index]); }

/* exp(x) = 2^n exp(r), n = round(x / ln 2), |r| <= 0.347; exp(r) = 1 + r + r^2 p(r), p of degree 5 (Cephes, Moshier 1989). */
static inline f32x4 vmath_exp(f32x4 x) {
    f32x4 bounded = f32x4_max(f32x4_min(x, vmath_constant(VMATH_HIGH)), vmath_constant(VMATH_LOW));
    f32x4 t = f32x4_madd(bounded, vmath_constant(VMATH_LOG2E), vmath_constant(VMATH_ROUND));
    f32x4 n = f32x4_sub(t, vmath_constant(VMATH_ROUND));
    f32x4 r = f32x4_madd(n, vmath_constant(VMATH_LN2_HIGH), bounded);
    r = f32x4_madd(n, vmath_constant(VMATH_LN2_LOW), r);
    f32x4 p = vmath_constant(VMATH_EXP0);
    UNROLL
    for (int i = 1; i < 6; i++) p = f32x4_madd(p, r, vmath_constant(VMATH_EXP0 + i));
    const f32x4 one = vmath_constant(VMATH_ONE), y = f32x4_add(f32x4_madd(f32x4_mul(r, r), p, r), one);
    return f32x4_zero_below(x, vmath_constant(VMATH_LOW), f32x4_mul(y, f32x4_pow2(t, one)));
}

#endif
