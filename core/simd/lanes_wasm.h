/* lanes_wasm.h - four floats in a 128-bit WebAssembly register; lanes_scalar.h says what each operation means. */
#ifndef FOLIO_LANES_WASM_H
#define FOLIO_LANES_WASM_H

#include <stddef.h>
#include <stdint.h>
#include <wasm_simd128.h>

typedef v128_t f32x4;

static inline f32x4 f32x4_load(const float *p) { return wasm_v128_load(p); }
static inline void f32x4_store(float *p, f32x4 x) { wasm_v128_store(p, x); }
static inline f32x4 f32x4_splat(float s) { return wasm_f32x4_splat(s); }
static inline f32x4 f32x4_load_splat(const float *p) { return wasm_v128_load32_splat(p); }

static inline f32x4 f32x4_add(f32x4 a, f32x4 b) { return wasm_f32x4_add(a, b); }
static inline f32x4 f32x4_sub(f32x4 a, f32x4 b) { return wasm_f32x4_sub(a, b); }
static inline f32x4 f32x4_mul(f32x4 a, f32x4 b) { return wasm_f32x4_mul(a, b); }
static inline f32x4 f32x4_div(f32x4 a, f32x4 b) { return wasm_f32x4_div(a, b); }
static inline f32x4 f32x4_sqrt(f32x4 a) { return wasm_f32x4_sqrt(a); }
static inline f32x4 f32x4_min(f32x4 a, f32x4 b) { return wasm_f32x4_pmin(a, b); }
static inline f32x4 f32x4_max(f32x4 a, f32x4 b) { return wasm_f32x4_pmax(a, b); }
static inline f32x4 f32x4_max_abs(f32x4 a, f32x4 b) { return wasm_i32x4_max(a, wasm_f32x4_abs(b)); }
static inline f32x4 f32x4_zero_below(f32x4 a, f32x4 limit, f32x4 x) { return wasm_v128_andnot(x, wasm_f32x4_lt(a, limit)); }

static inline f32x4 f32x4_pow2(f32x4 t, f32x4 one) { return wasm_i32x4_add(wasm_i32x4_shl(t, 23), one); }

typedef v128_t i8x16;
typedef v128_t i32x4;

static inline i8x16 i8x16_load(const int8_t *p) { return wasm_v128_load(p); }
static inline void i8x16_store(int8_t *p, i8x16 x) { wasm_v128_store(p, x); }
static inline i8x16 i8x16_load_splat(const int8_t *p) { return wasm_v128_load32_splat(p); }
static inline i8x16 i8x16_splat(int8_t n) { return wasm_i8x16_splat(n); }
static inline i32x4 i32x4_splat(int32_t n) { return wasm_i32x4_splat(n); }
static inline void i32x4_store(int32_t *p, i32x4 x) { wasm_v128_store(p, x); }
static inline f32x4 f32x4_of(i32x4 a) { return wasm_f32x4_convert_i32x4(a); }

static inline i8x16 i8x16_of(const f32x4 t[4]) {
    const v128_t low = wasm_i32x4_splat(255);
    v128_t first = wasm_v128_or(wasm_v128_and(t[0], low), wasm_i32x4_shl(wasm_v128_and(t[1], low), 8));
    v128_t second = wasm_v128_or(wasm_v128_and(t[2], low), wasm_i32x4_shl(t[3], 8));
    return wasm_v128_or(first, wasm_i32x4_shl(second, 16));
}

static inline float f32x4_sum(f32x4 a) {
    f32x4 pairs = wasm_f32x4_add(a, wasm_i32x4_shuffle(a, a, 2, 3, 0, 1));
    return wasm_f32x4_extract_lane(pairs, 0) + wasm_f32x4_extract_lane(pairs, 1);
}
static inline float f32x4_largest(f32x4 a) {
    f32x4 pairs = wasm_f32x4_pmax(a, wasm_i32x4_shuffle(a, a, 2, 3, 0, 1));
    return wasm_f32x4_extract_lane(wasm_f32x4_pmax(pairs, wasm_i32x4_shuffle(pairs, pairs, 1, 0, 3, 2)), 0);
}

static inline void f32x4_transpose(f32x4 r[4]) {
    f32x4 a = wasm_i32x4_shuffle(r[0], r[1], 0, 4, 1, 5), b = wasm_i32x4_shuffle(r[0], r[1], 2, 6, 3, 7);
    f32x4 c = wasm_i32x4_shuffle(r[2], r[3], 0, 4, 1, 5), d = wasm_i32x4_shuffle(r[2], r[3], 2, 6, 3, 7);
    r[0] = wasm_i64x2_shuffle(a, c, 0, 2);
    r[1] = wasm_i64x2_shuffle(a, c, 1, 3);
    r[2] = wasm_i64x2_shuffle(b, d, 0, 2);
    r[3] = wasm_i64x2_shuffle(b, d, 1, 3);
}

#endif
