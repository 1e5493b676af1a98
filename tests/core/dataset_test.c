/* dataset_test.c - windows and batches against what Python's range and PyTorch's Dataset and DataLoader give. */
#include "dataset.h"

#include <stdlib.h>

#include "error.h"
#include "rng.h"
#include "test.h"

enum { MOST_IDS = 70000, MOST_BATCH = 4096 };

/* ids[i] = i, so that a window shows where it starts. */
static uint32_t ids[MOST_IDS], inputs[MOST_BATCH], targets[MOST_BATCH];

static Config settings(int block_size, int stride, int batch_size, double val_fraction) {
    Config config = config_default();
    config.vocab_size = MOST_IDS;
    config.block_size = block_size;
    config.stride = stride;
    config.batch_size = batch_size;
    config.val_fraction = val_fraction;
    config.batching = BATCHING_EPOCH;
    config.shuffle = 0;
    return config;
}

static int open_dataset(Dataset *dataset, const Config *config, size_t n) {
    for (uint32_t i = 0; i < MOST_IDS; i++) ids[i] = i;
    return dataset_init(dataset, config, ids, n);
}

/* Is row `row` of the last batch the window at `start`, and its target the same shifted by one? */
static int is_window(const Dataset *d, size_t row, size_t start) {
    for (size_t t = 0; t < d->block_size; t++)
        if (inputs[row * d->block_size + t] != start + t || targets[row * d->block_size + t] != start + t + 1) return 0;
    return 1;
}

/* for start in range(0, n - block_size, stride): windows.append(start); then DataLoader(windows, batch_size, drop_last). */
static void check_epoch(size_t n, int block_size, int stride, int batch_size, int drop_last) {
    Config config = settings(block_size, stride, batch_size, 0);
    Dataset d;
    config.drop_last = drop_last;
    test_note("n %d, block_size %d, stride %d, batch_size %d, drop_last %d", (int)n, block_size, stride, batch_size, drop_last);
    CHECK_INT(open_dataset(&d, &config, n), FOLIO_OK);
    size_t windows = 0, step = (size_t)(stride ? stride : block_size), batches, start = 0;
    for (size_t at = 0; at < n - (size_t)block_size; at += step) windows++;
    batches = drop_last ? windows / (size_t)batch_size : (windows + (size_t)batch_size - 1) / (size_t)batch_size;
    if (batches == 0) batches = 1;
    CHECK_INT(dataset_windows(&d), windows);
    CHECK_INT(dataset_batches(&d), batches);
    for (size_t batch = 0; batch < 2 * batches; batch++) {
        size_t first = batch % batches * (size_t)batch_size, left = windows - first;
        size_t rows = dataset_batch(&d, batch, inputs, targets);
        CHECK_INT(rows, left < (size_t)batch_size ? left : (size_t)batch_size);
        if (first == 0) start = 0;
        for (size_t row = 0; row < rows; row++, start += step) CHECK(is_window(&d, row, start));
    }
}

TEST(windows_are_those_of_range_and_batches_those_of_a_data_loader) {
    for (size_t n = 2; n < 60; n++)
        for (int block_size = 1; block_size < 8 && (size_t)block_size < n; block_size++)
            for (int stride = 0; stride < 10; stride += 1 + stride / 3)
                for (int batch_size = 1; batch_size < 8; batch_size += 2) {
                    check_epoch(n, block_size, stride, batch_size, 0);
                    check_epoch(n, block_size, stride, batch_size, 1);
                }
}

TEST(three_windows_by_hand) {
    /* range(0, 10 - 4, 2) = [0, 2, 4] */
    static const uint32_t x[] = {0, 1, 2, 3, 2, 3, 4, 5}, y[] = {1, 2, 3, 4, 3, 4, 5, 6};
    Config config = settings(4, 2, 2, 0);
    Dataset d;
    CHECK_INT(open_dataset(&d, &config, 10), FOLIO_OK);
    CHECK_INT(dataset_windows(&d), 3);
    CHECK_INT(dataset_batch(&d, 0, inputs, targets), 2);
    CHECK(memcmp(inputs, x, sizeof x) == 0 && memcmp(targets, y, sizeof y) == 0);
}

