/* position_test.c - tables of positions and rotary embeddings. */
#include <math.h>

#include "ops_check.h"
#include "test.h"

typedef struct {
    size_t B, T, C, start;
} Shape;

static void reference(const void *shape, const double *const *in, double *out) {
    const Shape *s = shape;
    for (size_t b = 0; b < s->B; b++)
        for (size_t t = 0; t < s->T; t++)
            for (size_t c = 0; c < s->C; c++) {
                size_t i = (b * s->T + t) * s->C + c;
                out[i] = in[0][i] + in[1][(s->start + t) * s->C + c];
            }
}

static void forward(const Exec *exec, const void *shape, const float *const *in, float *out) {
    const Shape *s = shape;
    memcpy(out, in[0], s->B * s->T * s->C * sizeof *out);
    position_forward(exec, out, in[1], s->start, s->B, s->T, s->C);
}

static void backward(const Exec *exec, const void *shape, const float *const *in, const float *out, const float *dout, float *const *din) {
    const Shape *s = shape;
    (void)in;
    (void)out;
    position_backward(exec, din[1], dout, s->B, s->T, s->C);
}

static const char *check(size_t B, size_t T, size_t C, size_t start) {
    Shape shape = {B, T, C, start};
    OpsCheck op = {.name = "position",
                   .shape = &shape,
                   .input = {INPUT_NONE, INPUT_ADDED_TO},
                   .size = {B * T * C, (start + T) * C},
                   .outputs = B * T * C,
                   .span = 1,
                   .reference = reference,
                   .forward = forward,
                   .backward = start > 0 ? NULL : backward};
    return ops_check(&op);
}

TEST(position_agrees_with_its_formula_and_its_differences) {
    CHECK_NULL(check(1, 1, 1, 0));
    CHECK_NULL(check(3, 7, 24, 0));
    CHECK_NULL(check(2, 19, 5, 0));
    CHECK_NULL(check(1, 35, 3, 0));
    CHECK_NULL(check(1, 3, 15, 6));
}

TEST(sinusoidal_table_is_that_of_the_paper) {
    static const size_t widths[] = {1, 2, 15, 24};
    for (size_t w = 0; w < sizeof widths / sizeof widths[0]; w++) {
        enum { T = 70 };
        size_t C = widths[w];
        float *table = ops_check_floats(T * C);
        position_sinusoidal(table, T, C);
        for (size_t t = 0; t < T; t++)
            for (size_t c = 0; c < C; c++) {
                double angle = (double)t / pow(10000, (double)(c - c % 2) / (double)C);
                CHECK(fabs((double)table[t * C + c] - (c % 2 ? cos(angle) : sin(angle))) <= 1e-7);
            }
        free(table);
    }
}

typedef struct {
    HeadRows rows;
    size_t B, T, start;
    double theta;
} RopeShape;

enum { MAX_TABLE = 4096 };
static float rope_cos[MAX_TABLE], rope_sin[MAX_TABLE];

static void rope_reference(const void *shape, const double *const *in, double *out) {
    const RopeShape *s = shape;
    size_t half = s->rows.hs / 2;
    for (size_t row = 0; row < s->B * s->T; row++) {
        const double *x = in[0] + row * s->rows.row_stride;
        double *y = out + row * s->rows.row_stride;
        for (size_t i = 0; i < s->rows.row_stride; i++) y[i] = x[i];
        for (size_t h = 0; h < s->rows.heads; h++)
            for (size_t i = 0; i < half; i++) {
                double angle = (double)(s->start + row % s->T) * pow(s->theta, -2 * (double)i / (double)s->rows.hs);
                double a = x[h * s->rows.hs + i], b = x[h * s->rows.hs + half + i];
                y[h * s->rows.hs + i] = a * cos(angle) - b * sin(angle);
                y[h * s->rows.hs + half + i] = b * cos(angle) + a * sin(angle);
            }
    }
}

static void run_rope_forward(const Exec *exec, const void *shape, const float *const *in, float *out) {
    const RopeShape *s = shape;
    rope_tables(rope_cos, rope_sin, s->theta, s->start + s->T, s->rows.hs);
    memcpy(out, in[0], s->B * s->T * s->rows.row_stride * sizeof *out);
    rope_forward(exec, out, s->rows, rope_cos, rope_sin, s->start, s->B, s->T);
}

static void run_rope_backward(const Exec *exec, const void *shape, const float *const *in, const float *out, const float *dout,
                              float *const *din) {
    const RopeShape *s = shape;
    (void)in;
    (void)out;
    memcpy(din[0], dout, s->B * s->T * s->rows.row_stride * sizeof *dout);
    rope_backward(exec, din[0], s->rows, rope_cos, rope_sin, s->B, s->T);
}

static const char *check_rope(HeadRows rows, size_t B, size_t T, size_t start, double theta) {
    RopeShape shape = {rows, B, T, start, theta};
    size_t size = B * T * rows.row_stride;
    OpsCheck op = {.name = "rope",
                   .shape = &shape,
                   .input = {INPUT_OVERWRITTEN},
                   .size = {size},
                   .outputs = size,
                   .span = 1,
                   .reference = rope_reference,
                   .forward = run_rope_forward,
                   .backward = start > 0 ? NULL : run_rope_backward};
    return ops_check(&op);
}

TEST(rope_rotates_each_head_and_leaves_what_stands_beside) {
    HeadRows one = {2, 1, 2}, three = {24, 3, 8}, beside = {33, 4, 6}, wide = {40, 2, 14};
    CHECK_NULL(check_rope(one, 1, 1, 0, 10000));
    CHECK_NULL(check_rope(three, 2, 7, 0, 10000));
    CHECK_NULL(check_rope(beside, 3, 7, 0, 100));
    CHECK_NULL(check_rope(wide, 2, 19, 0, 500000));
    CHECK_NULL(check_rope(three, 1, 3, 9, 10000));
}
