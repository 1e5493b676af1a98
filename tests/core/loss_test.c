/* loss_test.c - cross-entropy. */
#include <math.h>

#include "ops_check.h"
#include "test.h"

enum { MAX_ROWS = 64 };

typedef struct {
    size_t R, V;
    const uint32_t *targets;
    int in_place; /* dlogits is the memory of the logits */
} Shape;

static float lse[MAX_ROWS]; /* of the last forward */

static double log_sum_exp(const double *x, size_t n) {
    double top = x[0], sum = 0;
    for (size_t i = 1; i < n; i++) top = x[i] > top ? x[i] : top;
    for (size_t i = 0; i < n; i++) sum += exp(x[i] - top);
    return top + log(sum);
}

static void reference(const void *shape, const double *const *in, double *out) {
    const Shape *s = shape;
    for (size_t r = 0; r < s->R; r++) out[r] = log_sum_exp(in[0] + r * s->V, s->V) - in[0][r * s->V + s->targets[r]];
}

static void forward(const Exec *exec, const void *shape, const float *const *in, float *out) {
    const Shape *s = shape;
    loss_forward(exec, out, lse, in[0], s->targets, s->R, s->V);
}

static void backward(const Exec *exec, const void *shape, const float *const *in, const float *out, const float *dout, float *const *din) {
    const Shape *s = shape;
    (void)out;
    if (s->in_place) memcpy(din[0], in[0], s->R * s->V * sizeof(float));
    loss_backward(exec, din[0], s->in_place ? din[0] : in[0], lse, s->targets, dout[0], s->R, s->V);
}

static const char *check(size_t R, size_t V, double span, int in_place) {
    uint32_t targets[MAX_ROWS];
    for (size_t r = 0; r < R; r++) targets[r] = (uint32_t)rng_below(5, 1, r, V);
    Shape shape = {R, V, targets, in_place};
    OpsCheck op = {.name = "loss",
                   .shape = &shape,
                   .input = {INPUT_OVERWRITTEN},
                   .size = {R * V},
                   .outputs = R,
                   .span = span,
                   .dout = 0.375,
                   .reference = reference,
                   .forward = forward,
                   .backward = backward};
    return ops_check(&op);
}

TEST(loss_agrees_with_its_formula_and_its_differences) {
    for (int in_place = 0; in_place < 2; in_place++) {
        CHECK_NULL(check(1, 1, 1, in_place));
        CHECK_NULL(check(7, 13, 3, in_place));
        CHECK_NULL(check(35, 2, 10, in_place));
        CHECK_NULL(check(3, 65, 1, in_place));
        CHECK_NULL(check(5, 130, 40, in_place));
    }
}

TEST(loss_keeps_the_log_of_the_sum_of_exponentials) {
    float logits[5] = {0, 1, 2, 3, 4}, losses[1], kept[1];
    double exact[5] = {0, 1, 2, 3, 4};
    uint32_t target = 2;
    Exec exec = ops_check_exec(GEMM_SCRATCH);
    loss_forward(&exec, losses, kept, logits, &target, 1, 5);
    CHECK(fabs((double)kept[0] - log_sum_exp(exact, 5)) <= 1e-6 + 1e-6 * 5);
}

TEST(loss_of_logits_far_apart_is_finite) {
    float logits[3] = {-2e4F, 3e4F, 0}, losses[1], kept[1], dlogits[3];
    uint32_t target = 0;
    Exec exec = ops_check_exec(GEMM_SCRATCH);
    loss_forward(&exec, losses, kept, logits, &target, 1, 3);
    loss_backward(&exec, dlogits, logits, kept, &target, 1, 1, 3);
    CHECK(losses[0] == 5e4F && dlogits[0] == -1 && dlogits[1] == 1 && dlogits[2] == 0);
}
