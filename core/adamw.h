/* adamw.h - AdamW: Adam with decoupled weight decay (Kingma, Ba 2015; Loshchilov, Hutter 2019), in PyTorch's arithmetic. */
#ifndef FOLIO_ADAMW_H
#define FOLIO_ADAMW_H

#include <stdint.h>

#include "pool.h"

typedef struct {
    double lr, beta1, beta2, eps, weight_decay;
    double grad_scale; /* the gradient is multiplied by this first: clipping without a pass of its own */
    uint64_t step;     /* 1 for the first update: corrects the bias of the moments */
} Adamw;

/* p (1 - lr weight_decay) - lr m' / (sqrt(v') + eps), m and v being the running means of g and g^2, m' = m / (1 - beta1^step),
   v' = v / (1 - beta2^step). All arrays (n), 16-aligned; params, m and v are read and written. */
void adamw_update(const Exec *exec, Adamw settings, float *params, const float *grads, float *m, float *v, uint64_t n);

#endif
