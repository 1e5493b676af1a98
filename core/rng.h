/* rng.h - counter-based random numbers: (seed, stream, index) -> bits. No state, so any draw can be made at any time.
   Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC11), Philox4x32-10. */
#ifndef FOLIO_RNG_H
#define FOLIO_RNG_H

#include <stdint.h>

/* What a draw is for. Different streams never share a counter. */
enum { RNG_INIT = 1, RNG_BATCH = 2, RNG_DROPOUT = 3, RNG_SAMPLE = 4, RNG_SHUFFLE = 5 };

/* A stream of its own for the `minor`-th part (a tensor, a step and layer, ...) of a purpose. minor < 2^56: purpose 2^56 + minor. */
uint64_t rng_stream(uint32_t purpose, uint64_t minor);

/* Writes the four words of block (seed, stream, index): key = seed, counter = {index low, index high, stream low, stream high}. */
void rng_block(uint64_t seed, uint64_t stream, uint64_t index, uint32_t out[4]);

/* 64 bits: words 0 (low) and 1 (high) of the block. */
uint64_t rng_bits(uint64_t seed, uint64_t stream, uint64_t index);

/* Uniform in [0, 1), a multiple of 2^-53. */
double rng_uniform(uint64_t seed, uint64_t stream, uint64_t index);

/* Uniform integer in [0, bound), bound >= 1: the high word of bits * bound, so the bias is at most bound / 2^64. */
uint64_t rng_below(uint64_t seed, uint64_t stream, uint64_t index, uint64_t bound);

/* Fills out[0..n) with mean 0 and standard deviation std: Box-Muller, two numbers a block. */
void rng_fill_normal(float *out, uint64_t n, double std, uint64_t seed, uint64_t stream);

#endif
