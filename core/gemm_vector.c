/* gemm_vector.c - the product with one row: bound by reading B once, so nothing is packed. Each element is summed in gemm.h's order. */
#include "gemm_tile.h"
#include "rows.h"

enum { STRIP = 32 }; /* columns at once: eight accumulators */

/* B row-major: eight vectors of columns go down the rows together. */
static void strip_rows(float *out, size_t K, const float *a, size_t cs_a, const float *b, size_t rs_b) {
    f32x4 sum[STRIP / 4];
    UNROLL
    for (int j = 0; j < STRIP / 4; j++) sum[j] = f32x4_splat(0.0f);
    for (size_t k = 0; k < K; k++) {
        f32x4 x = f32x4_load_splat(a + k * cs_a);
        UNROLL
        for (int j = 0; j < STRIP / 4; j++) sum[j] = f32x4_madd(x, f32x4_load(b + k * rs_b + 4 * j), sum[j]);
    }
    UNROLL
    for (int j = 0; j < STRIP / 4; j++) f32x4_store(out + 4 * j, sum[j]);
}

/* B column-major: four columns at a time, turned in registers so that each lane sums its own column. */
static void strip_columns(float *out, size_t K, const float *a, size_t cs_a, const float *b, size_t cs_b) {
    f32x4 sum = f32x4_splat(0.0f);
    size_t k = 0;
    for (; k + 4 <= K; k += 4) {
        f32x4 block[4];
        gemm_load_transposed(block, b + k, cs_b);
        UNROLL
        for (size_t j = 0; j < 4; j++) sum = f32x4_madd(f32x4_load_splat(a + (k + j) * cs_a), block[j], sum);
    }
    for (; k < K; k++) {
        float lanes[4] = {b[k], b[cs_b + k], b[2 * cs_b + k], b[3 * cs_b + k]};
        sum = f32x4_madd(f32x4_load_splat(a + k * cs_a), f32x4_load(lanes), sum);
    }
    f32x4_store(out, sum);
}

/* Any strides, `columns` <= 4 of them. */
static void strip_general(float *out, size_t columns, size_t K, const float *a, size_t cs_a, GemmOperand B) {
    f32x4 sum = f32x4_splat(0.0f);
    for (size_t k = 0; k < K; k++) {
        float lanes[4] = {0, 0, 0, 0};
        for (size_t j = 0; j < columns; j++) lanes[j] = B.data[k * B.rs + j * B.cs];
        sum = f32x4_madd(f32x4_load_splat(a + k * cs_a), f32x4_load(lanes), sum);
    }
    f32x4_store(out, sum);
}

void gemm_vector(size_t N, size_t K, GemmOperand A, GemmOperand B, int beta, float *C) {
    for (size_t k = 0; k < K || k == 0; k += GEMM_KC) {
        size_t depth = rows_smaller(GEMM_KC, K - k), columns;
        const float *a = A.data + k * A.cs;
        for (size_t j = 0; j < N; j += columns) {
            float out[STRIP];
            GemmOperand part = {B.data + k * B.rs + j * B.cs, B.rs, B.cs};
            if (B.cs == 1 && N - j >= STRIP) {
                columns = STRIP;
                strip_rows(out, depth, a, A.cs, part.data, B.rs);
            } else if (B.rs == 1 && N - j >= 4) {
                columns = 4;
                strip_columns(out, depth, a, A.cs, part.data, B.cs);
            } else {
                columns = rows_smaller(4, N - j);
                strip_general(out, columns, depth, a, A.cs, part);
            }
            for (size_t i = 0; i < columns; i++) C[j + i] = beta || k ? C[j + i] + out[i] : out[i];
        }
    }
}
