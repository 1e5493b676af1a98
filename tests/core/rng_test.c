/* rng_test.c - Philox4x32-10 by the known answers of Random123 (kat_vectors), and what is made of its words. */
#include "rng.h"

#include <math.h>
#include <stdlib.h>

#include "test.h"

static void check_block(uint64_t seed, uint64_t stream, uint64_t index, const uint32_t expected[4]) {
    uint32_t words[4];
    rng_block(seed, stream, index, words);
    for (size_t i = 0; i < 4; i++) CHECK_HEX(words[i], expected[i]);
}

TEST(a_block_is_philox_of_counter_and_key) {
    static const uint32_t zeros[] = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
    static const uint32_t ones[] = {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd};
    static const uint32_t pi[] = {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1};
    check_block(0, 0, 0, zeros);
    check_block(UINT64_MAX, UINT64_MAX, UINT64_MAX, ones);
    /* counter 243f6a88 85a308d3 13198a2e 03707344, key a4093822 299f31d0, the low word first */
    check_block(0x299f31d0a4093822u, 0x0370734413198a2eu, 0x85a308d3243f6a88u, pi);
}

TEST(bits_are_the_first_two_words) {
    for (uint64_t i = 0; i < 100; i++) {
        uint32_t words[4];
        rng_block(7, 8, i, words);
        CHECK_HEX(rng_bits(7, 8, i), (uint64_t)words[1] << 32 | words[0]);
    }
}

TEST(streams_of_different_purposes_never_meet) {
    CHECK_HEX(rng_stream(RNG_INIT, 0), 0x0100000000000000u);
    CHECK_HEX(rng_stream(RNG_SHUFFLE, 0x00ffffffffffffffu), 0x05ffffffffffffffu);
    CHECK(rng_stream(RNG_BATCH, 3) != rng_stream(RNG_DROPOUT, 3));
    CHECK(rng_bits(1, rng_stream(RNG_BATCH, 3), 4) != rng_bits(1, rng_stream(RNG_DROPOUT, 3), 4));
}

TEST(uniform_numbers_fill_the_unit_interval_evenly) {
    enum { N = 100000, BINS = 50 };
    double sum = 0, squares = 0, chi = 0;
    long bins[BINS] = {0};
    for (uint64_t i = 0; i < N; i++) {
        double u = rng_uniform(3, 9, i);
        CHECK(u >= 0 && u < 1);
        sum += u;
        squares += u * u;
        bins[(int)(u * BINS)]++;
    }
    for (int i = 0; i < BINS; i++) chi += ((double)bins[i] - N / BINS) * ((double)bins[i] - N / BINS) / (N / BINS);
    CHECK_NEAR(sum / N, 0.5, 0.004, 0);         /* 4 standard errors: 4 / sqrt(12 N) */
    CHECK_NEAR(squares / N, 1.0 / 3, 0.004, 0); /* 4 sqrt(4/45 / N) */
    CHECK(chi < 94.0);                          /* 49 degrees of freedom: exceeded once in 10,000 */
    CHECK_NEAR(rng_uniform(3, 9, 5), floor(rng_uniform(3, 9, 5) * 9007199254740992.0) / 9007199254740992.0, 0, 0);
}

/* The high word of a 64 x 64 bit product, by schoolbook on 16-bit digits. */
static uint64_t high_word(uint64_t a, uint64_t b) {
    uint64_t digits[9] = {0};
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++) {
            uint64_t product = (a >> 16 * i & 0xFFFF) * (b >> 16 * j & 0xFFFF);
            for (int at = i + j; product; at++) {
                product += digits[at];
                digits[at] = product & 0xFFFF;
                product >>= 16;
            }
        }
    return digits[4] | digits[5] << 16 | digits[6] << 32 | digits[7] << 48;
}

TEST(integers_are_the_high_word_of_the_product_with_the_bound) {
    static const uint64_t bounds[] = {1, 2, 3, 65, 1003790, 0xFFFFFFFF, 0x100000000, 0x123456789ABCDEF0, UINT64_MAX};
    for (size_t b = 0; b < sizeof bounds / sizeof *bounds; b++)
        for (uint64_t i = 0; i < 2000; i++) {
            uint64_t x = rng_below(11, 12, i, bounds[b]);
            CHECK_HEX(x, high_word(rng_bits(11, 12, i), bounds[b]));
            CHECK(x < bounds[b]);
        }
}

TEST(small_integers_are_equally_frequent) {
    enum { N = 70000, BOUND = 7 };
    long seen[BOUND] = {0};
    double chi = 0;
    for (uint64_t i = 0; i < N; i++) seen[rng_below(5, 6, i, BOUND)]++;
    for (int i = 0; i < BOUND; i++) chi += ((double)seen[i] - N / BOUND) * ((double)seen[i] - N / BOUND) / (N / BOUND);
    CHECK(chi < 27.9); /* 6 degrees of freedom: exceeded once in 10,000 */
}

TEST(normal_numbers_have_the_moments_of_a_normal_distribution) {
    enum { N = 100000 };
    float *x = malloc(N * sizeof *x);
    if (!x) abort();
    double sum[5] = {0};
    rng_fill_normal(x, N, 0.02, 1337, rng_stream(RNG_INIT, 0));
    for (int i = 0; i < N; i++) {
        double z = (double)x[i] / 0.02, power = 1;
        for (int k = 1; k <= 4; k++) sum[k] += power *= z;
        CHECK(fabs(z) < 6);
    }
    CHECK_NEAR(sum[1] / N, 0.0, 0.013, 0); /* 4 standard errors each: variances 1, 2, 15, 96 */
    CHECK_NEAR(sum[2] / N, 1.0, 0.018, 0);
    CHECK_NEAR(sum[3] / N, 0.0, 0.049, 0);
    CHECK_NEAR(sum[4] / N, 3.0, 0.124, 0);
    free(x);
}

TEST(a_shorter_fill_is_the_beginning_of_a_longer_one) {
    float five[5], six[6] = {0};
    rng_fill_normal(five, 5, 1, 2, 3);
    rng_fill_normal(six, 6, 1, 2, 3);
    for (int i = 0; i < 5; i++) CHECK(five[i] == six[i]);
    rng_fill_normal(six, 0, 1, 9, 9);
    CHECK(six[0] == five[0]);
}
