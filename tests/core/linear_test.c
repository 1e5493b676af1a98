/* linear_test.c - the linear layer and the head. */
#include "config.h"
#include "ops_check.h"
#include "test.h"

typedef struct {
    size_t R, I, O; /* the head: rows, channels, vocabulary */
    int bias;
} Shape;

static void reference(const void *shape, const double *const *in, double *out) {
    const Shape *s = shape;
    for (size_t r = 0; r < s->R; r++)
        for (size_t o = 0; o < s->O; o++) {
            double sum = s->bias ? in[2][o] : 0;
            for (size_t i = 0; i < s->I; i++) sum += in[0][r * s->I + i] * in[1][i * s->O + o];
            out[r * s->O + o] = sum;
        }
}

static void forward(const Exec *exec, const void *shape, const float *const *in, float *out) {
    const Shape *s = shape;
    linear_forward(exec, LINEAR_FLOAT32, out, in[0], in[1], s->bias ? in[2] : NULL, s->R, s->I, s->O);
}

static void backward(const Exec *exec, const void *shape, const float *const *in, const float *out, const float *dout, float *const *din) {
    const Shape *s = shape;
    (void)out;
    linear_backward(exec, LINEAR_FLOAT32, din[0], din[1], s->bias ? din[2] : NULL, dout, in[0], in[1], s->R, s->I, s->O);
}

static const char *check(size_t BT, size_t I, size_t O, int bias) {
    Shape shape = {BT, I, O, bias};
    OpsCheck op = {.name = "linear",
                   .shape = &shape,
                   .input = {INPUT_OVERWRITTEN, INPUT_ADDED_TO, bias ? INPUT_ADDED_TO : INPUT_NONE},
                   .size = {BT * I, I * O, O},
                   .outputs = BT * O,
                   .span = 1,
                   .reference = reference,
                   .forward = forward,
                   .backward = backward};
    return ops_check(&op);
}

TEST(linear_agrees_with_its_formula_and_its_differences) {
    for (int bias = 0; bias < 2; bias++) {
        CHECK_NULL(check(1, 1, 1, bias));
        CHECK_NULL(check(1, 24, 13, bias));
        CHECK_NULL(check(7, 13, 9, bias));
        CHECK_NULL(check(14, 5, 19, bias));
        CHECK_NULL(check(35, 3, 2, bias));
        CHECK_NULL(check(2, 31, 1, bias));
        CHECK_NULL(check(5, 2, 131, bias));
    }
}

static void head_reference(const void *shape, const double *const *in, double *out) {
    const Shape *s = shape;
    for (size_t r = 0; r < s->R; r++)
        for (size_t v = 0; v < s->O; v++) {
            double sum = 0;
            for (size_t c = 0; c < s->I; c++) sum += in[0][r * s->I + c] * in[1][v * s->I + c];
            out[r * s->O + v] = sum;
        }
}

static void run_head_forward(const Exec *exec, const void *shape, const float *const *in, float *out) {
    const Shape *s = shape;
    head_forward(exec, out, in[0], in[1], s->R, s->I, s->O);
}

static void run_head_backward(const Exec *exec, const void *shape, const float *const *in, const float *out, const float *dout,
                              float *const *din) {
    const Shape *s = shape;
    (void)out;
    head_backward(exec, din[0], din[1], dout, in[0], in[1], s->R, s->I, s->O);
}

static const char *check_head(size_t R, size_t C, size_t V) {
    Shape shape = {R, C, V, 0};
    OpsCheck op = {.name = "head",
                   .shape = &shape,
                   .input = {INPUT_OVERWRITTEN, INPUT_ADDED_TO},
                   .size = {R * C, V * C},
                   .outputs = R * V,
                   .span = 1,
                   .reference = head_reference,
                   .forward = run_head_forward,
                   .backward = run_head_backward};
    return ops_check(&op);
}

TEST(head_agrees_with_its_formula_and_its_differences) {
    CHECK_NULL(check_head(1, 1, 1));
    CHECK_NULL(check_head(1, 24, 13));
    CHECK_NULL(check_head(14, 7, 13));
    CHECK_NULL(check_head(35, 3, 5));
    CHECK_NULL(check_head(3, 31, 1));
}

TEST(a_row_of_linear_and_head_does_not_depend_on_the_rows_beside_it) {
    enum { R = 13, I = 37, O = 21 };
    static float in[R * I], weight[I * O], bias[O], all[R * O], one[O];
    Exec exec = ops_check_exec(GEMM_SCRATCH);
    ops_check_fill(in, R * I, 1, 1);
    ops_check_fill(weight, I * O, 1, 2);
    ops_check_fill(bias, O, 1, 3);
    linear_forward(&exec, LINEAR_FLOAT32, all, in, weight, bias, R, I, O);
    for (size_t r = 0; r < R; r++) {
        linear_forward(&exec, LINEAR_FLOAT32, one, in + r * I, weight, bias, 1, I, O);
        CHECK(memcmp(one, all + r * O, sizeof one) == 0);
    }
    head_forward(&exec, all, in, weight, R, I, O);
    for (size_t r = 0; r < R; r++) {
        head_forward(&exec, one, in + r * I, weight, 1, I, O);
        CHECK(memcmp(one, all + r * O, sizeof one) == 0);
    }
}