TEST(an_epoch_of_fewer_windows_than_a_batch_is_one_smaller_batch) {
    Config config = settings(4, 4, 50, 0);
    Dataset d;
    for (config.drop_last = 0; config.drop_last < 2; config.drop_last++) {
        CHECK_INT(open_dataset(&d, &config, 10), FOLIO_OK);
        CHECK_INT(dataset_batches(&d), 1);
        CHECK_INT(dataset_batch(&d, 7, inputs, targets), 2);
        CHECK(is_window(&d, 0, 0) && is_window(&d, 1, 4));
    }
}

/* Fills order[0..windows) with the windows of an epoch as its batches give them; block_size and stride are 1. */
static void epoch_order(const Dataset *d, uint64_t epoch, uint32_t *order) {
    size_t batches = dataset_batches(d), at = 0;
    for (uint64_t batch = 0; batch < batches; batch++) {
        size_t rows = dataset_batch(d, epoch * batches + batch, inputs, targets);
        for (size_t row = 0; row < rows; row++) order[at++] = inputs[row];
    }
}

static Dataset shuffled(size_t windows, int batch_size, int seed) {
    Config config = settings(1, 1, batch_size, 0);
    Dataset d;
    config.shuffle = 1;
    config.drop_last = 0;
    config.seed = seed;
    CHECK_INT(open_dataset(&d, &config, windows + 1), FOLIO_OK);
    return d;
}

TEST(a_shuffled_epoch_visits_every_window_once) {
    static const size_t sizes[] = {1, 2, 3, 4, 5, 6, 7, 15, 16, 17, 63, 64, 65, 255, 256, 257, 1000, 1024, 4095, 4097, 65537};
    static uint32_t order[MOST_IDS];
    static unsigned char seen[MOST_IDS];
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (uint64_t epoch = 0; epoch < 4; epoch++) {
            Dataset d = shuffled(sizes[i], 64, 7);
            size_t missing = 0;
            memset(seen, 0, sizeof seen);
            epoch_order(&d, epoch, order);
            for (size_t at = 0; at < sizes[i]; at++) seen[order[at]]++;
            for (size_t window = 0; window < sizes[i]; window++) missing += seen[window] != 1;
            test_note("%d windows, epoch %d", (int)sizes[i], (int)epoch);
            CHECK_INT(missing, 0);
        }
}

TEST(the_order_differs_between_epochs_and_seeds_and_repeats_for_equal_ones) {
    enum { WINDOWS = 1000 };
    uint32_t a[WINDOWS], b[WINDOWS];
    Dataset d = shuffled(WINDOWS, 64, 7), other = shuffled(WINDOWS, 64, 8), wide = shuffled(WINDOWS, 250, 7);
    size_t same_epoch = 0, same_seed = 0, unmoved = 0;
    epoch_order(&d, 0, a);
    epoch_order(&d, 1, b);
    for (uint32_t i = 0; i < WINDOWS; i++) same_epoch += a[i] == b[i], unmoved += a[i] == i;
    epoch_order(&other, 0, b);
    for (uint32_t i = 0; i < WINDOWS; i++) same_seed += a[i] == b[i];
    CHECK(same_epoch < 10 && same_seed < 10 && unmoved < 10); /* each is 1 on average */
    epoch_order(&d, 0, b);
    CHECK(memcmp(a, b, sizeof a) == 0);
    epoch_order(&wide, 0, b); /* the order is the epoch's, not the batch's */
    CHECK(memcmp(a, b, sizeof a) == 0);
}

TEST(every_order_of_four_windows_comes_up_equally_often) {
    enum { EPOCHS = 24000 };
    Dataset d = shuffled(4, 4, 3);
    long counts[256] = {0};
    double chi = 0;
    int orders = 0;
    for (uint64_t epoch = 0; epoch < EPOCHS; epoch++) {
        uint32_t order[4];
        epoch_order(&d, epoch, order);
        counts[order[0] | order[1] << 2 | order[2] << 4 | order[3] << 6]++;
    }
    for (int i = 0; i < 256; i++)
        if (counts[i]) orders++, chi += ((double)counts[i] - EPOCHS / 24) * ((double)counts[i] - EPOCHS / 24) / (EPOCHS / 24);
    CHECK_INT(orders, 24);
    CHECK(chi < 58); /* 23 degrees of freedom: exceeded once in 10,000 */
}

