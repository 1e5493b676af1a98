#include "gemm.h"

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

/* Four vectors of four, each `stride` floats after the one before, transposed: out[j] holds element j of each. */
static void load_transposed(f32x4 out[4], const float *from, size_t stride) {
    for (size_t i = 0; i < 4; i++) out[i] = f32x4_load(from + i * stride);
    f32x4_transpose(out);
}

/* One panel: `width` lines of X side by side, to[k width + i] = from[i line + k step]; lines from `lines` on are zero. */
static void pack_panel(float *to, const float *from, size_t line, size_t step, size_t lines, size_t width, size_t K) {
    size_t k = 0, fours = width / 4 * 4;
    if (lines == width && step == 1) {
        for (; k + 4 <= K; k += 4) {
            f32x4 block[4];
            for (size_t i = 0; i < fours; i += 4) {
                load_transposed(block, from + i * line + k, line);
                for (size_t j = 0; j < 4; j++) f32x4_store(to + (k + j) * width + i, block[j]);
            }
            for (size_t i = fours; i < width; i++)
                for (size_t j = 0; j < 4; j++) to[(k + j) * width + i] = from[i * line + k + j];
        }
    } else if (lines == width && line == 1) {
        for (; k < K; k++) {
            for (size_t i = 0; i < fours; i += 4) f32x4_store(to + k * width + i, f32x4_load(from + k * step + i));
            for (size_t i = fours; i < width; i++) to[k * width + i] = from[k * step + i];
        }
    }
    for (; k < K; k++)
        for (size_t i = 0; i < width; i++) to[k * width + i] = i < lines ? from[i * line + k * step] : 0.0f;
}

/* All panels of a block of `lines` lines. */
static void pack(float *to, const float *from, size_t line, size_t step, size_t lines, size_t width, size_t K) {
    for (size_t i = 0; i < lines; i += width, to += width * K)
        pack_panel(to, from + i * line, line, step, smaller(width, lines - i), width, K);
}

/* A tile at the edge: computed whole in a buffer, of which the part inside C is kept. */
static void edge_kernel(size_t K, const float *a, const float *b, int beta, float *C, size_t rs_c, size_t rows, size_t columns) {
    float tile[GEMM_MR * GEMM_NR];
    gemm_kernel(K, a, b, 0, tile, GEMM_NR);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++) C[i * rs_c + j] = beta ? C[i * rs_c + j] + tile[i * GEMM_NR + j] : tile[i * GEMM_NR + j];
}

/* C (M, N) of packed a (M x K) and b (K x N): the panel of b stays in the first-level cache while those of a pass by. */
static void macro_kernel(size_t M, size_t N, size_t K, const float *a, const float *b, int beta, float *C, size_t rs_c) {
    for (size_t j = 0; j < N; j += GEMM_NR)
        for (size_t i = 0; i < M; i += GEMM_MR) {
            float *tile = C + i * rs_c + j;
            if (M - i >= GEMM_MR && N - j >= GEMM_NR)
                gemm_kernel(K, a + i * K, b + j * K, beta, tile, rs_c);
            else
                edge_kernel(K, a + i * K, b + j * K, beta, tile, rs_c, smaller(GEMM_MR, M - i), smaller(GEMM_NR, N - j));
        }
}

void gemm_serial(float *scratch, size_t M, size_t N, size_t K, GemmOperand A, GemmOperand B, int beta, float *C, size_t rs_c) {
    if (M == 1) {
        gemm_vector(N, K, A, B, beta, C);
        return;
    }
    float *packed_a = scratch, *packed_b = scratch + GEMM_MC * GEMM_KC;
    for (size_t j = 0; j < N; j += GEMM_NC) {
        size_t columns = smaller(GEMM_NC, N - j);
        for (size_t k = 0; k < K || k == 0; k += GEMM_KC) { /* once for K = 0: C must be cleared */
            size_t depth = smaller(GEMM_KC, K - k);
            pack(packed_b, B.data + k * B.rs + j * B.cs, B.cs, B.rs, columns, GEMM_NR, depth);
            for (size_t i = 0; i < M; i += GEMM_MC) {
                size_t rows = smaller(GEMM_MC, M - i);
                pack(packed_a, A.data + i * A.rs + k * A.cs, A.rs, A.cs, rows, GEMM_MR, depth);
                macro_kernel(rows, columns, depth, packed_a, packed_b, beta || k, C + i * rs_c + j, rs_c);
            }
        }
    }
}

