#include "gemm_tile.h"
#include "rows.h"

enum { TOGETHER = 4 }; /* panels packed at once; more of them would meet in the same sets of the cache */

/* Where the vectors of a panel `width` lines wide begin: every four lines, and the last four, which may overlap those before. */
static size_t vector_at(size_t i, size_t width) { return i + 4 <= width ? i : width - 4; }

/* A panel is `width` >= 4 lines of X side by side: to[k width + i] = from[i line + k step]. Here of any strides, with zeros from `lines` on. */
static void pack_part(float *to, const float *from, size_t line, size_t step, size_t lines, size_t width, size_t first, size_t K) {
    for (size_t k = first; k < K; k++)
        for (size_t i = 0; i < width; i++) to[k * width + i] = i < lines ? from[i * line + k * step] : 0.0f;
}

/* A whole panel of lines that are rows of X, turned in registers: four steps of k at a time, those that are left are not packed. */
INLINE void pack_rows(float *to, const float *from, size_t line, size_t width, size_t K) {
    for (size_t k = 0; k + 4 <= K; k += 4, to += 4 * width) {
        UNROLL
        for (size_t i = 0; i < width; i += 4) {
            const size_t at = vector_at(i, width);
            f32x4 block[4];
            gemm_load_transposed(block, from + at * line + k, line);
            UNROLL
            for (size_t j = 0; j < 4; j++) f32x4_store(to + j * width + at, block[j]);
        }
    }
}

/* `panels` whole panels of lines that are columns of X: together, so that a row of X is read along and not a cache line at a time. */
INLINE void pack_columns(float *to, const float *from, size_t step, size_t panels, size_t width, size_t K) {
    float *next[TOGETHER];
    UNROLL
    for (size_t panel = 0; panel < panels; panel++) next[panel] = to + panel * K * width;
    for (size_t k = 0; k < K; k++, from += step) {
        UNROLL
        for (size_t panel = 0; panel < panels; panel++) {
            UNROLL
            for (size_t i = 0; i < width; i += 4)
                f32x4_store(next[panel] + vector_at(i, width), f32x4_load(from + panel * width + vector_at(i, width)));
            next[panel] += width;
        }
    }
}

/* The whole panels of a block, as far as they can be packed by vectors; returns how many steps of k that is. */
INLINE size_t pack_whole(float *to, const float *from, size_t line, size_t step, size_t panels, size_t width, size_t K) {
    if (line != 1 && step != 1) return 0;
    for (size_t panel = 0; panel < panels; panel++) {
        float *at = to + panel * width * K;
        const float *first = from + panel * width * line;
        if (line != 1) {
            pack_rows(at, first, line, width, K);
        } else if (panels - panel < TOGETHER) {
            pack_columns(at, first, step, 1, width, K);
        } else {
            pack_columns(at, first, step, TOGETHER, width, K);
            panel += TOGETHER - 1;
        }
    }
    return line == 1 ? K : K / 4 * 4;
}

/* All panels of a block of `lines` lines; the last one is `narrow` wide where that suffices. */
static void pack(float *to, const float *from, size_t line, size_t step, size_t lines, size_t width, size_t narrow, size_t K) {
    const size_t whole = lines / width;
    const size_t done =
        width == GEMM_NR ? pack_whole(to, from, line, step, whole, GEMM_NR, K) : pack_whole(to, from, line, step, whole, GEMM_MR, K);
    for (size_t panel = done < K ? 0 : whole; panel * width < lines; panel++) {
        const size_t inside = rows_smaller(width, lines - panel * width);
        pack_part(to + panel * width * K, from + panel * width * line, line, step, inside, inside <= narrow ? narrow : width,
                  inside < width ? 0 : done, K);
    }
}

size_t gemm_packed(size_t K, size_t N) { return (N + GEMM_NR - 1) / GEMM_NR * GEMM_NR * K; }

void gemm_pack(float *packed, size_t K, size_t N, GemmOperand B) { pack(packed, B.data, B.cs, B.rs, N, GEMM_NR, 0, K); }

/* A tile at the edge is computed whole in a buffer. */
static void edge_kernel(size_t K, const float *a, const float *b, int beta, float *C, size_t rs_c, size_t rows, size_t columns) {
    float tile[GEMM_MR * GEMM_NR];
    gemm_kernel(K, a, b, 0, tile, GEMM_NR);
    gemm_keep(tile, GEMM_NR, beta, C, rs_c, rows, columns);
}

