/* attention_test.c - attention with every choice of AttentionShape. */
#include <math.h>

#include "ops_check.h"
#include "test.h"

enum { MAX_KEYS = 64, MAX_LSE = 1024 };

static float lse[MAX_LSE]; /* of the last forward */

static size_t qkv_width(const AttentionShape *s) { return (s->H + 2 * s->G) * s->hs; }

/* Press et al. 2022: 2^(-8 (h + 1) / H); for other H than powers of two, those of the power below and then every second of the next. */
static double slope(size_t h, size_t H) {
    size_t power = 1;
    while (2 * power <= H) power *= 2;
    if (h < power) return pow(2, -8 * (double)(h + 1) / (double)power);
    return pow(2, -4 * (double)(2 * (h - power) + 1) / (double)power);
}

static int falls(Dropout dropout, size_t i) {
    uint32_t words[4];
    rng_block(dropout.seed, dropout.stream, i / 4, words);
    return (double)words[i % 4] < dropout.p * 4294967296.0;
}

/* Scores of query t of head h of window b over all keys, and the log of the sum of their exponentials. */
static double scores_of(const AttentionShape *s, const double *qkv, size_t b, size_t h, size_t t, double *scores) {
    size_t width = qkv_width(s), group = h / (s->H / s->G);
    const double *q = qkv + (b * s->T + t) * width + h * s->hs;
    double sum = 0;
    for (size_t j = 0; j < s->T; j++) {
        const double *k = qkv + (b * s->T + j) * width + (s->H + group) * s->hs;
        double dot = 0;
        for (size_t i = 0; i < s->hs; i++) dot += q[i] * k[i];
        scores[j] = s->scale * dot - (s->alibi ? slope(h, s->H) * fabs((double)t - (double)j) : 0);
        if (!s->causal || j <= t) sum += exp(scores[j]);
    }
    return log(sum);
}

static void reference(const void *shape, const double *const *in, double *out) {
    const AttentionShape *s = shape;
    size_t width = qkv_width(s);
    for (size_t row = 0; row < s->B * s->H * s->T; row++) {
        size_t t = row % s->T, h = row / s->T % s->H, b = row / s->T / s->H, group = h / (s->H / s->G);
        double scores[MAX_KEYS], *y = out + (b * s->T + t) * s->H * s->hs + h * s->hs;
        double total = scores_of(s, in[0], b, h, t, scores);
        for (size_t i = 0; i < s->hs; i++) y[i] = 0;
        for (size_t j = 0; j < s->T; j++) {
            if ((s->causal && j > t) || falls(s->dropout, row * s->T + j)) continue;
            double probability = exp(scores[j] - total) / (1 - s->dropout.p);
            const double *v = in[0] + (b * s->T + j) * width + (s->H + s->G + group) * s->hs;
            for (size_t i = 0; i < s->hs; i++) y[i] += probability * v[i];
        }
    }
}

static void forward(const Exec *exec, const void *shape, const float *const *in, float *out) {
    const AttentionShape *s = shape;
    attention_forward(exec, out, lse, in[0], *s);
}

static void backward(const Exec *exec, const void *shape, const float *const *in, const float *out, const float *dout, float *const *din) {
    const AttentionShape *s = shape;
    attention_backward(exec, din[0], dout, out, in[0], lse, *s);
}

static const char *check(AttentionShape shape) {
    size_t rows = shape.B * shape.T;
    OpsCheck op = {.name = "attention",
                   .shape = &shape,
                   .input = {INPUT_OVERWRITTEN},
                   .size = {rows * qkv_width(&shape)},
                   .outputs = rows * shape.H * shape.hs,
                   .span = 1.5,
                   .scratch = attention_scratch(shape.T, shape.hs),
                   .reference = reference,
                   .forward = forward,
                   .backward = backward};
    return ops_check(&op);
}

static AttentionShape shape_of(size_t B, size_t T, size_t H, size_t G, size_t hs) {
    AttentionShape shape = {B, T, 0, H, G, hs, 1, 0, 1 / sqrt((double)hs), {0, 0, 0}};
    return shape;
}

/* All choices of mask, slope and dropout at one size. */
static void check_choices(AttentionShape shape) {
    for (int choice = 0; choice < 8; choice++) {
        Dropout dropout = {choice & 4 ? 0.3 : 0, 1337, rng_stream(RNG_DROPOUT, 4)};
        shape.causal = choice & 1;
        shape.alibi = (choice & 2) != 0;
        shape.dropout = dropout;
        CHECK_NULL(check(shape));
    }
}

TEST(attention_agrees_with_its_formula_and_its_differences) {
    check_choices(shape_of(1, 1, 1, 1, 1));
    check_choices(shape_of(2, 7, 3, 3, 8));
    check_choices(shape_of(1, 7, 1, 1, 24));
    check_choices(shape_of(1, 19, 3, 3, 5));
    check_choices(shape_of(3, 2, 5, 5, 3));
}

