/* gemm_tile.h - what the ways to a matrix product share: four lines of an operand turned in registers, and the end of a tile. */
#ifndef FOLIO_GEMM_TILE_H
#define FOLIO_GEMM_TILE_H

#include "f32x4.h"
#include "gemm.h"
#include "unroll.h"

/* Four vectors of four, each `stride` floats after the one before, transposed: out[j] holds element j of each. */
static inline void gemm_load_transposed(f32x4 out[4], const float *from, size_t stride) {
    UNROLL
    for (size_t i = 0; i < 4; i++) out[i] = f32x4_load(from + i * stride);
    f32x4_transpose(out);
}

/* C (MR, NR) = beta C + sum. */
static inline void gemm_store_tile(f32x4 sum[GEMM_MR][2], int beta, float *C, size_t rs_c) {
    if (beta) {
        UNROLL
        for (int i = 0; i < GEMM_MR; i++) {
            const float *before = C + (size_t)i * rs_c;
            sum[i][0] = f32x4_add(f32x4_load(before), sum[i][0]);
            sum[i][1] = f32x4_add(f32x4_load(before + 4), sum[i][1]);
        }
    }
    UNROLL
    for (int i = 0; i < GEMM_MR; i++, C += rs_c) {
        f32x4_store(C, sum[i][0]);
        f32x4_store(C + 4, sum[i][1]);
    }
}

#endif
