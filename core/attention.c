/* attention.c - softmax(scale q k^T + bias) v by blocks of queries. A block sees the keys up to its last query only, so the causal half is
   skipped; its scores live in scratch, and no T x T matrix is stored. A query's arithmetic depends on its own keys alone. */
#include "dmath.h"
#include "gemm.h"
#include "ops.h"
#include "rows.h"
#include "vmath.h"

enum { QUERIES = 24 }; /* in a block: four register tiles; 48 wastes more of the triangle at T = 64, 12 packs the keys too often */

static size_t padded(size_t n) { return (n + 3) / 4 * 4; }

size_t attention_scratch(size_t T, size_t hs) {
    (void)hs;
    return GEMM_SCRATCH + 3 * QUERIES * padded(T);
}

/* Slope of head h of H: 2^(-8 (h + 1) / n) for the first n = 2^floor(log2 H) heads, then every other one of 2n. */
static float alibi_slope(size_t h, size_t H) {
    size_t n = 1;
    while (2 * n <= H) n *= 2;
    double exponent = h < n ? -8.0 * (double)(h + 1) / (double)n : -4.0 * (double)(2 * (h - n) + 1) / (double)n;
    return (float)dmath_pow(2.0, exponent);
}

/* One block of queries of one head. */
typedef struct {
    const AttentionShape *shape;
    size_t b, h, first, count; /* window, head, queries first .. first + count - 1 of the window */
    size_t keys, width;        /* keys the block sees; floats from score row to score row */
    float slope;
} Block;

static Block block_of(const AttentionShape *shape, size_t b, size_t h, size_t first) {
    Block block = {shape, b, h, first, rows_smaller(QUERIES, shape->T - first), 0, 0, 0.0f};
    block.keys = shape->start + (shape->causal ? first + block.count : shape->T);
    block.width = padded(block.keys);
    if (shape->alibi) block.slope = alibi_slope(h, shape->H);
    return block;
}

static size_t keys_of(const Block *block, size_t i) {
    return block->shape->causal ? block->shape->start + block->first + i + 1 : block->keys;
}

static size_t row_stride(const AttentionShape *shape) { return (shape->H + 2 * shape->G) * shape->hs; }

static GemmOperand rows(const float *data, size_t stride) { return (GemmOperand){data, stride, 1}; }

static GemmOperand columns(const float *data, size_t stride) { return (GemmOperand){data, 1, stride}; }

/* scores (count, keys) = scale q k^T + alibi; the rest of the last vector of a row is undefined. */
static void block_scores(const Block *block, float *scores, const float *q, const float *k, float *scratch) {
    size_t stride = row_stride(block->shape);
    gemm_serial(scratch, block->count, block->keys, block->shape->hs, rows(q, stride), columns(k, stride), 0, scores, block->width);
    const f32x4 scale = f32x4_splat((float)block->shape->scale);
    for (size_t i = 0; i < block->count; i++) {
        float *row = scores + i * block->width;
        for (size_t j = 0; j < block->width; j += 4) f32x4_store(row + j, f32x4_mul(scale, f32x4_load(row + j)));
        if (block->slope > 0) {
            size_t at = block->shape->start + block->first + i;
            for (size_t j = 0; j < block->keys; j++) row[j] -= block->slope * (float)(at > j ? at - j : j - at);
        }
    }
}

static float largest_of(const float *x, size_t n) {
    float largest = x[0];
    f32x4 four = f32x4_splat(largest);
    size_t j = 0;
    for (; j + 4 <= n; j += 4) four = f32x4_max(four, f32x4_load(x + j));
    largest = f32x4_largest(four);
    for (; j < n; j++) largest = largest < x[j] ? x[j] : largest;
    return largest;
}

