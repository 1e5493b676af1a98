/* gemm.h - the matrix product. C (M, N) = beta C + A (M, K) B (K, N); element (i, j) of an operand X is X[i rs_x + j cs_x], so a transpose is
   a change of strides. C is row-major with rs_c >= N. beta is 0 (C is never read) or 1.
   Every element is the sum over k in ascending order, in blocks of GEMM_KC that are added to each other in order: the bits depend neither on
   M, N and the strides nor on the threads, and a zero row at the end of K changes nothing.
   Source of the five loops: Goto, van de Geijn 2008; Van Zee, van de Geijn 2015 (BLIS). */
#ifndef FOLIO_GEMM_H
#define FOLIO_GEMM_H

#include "f32x4.h"
#include "pool.h"

enum {
    GEMM_MR = F32X4_TILE_ROWS, /* register tile */
    GEMM_NR = 8,
    GEMM_NARROW = 4, /* last columns that are computed one by one */
    GEMM_PANELS = 4, /* panels of A at once there */
    GEMM_MC = 96,    /* rows of A packed at once: MC KC floats stay in the second-level cache */
    GEMM_KC = 256,   /* steps of k packed at once: a panel of KC NR floats stays in the first-level cache */
    GEMM_NC = 512,   /* columns of B packed at once */
    GEMM_SCRATCH = GEMM_MC * GEMM_KC + GEMM_KC * GEMM_NC /* floats of scratch a worker needs */
};

typedef struct {
    const float *data;
    size_t rs, cs; /* elements from row to row, from column to column */
} GemmOperand;

/* On all workers; exec->scratch_floats >= GEMM_SCRATCH. */
void gemm(const Exec *exec, size_t M, size_t N, size_t K, GemmOperand A, GemmOperand B, int beta, float *C, size_t rs_c);

/* The same on the calling worker alone, with GEMM_SCRATCH floats of scratch. */
void gemm_serial(float *scratch, size_t M, size_t N, size_t K, GemmOperand A, GemmOperand B, int beta, float *C, size_t rs_c);

/* C (N, N), dense, overwritten, = A (N, K) B (K, N), K > 0, of which the caller knows that it is symmetric: little more than half the work, as what
   stands below the diagonal is copied from above. On the calling worker, with GEMM_SCRATCH floats of scratch. */
void gemm_symmetric(float *scratch, size_t N, size_t K, GemmOperand A, GemmOperand B, float *C);

/* gemm_int8.c: the same product in whole numbers, four times as many at once. Each row of A becomes 8-bit numbers, each column of B 7-bit ones, times a
   scale: their largest absolute value over 127 and over 63, in blocks of GEMM_KC steps of k; the sums over a block are exact. A and B are row-major or
   column-major (rs = 1 or cs = 1), K >= 1. A zero at the end of a row changes nothing, nor do threads; exact and fast numerics give the same bits.
   Where a row or a column has NaN or infinity, all that it is multiplied into is one or the other.
   Source of the idea: Dettmers et al. 2022 (LLM.int8), Wortsman et al. 2023 (SwitchBack). */
void gemm_int8(const Exec *exec, size_t M, size_t N, size_t K, GemmOperand A, GemmOperand B, int beta, float *C, size_t rs_c);

/* gemm_kernel.c: what of a tile, `width` floats a row, lies inside C goes there. */
void gemm_keep(const float *tile, size_t width, int beta, float *C, size_t rs_c, size_t rows, size_t columns);

/* A product on one worker, as gemm_serial. */
typedef void GemmSerial(float *scratch, size_t M, size_t N, size_t K, GemmOperand A, GemmOperand B, int beta, float *C, size_t rs_c);

/* The product in pieces on all workers, each by `serial`; rows and columns of a piece are multiples of the tile's. */
void gemm_split(const Exec *exec, GemmSerial *serial, size_t tile_rows, size_t M, size_t N, size_t K, GemmOperand A, GemmOperand B,
                int beta, float *C, size_t rs_c);

/* gemm_kernel.c: C (MR, NR) = beta C + sum over k < K of a[k MR + i] b[k NR + j]. */
void gemm_kernel(size_t K, const float *a, const float *b, int beta, float *C, size_t rs_c);

/* gemm_kernel.c: `panels` <= GEMM_PANELS panels of a, one after another, times one column: b[k GEMM_NARROW]. column: MR floats a panel. */
void gemm_kernel_column(size_t K, const float *a, size_t panels, const float *b, float *column);

/* gemm_kernel.c: the first two rows of a panel of a times two panels of b, the second `other` floats after the first. pair: (2, 2 NR). */
void gemm_kernel_pair(size_t K, const float *a, const float *b, size_t other, float *pair);

/* All of B (K, N) in panels of GEMM_NR columns, panel after panel, the last filled up with zeros: gemm_packed(K, N) floats. */
size_t gemm_packed(size_t K, size_t N);
void gemm_pack(float *packed, size_t K, size_t N, GemmOperand B);

/* gemm_direct.c: C (M, N) = beta C + A (M, K) B (K, N) on the calling worker, B packed with `depth` >= K rows, of which the first K count, and at
   least N columns. C may be wider than N only where rs_c says so: nothing beyond N is written. K >= 1. */
void gemm_direct(size_t M, size_t N, size_t K, GemmOperand A, const float *packed, size_t depth, int beta, float *C, size_t rs_c);

/* gemm_vector.c: C (1, N), without packing; for decoding one token. */
void gemm_vector(size_t N, size_t K, GemmOperand A, GemmOperand B, int beta, float *C);

#endif
