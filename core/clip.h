/* clip.h - the global norm of the gradient, and the factor that keeps it within bounds. */
#ifndef FOLIO_CLIP_H
#define FOLIO_CLIP_H

#include <stdint.h>

#include "pool.h"

/* Doubles of memory that clip_norm needs for n floats. */
uint64_t clip_partials(uint64_t n);

/* L2 norm of grads (n): squares are summed in pieces of fixed size, which are added in order. partials: clip_partials(n) doubles, written. */
double clip_norm(const Exec *exec, const float *grads, uint64_t n, double *partials);

/* What to multiply the gradient by: max_norm / (norm + 1e-6) where that is below 1 and max_norm is not 0, as PyTorch's clip_grad_norm_. */
double clip_factor(double norm, double max_norm);

#endif
