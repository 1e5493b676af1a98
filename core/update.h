/* update.h - the end of a step: new weights from gradients. Which rule for which tensor, at which rate and decay. */
#ifndef FOLIO_UPDATE_H
#define FOLIO_UPDATE_H

#include "model.h"
#include "pool.h"

/* Arrays in layout order.
   adamw: moment1 and moment2 are the running means of gradients and of their squares. sgd: moment1 is the momentum; moment2 NULL.
   muon: so for the blocks' matrices, whose places in moment2 hold the updates of the step, nothing that lasts; the rest as adamw. */
typedef struct {
    const Config *config; /* the model's, with the training settings to use */
    Model *model;         /* its params are read and written */
    const float *grads;
    float *moment1, *moment2; /* read and written */
    double grad_scale;        /* the gradient is multiplied by this first */
    uint64_t step;            /* steps done before this one */
} Update;

/* Floats of scratch that each worker needs; 0 for all but muon. */
uint64_t update_scratch(const Config *config);

/* All tensors. exec->scratch_floats is at least update_scratch. */
void update_weights(const Exec *exec, const Update *update);

#endif
