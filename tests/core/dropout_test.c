/* dropout_test.c - which elements fall, and what stays. */
#include "ops_check.h"
#include "test.h"

typedef struct {
    size_t n;
    int residual;
    Dropout dropout;
} Shape;

static int falls(Dropout dropout, size_t i) {
    uint32_t words[4];
    rng_block(dropout.seed, dropout.stream, i / 4, words);
    return (double)words[i % 4] < dropout.p * 4294967296.0;
}

static void reference(const void *shape, const double *const *in, double *out) {
    const Shape *s = shape;
    for (size_t i = 0; i < s->n; i++) out[i] = (s->residual ? in[1][i] : 0) + (falls(s->dropout, i) ? 0 : in[0][i] / (1 - s->dropout.p));
}

static void forward(const Exec *exec, const void *shape, const float *const *in, float *out) {
    const Shape *s = shape;
    dropout_forward(exec, out, s->residual ? in[1] : NULL, in[0], s->n, s->dropout);
}

static void backward(const Exec *exec, const void *shape, const float *const *in, const float *out, const float *dout, float *const *din) {
    const Shape *s = shape;
    (void)in;
    (void)out;
    dropout_backward(exec, din[0], dout, s->n, s->dropout);
}

static const char *check(size_t n, int residual, double p) {
    Shape shape = {n, residual, {p, 1337, rng_stream(RNG_DROPOUT, 5)}};
    OpsCheck op = {.name = "dropout",
                   .shape = &shape,
                   .input = {INPUT_OVERWRITTEN},
                   .size = {n, n},
                   .outputs = n,
                   .span = 1,
                   .reference = reference,
                   .forward = forward,
                   .backward = backward};
    return ops_check(&op);
}

TEST(dropout_agrees_with_its_formula_and_its_differences) {
    static const double shares[] = {0, 0.1, 0.35, 0.95};
    static const size_t sizes[] = {1, 3, 4, 7, 97, 1100};
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++)
        for (size_t j = 0; j < sizeof sizes / sizeof sizes[0]; j++) {
            CHECK_NULL(check(sizes[j], 0, shares[i]));
            CHECK_NULL(check(sizes[j], 1, shares[i]));
        }
}

TEST(dropout_agrees_over_many_elements) {
    enum { N = 9001 };
    static float dout[N], dy[N], y[N];
    Dropout dropout = {0.35, 1337, rng_stream(RNG_DROPOUT, 6)};
    Exec exec = ops_check_exec(GEMM_SCRATCH);
    ops_check_fill(dout, N, 1, 1);
    dropout_forward(&exec, y, NULL, dout, N, dropout);
    dropout_backward(&exec, dy, dout, N, dropout);
    CHECK(memcmp(y, dy, sizeof y) == 0);
    for (size_t i = 0; i < N; i++) CHECK_NEAR((double)y[i], falls(dropout, i) ? 0 : (double)dout[i] / 0.65, 1e-7, 1e-6);
}

TEST(dropout_in_place_gives_the_same_bits) {
    enum { N = 103 };
    float residual[N], y[N], out[N], place[N];
    Dropout dropout = {0.25, 7, 9};
    Exec exec = ops_check_exec(GEMM_SCRATCH);
    ops_check_fill(residual, N, 1, 1);
    ops_check_fill(y, N, 1, 2);
    dropout_forward(&exec, out, residual, y, N, dropout);
    memcpy(place, residual, sizeof place);
    dropout_forward(&exec, place, place, y, N, dropout);
    CHECK(memcmp(place, out, sizeof out) == 0);
    memcpy(place, y, sizeof place);
    dropout_forward(&exec, place, residual, place, N, dropout);
    CHECK(memcmp(place, out, sizeof out) == 0);
    dropout_backward(&exec, out, y, N, dropout);
    memcpy(place, y, sizeof place);
    dropout_backward(&exec, place, place, N, dropout);
    CHECK(memcmp(place, out, sizeof out) == 0);
}

TEST(about_the_right_share_falls_and_other_streams_drop_others) {
    enum { N = 20000 };
    static float ones[N], a[N], b[N];
    Exec exec = ops_check_exec(GEMM_SCRATCH);
    Dropout first = {0.2, 1, 1}, second = {0.2, 1, 2};
    for (size_t i = 0; i < N; i++) ones[i] = 1;
    dropout_forward(&exec, a, NULL, ones, N, first);
    dropout_forward(&exec, b, NULL, ones, N, second);
    size_t fallen = 0, both = 0;
    for (size_t i = 0; i < N; i++) {
        fallen += a[i] == 0;
        both += a[i] == 0 && b[i] == 0;
    }
    CHECK(fallen > 3800 && fallen < 4200); /* 4000 expected, deviation 57 */
    CHECK(both > 680 && both < 920);       /* 800 expected, deviation 28 */
}
