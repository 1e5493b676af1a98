/* norm_test.c - layernorm, rmsnorm and the normalisation of queries and keys. */
#include <math.h>

#include "config.h"
#include "ops_check.h"
#include "test.h"

enum { MAX_ROWS = 64 };

typedef struct {
    int kind, weight, bias;
    size_t BT, C;
    double eps;
} Shape;

static float mean[MAX_ROWS], rstd[MAX_ROWS]; /* of the last forward */

/* (x - centre) / sqrt(mean square of that + eps). */
static void normalise(double *out, const double *x, size_t n, double centre, double eps) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (x[i] - centre) * (x[i] - centre);
    double scale = 1 / sqrt(sum / (double)n + eps);
    for (size_t i = 0; i < n; i++) out[i] = (x[i] - centre) * scale;
}

static void reference(const void *shape, const double *const *in, double *out) {
    const Shape *s = shape;
    for (size_t row = 0; row < s->BT; row++) {
        const double *x = in[0] + row * s->C;
        double *y = out + row * s->C, sum = 0;
        for (size_t c = 0; c < s->C; c++) sum += x[c];
        normalise(y, x, s->C, s->kind == NORM_LAYERNORM ? sum / (double)s->C : 0, s->eps);
        for (size_t c = 0; c < s->C; c++) y[c] = y[c] * (s->weight ? in[1][c] : 1) + (s->bias ? in[2][c] : 0);
    }
}

static void forward(const Exec *exec, const void *shape, const float *const *in, float *out) {
    const Shape *s = shape;
    norm_forward(exec, s->kind, out, mean, rstd, in[0], s->weight ? in[1] : NULL, s->bias ? in[2] : NULL, s->eps, s->BT, s->C);
}

static void backward(const Exec *exec, const void *shape, const float *const *in, const float *out, const float *dout, float *const *din) {
    const Shape *s = shape;
    (void)out;
    norm_backward(exec, s->kind, din[0], s->weight ? din[1] : NULL, s->bias ? din[2] : NULL, dout, in[0], s->weight ? in[1] : NULL, mean,
                  rstd, s->BT, s->C);
}

static const char *check(int kind, int weight, int bias, size_t BT, size_t C, double eps) {
    Shape shape = {kind, weight, bias, BT, C, eps};
    OpsCheck op = {.name = "norm",
                   .shape = &shape,
                   .input = {INPUT_ADDED_TO, weight ? INPUT_ADDED_TO : INPUT_NONE, bias ? INPUT_ADDED_TO : INPUT_NONE},
                   .size = {BT * C, C, C},
                   .outputs = BT * C,
                   .span = 2,
                   .reference = reference,
                   .forward = forward,
                   .backward = backward};
    return ops_check(&op);
}

TEST(norms_agree_with_their_formula_and_their_differences) {
    static const size_t sizes[][2] = {{1, 2}, {7, 24}, {14, 15}, {35, 3}, {3, 130}};
    for (int kind = NORM_LAYERNORM; kind <= NORM_RMSNORM; kind++)
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            CHECK_NULL(check(kind, 1, 1, sizes[i][0], sizes[i][1], 1e-2));
            CHECK_NULL(check(kind, 1, 0, sizes[i][0], sizes[i][1], 1e-2));
            CHECK_NULL(check(kind, 0, 0, sizes[i][0], sizes[i][1], 1e-5 * (sizes[i][1] > 2 ? 1 : 1000)));
        }
}

TEST(norms_of_one_channel_are_defined) {
    CHECK_NULL(check(NORM_LAYERNORM, 1, 1, 5, 1, 1e-2));
    CHECK_NULL(check(NORM_RMSNORM, 1, 1, 5, 1, 1e-2));
}

typedef struct {
    HeadRows rows;
    size_t BT;
    double eps;
} HeadShape;

static float head_rstd[MAX_ROWS];

static void qk_reference(const void *shape, const double *const *in, double *out) {
    const HeadShape *s = shape;
    for (size_t row = 0; row < s->BT; row++) {
        const double *x = in[0] + row * s->rows.row_stride;
        double *y = out + row * s->rows.row_stride;
        for (size_t i = 0; i < s->rows.row_stride; i++) y[i] = x[i];
        for (size_t h = 0; h < s->rows.heads; h++) normalise(y + h * s->rows.hs, x + h * s->rows.hs, s->rows.hs, 0, s->eps);
    }
}

static void qk_forward(const Exec *exec, const void *shape, const float *const *in, float *out) {
    const HeadShape *s = shape;
    memcpy(out, in[0], s->BT * s->rows.row_stride * sizeof *out);
    qk_norm_forward(exec, out, head_rstd, s->rows, s->eps, s->BT);
}

static void qk_backward(const Exec *exec, const void *shape, const float *const *in, const float *out, const float *dout,
                        float *const *din) {
    const HeadShape *s = shape;
    (void)in;
    memcpy(din[0], dout, s->BT * s->rows.row_stride * sizeof *dout);
    qk_norm_backward(exec, din[0], out, head_rstd, s->rows, s->BT);
}

static const char *qk_check(size_t BT, size_t heads, size_t hs, size_t beside, double eps) {
    HeadShape shape = {{heads * hs + beside, heads, hs}, BT, eps};
    size_t size = BT * shape.rows.row_stride;
    OpsCheck op = {.name = "qk_norm",
                   .shape = &shape,
                   .input = {INPUT_OVERWRITTEN},
                   .size = {size},
                   .outputs = size,
                   .span = 2,
                   .reference = qk_reference,
                   .forward = qk_forward,
                   .backward = qk_backward};
    return ops_check(&op);
}

TEST(qk_norm_normalises_each_head_and_leaves_what_stands_beside) {
    CHECK_NULL(qk_check(1, 1, 2, 0, 1e-2));
    CHECK_NULL(qk_check(7, 3, 8, 0, 1e-5));
    CHECK_NULL(qk_check(14, 4, 5, 5, 1e-3));
    CHECK_NULL(qk_check(17, 3, 6, 12, 1e-5));
    CHECK_NULL(qk_check(3, 2, 1, 1, 1e-2));
}
