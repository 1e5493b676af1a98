/* f32x4.h, plain C: exact numerics, one rounding after the product and one after the sum. */
#ifndef FOLIO_F32X4_H
#define FOLIO_F32X4_H

#include "../lanes_scalar.h"

/* As simd128. */
enum { F32X4_TILE_ROWS = 4 };

static inline f32x4 f32x4_madd(f32x4 a, f32x4 b, f32x4 c) { F32X4_EACH(a.v[i] * b.v[i] + c.v[i]); }

#endif
