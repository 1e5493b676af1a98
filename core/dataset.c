#include "dataset.h"

#include <string.h>

#include "error.h"
#include "rng.h"

enum { SHUFFLE_ROUNDS = 8 };

uint32_t dataset_id(const Dataset *dataset, size_t index) { return dataset->ids ? dataset->ids[index] : dataset->ids16[index]; }

static int init(Dataset *dataset, const Config *config, const uint32_t *ids, const uint16_t *ids16, size_t n) {
    if (n == 0) return FOLIO_ERR_EMPTY;
    Dataset d = {.ids = ids, .ids16 = ids16, .n = n, .n_train = (size_t)((double)n * (1.0 - config->val_fraction))};
    for (size_t i = 0; i < n; i++)
        if (dataset_id(&d, i) >= (uint32_t)config->vocab_size) return FOLIO_ERR_TOKEN;
    d.block_size = (size_t)config->block_size;
    d.stride = config->stride ? (size_t)config->stride : d.block_size;
    d.batch_size = (size_t)config->batch_size;
    d.seed = (uint64_t)config->seed;
    d.random = config->batching == BATCHING_RANDOM;
    d.shuffle = config->shuffle;
    d.drop_last = config->drop_last;
    if (d.n_train < d.block_size + 1) return FOLIO_ERR_TOO_SHORT;
    if (config->val_fraction > 0 && n - d.n_train < d.block_size + 1) return FOLIO_ERR_VAL_TOO_SHORT;
    *dataset = d;
    return FOLIO_OK;
}

int dataset_init(Dataset *dataset, const Config *config, const uint32_t *ids, size_t n) { return init(dataset, config, ids, NULL, n); }
int dataset_init16(Dataset *dataset, const Config *config, const uint16_t *ids16, size_t n) {
    return init(dataset, config, NULL, ids16, n);
}

size_t dataset_windows(const Dataset *dataset) { return (dataset->n_train - dataset->block_size - 1) / dataset->stride + 1; }

size_t dataset_batches(const Dataset *dataset) {
    size_t windows = dataset_windows(dataset), full = windows / dataset->batch_size;
    if (dataset->drop_last) return full ? full : 1;
    return full + (windows % dataset->batch_size != 0);
}

/* Place `at` of the epoch's permutation of 0 .. count - 1, from no memory: a Feistel network permutes the smallest set of 2^2h numbers that
   holds them, and who lands outside walks on until back inside. Fewer than 4 count numbers: under 4 walks on average.
   Source: Black and Rogaway, "Ciphers with arbitrary finite domains" (CT-RSA 2002). */
static uint64_t permute(uint64_t seed, uint64_t epoch, uint64_t count, uint64_t at) {
    uint32_t half = 0;
    while (half < 31 && (uint64_t)1 << 2 * half < count) half++;
    uint64_t mask = ((uint64_t)1 << half) - 1, stream = rng_stream(RNG_SHUFFLE, epoch);
    do {
        uint64_t left = at >> half, right = at & mask;
        for (uint64_t round = 0; round < SHUFFLE_ROUNDS; round++) {
            uint64_t mixed = left ^ (rng_bits(seed, stream, round << 32 | right) & mask);
            left = right;
            right = mixed;
        }
        at = left << half | right;
    } while (at >= count);
    return at;
}

static void copy_window(const Dataset *d, size_t start, uint32_t *inputs, uint32_t *targets) {
    if (d->ids) {
        memcpy(inputs, d->ids + start, d->block_size * sizeof *inputs);
        memcpy(targets, d->ids + start + 1, d->block_size * sizeof *targets);
        return;
    }
    for (size_t t = 0; t < d->block_size; t++) {
        inputs[t] = d->ids16[start + t];
        targets[t] = d->ids16[start + t + 1];
    }
}

/* Where the row-th window of a batch of the text begins. */
static size_t random_start(const Dataset *d, uint64_t index, size_t row) {
    return (size_t)rng_below(d->seed, rng_stream(RNG_BATCH, 0), index * d->batch_size + row, d->n_train - d->block_size);
}

size_t dataset_batch(const Dataset *dataset, uint64_t index, uint32_t *inputs, uint32_t *targets) {
    const Dataset *d = dataset;
    size_t windows = dataset_windows(d), rows = d->batch_size;
    uint64_t batches = dataset_batches(d), epoch = index / batches, first = index % batches * d->batch_size;
    if (!d->random && windows - first < rows) rows = (size_t)(windows - first);
    for (size_t row = 0; row < rows; row++) {
        uint64_t window = first + row;
        if (d->shuffle && !d->random) window = permute(d->seed, epoch, windows, window);
        size_t start = d->random ? random_start(d, index, row) : (size_t)window * d->stride;
        copy_window(d, start, inputs + row * d->block_size, targets + row * d->block_size);
    }
    return rows;
}

size_t dataset_val_windows(const Dataset *dataset) {
    size_t n_val = dataset->n - dataset->n_train;
    return n_val ? (n_val - 1) / dataset->block_size : 0;
}

void dataset_val_batch(const Dataset *dataset, size_t first, size_t count, uint32_t *inputs, uint32_t *targets) {
    for (size_t row = 0; row < count; row++) {
        size_t start = dataset->n_train + (first + row) * dataset->block_size;
        copy_window(dataset, start, inputs + row * dataset->block_size, targets + row * dataset->block_size);
    }
}
