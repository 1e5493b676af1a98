/* ops_check_test.c - the checker of the ops finds what it is there to find. The op: y = w x^2, x an input, w a parameter. */
#include "ops_check.h"
#include "test.h"

enum { N = 7 };

static void reference(const void *shape, const double *const *in, double *out) {
    (void)shape;
    for (size_t i = 0; i < N; i++) out[i] = in[1][i] * in[0][i] * in[0][i];
}

static void forward(const Exec *exec, const void *shape, const float *const *in, float *out) {
    (void)exec;
    (void)shape;
    for (size_t i = 0; i < N; i++) out[i] = in[1][i] * in[0][i] * in[0][i];
}

static void forward_forgets_the_last(const Exec *exec, const void *shape, const float *const *in, float *out) {
    (void)exec;
    (void)shape;
    for (size_t i = 0; i + 1 < N; i++) out[i] = in[1][i] * in[0][i] * in[0][i];
}

static void backward(const Exec *exec, const void *shape, const float *const *in, const float *out, const float *dout, float *const *din) {
    (void)exec;
    (void)shape;
    (void)out;
    for (size_t i = 0; i < N; i++) {
        din[0][i] = 2 * in[1][i] * in[0][i] * dout[i];
        din[1][i] += in[0][i] * in[0][i] * dout[i];
    }
}

static void backward_is_zero(const Exec *exec, const void *shape, const float *const *in, const float *out, const float *dout,
                             float *const *din) {
    (void)exec;
    (void)shape;
    (void)in;
    (void)out;
    (void)dout;
    memset(din[0], 0, N * sizeof(float));
}

static void backward_doubles_one(const Exec *exec, const void *shape, const float *const *in, const float *out, const float *dout,
                                 float *const *din) {
    backward(exec, shape, in, out, dout, din);
    din[0][4] *= 2;
}

static void backward_overwrites_the_parameter(const Exec *exec, const void *shape, const float *const *in, const float *out,
                                              const float *dout, float *const *din) {
    memset(din[1], 0, N * sizeof(float));
    backward(exec, shape, in, out, dout, din);
}

static void backward_adds_to_the_input(const Exec *exec, const void *shape, const float *const *in, const float *out, const float *dout,
                                       float *const *din) {
    float before[N];
    memcpy(before, din[0], sizeof before);
    backward(exec, shape, in, out, dout, din);
    for (size_t i = 0; i < N; i++) din[0][i] += before[i];
}

static OpsCheck right_op(void) {
    OpsCheck op = {.name = "square",
                   .input = {INPUT_OVERWRITTEN, INPUT_ADDED_TO},
                   .size = {N, N},
                   .outputs = N,
                   .span = 1,
                   .reference = reference,
                   .forward = forward,
                   .backward = backward};
    return op;
}

TEST(a_right_op_passes) {
    OpsCheck op = right_op();
    CHECK_NULL(ops_check(&op));
}

TEST(an_output_that_is_not_written_is_found) {
    OpsCheck op = right_op();
    op.forward = forward_forgets_the_last;
    CHECK(ops_check(&op) != NULL);
}

TEST(wrong_gradients_are_found) {
    OpsCheck op = right_op();
    op.backward = backward_is_zero;
    CHECK(ops_check(&op) != NULL);
    op.backward = backward_doubles_one;
    CHECK(ops_check(&op) != NULL);
    op.backward = backward_overwrites_the_parameter;
    CHECK(ops_check(&op) != NULL);
    op.backward = backward_adds_to_the_input;
    CHECK(ops_check(&op) != NULL);
}
