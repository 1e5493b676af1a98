/* bench.h - work to be timed: the processor's peak, and the matrix products of a model one by one. The clock is the caller's. */
#ifndef FOLIO_BENCH_H
#define FOLIO_BENCH_H

#include "config.h"
#include "pool.h"

/* What a processor does at most: `rounds` times twelve independent vectors, each multiplied and added to; fused: by this build's f32x4_madd, else by
   a product and a sum. Everything stays in registers. Returns the flops done, on the calling thread. */
double bench_peak(int fused, uint64_t rounds);

typedef enum { BENCH_FORWARD, BENCH_DINPUT, BENCH_DWEIGHT } BenchKind;

/* One matrix product of a training step, as the ops make it. */
typedef struct {
    const char *layer; /* "qkv", "attention out", "MLP in", "MLP out", "head" */
    BenchKind kind;
    int tall;  /* the weight stands as (out, in): the head's */
    int dtype; /* as linear_dtype */
    size_t M, N, K;
} BenchShape;

/* Product `index` of the config, in the order of the layers, three a layer; 0 beyond the last. */
int bench_shape(const Config *config, size_t index, BenchShape *shape);

/* Floats that bench_gemm needs, scratch for the workers included. */
uint64_t bench_floats(const BenchShape *shape, size_t threads);

/* The product, `times` in a row. memory: bench_floats, 16-aligned, of any finite content. */
void bench_gemm(Pool *pool, const BenchShape *shape, uint64_t times, float *memory);

/* Useful flops of training one token: 6 for each parameter used in a matrix product, and 6 n_layer block_size n_embd for causal attention (half the
   pairs of positions; twice that without causal). A forward is a third of it. `attention`, if not NULL, receives the second part. */
double bench_flops(const Config *config, double *attention);

#endif
