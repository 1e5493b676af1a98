/* attention.c - softmax(scale q k^T + bias) v by blocks of queries. A block sees the keys up to its last query only, so the causal half is
   skipped; its scores live in scratch, and no T x T matrix is stored. Keys and values of a head are packed once for all its blocks.
   A query's arithmetic depends on its own keys alone. */
#include "dmath.h"
#include "gemm.h"
#include "ops.h"
#include "rows.h"
#include "vmath.h"

/* Queries in a block, whole register tiles of 4 or 6 rows. Forward: few, as more waste more of the triangle; backward: more, as each block adds to all
   its keys. */
enum { QUERIES_FORWARD = 12, QUERIES = 24 };

static size_t padded(size_t n) { return (n + 3) / 4 * 4; }

/* What a worker's scratch holds: keys and values of a head packed, turned (to multiply queries) and as they stand (to be summed); a block's queries
   and output gradients packed; scores. */
typedef struct {
    float *k_turned, *v_turned; /* (hs, T) */
    float *k, *v;               /* (T, hs) */
    float *q, *dout;            /* (QUERIES, hs) */
    float *p, *dp, *masked;     /* (QUERIES, padded T) */
} Scratch;

size_t attention_scratch(size_t T, size_t hs) {
    size_t own = 2 * gemm_packed(hs, T) + 2 * gemm_packed(T, hs) + 2 * gemm_packed(QUERIES, hs) + 3 * QUERIES * padded(T);
    return own > GEMM_SCRATCH ? own : GEMM_SCRATCH;
}