/* The last columns, where they are few: one after another, as a whole tile would cost as much as GEMM_NR of them, an eighth of a product with N = 65. */
static void narrow_columns(size_t M, size_t columns, size_t K, const float *a, const float *b, int beta, float *C, size_t rs_c) {
    const size_t panels = (M + GEMM_MR - 1) / GEMM_MR;
    for (size_t panel = 0; panel < panels; panel += GEMM_PANELS)
        for (size_t j = 0; j < columns; j++) {
            float column[GEMM_PANELS * GEMM_MR];
            const size_t first = panel * GEMM_MR, rows = rows_smaller(GEMM_PANELS * GEMM_MR, M - first);
            gemm_kernel_column(K, a + first * K, rows_smaller(GEMM_PANELS, panels - panel), b + j, column);
            gemm_keep(column, 1, beta, C + first * rs_c + j, rs_c, rows, 1);
        }
}

/* The last one or two rows, as a whole tile would cost as much as GEMM_MR of them: 3% of a product with M = 128. */
static void last_rows(size_t rows, size_t N, size_t K, const float *a, const float *b, int beta, float *C, size_t rs_c) {
    for (size_t j = 0; j < N; j += 2 * GEMM_NR) {
        float pair[4 * GEMM_NR];
        gemm_kernel_pair(K, a, b + j * K, N - j > GEMM_NR ? GEMM_NR * K : 0, pair);
        gemm_keep(pair, 2 * GEMM_NR, beta, C + j, rs_c, rows, rows_smaller(2 * GEMM_NR, N - j));
    }
}

/* C (M, N) of packed a (M x K) and b (K x N): the panel of b stays in the first-level cache while those of a pass by. */
static void macro_kernel(size_t M, size_t N, size_t K, const float *a, const float *b, int beta, float *C, size_t rs_c) {
    const size_t few = M % GEMM_MR <= 2 && N % GEMM_NR == 0 ? M % GEMM_MR : 0;
    M -= few;
    if (few) last_rows(few, N, K, a + M * K, b, beta, C + M * rs_c, rs_c);
    for (size_t j = 0; j < N; j += GEMM_NR) {
        if (N - j <= GEMM_NARROW) {
            narrow_columns(M, N - j, K, a, b + j * K, beta, C + j, rs_c);
            return;
        }
        for (size_t i = 0; i < M; i += GEMM_MR) {
            float *tile = C + i * rs_c + j;
            if (M - i >= GEMM_MR && N - j >= GEMM_NR)
                gemm_kernel(K, a + i * K, b + j * K, beta, tile, rs_c);
            else
                edge_kernel(K, a + i * K, b + j * K, beta, tile, rs_c, rows_smaller(GEMM_MR, M - i), rows_smaller(GEMM_NR, N - j));
        }
    }
}

/* The columns of C for which packing A still pays: with fewer each row of A is used too seldom. Tried: reading A where it stands for any N costs 3% at
   N = 384, and by panels of B rather than by tiles of A, 4%. */
enum { ENOUGH = 256 };

/* C (M, N) of rows of A as they stand and packed b (K x N): a tile's rows stay in the first-level cache while the panels of b pass by. Tried: a read of
   every line of those rows before, so that they come together: 4% of a small product from cold memory, nothing of a step. */
static void rows_kernel(size_t M, size_t N, size_t K, GemmOperand A, const float *b, int beta, float *C, size_t rs_c) {
    for (size_t i = 0; i < M; i += GEMM_MR) {
        const GemmOperand tile = {A.data + i * A.rs, A.rs, 1};
        gemm_direct(rows_smaller(GEMM_MR, M - i), N, K, tile, b, K, beta, C + i * rs_c, rs_c);
    }
}

void gemm_serial(float *scratch, size_t M, size_t N, size_t K, GemmOperand A, GemmOperand B, int beta, float *C, size_t rs_c) {
    if (M == 1) {
        gemm_vector(N, K, A, B, beta, C);
        return;
    }
    float *packed_a = scratch, *packed_b = scratch + GEMM_MC * GEMM_KC;
    const int as_it_stands = A.cs == 1 && K && N < ENOUGH && N % GEMM_NR == 0;
    for (size_t j = 0; j < N; j += GEMM_NC) {
        size_t columns = rows_smaller(GEMM_NC, N - j);
        for (size_t k = 0; k < K || k == 0; k += GEMM_KC) { /* once for K = 0: C must be cleared */
            size_t depth = rows_smaller(GEMM_KC, K - k);
            pack(packed_b, B.data + k * B.rs + j * B.cs, B.cs, B.rs, columns, GEMM_NR, GEMM_NARROW, depth);
            if (as_it_stands) {
                rows_kernel(M, N, depth, (GemmOperand){A.data + k, A.rs, 1}, packed_b, beta || k, C, rs_c);
                continue;
            }
            for (size_t i = 0; i < M; i += GEMM_MC) {
                size_t rows = rows_smaller(GEMM_MC, M - i);
                pack(packed_a, A.data + i * A.rs + k * A.cs, A.rs, A.cs, rows, GEMM_MR, 0, depth);
                macro_kernel(rows, columns, depth, packed_a, packed_b, beta || k, C + i * rs_c + j, rs_c);
            }
        }
    }
}