TEST(attention_shares_keys_and_values_among_grouped_heads) {
    check_choices(shape_of(2, 7, 4, 2, 6));
    check_choices(shape_of(1, 5, 4, 1, 3));
    check_choices(shape_of(2, 6, 6, 2, 2));
}

TEST(attention_agrees_over_more_keys_than_a_tile) {
    check_choices(shape_of(1, 29, 2, 1, 2));
    check_choices(shape_of(1, 50, 1, 1, 1));
}

TEST(attention_takes_any_scale) {
    AttentionShape shape = shape_of(1, 7, 3, 3, 8);
    shape.scale = 1.25;
    CHECK_NULL(check(shape));
}

TEST(attention_keeps_the_log_of_the_sum_of_exponentials) {
    AttentionShape shape = shape_of(2, 7, 4, 2, 6);
    size_t qkv_size = shape.B * shape.T * qkv_width(&shape);
    float *qkv = ops_check_floats(qkv_size), *out = ops_check_floats(shape.B * shape.T * shape.H * shape.hs);
    double *exact = ops_check_doubles(qkv_size), scores[MAX_KEYS];
    Exec exec = ops_check_exec(attention_scratch(shape.T, shape.hs));
    ops_check_fill(qkv, qkv_size, 1, 1);
    for (size_t i = 0; i < qkv_size; i++) exact[i] = (double)qkv[i];
    shape.alibi = 1;
    attention_forward(&exec, out, lse, qkv, shape);
    for (size_t row = 0; row < shape.B * shape.H * shape.T; row++) {
        double want = scores_of(&shape, exact, row / shape.T / shape.H, row / shape.T % shape.H, row % shape.T, scores);
        CHECK(fabs((double)lse[row] - want) <= 2e-6 + 2e-6 * fabs(want));
    }
    free(qkv);
    free(out);
    free(exact);
}

/* Rows start .. start + count - 1 alone against the same rows of the full forward. */
static void check_rows_from(const AttentionShape *full, const float *qkv, const float *whole, size_t start, size_t count) {
    AttentionShape part = *full;
    size_t width = full->H * full->hs;
    float *out = ops_check_floats(count * width);
    Exec exec = ops_check_exec(attention_scratch(full->T, full->hs));
    part.start = start;
    part.T = count;
    attention_forward(&exec, out, lse, qkv, part);
    CHECK(memcmp(out, whole + start * width, count * width * sizeof *out) == 0);
    free(out);
}

TEST(attention_from_any_position_equals_the_rows_of_the_full_forward_bit_for_bit) {
    static const size_t sizes[][4] = {{23, 3, 3, 8}, {9, 4, 2, 6}, {41, 4, 1, 5}, {5, 1, 1, 1}, {19, 2, 2, 16}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (int alibi = 0; alibi < 2; alibi++) {
            AttentionShape shape = shape_of(1, sizes[i][0], sizes[i][1], sizes[i][2], sizes[i][3]);
            size_t T = shape.T, size = T * qkv_width(&shape);
            float *qkv = ops_check_floats(size), *whole = ops_check_floats(T * shape.H * shape.hs);
            Exec exec = ops_check_exec(attention_scratch(shape.T, shape.hs));
            shape.alibi = alibi;
            ops_check_fill(qkv, size, 2, 1);
            attention_forward(&exec, whole, lse, qkv, shape);
            for (size_t start = 0; start < T; start++) {
                check_rows_from(&shape, qkv, whole, start, 1);
                check_rows_from(&shape, qkv, whole, start, T - start);
                check_rows_from(&shape, qkv, whole, 0, start + 1);
            }
            free(qkv);
            free(whole);
        }
}

TEST(attention_with_scores_far_apart_is_finite) {
    AttentionShape shape = shape_of(1, 7, 1, 1, 4);
    size_t size = shape.T * qkv_width(&shape);
    float *qkv = ops_check_floats(size), *out = ops_check_floats(28), *dqkv = ops_check_floats(size), dout[28];
    Exec exec = ops_check_exec(attention_scratch(shape.T, shape.hs));
    ops_check_fill(qkv, size, 100, 1);
    ops_check_fill(dout, 28, 1, 2);
    attention_forward(&exec, out, lse, qkv, shape);
    attention_backward(&exec, dqkv, dout, out, qkv, lse, shape);
    for (size_t i = 0; i < 28; i++) CHECK(out[i] == out[i] && out[i] <= 100 && out[i] >= -100);
    for (size_t i = 0; i < size; i++) CHECK(dqkv[i] - dqkv[i] == 0);
    free(qkv);
    free(out);
    free(dqkv);
}