typedef struct {
    size_t M, N, K, rows, columns; /* rows x columns of C a task */
    GemmOperand A, B;
    int beta;
    float *C;
    size_t rs_c;
} Split;

static void gemm_task(void *context, size_t index, float *scratch) {
    const Split *s = context;
    size_t across = (s->N + s->columns - 1) / s->columns;
    size_t i = index / across * s->rows, j = index % across * s->columns;
    GemmOperand A = {s->A.data + i * s->A.rs, s->A.rs, s->A.cs}, B = {s->B.data + j * s->B.cs, s->B.rs, s->B.cs};
    gemm_serial(scratch, smaller(s->rows, s->M - i), smaller(s->columns, s->N - j), s->K, A, B, s->beta, s->C + i * s->rs_c + j, s->rs_c);
}

/* The share of `n` for each of `parts`, a multiple of `unit`. */
static size_t share(size_t n, size_t parts, size_t unit) { return ((n + parts - 1) / parts + unit - 1) / unit * unit; }

void gemm(const Exec *exec, size_t M, size_t N, size_t K, GemmOperand A, GemmOperand B, int beta, float *C, size_t rs_c) {
    if (!M || !N) return;
    size_t threads = pool_threads(exec->pool);
    Split split = {M, N, K, M, N, A, B, beta, C, rs_c};
    if (M >= threads * GEMM_MR)
        split.rows = share(M, threads, GEMM_MR);
    else
        split.columns = share(N, threads, 4 * GEMM_NR);
    size_t down = (M + split.rows - 1) / split.rows, across = (N + split.columns - 1) / split.columns;
    parallel_for(exec, down * across, gemm_task, &split);
}

/* A block of a symmetric C that begins at row i0 and column j0, without the tiles that stand wholly below the diagonal. */
static void upper_kernel(size_t i0, size_t j0, size_t M, size_t N, size_t K, const float *a, const float *b, int beta, float *C,
                         size_t rs_c) {
    for (size_t j = 0; j < N; j += GEMM_NR) {
        size_t end = j0 + j + GEMM_NR, rows = end > i0 ? end - i0 + GEMM_MR - 1 : 0;
        macro_kernel(smaller(M, rows / GEMM_MR * GEMM_MR), smaller(GEMM_NR, N - j), K, a, b + j * K, beta, C + j, rs_c);
    }
}

/* What stands below the diagonal, from above: by blocks of 4 x 4, then the rest of the rows. */
static void mirror(size_t N, float *C) {
    size_t fours = N / 4 * 4;
    for (size_t i = 0; i < fours; i += 4)
        for (size_t j = i + 4; j < fours; j += 4) {
            f32x4 block[4];
            load_transposed(block, C + i * N + j, N);
            for (size_t k = 0; k < 4; k++) f32x4_store(C + (j + k) * N + i, block[k]);
        }
    for (size_t j = 1; j < N; j++)
        for (size_t i = j < fours ? j / 4 * 4 : 0; i < j; i++) C[j * N + i] = C[i * N + j];
}

void gemm_symmetric(float *scratch, size_t N, size_t K, GemmOperand A, GemmOperand B, float *C) {
    float *packed_a = scratch, *packed_b = scratch + GEMM_MC * GEMM_KC;
    for (size_t j = 0; j < N; j += GEMM_NC) {
        size_t columns = smaller(GEMM_NC, N - j), above = j + columns;
        for (size_t k = 0; k < K; k += GEMM_KC) {
            size_t depth = smaller(GEMM_KC, K - k);
            pack(packed_b, B.data + k * B.rs + j * B.cs, B.cs, B.rs, columns, GEMM_NR, depth);
            for (size_t i = 0; i < above; i += GEMM_MC) {
                size_t rows = smaller(GEMM_MC, N - i);
                pack(packed_a, A.data + i * A.rs + k * A.cs, A.rs, A.cs, rows, GEMM_MR, depth);
                upper_kernel(i, j, rows, columns, depth, packed_a, packed_b, k > 0, C + i * N + j, N);
            }
        }
    }
    mirror(N, C);
}