TEST(every_window_is_equally_often_the_first_and_the_last) {
    enum { EPOCHS = 12000, WINDOWS = 12 };
    Dataset d = shuffled(WINDOWS, WINDOWS, 5);
    long first[WINDOWS] = {0}, last[WINDOWS] = {0};
    double chi_first = 0, chi_last = 0;
    for (uint64_t epoch = 0; epoch < EPOCHS; epoch++) {
        uint32_t order[WINDOWS];
        epoch_order(&d, epoch, order);
        first[order[0]]++;
        last[order[WINDOWS - 1]]++;
    }
    for (int i = 0; i < WINDOWS; i++) {
        chi_first += (double)(first[i] - EPOCHS / WINDOWS) * (double)(first[i] - EPOCHS / WINDOWS) / (EPOCHS / WINDOWS);
        chi_last += (double)(last[i] - EPOCHS / WINDOWS) * (double)(last[i] - EPOCHS / WINDOWS) / (EPOCHS / WINDOWS);
    }
    CHECK(chi_first < 37.4 && chi_last < 37.4); /* 11 degrees of freedom: exceeded once in 10,000 */
}

TEST(random_windows_start_anywhere_and_nowhere_else) {
    enum { BATCHES = 4000, STARTS = 15 };
    Config config = settings(5, 3, 8, 0);
    Dataset d;
    long counts[MOST_IDS] = {0};
    double chi = 0;
    config.batching = BATCHING_RANDOM;
    CHECK_INT(open_dataset(&d, &config, STARTS + 5), FOLIO_OK);
    for (uint64_t batch = 0; batch < BATCHES; batch++) {
        CHECK_INT(dataset_batch(&d, batch, inputs, targets), 8);
        for (size_t row = 0; row < 8; row++) {
            counts[inputs[row * 5]]++;
            CHECK(is_window(&d, row, inputs[row * 5]));
        }
    }
    const double expected = 8.0 * BATCHES / STARTS;
    long beyond = 0;
    for (int i = 0; i < MOST_IDS; i++) {
        if (i < STARTS)
            chi += ((double)counts[i] - expected) * ((double)counts[i] - expected) / expected;
        else
            beyond += counts[i];
    }
    CHECK_INT(beyond, 0);
    CHECK(chi < 43); /* 14 degrees of freedom: exceeded once in 10,000 */
}

TEST(a_batch_is_the_same_whenever_it_is_drawn) {
    Config config = settings(3, 0, 16, 0.1);
    Dataset d, other;
    uint32_t kept[48];
    for (int kind = 0; kind < 3; kind++) {
        config.batching = kind == 0 ? BATCHING_RANDOM : BATCHING_EPOCH;
        config.shuffle = kind == 2;
        config.seed = 1;
        CHECK_INT(open_dataset(&d, &config, 5000), FOLIO_OK);
        dataset_batch(&d, 12345, inputs, targets);
        memcpy(kept, inputs, sizeof kept);
        for (uint64_t batch = 100; batch-- > 0;) dataset_batch(&d, batch, inputs, targets);
        dataset_batch(&d, 12345, inputs, targets);
        CHECK(memcmp(kept, inputs, sizeof kept) == 0);
        config.seed = 2;
        CHECK_INT(open_dataset(&other, &config, 5000), FOLIO_OK);
        dataset_batch(&other, 12345, inputs, targets);
        CHECK((memcmp(kept, inputs, sizeof kept) == 0) == (kind == 1));
        CHECK(dataset_batch(&d, UINT64_MAX, inputs, targets) > 0);
    }
}

