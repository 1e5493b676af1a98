#include "bench.h"

#include "gemm.h"
#include "unroll.h"

enum { CHAINS = 12 };

double bench_peak(int fused, uint64_t rounds) {
    const volatile float start[3] = {1.0f, 0.999999f, 1e-6f};
    const f32x4 a = f32x4_splat(start[1]), b = f32x4_splat(start[2]);
    f32x4 x[CHAINS], sum = f32x4_splat(0.0f);
    UNROLL
    for (int i = 0; i < CHAINS; i++) x[i] = f32x4_splat(start[0] + (float)i);
    for (uint64_t round = 0; fused && round < rounds; round++) {
        UNROLL
        for (int i = 0; i < CHAINS; i++) x[i] = f32x4_madd(x[i], a, b);
    }
    for (uint64_t round = 0; !fused && round < rounds; round++) {
        UNROLL
        for (int i = 0; i < CHAINS; i++) x[i] = f32x4_add(f32x4_mul(x[i], a), b);
    }
    UNROLL
    for (int i = 0; i < CHAINS; i++) sum = f32x4_add(sum, x[i]);
    volatile float kept = f32x4_sum(sum);
    (void)kept;
    return (double)(rounds * CHAINS * 8);
}

int bench_shape(const Config *c, size_t index, BenchShape *shape) {
    const size_t rows = (size_t)c->batch_size * (size_t)c->block_size, C = (size_t)c->n_embd, inner = config_inner(c);
    const struct {
        const char *name;
        size_t in, out;
    } layers[] = {
        {"qkv", C, config_qkv(c)},          {"attention out", C, C}, {"MLP in", C, config_fc(c)}, {"MLP out", inner, C},
        {"head", C, (size_t)c->vocab_size},
    };
    const size_t count = sizeof layers / sizeof *layers, at = index / 3;
    if (at >= count) return 0;
    const size_t in = layers[at].in, out = layers[at].out;
    const int tall = at == count - 1;
    *shape = (BenchShape){layers[at].name, (BenchKind)(index % 3), tall, tall ? LINEAR_FLOAT32 : c->linear_dtype, rows, out, in};
    if (shape->kind == BENCH_DINPUT) *shape = (BenchShape){shape->layer, shape->kind, tall, shape->dtype, rows, in, out};
    if (shape->kind == BENCH_DWEIGHT)
        *shape = (BenchShape){shape->layer, shape->kind, tall, shape->dtype, tall ? out : in, tall ? in : out, rows};
    return 1;
}

/* Whole vectors. */
static uint64_t padded(uint64_t n) { return (n + 3) / 4 * 4; }

uint64_t bench_floats(const BenchShape *s, size_t threads) {
    const uint64_t M = s->M, N = s->N, K = s->K;
    return padded(M * K) + padded(K * N) + padded(M * N) + GEMM_SCRATCH * (uint64_t)threads;
}

void bench_gemm(Pool *pool, const BenchShape *s, uint64_t times, float *memory) {
    float *a = memory, *b = a + padded((uint64_t)s->M * s->K), *C = b + padded((uint64_t)s->K * s->N),
          *scratch = C + padded((uint64_t)s->M * s->N);
    const Exec exec = {pool, scratch, GEMM_SCRATCH, NULL};
    const int turned = s->kind == BENCH_DWEIGHT;                                         /* activations^T times gradients */
    const int across = s->kind != BENCH_DWEIGHT && (s->kind == BENCH_DINPUT) != s->tall; /* times weights^T */
    const GemmOperand A = turned ? (GemmOperand){a, 1, s->M} : (GemmOperand){a, s->K, 1};
    const GemmOperand B = across ? (GemmOperand){b, 1, s->K} : (GemmOperand){b, s->N, 1};
    for (uint64_t i = 0; i < times; i++) (s->dtype == LINEAR_INT8 ? gemm_int8 : gemm)(&exec, s->M, s->N, s->K, A, B, turned, C, s->N);
}

double bench_flops(const Config *c, double *attention) {
    const double L = c->n_layer, C = c->n_embd, T = c->block_size, inner = (double)config_inner(c);
    const double mlp = C * ((double)config_fc(c) + inner), block = C * (double)config_qkv(c) + C * C + mlp;
    const double pairs = 6 * L * T * C * (c->causal ? 1 : 2);
    if (attention) *attention = pairs;
    return 6 * (L * block + C * c->vocab_size) + pairs;
}