/* row[0..n) = exp(row - shift), row[n..width) = 0; returns the sum. */
static float exponentials(float *row, size_t n, size_t width, float shift) {
    f32x4 sum = f32x4_splat(0.0f), subtract = f32x4_splat(shift);
    for (size_t j = 0; j < width; j += 4) {
        f32x4 e = f32x4_splat(0.0f);
        if (j < n) e = vmath_exp(f32x4_sub(rows_load(row + j, n - j), subtract));
        f32x4_store(row + j, e);
        if (j < n && n < j + 4) {
            for (size_t i = n; i < j + 4; i++) row[i] = 0.0f;
            e = f32x4_load(row + j);
        }
        sum = f32x4_add(sum, e);
    }
    return f32x4_sum(sum);
}

static uint64_t dropout_index(const Block *block, size_t i) {
    const AttentionShape *s = block->shape;
    return (((uint64_t)block->b * s->H + block->h) * s->T + block->first + i) * s->T;
}

typedef struct {
    AttentionShape shape;
    const float *qkv;
    float *out, *lse;                    /* forward writes */
    const float *dout, *out_in, *lse_in; /* backward reads */
    float *dqkv;
} Attention;

static void forward_block(const Attention *a, const Block *block, float *scratch) {
    const AttentionShape *s = block->shape;
    size_t stride = row_stride(s), row = block->b * s->T + block->first;
    const float *window = a->qkv + block->b * s->T * stride;
    const float *q = window + (s->start + block->first) * stride + block->h * s->hs;
    const float *k = window + (s->H + block->h / (s->H / s->G)) * s->hs, *v = k + s->G * s->hs;
    float *scores = scratch + GEMM_SCRATCH;
    block_scores(block, scores, q, k, scratch);
    for (size_t i = 0; i < block->count; i++) {
        float *p = scores + i * block->width, largest = largest_of(p, keys_of(block, i));
        float sum = exponentials(p, keys_of(block, i), block->width, largest);
        a->lse[(block->b * s->H + block->h) * s->T + block->first + i] = (float)((double)largest + dmath_log((double)sum));
        f32x4 scale = f32x4_splat(1.0f / sum);
        for (size_t j = 0; j < block->width; j += 4) f32x4_store(p + j, f32x4_mul(f32x4_load(p + j), scale));
        if (s->dropout.p > 0) dropout_apply(p, keys_of(block, i), dropout_index(block, i), s->dropout);
    }
    gemm_serial(scratch, block->count, s->hs, block->keys, rows(scores, block->width), rows(v, stride), 0,
                a->out + row * s->H * s->hs + block->h * s->hs, s->H * s->hs);
}

static void forward_task(void *context, size_t index, float *scratch) {
    const Attention *a = context;
    size_t blocks = (a->shape.T + QUERIES - 1) / QUERIES, head = index / blocks;
    Block block = block_of(&a->shape, head / a->shape.H, head % a->shape.H, index % blocks * QUERIES);
    forward_block(a, &block, scratch);
}

void attention_forward(const Exec *exec, float *out, float *lse, const float *qkv, AttentionShape shape) {
    Attention a = {shape, qkv, out, lse, NULL, NULL, NULL, NULL};
    parallel_for(exec, shape.B * shape.H * ((shape.T + QUERIES - 1) / QUERIES), forward_task, &a);
}

/* With s = scale q k^T, p = exp(s - lse), m the dropout mask over 1 - p, o = (p m) v:
     dv = (p m)^T do,  dp = m (do v^T),  ds = p (dp - sum_j p dp) scale, where sum_j p dp = do . o,
     dq = ds k,  dk = ds^T q. */
static void probabilities(const Attention *a, const Block *block, float *p, const float *q, const float *k, float *scratch) {
    block_scores(block, p, q, k, scratch);
    const float *lse = a->lse_in + (block->b * block->shape->H + block->h) * block->shape->T + block->first;
    for (size_t i = 0; i < block->count; i++) exponentials(p + i * block->width, keys_of(block, i), block->width, lse[i]);
}

static void drop(const Block *block, float *x) {
    for (size_t i = 0; i < block->count; i++)
        dropout_apply(x + i * block->width, keys_of(block, i), dropout_index(block, i), block->shape->dropout);
}