TEST(the_validation_part_is_the_end_and_training_never_sees_it) {
    Config config = settings(4, 1, 16, 0.25);
    Dataset d;
    for (int kind = 0; kind < 3; kind++) {
        config.batching = kind == 0 ? BATCHING_RANDOM : BATCHING_EPOCH;
        config.shuffle = kind == 2;
        config.drop_last = 0;
        CHECK_INT(open_dataset(&d, &config, 103), FOLIO_OK);
        CHECK_INT(d.n_train, 77); /* int(103 * 0.75) */
        uint32_t largest = 0;
        for (uint64_t batch = 0; batch < 500; batch++)
            for (size_t i = 0, n = 4 * dataset_batch(&d, batch, inputs, targets); i < n; i++)
                largest = targets[i] > largest ? targets[i] : largest;
        CHECK_INT(largest, 76);
    }
}

TEST(validation_windows_cover_their_part_without_overlap) {
    for (size_t n = 24; n < 400; n++) {
        Config config = settings(7, 0, 4, 0.5);
        Dataset d;
        test_note("n %d", (int)n);
        CHECK_INT(open_dataset(&d, &config, n), FOLIO_OK);
        size_t n_val = n - d.n_train, windows = dataset_val_windows(&d);
        CHECK(windows >= 1 && windows * 7 + 1 <= n_val && (windows + 1) * 7 + 1 > n_val);
        dataset_val_batch(&d, 0, windows, inputs, targets);
        for (size_t w = 0; w < windows; w++) CHECK(is_window(&d, w, d.n_train + 7 * w));
        dataset_val_batch(&d, windows - 1, 1, inputs, targets);
        CHECK(is_window(&d, 0, d.n_train + 7 * (windows - 1)));
    }
}

TEST(the_split_of_tiny_shakespeare_is_that_of_nanogpt) {
    uint32_t *text = calloc(1115394, sizeof *text);
    Config config = config_default();
    Dataset d;
    CHECK(text != NULL);
    CHECK_INT(dataset_init(&d, &config, text, 1115394), FOLIO_OK);
    CHECK_INT(d.n_train, 1003854);
    CHECK_INT(dataset_val_windows(&d), 1742); /* (111540 - 1) // 64 */
    free(text);
}

TEST(data_that_cannot_be_used_is_refused_by_name_and_nothing_is_changed) {
    Config config = settings(10, 0, 4, 0.5);
    Dataset d = {.n = 5};
    CHECK_INT(open_dataset(&d, &config, 0), FOLIO_ERR_EMPTY);
    CHECK_INT(open_dataset(&d, &config, 1), FOLIO_ERR_TOO_SHORT);
    CHECK_INT(open_dataset(&d, &config, 21), FOLIO_ERR_TOO_SHORT);
    config.val_fraction = 0.25;
    CHECK_INT(open_dataset(&d, &config, 40), FOLIO_ERR_VAL_TOO_SHORT);
    config.val_fraction = 1e-9;
    CHECK_INT(open_dataset(&d, &config, 40), FOLIO_ERR_VAL_TOO_SHORT);
    config.val_fraction = 0;
    CHECK_INT(open_dataset(&d, &config, 10), FOLIO_ERR_TOO_SHORT);
    config.vocab_size = 39;
    CHECK_INT(open_dataset(&d, &config, 40), FOLIO_ERR_TOKEN);
    CHECK_INT(d.n, 5);
}

TEST(data_that_is_just_enough_is_taken) {
    Config config = settings(10, 0, 4, 0.5);
    Dataset d;
    CHECK_INT(open_dataset(&d, &config, 22), FOLIO_OK);
    CHECK(dataset_windows(&d) == 1 && dataset_val_windows(&d) == 1);
    config.val_fraction = 0;
    CHECK_INT(open_dataset(&d, &config, 11), FOLIO_OK);
    CHECK(dataset_windows(&d) == 1 && dataset_val_windows(&d) == 0);
    config.batching = BATCHING_RANDOM;
    CHECK_INT(open_dataset(&d, &config, 11), FOLIO_OK);
    CHECK_INT(dataset_batch(&d, 3, inputs, targets), 4);
    CHECK(is_window(&d, 3, 0));
}
