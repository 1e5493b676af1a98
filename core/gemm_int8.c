/* gemm_int8.c - the matrix product in whole numbers: rows of A and columns of B are scaled to few levels as they are packed. A byte of B stands OFFSET
   higher than it is, so that none is negative; what that adds to a sum, OFFSET times the sum of A's row, is taken off before it begins. */
#include "gemm_tile.h"
#include "rows.h"

enum { MR = 4, LEVELS_A = 127, LEVELS_B = 63, OFFSET = 64 };

/* Below this a line is zeros: its inverse would not be finite. */
static const float least = 1e-30F;
/* Added to a float, its fraction is gone, and what is whole stands in its low bits. */
static const float whole = 12582912.0F;

/* Lines of an operand, packed: `width` of them side by side, four steps of k of each together. */
typedef struct {
    int8_t *bytes;
    float *scale; /* of a line */
    int32_t *sum; /* of a line's bytes */
    size_t width;
    float levels, offset;
} Packed;

/* Four steps of k of four lines: block[j] holds step j of each; zeros beyond `lines` and `depth`. */
static void load(f32x4 block[4], const float *from, size_t line, size_t step, size_t lines, size_t depth) {
    const int inside = lines >= 4 && depth >= 4;
    if (inside && line == 1) {
        UNROLL
        for (size_t j = 0; j < 4; j++) block[j] = f32x4_load(from + j * step);
    } else if (inside && step == 1) {
        gemm_load_transposed(block, from, line);
    } else {
        for (size_t j = 0; j < 4; j++) {
            float lanes[4];
            for (size_t i = 0; i < 4; i++) lanes[i] = i < lines && j < depth ? from[i * line + j * step] : 0.0f;
            block[j] = f32x4_load(lanes);
        }
    }
}

/* Four lines from `first`. A line that is not finite has a scale that is not: it spoils what it is multiplied into, as with floats.
   `turned`: GEMM_KC vectors. */
static void pack_four(const Packed *p, size_t first, const float *from, size_t line, size_t step, size_t lines, size_t K, float *turned) {
    f32x4 largest = f32x4_splat(0.0f), block[4];
    for (size_t k = 0; k < K; k += 4) {
        load(block, from + k * step, line, step, lines, K - k);
        UNROLL
        for (size_t j = 0; j < 4; j++) {
            largest = f32x4_max_abs(largest, block[j]);
            f32x4_store(turned + 4 * (k + j), block[j]);
        }
    }
    f32x4_store(p->scale + first, f32x4_div(largest, f32x4_splat(p->levels)));
    const f32x4 inverse = f32x4_zero_below(largest, f32x4_splat(least), f32x4_div(f32x4_splat(p->levels), largest));
    const f32x4 add = f32x4_splat(whole + p->offset);
    const size_t depth = (K + 3) / 4 * 4;
    int8_t *to = p->bytes + first / p->width * p->width * depth + first % p->width * 4;
    i32x4 sum = i32x4_splat(0);
    for (size_t k = 0; k < K; k += 4) {
        UNROLL
        for (size_t j = 0; j < 4; j++) block[j] = f32x4_add(f32x4_mul(f32x4_load(turned + 4 * (k + j)), inverse), add);
        const i8x16 bytes = i8x16_of(block);
        i8x16_store(to + k * p->width, bytes);
        sum = i8x16_dot(bytes, i8x16_splat(1), sum);
    }
    i32x4_store(p->sum + first, sum);
}

static void pack(const Packed *p, const float *from, size_t line, size_t step, size_t lines, size_t K, float *turned) {
    for (size_t first = 0; first < (lines + p->width - 1) / p->width * p->width; first += 4)
        pack_four(p, first, from + first * line, line, step, lines > first ? lines - first : 0, K, turned);
}

