/* activation_test.c - the activations of core/ops.h. */
#include <math.h>

#include "config.h"
#include "ops_check.h"
#include "test.h"

typedef struct {
    int kind;
    size_t BT, I;
} Shape;

static double activate(int kind, double x) {
    if (kind == ACTIVATION_RELU) return x > 0 ? x : 0;
    if (kind == ACTIVATION_RELU2) return x > 0 ? x * x : 0;
    return 0.5 * x * (1 + tanh(sqrt(2 / 3.14159265358979323846) * (x + 0.044715 * x * x * x)));
}

static void reference(const void *shape, const double *const *in, double *out) {
    const Shape *s = shape;
    for (size_t row = 0; row < s->BT; row++)
        for (size_t i = 0; i < s->I; i++) {
            double *y = &out[row * s->I + i];
            const double *swiglu = in[0] + 2 * row * s->I + i;
            if (s->kind == ACTIVATION_SWIGLU)
                *y = swiglu[0] / (1 + exp(-swiglu[0])) * swiglu[s->I];
            else
                *y = activate(s->kind, in[0][row * s->I + i]);
        }
}

static void forward(const Exec *exec, const void *shape, const float *const *in, float *out) {
    const Shape *s = shape;
    activation_forward(exec, s->kind, out, in[0], s->BT, s->I);
}

static void backward(const Exec *exec, const void *shape, const float *const *in, const float *out, const float *dout, float *const *din) {
    const Shape *s = shape;
    (void)out;
    activation_backward(exec, s->kind, din[0], dout, in[0], s->BT, s->I);
}

static const char *check(int kind, size_t BT, size_t I, double span) {
    Shape shape = {kind, BT, I};
    size_t size = BT * I * (kind == ACTIVATION_SWIGLU ? 2 : 1);
    OpsCheck op = {.name = "activation",
                   .shape = &shape,
                   .input = {INPUT_OVERWRITTEN},
                   .size = {size},
                   .outputs = BT * I,
                   .span = span,
                   .reference = reference,
                   .forward = forward,
                   .backward = backward};
    return ops_check(&op);
}

TEST(every_activation_agrees_with_its_formula_and_its_differences) {
    for (int kind = ACTIVATION_GELU; kind <= ACTIVATION_SWIGLU; kind++) {
        CHECK_NULL(check(kind, 1, 1, 1));
        CHECK_NULL(check(kind, 7, 13, 3));
        CHECK_NULL(check(kind, 35, 3, 10));
        CHECK_NULL(check(kind, 2, 96, 30));
    }
}

TEST(activations_stay_finite_far_out) {
    for (int kind = ACTIVATION_GELU; kind <= ACTIVATION_SWIGLU; kind++) {
        float in[8] = {-1e4F, 1e4F, -1e4F, 1e4F, 1, 1, 1, 1}, out[4], din[8], dout[4] = {1, 1, 1, 1};
        Exec exec = ops_check_exec(GEMM_SCRATCH);
        activation_forward(&exec, kind, out, in, 1, 4);
        activation_backward(&exec, kind, din, dout, in, 1, 4);
        for (int i = 0; i < 4; i++) CHECK(out[i] == out[i] && din[i] == din[i]);
        CHECK(fabs((double)out[0]) < 1e-20 && fabs((double)din[0]) < 1e-20);
    }
}
