/* lanes_scalar.h - four floats in plain C99: what every spelling of f32x4.h must equal, bit for bit. */
#ifndef FOLIO_LANES_SCALAR_H
#define FOLIO_LANES_SCALAR_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct {
    float v[4];
} f32x4;

#define F32X4_EACH(expression) \
    do { \
        f32x4 result; \
        for (int i = 0; i < 4; i++) result.v[i] = expression; \
        return result; \
    } while (0)

static inline f32x4 f32x4_load(const float *p) {
    f32x4 x;
    memcpy(&x, p, sizeof x);
    return x;
}
static inline void f32x4_store(float *p, f32x4 x) { memcpy(p, &x, sizeof x); }
static inline f32x4 f32x4_splat(float s) { F32X4_EACH(s); }
static inline f32x4 f32x4_load_splat(const float *p) { F32X4_EACH(*p); }

static inline f32x4 f32x4_add(f32x4 a, f32x4 b) { F32X4_EACH(a.v[i] + b.v[i]); }
static inline f32x4 f32x4_sub(f32x4 a, f32x4 b) { F32X4_EACH(a.v[i] - b.v[i]); }
static inline f32x4 f32x4_mul(f32x4 a, f32x4 b) { F32X4_EACH(a.v[i] * b.v[i]); }
static inline f32x4 f32x4_div(f32x4 a, f32x4 b) { F32X4_EACH(a.v[i] / b.v[i]); }
static inline f32x4 f32x4_sqrt(f32x4 a) { F32X4_EACH(sqrtf(a.v[i])); }
/* b < a ? b : a, and a < b ? b : a: a stays where the lanes are equal or either is NaN. */
static inline f32x4 f32x4_min(f32x4 a, f32x4 b) { F32X4_EACH(b.v[i] < a.v[i] ? b.v[i] : a.v[i]); }
static inline f32x4 f32x4_max(f32x4 a, f32x4 b) { F32X4_EACH(a.v[i] < b.v[i] ? b.v[i] : a.v[i]); }
/* a < limit ? 0 : x, lane by lane. */
static inline f32x4 f32x4_zero_below(f32x4 a, f32x4 limit, f32x4 x) { F32X4_EACH(a.v[i] < limit.v[i] ? 0.0f : x.v[i]); }

/* 2^n from t = n + 1.5 2^23, n whole, -126 <= n <= 127: n stands in the low bits of t. one: 1.0 in every lane, whose exponent n is added to. */
static inline f32x4 f32x4_pow2(f32x4 t, f32x4 one) {
    uint32_t bits[4], ones[4];
    memcpy(bits, &t, sizeof bits);
    memcpy(ones, &one, sizeof ones);
    for (int i = 0; i < 4; i++) bits[i] = (bits[i] << 23) + ones[i];
    memcpy(&t, bits, sizeof bits);
    return t;
}

/* The larger of a, whose lanes have no sign, and the absolute value of b, by their bits: NaN is larger than all numbers. */
static inline f32x4 f32x4_max_abs(f32x4 a, f32x4 b) {
    uint32_t x[4], y[4];
    memcpy(x, &a, sizeof x);
    memcpy(y, &b, sizeof y);
    for (int i = 0; i < 4; i++) {
        y[i] &= 0x7FFFFFFFu;
        x[i] = x[i] < y[i] ? y[i] : x[i];
    }
    memcpy(&a, x, sizeof x);
    return a;
}

/* Sixteen bytes, and four integers to which their products are added. */
typedef struct {
    int8_t v[16];
} i8x16;
typedef struct {
    int32_t v[4];
} i32x4;

static inline i8x16 i8x16_load(const int8_t *p) {
    i8x16 x;
    memcpy(&x, p, sizeof x);
    return x;
}
static inline void i8x16_store(int8_t *p, i8x16 x) { memcpy(p, &x, sizeof x); }
/* Four bytes, four times. */
static inline i8x16 i8x16_load_splat(const int8_t *p) {
    i8x16 x;
    for (int i = 0; i < 16; i += 4) memcpy(x.v + i, p, 4);
    return x;
}
static inline i8x16 i8x16_splat(int8_t n) {
    i8x16 x;
    memset(&x, n, sizeof x);
    return x;
}
static inline i32x4 i32x4_splat(int32_t n) { return (i32x4){{n, n, n, n}}; }
static inline void i32x4_store(int32_t *p, i32x4 x) { memcpy(p, &x, sizeof x); }
static inline f32x4 f32x4_of(i32x4 a) { F32X4_EACH((float)a.v[i]); }

/* Byte 4 i + j is the low byte of lane i of t[j]: the whole number n, -128 <= n <= 127, where t = n + 1.5 2^23. */
static inline i8x16 i8x16_of(const f32x4 t[4]) {
    i8x16 x;
    uint32_t bits;
    for (int i = 0; i < 16; i++) {
        memcpy(&bits, &t[i % 4].v[i / 4], sizeof bits);
        x.v[i] = (int8_t)((int32_t)(bits & 255) - (int32_t)(bits & 128) * 2);
    }
    return x;
}

/* Lane i of sum + the products of bytes 4 i .. 4 i + 3, b >= 0: exact. */
static inline i32x4 i8x16_dot(i8x16 a, i8x16 b, i32x4 sum) {
    for (int i = 0; i < 16; i++) sum.v[i / 4] += a.v[i] * b.v[i];
    return sum;
}

/* Sum and maximum of the lanes, in the order (0 2) (1 3). */
static inline float f32x4_sum(f32x4 a) { return (a.v[0] + a.v[2]) + (a.v[1] + a.v[3]); }
static inline float f32x4_largest(f32x4 a) {
    float x = a.v[0] < a.v[2] ? a.v[2] : a.v[0], y = a.v[1] < a.v[3] ? a.v[3] : a.v[1];
    return x < y ? y : x;
}

/* The 4 x 4 block of rows r[0..3] becomes its transpose. */
static inline void f32x4_transpose(f32x4 r[4]) {
    for (int i = 0; i < 4; i++)
        for (int j = i + 1; j < 4; j++) {
            float x = r[i].v[j];
            r[i].v[j] = r[j].v[i];
            r[j].v[i] = x;
        }
}

#endif
