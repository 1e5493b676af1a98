/* gemm_kernel.c - the microkernel: a tile of C in registers, F32X4_TILE_ROWS x 8, to which each k adds the product of a column of a and a row of b.
   The loops over the tile have constant bounds and vanish in the compiler. */
#include "gemm_tile.h"

void gemm_kernel(size_t K, const float *a, const float *b, int beta, float *C, size_t rs_c) {
    f32x4 sum[GEMM_MR][2];
    UNROLL
    for (int i = 0; i < GEMM_MR; i++) sum[i][0] = sum[i][1] = f32x4_splat(0.0f);
    for (size_t k = 0; k < K; k++, a += GEMM_MR, b += GEMM_NR) {
        const f32x4 b0 = f32x4_load(b), b1 = f32x4_load(b + 4);
        UNROLL
        for (int i = 0; i < GEMM_MR; i++) {
            const f32x4 x = f32x4_load_splat(a + i);
            sum[i][0] = f32x4_madd(x, b0, sum[i][0]);
            sum[i][1] = f32x4_madd(x, b1, sum[i][1]);
        }
    }
    gemm_store_tile(sum, beta, C, rs_c);
}

void gemm_keep(const float *tile, size_t width, int beta, float *C, size_t rs_c, size_t rows, size_t columns) {
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++) C[i * rs_c + j] = beta ? C[i * rs_c + j] + tile[i * width + j] : tile[i * width + j];
}

/* A panel's rows are vectors here: four, and the last four, which may overlap them. Eight sums hide the latency of each. */
void gemm_kernel_column(size_t K, const float *a, size_t panels, const float *b, float *column) {
    f32x4 sum[GEMM_PANELS][2];
    const float *panel[GEMM_PANELS];
    UNROLL
    for (size_t i = 0; i < GEMM_PANELS; i++) {
        sum[i][0] = sum[i][1] = f32x4_splat(0.0f);
        panel[i] = a + (i < panels ? i : panels - 1) * GEMM_MR * K;
    }
    for (size_t k = 0; k < K; k++) {
        const f32x4 x = f32x4_load_splat(b + k * GEMM_NARROW);
        UNROLL
        for (int i = 0; i < GEMM_PANELS; i++) {
            sum[i][0] = f32x4_madd(f32x4_load(panel[i] + k * GEMM_MR), x, sum[i][0]);
            sum[i][1] = f32x4_madd(f32x4_load(panel[i] + k * GEMM_MR + GEMM_MR - 4), x, sum[i][1]);
        }
    }
    for (size_t i = 0; i < panels; i++) {
        f32x4_store(column + i * GEMM_MR, sum[i][0]);
        f32x4_store(column + i * GEMM_MR + GEMM_MR - 4, sum[i][1]);
    }
}

/* Two rows of a panel, and two panels of b, so that eight sums hide the latency of each. */
void gemm_kernel_pair(size_t K, const float *a, const float *b, size_t other, float *pair) {
    f32x4 sum[2][4];
    UNROLL
    for (int i = 0; i < 4; i++) sum[0][i] = sum[1][i] = f32x4_splat(0.0f);
    for (size_t k = 0; k < K; k++, a += GEMM_MR, b += GEMM_NR) {
        const f32x4 x0 = f32x4_load_splat(a), x1 = f32x4_load_splat(a + 1);
        UNROLL
        for (int i = 0; i < 4; i++) {
            const f32x4 y = f32x4_load(b + (i < 2 ? 0 : other) + i % 2 * 4);
            sum[0][i] = f32x4_madd(x0, y, sum[0][i]);
            sum[1][i] = f32x4_madd(x1, y, sum[1][i]);
        }
    }
    UNROLL
    for (int i = 0; i < 8; i++) f32x4_store(pair + 4 * i, sum[i / 4][i % 4]);
}