static Scratch scratch_of(float *memory, size_t T, size_t hs) {
    size_t turned = gemm_packed(hs, T), plain = gemm_packed(T, hs), block = gemm_packed(QUERIES, hs), scores = QUERIES * padded(T);
    Scratch s = {.k_turned = memory};
    s.v_turned = s.k_turned + turned;
    s.k = s.v_turned + turned;
    s.v = s.k + plain;
    s.q = s.v + plain;
    s.dout = s.q + block;
    s.p = s.dout + block;
    s.dp = s.p + scores;
    s.masked = s.dp + scores;
    return s;
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

static Block block_of(const AttentionShape *shape, size_t b, size_t h, size_t first, size_t most) {
    Block block = {shape, b, h, first, rows_smaller(most, shape->T - first), 0, 0, 0.0f};
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

/* A row of scores stands unscaled where there is no alibi, and is scaled wherever it is read. Returns the factor to read with. */
static float read_scale(const Block *block, float *row, size_t i) {
    const float scale = (float)block->shape->scale;
    if (block->slope <= 0) return scale;
    size_t at = block->shape->start + block->first + i;
    for (size_t j = 0; j < block->keys; j++) row[j] = row[j] * scale - block->slope * (float)(at > j ? at - j : j - at);
    return 1.0f;
}

/* The largest of scale x[0..n). */
static float largest_of(const float *x, size_t n, float scale) {
    float largest = x[0] * scale;
    f32x4 four = f32x4_splat(largest), factor = f32x4_splat(scale);
    size_t j = 0;
    for (; j + 4 <= n; j += 4) four = f32x4_max(four, f32x4_mul(factor, f32x4_load(x + j)));
    largest = f32x4_largest(four);
    for (; j < n; j++) largest = largest < x[j] * scale ? x[j] * scale : largest;
    return largest;
}

/* row[0..n) = exp(scale row - shift), row[n..width) = 0; returns the sum. */
static float exponentials(float *row, size_t n, size_t width, float scale, float shift) {
    f32x4 sum = f32x4_splat(0.0f), factor = f32x4_splat(scale), subtract = f32x4_splat(shift);
    size_t j = 0;
    for (; j < n; j += 4) {
        f32x4 e = vmath_exp(f32x4_sub(f32x4_mul(factor, f32x4_load(row + j)), subtract));
        if (n - j < 4) e = rows_first(e, n - j);
        f32x4_store(row + j, e);
        sum = f32x4_add(sum, e);
    }
    for (; j < width; j += 4) f32x4_store(row + j, f32x4_splat(0.0f));
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

/* scores become probabilities, with dropout; lse is written. */
static void softmax(const Attention *a, const Block *block, float *scores) {
    const AttentionShape *s = block->shape;
    for (size_t i = 0; i < block->count; i++) {
        float *p = scores + i * block->width, factor = read_scale(block, p, i), largest = largest_of(p, keys_of(block, i), factor);
        float sum = exponentials(p, keys_of(block, i), block->width, factor, largest);
        a->lse[(block->b * s->H + block->h) * s->T + block->first + i] = (float)((double)largest + dmath_log((double)sum));
        f32x4 scale = f32x4_splat(1.0f / sum);
        for (size_t j = 0; j < block->width; j += 4) f32x4_store(p + j, f32x4_mul(f32x4_load(p + j), scale));
        if (s->dropout.p > 0) dropout_apply(p, keys_of(block, i), dropout_index(block, i), s->dropout);
    }
}

/* Where head h of window b stands: its first query, its first key and value, its first output. */
typedef struct {
    size_t q, k, v, out;
} Places;

static Places places_of(const AttentionShape *s, size_t b, size_t h) {
    size_t stride = row_stride(s), window = b * s->T * stride, group = s->H / s->G;
    size_t k = window + (s->H + h / group) * s->hs;
    return (Places){window + s->start * stride + h * s->hs, k, k + s->G * s->hs, b * s->T * s->H * s->hs + h * s->hs};
}

/* One query alone, in decoding: two products with a vector, for which packing would cost more than they do. */
static void forward_one(const Attention *a, size_t head, float *scratch) {
    const AttentionShape *s = &a->shape;
    size_t stride = row_stride(s);
    Places at = places_of(s, head / s->H, head % s->H);
    Block block = block_of(s, head / s->H, head % s->H, 0, 1);
    gemm_vector(block.keys, s->hs, rows(a->qkv + at.q, stride), columns(a->qkv + at.k, stride), 0, scratch);
    softmax(a, &block, scratch);
    gemm_vector(s->hs, block.keys, rows(scratch, block.width), rows(a->qkv + at.v, stride), 0, a->out + at.out);
}

/* One task is one head of one window. */
static void forward_task(void *context, size_t index, float *memory) {
    const Attention *a = context;
    const AttentionShape *s = &a->shape;
    if (s->T == 1) {
        forward_one(a, index, memory);
        return;
    }
    size_t hs = s->hs, stride = row_stride(s), wide = s->H * hs, keys = s->start + s->T;
    Places at = places_of(s, index / s->H, index % s->H);
    Scratch room = scratch_of(memory, keys, hs);
    gemm_pack(room.k_turned, hs, keys, columns(a->qkv + at.k, stride));
    gemm_pack(room.v, keys, hs, rows(a->qkv + at.v, stride));
    for (size_t first = 0; first < s->T; first += QUERIES_FORWARD) {
        Block block = block_of(s, index / s->H, index % s->H, first, QUERIES_FORWARD);
        gemm_direct(block.count, block.keys, hs, rows(a->qkv + at.q + first * stride, stride), room.k_turned, hs, 0, room.p, block.width);
        softmax(a, &block, room.p);
        gemm_direct(block.count, hs, block.keys, rows(room.p, block.width), room.v, keys, 0, a->out + at.out + first * wide, wide);
    }
}

void attention_forward(const Exec *exec, float *out, float *lse, const float *qkv, AttentionShape shape) {
    Attention a = {shape, qkv, out, lse, NULL, NULL, NULL, NULL};
    const Exec use = exec_for(exec, 2 * (uint64_t)shape.B * shape.H * shape.T * (shape.start + shape.T) * shape.hs);
    parallel_for(&use, shape.B * shape.H, forward_task, &a);
    lap_read(exec->lap, LAP_ATTENTION);
}

/* With s = scale q k^T, p = exp(s - lse), m the dropout mask over 1 - p, o = (p m) v:
     dv = (p m)^T do,  dp = m (do v^T),  ds = p (dp - sum_j p dp) scale, where sum_j p dp = do . o,
     dq = ds k,  dk = ds^T q. */
static void probabilities(const Attention *a, const Block *block, float *p) {
    const float *lse = a->lse_in + (block->b * block->shape->H + block->h) * block->shape->T + block->first;
    for (size_t i = 0; i < block->count; i++, p += block->width)
        exponentials(p, keys_of(block, i), block->width, read_scale(block, p, i), lse[i]);
}

static void drop(const Block *block, float *x) {
    for (size_t i = 0; i < block->count; i++)
        dropout_apply(x + i * block->width, keys_of(block, i), dropout_index(block, i), block->shape->dropout);
}

static float dot(const float *x, const float *y, size_t n) {
    f32x4 sum = f32x4_splat(0.0f);
    size_t i = 0;
    for (; i + 4 <= n; i += 4) sum = f32x4_madd(f32x4_load(x + i), f32x4_load(y + i), sum);
    if (i < n) sum = f32x4_madd(rows_load(x + i, n - i), rows_load(y + i, n - i), sum);
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
        size_t j = 0;
        for (; j < keys_of(block, i); j += 4) {
            f32x4 inner = f32x4_mul(f32x4_sub(f32x4_load(d + j), shift), scale);
            f32x4_store(d + j, f32x4_mul(f32x4_load(row + j), inner));
        }
        for (; j < block->width; j += 4) f32x4_store(d + j, f32x4_splat(0.0f));
    }
}

static void backward_block(const Attention *a, const Block *block, const Scratch *room, Places at) {
    const AttentionShape *s = block->shape;
    size_t stride = row_stride(s), wide = s->H * s->hs, n = block->count, keys = block->keys, width = block->width, hs = s->hs;
    const float *q = a->qkv + at.q + block->first * stride, *out = a->out_in + at.out + block->first * wide;
    const float *dout = a->dout + at.out + block->first * wide;
    float *p = room->p, *dp = room->dp, *masked = p;
    gemm_direct(n, keys, hs, rows(q, stride), room->k_turned, hs, 0, p, width);
    probabilities(a, block, p);
    if (s->dropout.p > 0) {
        masked = room->masked;
        memcpy(masked, p, n * width * sizeof *p);
        drop(block, masked);
    }
    gemm_pack(room->dout, n, hs, rows(dout, wide));
    gemm_direct(keys, hs, n, columns(masked, width), room->dout, n, 1, a->dqkv + at.v, stride);
    gemm_direct(n, keys, hs, rows(dout, wide), room->v_turned, hs, 0, dp, width);
    if (s->dropout.p > 0) drop(block, dp);
    softmax_backward(block, dp, p, dout, out);
    gemm_direct(n, hs, keys, rows(dp, width), room->k, s->T, 0, a->dqkv + at.q + block->first * stride, stride);
    gemm_pack(room->q, n, hs, rows(q, stride));
    gemm_direct(keys, hs, n, columns(dp, width), room->q, n, 1, a->dqkv + at.k, stride);
}

/* Not memset, which V8 calls out for: for so few it takes several times as long. */
static void clear(float *to, size_t n) {
    for (size_t i = 0; i < n; i += 4) rows_store(to + i, f32x4_splat(0.0f), n - i);
}

/* One task is one key/value head of one window: only its own queries add to its gradient, in order. */
static void backward_task(void *context, size_t index, float *memory) {
    const Attention *a = context;
    const AttentionShape *s = &a->shape;
    size_t b = index / s->G, group = s->H / s->G, stride = row_stride(s), hs = s->hs, h = index % s->G * group;
    Places at = places_of(s, b, h);
    Scratch room = scratch_of(memory, s->T, hs);
    gemm_pack(room.k_turned, hs, s->T, columns(a->qkv + at.k, stride));
    gemm_pack(room.v_turned, hs, s->T, columns(a->qkv + at.v, stride));
    gemm_pack(room.k, s->T, hs, rows(a->qkv + at.k, stride));
    for (size_t t = 0; t < s->T; t++) {
        clear(a->dqkv + at.k + t * stride, hs);
        clear(a->dqkv + at.v + t * stride, hs);
    }
    for (size_t end = h + group; h < end; h++)
        for (size_t first = 0; first < s->T; first += QUERIES) {
            Block block = block_of(s, b, h, first, QUERIES);
            backward_block(a, &block, &room, places_of(s, b, h));
        }
}

void attention_backward(const Exec *exec, float *dqkv, const float *dout, const float *out, const float *qkv, const float *lse,
                        AttentionShape shape) {
    Attention a = {shape, qkv, NULL, NULL, dout, out, lse, dqkv};
    const Exec use = exec_for(exec, 5 * (uint64_t)shape.B * shape.H * shape.T * shape.T * shape.hs);
    parallel_for(&use, shape.B * shape.G, backward_task, &a);
    lap_read(exec->lap, LAP_ATTENTION);
}
