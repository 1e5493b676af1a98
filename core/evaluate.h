/* evaluate.h - the loss over the whole validation part. */
#ifndef FOLIO_EVALUATE_H
#define FOLIO_EVALUATE_H

#include "dataset.h"
#include "pass.h"

/* Adds the losses (nats) of validation windows first .. first + count - 1 to *sum, token by token in order, so that the sum
   over all windows does not depend on how they are grouped. pass: PASS_EVAL with memory for at least `count` windows.
   inputs, targets: room for (count, block_size) ids. The mean is *sum / (dataset_val_windows * block_size). */
void evaluate_windows(Pass *pass, const Dataset *dataset, size_t first, size_t count, uint32_t *inputs, uint32_t *targets, double *sum);

#endif