static void kernel(size_t K, const Packed *a, const Packed *b, size_t i0, size_t j0, int beta, float *C, size_t rs_c) {
    const int8_t *x = a->bytes + i0 * K, *y = b->bytes + j0 * K;
    i32x4 sum[MR][2];
    UNROLL
    for (int i = 0; i < MR; i++) sum[i][0] = sum[i][1] = i32x4_splat(-OFFSET * a->sum[i0 + (size_t)i]);
    for (size_t k = 0; k < K; k += 4, x += 4 * MR, y += 4 * GEMM_NR) {
        const i8x16 y0 = i8x16_load(y), y1 = i8x16_load(y + 16);
        UNROLL
        for (int i = 0; i < MR; i++) {
            const i8x16 four = i8x16_load_splat(x + 4 * i);
            sum[i][0] = i8x16_dot(four, y0, sum[i][0]);
            sum[i][1] = i8x16_dot(four, y1, sum[i][1]);
        }
    }
    const f32x4 scale0 = f32x4_load(b->scale + j0), scale1 = f32x4_load(b->scale + j0 + 4);
    UNROLL
    for (int i = 0; i < MR; i++, C += rs_c) {
        const f32x4 scale = f32x4_load_splat(a->scale + i0 + i);
        const f32x4 left = f32x4_mul(f32x4_of(sum[i][0]), f32x4_mul(scale, scale0));
        const f32x4 right = f32x4_mul(f32x4_of(sum[i][1]), f32x4_mul(scale, scale1));
        f32x4_store(C, beta ? f32x4_add(f32x4_load(C), left) : left);
        f32x4_store(C + 4, beta ? f32x4_add(f32x4_load(C + 4), right) : right);
    }
}

static void macro_kernel(size_t M, size_t N, size_t K, const Packed *a, const Packed *b, int beta, float *C, size_t rs_c) {
    for (size_t j = 0; j < N; j += GEMM_NR)
        for (size_t i = 0; i < M; i += MR) {
            float tile[MR * GEMM_NR], *to = C + i * rs_c + j;
            const int inside = M - i >= MR && N - j >= GEMM_NR;
            kernel(K, a, b, i, j, beta && inside, inside ? to : tile, inside ? rs_c : GEMM_NR);
            if (!inside) gemm_keep(tile, GEMM_NR, beta, to, rs_c, rows_smaller(MR, M - i), rows_smaller(GEMM_NR, N - j));
        }
}

static void serial(float *scratch, size_t M, size_t N, size_t K, GemmOperand A, GemmOperand B, int beta, float *C, size_t rs_c) {
    float *turned = scratch, *scale_a = turned + 4 * GEMM_KC, *scale_b = scale_a + GEMM_MC;
    int32_t *sum_a = (int32_t *)(void *)(scale_b + GEMM_NC), *sum_b = sum_a + GEMM_MC;
    int8_t *bytes_a = (int8_t *)(sum_b + GEMM_NC), *bytes_b = bytes_a + GEMM_MC * GEMM_KC;
    const Packed a = {bytes_a, scale_a, sum_a, MR, LEVELS_A, 0.0f}, b = {bytes_b, scale_b, sum_b, GEMM_NR, LEVELS_B, OFFSET};
    for (size_t j = 0; j < N; j += GEMM_NC) {
        size_t columns = rows_smaller(GEMM_NC, N - j);
        for (size_t k = 0; k < K; k += GEMM_KC) {
            size_t depth = rows_smaller(GEMM_KC, K - k);
            pack(&b, B.data + k * B.rs + j * B.cs, B.cs, B.rs, columns, depth, turned);
            for (size_t i = 0; i < M; i += GEMM_MC) {
                size_t rows = rows_smaller(GEMM_MC, M - i);
                pack(&a, A.data + i * A.rs + k * A.cs, A.rs, A.cs, rows, depth, turned);
                macro_kernel(rows, columns, (depth + 3) / 4 * 4, &a, &b, beta || k, C + i * rs_c + j, rs_c);
            }
        }
    }
}

void gemm_int8(const Exec *exec, size_t M, size_t N, size_t K, GemmOperand A, GemmOperand B, int beta, float *C, size_t rs_c) {
    gemm_split(exec, serial, MR, M, N, K, A, B, beta, C, rs_c);
}
