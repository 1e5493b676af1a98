/* f32x4.h, WebAssembly relaxed SIMD: fast numerics. On processors with fused multiply-add the bits of simd/scalar_fma. */
#ifndef FOLIO_F32X4_H
#define FOLIO_F32X4_H

#include "../dot_wasm.h"
#include "../lanes_wasm.h"

/* Rows of the gemm tile: 12 accumulators, 2 vectors of b and one of a fill V8's 15 registers on x86-64. */
enum { F32X4_TILE_ROWS = 6 };

static inline f32x4 f32x4_madd(f32x4 a, f32x4 b, f32x4 c) { return wasm_f32x4_relaxed_madd(a, b, c); }

#endif
