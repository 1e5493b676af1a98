/* embedding_test.c - the rows of a table, and the gradient that comes back to them. */
#include "ops_check.h"
#include "test.h"

typedef struct {
    size_t BT, C, V;
    const uint32_t *ids;
} Shape;

static void reference(const void *shape, const double *const *in, double *out) {
    const Shape *s = shape;
    for (size_t row = 0; row < s->BT; row++)
        for (size_t c = 0; c < s->C; c++) out[row * s->C + c] = in[0][s->ids[row] * s->C + c];
}

static void forward(const Exec *exec, const void *shape, const float *const *in, float *out) {
    const Shape *s = shape;
    embedding_forward(exec, out, s->ids, in[0], s->BT, s->C);
}

static void backward(const Exec *exec, const void *shape, const float *const *in, const float *out, const float *dout, float *const *din) {
    const Shape *s = shape;
    (void)in;
    (void)out;
    embedding_backward(exec, din[0], dout, s->ids, s->BT, s->C);
}

static const char *check(size_t BT, size_t C, size_t V) {
    uint32_t ids[64];
    for (size_t i = 0; i < BT; i++) ids[i] = (uint32_t)rng_below(3, 1, i, V);
    Shape shape = {BT, C, V, ids};
    OpsCheck op = {.name = "embedding",
                   .shape = &shape,
                   .input = {INPUT_ADDED_TO},
                   .size = {V * C},
                   .outputs = BT * C,
                   .span = 1,
                   .reference = reference,
                   .forward = forward,
                   .backward = backward};
    return ops_check(&op);
}

TEST(embedding_agrees_with_its_formula_and_its_differences) {
    CHECK_NULL(check(1, 1, 1));
    CHECK_NULL(check(7, 24, 13)); /* rows that no id names, ids that come twice */
    CHECK_NULL(check(35, 5, 3));
    CHECK_NULL(check(14, 3, 1));
    CHECK_NULL(check(2, 33, 100));
    CHECK_NULL(check(5, 130, 3));
}
