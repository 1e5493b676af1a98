/* madd_wasm.h - exact numerics in WebAssembly: a product and a sum, each rounded. */
#ifndef FOLIO_MADD_WASM_H
#define FOLIO_MADD_WASM_H

#include "lanes_wasm.h"

/* Rows of the gemm tile: 8 accumulators, 2 vectors of b, one of a and one product fit V8's 15 registers on x86-64. Tried: 6 rows spill (30 GFLOP/s
   where 4 give 50, Node 26); 5 equal 4 there and lose a fifth in Node 20; 3 x 12 likewise. */
enum { F32X4_TILE_ROWS = 4 };

static inline f32x4 f32x4_madd(f32x4 a, f32x4 b, f32x4 c) { return wasm_f32x4_add(wasm_f32x4_mul(a, b), c); }

#endif
