/* f32x4.h, plain C: fast numerics, one rounding for product and sum. The judge of simd/relaxed. */
#ifndef FOLIO_F32X4_H
#define FOLIO_F32X4_H

#include "../lanes_scalar.h"

/* As relaxed. */
enum { F32X4_TILE_ROWS = 6 };

static inline f32x4 f32x4_madd(f32x4 a, f32x4 b, f32x4 c) { F32X4_EACH(fmaf(a.v[i], b.v[i], c.v[i])); }

#endif
