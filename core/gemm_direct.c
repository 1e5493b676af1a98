/* gemm_direct.c - the product with an operand packed once and used often, the other read where it stands: for the many small products of attention,
   where packing both each time costs as much as the product, and for gemm.c's with few columns. Each element is summed in gemm.h's order. */
#include "gemm_tile.h"
#include "rows.h"

/* As gemm_kernel, with element (i, k) of A at a[min(i, last) rs + k step]: a tile that is not full reads its last row again for those it lacks. */
static void kernel(size_t K, const float *a, size_t rs, size_t step, size_t last, const float *b, int beta, float *C, size_t rs_c) {
    f32x4 sum[GEMM_MR][2];
    const float *row[GEMM_MR];
    UNROLL
    for (size_t i = 0; i < GEMM_MR; i++) {
        sum[i][0] = sum[i][1] = f32x4_splat(0.0f);
        row[i] = a + rows_smaller(i, last) * rs;
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

/* All rows of C for one panel of B, `columns` of whose NR lie inside C. */
static void panel(size_t M, size_t columns, size_t K, GemmOperand A, const float *b, int beta, float *C, size_t rs_c) {
    for (size_t i = 0; i < M; i += GEMM_MR, C += GEMM_MR * rs_c) {
        float tile[GEMM_MR * GEMM_NR];
        const size_t rows = rows_smaller(GEMM_MR, M - i);
        const int whole = rows == GEMM_MR && columns == GEMM_NR;
        kernel(K, A.data + i * A.rs, A.rs, A.cs, rows - 1, b, beta && whole, whole ? C : tile, whole ? rs_c : GEMM_NR);
        if (!whole) gemm_keep(tile, GEMM_NR, beta, C, rs_c, rows, columns);
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
