/* dataset.h - token ids -> windows (x, and y = x shifted by one) -> batches. Pure functions of (settings, ids, index):
   nothing is remembered between calls, so training can go on from any step. */
#ifndef FOLIO_DATASET_H
#define FOLIO_DATASET_H

#include "config.h"

typedef struct {
    const uint32_t *ids;   /* the caller's, n of them; training part first, validation part last */
    const uint16_t *ids16; /* the same in 16 bits each, where those were given; then ids is NULL */
    size_t n, n_train;     /* n_train = floor(n (1 - val_fraction)) */
    size_t block_size, stride, batch_size;
    uint64_t seed;
    int random, shuffle, drop_last;
} Dataset;

/* ids stay the caller's and must outlive the dataset. Takes block_size, stride, batch_size, batching, shuffle, drop_last,
   val_fraction, seed and vocab_size from a checked config.
   Fails with EMPTY (n = 0), TOKEN (an id >= vocab_size), TOO_SHORT (training part under block_size + 1 tokens),
   VAL_TOO_SHORT (the same of the validation part, unless val_fraction is 0). */
int dataset_init(Dataset *dataset, const Config *config, const uint32_t *ids, size_t n);

/* The same over ids of 16 bits, which take half the memory. */
int dataset_init16(Dataset *dataset, const Config *config, const uint16_t *ids16, size_t n);

/* Token `index` < n. */
uint32_t dataset_id(const Dataset *dataset, size_t index);

/* Windows of the training part: starts 0, stride, 2 stride, ... below n_train - block_size, as
   range(0, n_train - block_size, stride) gives them. */
size_t dataset_windows(const Dataset *dataset);

/* Batches in an epoch of those windows; with drop_last only full ones, but at least 1. */
size_t dataset_batches(const Dataset *dataset);

/* Batch `index` (0, 1, 2, ... without end) of the training part into inputs and targets, both (batch_size, block_size).
   Returns the rows B written: batch_size, or fewer for the last batch of an epoch without
   drop_last, or for the only one of an epoch that has not batch_size windows.
   batching=random: uniform starts in [0, n_train - block_size). batching=epoch: the windows in order, or, with shuffle, in an order
   that is a permutation of its own for every epoch. */
size_t dataset_batch(const Dataset *dataset, uint64_t index, uint32_t *inputs, uint32_t *targets);

/* Windows of the validation part, which do not overlap: floor((n - n_train - 1) / block_size), 0 for no validation part. */
size_t dataset_val_windows(const Dataset *dataset);

/* Validation windows first .. first + count - 1 into inputs and targets, both (count, block_size). */
void dataset_val_batch(const Dataset *dataset, size_t first, size_t count, uint32_t *inputs, uint32_t *targets);

#endif