typedef struct {
    GemmSerial *serial;
    size_t M, N, K, rows, columns; /* rows x columns of C a piece: all of one or of the other */
    GemmOperand A, B;
    int beta;
    float *C;
    size_t rs_c;
} Split;

static void gemm_task(void *context, size_t index, float *scratch) {
    const Split *s = context;
    size_t i = s->rows < s->M ? index * s->rows : 0, j = s->columns < s->N ? index * s->columns : 0;
    GemmOperand A = {s->A.data + i * s->A.rs, s->A.rs, s->A.cs}, B = {s->B.data + j * s->B.cs, s->B.rs, s->B.cs};
    s->serial(scratch, rows_smaller(s->rows, s->M - i), rows_smaller(s->columns, s->N - j), s->K, A, B, s->beta, s->C + i * s->rs_c + j,
              s->rs_c);
}

/* The share of `n` for each of `parts`, a multiple of `unit`. */
static size_t share(size_t n, size_t parts, size_t unit) { return ((n + parts - 1) / parts + unit - 1) / unit * unit; }

/* A thread's piece is a strip of C across its longer side, for which the operand along the shorter one is packed again. Tried: two pieces a thread, so
   that one that is held up leaves the others something to take; they cost 4% of a step, and beside other work it is no faster. */
void gemm_split(const Exec *exec, GemmSerial *serial, size_t tile_rows, size_t M, size_t N, size_t K, GemmOperand A, GemmOperand B,
                int beta, float *C, size_t rs_c) {
    if (!M || !N) return;
    const Exec use = exec_for(exec, (uint64_t)M * N * (K + 1));
    size_t parts = pool_threads(use.pool);
    Split split = {serial, M, N, K, M, N, A, B, beta, C, rs_c};
    if (M >= N)
        split.rows = share(M, parts, tile_rows);
    else
        split.columns = share(N, parts, GEMM_NR);
    size_t down = (M + split.rows - 1) / split.rows, across = (N + split.columns - 1) / split.columns;
    parallel_for(&use, down * across, gemm_task, &split);
}

void gemm(const Exec *exec, size_t M, size_t N, size_t K, GemmOperand A, GemmOperand B, int beta, float *C, size_t rs_c) {
    gemm_split(exec, gemm_serial, GEMM_MR, M, N, K, A, B, beta, C, rs_c);
}

/* A block of a symmetric C that begins at row i0 and column j0, without the tiles that stand wholly below the diagonal. */
static void upper_kernel(size_t i0, size_t j0, size_t M, size_t N, size_t K, const float *a, const float *b, int beta, float *C,
                         size_t rs_c) {
    for (size_t j = 0; j < N; j += GEMM_NR) {
        size_t end = j0 + j + GEMM_NR, rows = end > i0 ? end - i0 + GEMM_MR - 1 : 0;
        macro_kernel(rows_smaller(M, rows / GEMM_MR * GEMM_MR), rows_smaller(GEMM_NR, N - j), K, a, b + j * K, beta, C + j, rs_c);
    }
}

/* What stands below the diagonal, from above: by blocks of 4 x 4, then the rest of the rows. */
static void mirror(size_t N, float *C) {
    size_t fours = N / 4 * 4;
    for (size_t i = 0; i < fours; i += 4)
        for (size_t j = i + 4; j < fours; j += 4) {
            f32x4 block[4];
            gemm_load_transposed(block, C + i * N + j, N);
            UNROLL
            for (size_t k = 0; k < 4; k++) f32x4_store(C + (j + k) * N + i, block[k]);
        }
    for (size_t j = 1; j < N; j++)
        for (size_t i = j < fours ? j / 4 * 4 : 0; i < j; i++) C[j * N + i] = C[i * N + j];
}

void gemm_symmetric(float *scratch, size_t N, size_t K, GemmOperand A, GemmOperand B, float *C) {
    float *packed_a = scratch, *packed_b = scratch + GEMM_MC * GEMM_KC;
    for (size_t j = 0; j < N; j += GEMM_NC) {
        size_t columns = rows_smaller(GEMM_NC, N - j), above = j + columns;
        for (size_t k = 0; k < K; k += GEMM_KC) {
            size_t depth = rows_smaller(GEMM_KC, K - k);
            pack(packed_b, B.data + k * B.rs + j * B.cs, B.cs, B.rs, columns, GEMM_NR, GEMM_NARROW, depth);
            for (size_t i = 0; i < above; i += GEMM_MC) {
                size_t rows = rows_smaller(GEMM_MC, N - i);
                pack(packed_a, A.data + i * A.rs + k * A.cs, A.rs, A.cs, rows, GEMM_MR, 0, depth);
                upper_kernel(i, j, rows, columns, depth, packed_a, packed_b, k > 0, C + i * N + j, N);
            }
        }
    }
    mirror(N, C);
}
