/* conv_test.c - the causal convolution of each channel over time. */
#include "ops_check.h"
#include "test.h"

typedef struct {
    size_t taps, start, B, T, C;
} Shape;

static void reference(const void *shape, const double *const *in, double *out) {
    const Shape *s = shape;
    const size_t rows = s->start + s->T;
    for (size_t b = 0; b < s->B; b++)
        for (size_t t = s->start; t < rows; t++)
            for (size_t c = 0; c < s->C; c++) {
                const double *at = in[0] + (b * rows + t) * s->C + c;
                double sum = *at;
                for (size_t k = 1; k <= s->taps && k <= t; k++) sum += in[1][(k - 1) * s->C + c] * at[-(ptrdiff_t)(k * s->C)];
                out[(b * s->T + t - s->start) * s->C + c] = sum;
            }
}

static void forward(const Exec *exec, const void *shape, const float *const *in, float *out) {
    const Shape *s = shape;
    conv_forward(exec, out, in[0] + s->start * s->C, in[1], s->taps, s->start, s->B, s->T, s->C);
}

static void backward(const Exec *exec, const void *shape, const float *const *in, const float *out, const float *dout, float *const *din) {
    const Shape *s = shape;
    (void)out;
    conv_backward(exec, din[0], din[1], dout, in[0], in[1], s->taps, s->B, s->T, s->C);
}

static const char *check(size_t taps, size_t start, size_t B, size_t T, size_t C) {
    Shape shape = {taps, start, B, T, C};
    OpsCheck op = {.name = "conv",
                   .shape = &shape,
                   .input = {INPUT_OVERWRITTEN, INPUT_ADDED_TO},
                   .size = {B * (start + T) * C, taps * C},
                   .outputs = B * T * C,
                   .span = 1,
                   .reference = reference,
                   .forward = forward,
                   .backward = start > 0 ? NULL : backward};
    return ops_check(&op);
}

TEST(conv_agrees_with_its_formula_and_its_differences) {
    CHECK_NULL(check(3, 0, 2, 7, 8));
    CHECK_NULL(check(1, 0, 1, 1, 1));
    CHECK_NULL(check(3, 0, 3, 2, 5)); /* windows shorter than its reach */
    CHECK_NULL(check(15, 0, 2, 19, 3));
    CHECK_NULL(check(2, 0, 1, 40, 21));
}

TEST(conv_goes_on_from_what_came_before) {
    CHECK_NULL(check(3, 1, 1, 4, 8));
    CHECK_NULL(check(3, 9, 1, 1, 7));
    CHECK_NULL(check(15, 6, 1, 2, 20));
}

TEST(conv_sees_neither_the_future_nor_another_window) {
    enum { B = 2, T = 5, C = 4, TAPS = 3 };
    static float in[B * T * C], out[B * T * C], again[B * T * C], weight[TAPS * C];
    Exec exec = {NULL, NULL, 0, NULL};
    ops_check_fill(in, B * T * C, 1, 1);
    ops_check_fill(weight, TAPS * C, 1, 2);
    conv_forward(&exec, out, in, weight, TAPS, 0, B, T, C);
    for (size_t c = 0; c < C; c++) in[3 * C + c] += 1; /* position 3 of the first window */
    conv_forward(&exec, again, in, weight, TAPS, 0, B, T, C);
    for (size_t row = 0; row < B * T; row++)
        for (size_t c = 0; c < C; c++) CHECK((again[row * C + c] != out[row * C + c]) == (row == 3 || row == 4));
}
