/* sgd.h - stochastic gradient descent with momentum, in torch.optim.SGD's arithmetic. */
#ifndef FOLIO_SGD_H
#define FOLIO_SGD_H

#include <stdint.h>

#include "pool.h"

typedef struct {
    double lr, momentum, weight_decay;
    double grad_scale; /* the gradient is multiplied by this first */
} Sgd;

/* buffer = momentum buffer + (g + weight_decay p); p -= lr buffer. All arrays (n), 16-aligned; params and buffer are read and written. */
void sgd_update(const Exec *exec, Sgd settings, float *params, const float *grads, float *buffer, uint64_t n);

#endif
