/* f32x4.h, WebAssembly SIMD: exact numerics, bit for bit what simd/scalar gives. */
#ifndef FOLIO_F32X4_H
#define FOLIO_F32X4_H

#include "../lanes_wasm.h"
#include "../madd_wasm.h"

/* Even bytes and odd ones apart, each widened to 16 bits where it stands. */
static inline i32x4 i8x16_dot(i8x16 a, i8x16 b, i32x4 sum) {
    v128_t even = wasm_i32x4_dot_i16x8(wasm_i16x8_shr(wasm_i16x8_shl(a, 8), 8), wasm_v128_and(b, wasm_i16x8_splat(255)));
    return wasm_i32x4_add(wasm_i32x4_add(sum, even), wasm_i32x4_dot_i16x8(wasm_i16x8_shr(a, 8), wasm_u16x8_shr(b, 8)));
}

#endif