static float dot(const float *x, const float *y, size_t n) {
    f32x4 sum = f32x4_splat(0.0f);
    for (size_t i = 0; i < n; i += 4) sum = f32x4_madd(rows_load(x + i, n - i), rows_load(y + i, n - i), sum);
    return f32x4_sum(sum);
}

/* dp (count, keys) becomes ds. */
static void softmax_backward(const Block *block, float *dp, const float *p, const float *dout, const float *out) {
    const AttentionShape *s = block->shape;
    const f32x4 scale = f32x4_splat((float)s->scale);
    for (size_t i = 0; i < block->count; i++) {
        f32x4 shift = f32x4_splat(dot(dout + i * s->H * s->hs, out + i * s->H * s->hs, s->hs));
        float *d = dp + i * block->width;
        const float *row = p + i * block->width;
        for (size_t j = 0; j < block->width; j += 4) {
            f32x4 inner = f32x4_mul(f32x4_sub(rows_load(d + j, block->keys - j), shift), scale);
            f32x4_store(d + j, f32x4_mul(f32x4_load(row + j), inner));
        }
    }
}

static void backward_block(const Attention *a, const Block *block, float *scratch) {
    const AttentionShape *s = block->shape;
    size_t stride = row_stride(s), wide = s->H * s->hs, n = block->count, keys = block->keys, width = block->width;
    size_t window = block->b * s->T * stride, k_at = window + (s->H + block->h / (s->H / s->G)) * s->hs, v_at = k_at + s->G * s->hs;
    size_t q_at = window + block->first * stride + block->h * s->hs;
    size_t o_at = (block->b * s->T + block->first) * wide + block->h * s->hs;
    const float *q = a->qkv + q_at, *k = a->qkv + k_at, *v = a->qkv + v_at, *dout = a->dout + o_at;
    float *p = scratch + GEMM_SCRATCH, *dp = p + QUERIES * padded(s->T), *masked = p;
    probabilities(a, block, p, q, k, scratch);
    if (s->dropout.p > 0) {
        masked = dp + QUERIES * padded(s->T);
        memcpy(masked, p, n * width * sizeof *p);
        drop(block, masked);
    }
    gemm_serial(scratch, keys, s->hs, n, columns(masked, width), rows(dout, wide), 1, a->dqkv + v_at, stride);
    gemm_serial(scratch, n, keys, s->hs, rows(dout, wide), columns(v, stride), 0, dp, width);
    if (s->dropout.p > 0) drop(block, dp);
    softmax_backward(block, dp, p, dout, a->out_in + o_at);
    gemm_serial(scratch, n, s->hs, keys, rows(dp, width), rows(k, stride), 0, a->dqkv + q_at, stride);
    gemm_serial(scratch, keys, s->hs, n, columns(dp, width), rows(q, stride), 1, a->dqkv + k_at, stride);
}

/* One task is one key/value head of one window: only its own queries add to its gradient, in order. */
static void backward_task(void *context, size_t index, float *scratch) {
    const Attention *a = context;
    const AttentionShape *s = &a->shape;
    size_t b = index / s->G, g = index % s->G, group = s->H / s->G, stride = row_stride(s);
    for (size_t t = 0; t < s->T; t++) {
        float *dk = a->dqkv + (b * s->T + t) * stride + (s->H + g) * s->hs;
        memset(dk, 0, s->hs * sizeof *dk);
        memset(dk + s->G * s->hs, 0, s->hs * sizeof *dk);
    }
    for (size_t h = g * group; h < (g + 1) * group; h++)
        for (size_t first = 0; first < s->T; first += QUERIES) {
            Block block = block_of(s, b, h, first);
            backward_block(a, &block, scratch);
        }
}

void attention_backward(const Exec *exec, float *dqkv, const float *dout, const float *out, const float *qkv, const float *lse,
                        AttentionShape shape) {
    Attention a = {shape, qkv, NULL, NULL, dout, out, lse, dqkv};
    parallel_for(exec, shape.B * shape.G, backward_task, &a);
}
