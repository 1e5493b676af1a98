/* dot_wasm.h - i8x16_dot by relaxed SIMD. Bytes of b are not negative, so that all engines agree. */
#ifndef FOLIO_DOT_WASM_H
#define FOLIO_DOT_WASM_H

#include "lanes_wasm.h"

static inline i32x4 i8x16_dot(i8x16 a, i8x16 b, i32x4 sum) { return wasm_i32x4_relaxed_dot_i8x16_i7x16_add(a, b, sum); }

#endif
