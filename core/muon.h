/* muon.h - Muon: momentum whose direction is made orthogonal, so that every direction of a matrix moves by the same amount (Jordan et al. 2024,
   https://kellerjordan.github.io/posts/muon).

   The update U of a matrix, with singular values s, becomes one with the singular values f(f(..f(s / |U|))), |U| the Frobenius norm,
   f(x) = 3.4445 x - 4.7750 x^3 + 2.0315 x^5: after five rounds all that began above 0.0026 lie between 0.68 and 1.14.
   That is X <- a X + b (X X^T) X + c (X X^T)^2 X, where X X^T and its polynomials commute. So the rounds are run on the Gram matrix A of the shorter
   side r alone, with p(A) = a I + b A + c A^2: A <- p(A) A p(A), P <- P p(A), all symmetric, of which half is computed; and P multiplies U once.
   For 128 x 512 and five rounds that is 61 million operations instead of 189, for 128 x 128 42 instead of 63.

   The price is accuracy: a rounding error of A (6e-8 |A|) in a direction in which U is 0 grows twelvefold in each round. Against the iteration in double, the
   Frobenius norm of the result is off by 2e-5 where the singular values are alike, 1e-3 where they span six decades, 3e-2 where the rank is 1; after a sixth round
   it would be of no use. */
#ifndef FOLIO_MUON_H
#define FOLIO_MUON_H

#include <stddef.h>
#include <stdint.h>

#include "pool.h"

typedef struct {
    double lr, momentum, weight_decay;
    double grad_scale; /* the gradient is multiplied by this first */
    size_t steps;      /* rounds, 1 to 5 */
} Muon;

/* A matrix within a tensor; (in, out), as all weights are. */
typedef struct {
    size_t in, out;
    size_t stride; /* floats from row to row */
    double scale;  /* of the change */
} MuonMatrix;

/* Nesterov's momentum: m <- momentum m + (1 - momentum) g, update = momentum m + (1 - momentum) g. All arrays (n), 16-aligned; m is read and written,
   update written. */
void muon_momentum(const Exec *exec, Muon settings, const float *grads, float *m, float *update, uint64_t n);

/* Floats of scratch for muon_update. */
uint64_t muon_scratch(size_t in, size_t out);

/* params <- params (1 - lr weight_decay) - lr scale orthogonal(update), on the calling worker. */
void muon_update(Muon settings, MuonMatrix matrix, float *params, const float *update, float *scratch);

#endif
