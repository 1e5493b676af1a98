/* muon.h - Muon: momentum whose direction is made orthogonal, so that every direction of a matrix moves by the same amount (Jordan et al. 2024,
   https://kellerjordan.github.io/posts/muon).

   A round takes every singular value x of a matrix X to a x + b x^3 + c x^5, that is X <- a X + b (X X^T) X + c (X X^T)^2 X, and after some rounds all are
   close to 1. X begins as the update U, divided by a norm so that no value is above 1:
     newton_schulz   a, b, c = 3.4445, -4.7750, 2.0315 in each of five rounds, from U / |U|, the Frobenius norm: values above 0.0016 end between 0.68 and 1.21.
     polar_express   each round has the best a, b, c for what the one before leaves (Amsel et al. 2025), for values from 0.003 to 1, and U is divided by
                     (sum of x^4)^(1/4), less than |U| and yet no value is larger: after four rounds they end between 0.77 and 1.20. As
                     in the paper each polynomial is that of x / 1.01, for at the upper end their composition is steep.

   X X^T and its polynomials commute. So the rounds are run on the Gram matrix A = X X^T of the shorter side r alone, with p(A) = a I + b A + c A^2:
   A <- p(A) A p(A), P <- P p(A), all symmetric, of which half is computed; and P multiplies U once. Millions of operations for one matrix:
                                 128 x 128   128 x 512
     five rounds as written         63          189
     newton_schulz, five            42           61
     polar_express, four            34           52

   The price is accuracy: a rounding error of A (6e-8 |A|) in a direction in which U is 0 grows by a^2 in each round, so five rounds are the most. Against the
   same rounds in double the Frobenius norm of the result is off by at most 5e-4 (newton_schulz, five) and 4e-3 (polar_express, four; 1e-3 in most
   cases), for r of 32 and 128 and singular values that are alike, span three or six decades, or are 0 but for four or one. (As written, in f32: 3e-5.)
   That A is symmetric to the bit makes a hundredfold difference here. */
#ifndef FOLIO_MUON_H
#define FOLIO_MUON_H

#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "pool.h"

typedef struct {
    double lr, momentum, weight_decay;
    double grad_scale; /* the gradient is multiplied by this first */
    size_t steps;      /* rounds, 1 to 5 */
    int method;        /* MUON_NEWTON_SCHULZ or MUON_POLAR_EXPRESS */
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
