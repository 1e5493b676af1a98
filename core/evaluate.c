#include "evaluate.h"

void evaluate_windows(Pass *pass, const Dataset *dataset, size_t first, size_t count, uint32_t *inputs, uint32_t *targets, double *sum) {
    dataset_val_batch(dataset, first, count, inputs, targets);
    pass_forward(pass, inputs, count, dataset->block_size, 0);
    pass_loss(pass, targets, sum);
}
