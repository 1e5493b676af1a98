/* gemm_direct.c - the product with an operand packed once and used often, the other read where it stands: for the many small products of attention,
   where packing both each time costs as much as the product. Each element is summed in gemm.h's order. */
#include "gemm_tile.h"
#include "rows.h"

/* As gemm_kernel, with row i of A at a[i] and `step` floats from one k to the next. */
static void kernel(size_t K, const float *const a[GEMM_MR], size_t step, const float *b, int beta, float *C, size_t rs_c) {
    f32x4 sum[GEMM_MR][2];
    const float *row[GEMM_MR];
    UNROLL
    for (int i = 0; i < GEMM_MR; i++) {
        sum[i][0] = sum[i][1] = f32x4_splat(0.0f);
        row[i] = a[i];
    }
    for (size_t k = 0; k < K; k++, b += GEMM_NR) {
        const f32x4 b0 = f32x4_load(b), b1 = f32x4_load(b + 4);
        UNROLL
        for (int i = 0; i < GEMM_MR; i++) {
            const f32x4 x = f32x4_load_splat(row[i]);
            row[i] += step;
            sum[i][0] = f32x4_madd(x, b0, sum[i][0]);
            sum[i][1] = f32x4_madd(x, b1, sum[i][1]);
        }
    }
    gemm_store_tile(sum, beta, C, rs_c);
}

/* All rows of C for one panel of B, `columns` of whose NR lie inside C. A last tile that is not full reads its last row again for those it lacks. */
static void panel(size_t M, size_t columns, size_t K, GemmOperand A, const float *b, int beta, float *C, size_t rs_c) {
    for (size_t i = 0; i < M; i += GEMM_MR, C += GEMM_MR * rs_c) {
        const float *a[GEMM_MR];
        float tile[GEMM_MR * GEMM_NR];
        size_t rows = rows_smaller(GEMM_MR, M - i);
        for (size_t r = 0; r < GEMM_MR; r++) a[r] = A.data + (i + rows_smaller(r, rows - 1)) * A.rs;
        if (rows == GEMM_MR && columns == GEMM_NR) {
            kernel(K, a, A.cs, b, beta, C, rs_c);
            continue;
        }
        kernel(K, a, A.cs, b, 0, tile, GEMM_NR);
        for (size_t r = 0; r < rows; r++)
            for (size_t j = 0; j < columns; j++) C[r * rs_c + j] = beta ? C[r * rs_c + j] + tile[r * GEMM_NR + j] : tile[r * GEMM_NR + j];
    }
}

void gemm_direct(size_t M, size_t N, size_t K, GemmOperand A, const float *packed, size_t depth, int beta, float *C, size_t rs_c) {
    for (size_t k = 0; k < K; k += GEMM_KC)
        for (size_t j = 0; j < N; j += GEMM_NR) {
            const GemmOperand part = {A.data + k * A.cs, A.rs, A.cs};
            panel(M, rows_smaller(GEMM_NR, N - j), rows_smaller(GEMM_KC, K - k), part, packed + j * depth + k * GEMM_NR, beta || k, C + j,
                  rs_c);
        }
}
