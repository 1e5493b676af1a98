/* muon_test.c - the orthogonal update: against the iteration in double, and by the singular values that it leaves. */
#include "muon.h"

#include <math.h>

#include "ops_check.h"
#include "test.h"

enum { MOST = 48 }; /* the longest side here */

/* How an update is made, where its singular values end, and how far from the rounds in double it may be. */
typedef struct {
    int method;
    size_t steps;
    double low, high, away;
} Way;

static const Way newton_schulz = {MUON_NEWTON_SCHULZ, 5, 0.68, 1.21, 5e-4}, polar_express = {MUON_POLAR_EXPRESS, 4, 0.77, 1.20, 4e-3};

typedef struct {
    size_t in, out, rank; /* rank 0: full, of singular values that are alike */
    double decay;         /* else each singular value is this times the one before */
} Shape;

static void fill(float *update, Shape s, uint64_t seed) {
    static double sum[MOST * MOST];
    size_t n = s.in * s.out;
    memset(sum, 0, sizeof sum);
    for (size_t i = 0; i < n && s.rank == 0; i++) sum[i] = rng_uniform(seed, 1, i) - 0.5;
    double value = 1;
    for (size_t k = 0; k < s.rank; k++, value *= s.decay)
        for (size_t i = 0; i < n; i++)
            sum[i] += value * (rng_uniform(seed, 2 + k, i / s.out) - 0.5) * (rng_uniform(seed, 102 + k, i % s.out) - 0.5);
    for (size_t i = 0; i < n; i++) update[i] = (float)(1e-3 * sum[i]);
}

/* The best quintic for [low, high]: a x + b x^3 + c x^5 is off from 1 by as much at low, at its two bends and at high, to either side in turn (Remez). */
static void best_quintic(double low, double high, double k[3]) {
    double at[4] = {low, (3 * low + high) / 4, (low + 3 * high) / 4, high};
    for (int round = 0; round < 100; round++) {
        double m[4][5]; /* a x + b x^3 + c x^5 +- error = 1 */
        for (size_t i = 0; i < 4; i++) {
            double x = at[i], row[5] = {x, x * x * x, x * x * x * x * x, i & 1 ? -1 : 1, 1};
            memcpy(m[i], row, sizeof row);
        }
        for (size_t i = 0; i < 4; i++)
            for (size_t j = 0; j < 4; j++) {
                double factor = m[j][i] / m[i][i];
                for (size_t l = 0; l < 5 && j != i; l++) m[j][l] -= factor * m[i][l];
            }
        for (size_t i = 0; i < 3; i++) k[i] = m[i][4] / m[i][i];
        double root = sqrt(9 * k[1] * k[1] - 20 * k[0] * k[2]); /* a + 3 b x^2 + 5 c x^4 = 0 */
        at[1] = sqrt((-3 * k[1] - root) / (10 * k[2]));
        at[2] = sqrt((-3 * k[1] + root) / (10 * k[2]));
    }
}

/* a, b, c of all rounds. */
static void coefficients(int method, double k[5][3]) {
    double low = 0.003, high = 1, jordan[3] = {3.4445, -4.7750, 2.0315};
    for (size_t i = 0; i < 5; i++) {
        if (method == MUON_NEWTON_SCHULZ) {
            memcpy(k[i], jordan, sizeof jordan);
            continue;
        }
        best_quintic(low, high, k[i]);
        double next = low * (k[i][0] + low * low * (k[i][1] + low * low * k[i][2]));
        high = 2 - next;
        low = next;
        for (size_t j = 0, power = 1; j < 3; j++, power += 2)
            for (size_t times = 0; times < power; times++) k[i][j] /= 1.01; /* of x / 1.01 */
    }
}

/* The rounds as they are written, in double: X <- a X + b (X X^T) X + c (X X^T)^2 X. */
static void reference(double *X, const float *update, size_t in, size_t out, Way way) {
    static double A[MOST * MOST], B[MOST * MOST], Y[MOST * MOST];
    double squares = 0, fourths = 0, k[5][3];
    coefficients(way.method, k);
    for (size_t i = 0; i < in * out; i++) squares += (double)update[i] * (double)update[i];
    for (size_t i = 0; i < in * out; i++) X[i] = (double)update[i] / (sqrt(squares) + 1e-7);
    for (size_t i = 0; i < in * in; i++) {
        double sum = 0;
        for (size_t j = 0; j < out; j++) sum += X[i / in * out + j] * X[i % in * out + j];
        fourths += sum * sum;
    }
    for (size_t i = 0; i < in * out && way.method == MUON_POLAR_EXPRESS; i++) X[i] /= sqrt(sqrt(fourths));
    for (size_t step = 0; step < way.steps; step++) {
        memset(A, 0, sizeof A);
        memset(B, 0, sizeof B);
        memset(Y, 0, sizeof Y);
        for (size_t i = 0; i < in * in; i++)
            for (size_t j = 0; j < out; j++) A[i] += X[i / in * out + j] * X[i % in * out + j];
        for (size_t i = 0; i < in * in; i++) {
            for (size_t j = 0; j < in; j++) B[i] += k[step][2] * A[i / in * in + j] * A[j * in + i % in];
            B[i] += k[step][1] * A[i];
        }
        for (size_t i = 0; i < in * out; i++) {
            for (size_t j = 0; j < in; j++) Y[i] += B[i / out * in + j] * X[j * out + i % out];
            Y[i] += k[step][0] * X[i];
        }
        memcpy(X, Y, sizeof Y);
    }
}

/* Singular values of X (rows, columns), overwritten, into values (rows): its rows are turned in pairs until all are at right angles
   (one-sided Jacobi, Hestenes 1958); their lengths are the values. */
static void singular_values(double *values, double *X, size_t rows, size_t columns) {
    for (int sweep = 0; sweep < 30; sweep++)
        for (size_t p = 0; p < rows; p++)
            for (size_t q = p + 1; q < rows; q++) {
                double pp = 0, qq = 0, pq = 0, *x = X + p * columns, *y = X + q * columns;
                for (size_t k = 0; k < columns; k++) pp += x[k] * x[k], qq += y[k] * y[k], pq += x[k] * y[k];
                if (pq * pq <= 1e-28 * pp * qq) continue;
                double zeta = (qq - pp) / (2 * pq), t = (zeta < 0 ? -1 : 1) / ((zeta < 0 ? -zeta : zeta) + sqrt(1 + zeta * zeta));
                double c = 1 / sqrt(1 + t * t), s = c * t;
                for (size_t k = 0; k < columns; k++) {
                    double old = x[k];
                    x[k] = c * old - s * y[k];
                    y[k] = s * old + c * y[k];
                }
            }
    for (size_t p = 0; p < rows; p++) {
        values[p] = 0;
        for (size_t k = 0; k < columns; k++) values[p] += X[p * columns + k] * X[p * columns + k];
        values[p] = sqrt(values[p]);
    }
}

/* to (in, out) = orthogonal(update), as what is added to weights of 0 at a rate of -1. */
static void orthogonal(float *to, const float *update, size_t in, size_t out, Way way) {
    Exec exec = ops_check_exec((size_t)muon_scratch(in, out));
    memset(to, 0, in * out * sizeof *to);
    muon_update((Muon){.lr = -1, .steps = way.steps, .method = way.method}, (MuonMatrix){in, out, out, 1}, to, update, exec.scratch);
}

/* |got - reference| / |reference|, Frobenius norms; NaN where got has one. */
static double error_of(const float *got, const double *want, size_t n) {
    double away = 0, all = 0;
    for (size_t i = 0; i < n; i++) {
        away += ((double)got[i] - want[i]) * ((double)got[i] - want[i]);
        all += want[i] * want[i];
    }
    return sqrt(away / all);
}

static double error_at(Shape s, Way way) {
    static float update[MOST * MOST], got[MOST * MOST];
    static double want[MOST * MOST];
    test_note("%lu x %lu rank %lu decay %g method %d steps %lu", (unsigned long)s.in, (unsigned long)s.out, (unsigned long)s.rank, s.decay,
              way.method, (unsigned long)way.steps);
    fill(update, s, 1);
    reference(want, update, s.in, s.out, way);
    orthogonal(got, update, s.in, s.out, way);
    return error_of(got, want, s.in * s.out);
}

TEST(the_update_is_that_of_the_rounds_in_double) {
    static const size_t sides[][2] = {{1, 1}, {1, 48}, {48, 1}, {2, 3}, {5, 7}, {24, 24}, {13, 48}, {48, 13}, {33, 47}, {48, 48}};
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++)
        for (size_t steps = 1; steps <= 5; steps++) {
            Shape shape = {sides[i][0], sides[i][1], 0, 1};
            CHECK(error_at(shape, (Way){.method = MUON_NEWTON_SCHULZ, .steps = steps}) < 1e-4);
            CHECK(error_at(shape, (Way){.method = MUON_POLAR_EXPRESS, .steps = steps}) < 5e-4);
        }
}

static void check_bad_conditions(Way way) {
    CHECK(error_at((Shape){32, 48, 32, 0.8}, way) < way.away);
    CHECK(error_at((Shape){48, 32, 32, 0.65}, way) < way.away);
    CHECK(error_at((Shape){32, 48, 4, 1}, way) < way.away);
    CHECK(error_at((Shape){32, 32, 1, 1}, way) < way.away);
    CHECK(error_at((Shape){48, 24, 1, 1}, way) < way.away);
}

TEST(it_stays_close_where_singular_values_span_decades_or_are_zero) {
    check_bad_conditions(newton_schulz);
    check_bad_conditions(polar_express);
}

/* How many singular values of the orthogonal update stand in the band, and whether all others are next to nothing. */
static size_t in_the_band(Shape s, Way way, int *others_vanish) {
    static float update[MOST * MOST], got[MOST * MOST];
    static double X[MOST * MOST], values[MOST];
    fill(update, s, 2);
    orthogonal(got, update, s.in, s.out, way);
    size_t r = s.in < s.out ? s.in : s.out, c = s.in < s.out ? s.out : s.in, count = 0;
    for (size_t i = 0; i < r * c; i++) X[i] = (double)got[s.in < s.out ? i : i % c * r + i / c];
    singular_values(values, X, r, c);
    *others_vanish = 1;
    for (size_t i = 0; i < r; i++) {
        int inside = values[i] > way.low && values[i] < way.high;
        count += (size_t)inside;
        *others_vanish &= inside || values[i] < 1e-3;
    }
    return count;
}

static void check_band(Shape s, Way way, size_t count) {
    int others_vanish;
    test_note("%lu x %lu rank %lu method %d", (unsigned long)s.in, (unsigned long)s.out, (unsigned long)s.rank, way.method);
    CHECK_INT(in_the_band(s, way, &others_vanish), count);
    CHECK(others_vanish);
}

static void check_bands(Way way) {
    check_band((Shape){1, 48, 0, 1}, way, 1);
    check_band((Shape){48, 1, 0, 1}, way, 1);
    check_band((Shape){16, 48, 0, 1}, way, 16);
    check_band((Shape){48, 16, 0, 1}, way, 16);
    check_band((Shape){24, 40, 12, 0.8}, way, 12);
    check_band((Shape){40, 24, 5, 1}, way, 5);
    check_band((Shape){32, 32, 1, 1}, way, 1);
}

TEST(singular_values_end_in_the_band_about_one_and_those_that_are_zero_stay_zero) {
    check_bands(newton_schulz);
    check_bands(polar_express);
}

TEST(a_matrix_and_its_transpose_have_updates_that_are_transposes_bit_for_bit) {
    enum { IN = 13, OUT = 37 };
    static float wide[IN * OUT], tall[OUT * IN], of_wide[IN * OUT], of_tall[OUT * IN], turned[OUT * IN];
    fill(wide, (Shape){IN, OUT, 0, 1}, 3);
    for (size_t i = 0; i < IN * OUT; i++) tall[i % OUT * IN + i / OUT] = wide[i];
    orthogonal(of_wide, wide, IN, OUT, polar_express);
    orthogonal(of_tall, tall, OUT, IN, polar_express);
    for (size_t i = 0; i < IN * OUT; i++) turned[i % OUT * IN + i / OUT] = of_wide[i];
    CHECK(memcmp(turned, of_tall, sizeof turned) == 0);
}

TEST(a_part_of_a_tensor_is_updated_as_if_it_stood_alone_and_the_rest_stays) {
    enum { IN = 11, OUT = 6, STRIDE = 17, FIRST = 5 };
    static float part[IN * OUT], alone[IN * OUT], update[IN * STRIDE], params[IN * STRIDE];
    Muon muon = {.lr = 0.02, .weight_decay = 0.5, .steps = 5};
    Exec exec = ops_check_exec((size_t)muon_scratch(IN, OUT));
    fill(part, (Shape){IN, OUT, 0, 1}, 4);
    memset(update, 0xff, sizeof update); /* NaN beside the part */
    for (size_t i = 0; i < IN * STRIDE; i++) params[i] = 2;
    for (size_t i = 0; i < IN * OUT; i++) update[i / OUT * STRIDE + FIRST + i % OUT] = part[i];
    for (size_t i = 0; i < IN * OUT; i++) alone[i] = 2;
    muon_update(muon, (MuonMatrix){IN, OUT, OUT, 1.5}, alone, part, exec.scratch);
    muon_update(muon, (MuonMatrix){IN, OUT, STRIDE, 1.5}, params + FIRST, update + FIRST, exec.scratch);
    size_t wrong = 0;
    for (size_t i = 0; i < IN * STRIDE; i++) {
        size_t column = i % STRIDE;
        float want = column >= FIRST && column < FIRST + OUT ? alone[i / STRIDE * OUT + column - FIRST] : 2;
        wrong += params[i] != want;
    }
    CHECK_INT(wrong, 0);
}

TEST(rate_scale_and_decay_do_what_they_say) {
    enum { IN = 9, OUT = 12 };
    static float update[IN * OUT], unit[IN * OUT], params[IN * OUT];
    fill(update, (Shape){IN, OUT, 0, 1}, 5);
    orthogonal(unit, update, IN, OUT, (Way){.steps = 4});
    for (size_t i = 0; i < IN * OUT; i++) params[i] = (float)i;
    Exec exec = ops_check_exec((size_t)muon_scratch(IN, OUT));
    muon_update((Muon){.lr = 0.25, .weight_decay = 0.5, .steps = 4}, (MuonMatrix){IN, OUT, OUT, 3}, params, update, exec.scratch);
    for (size_t i = 0; i < IN * OUT; i++) CHECK_NEAR((double)params[i], 0.875 * (double)i - 0.75 * (double)unit[i], 1e-5, 1e-6);
}

TEST(without_a_gradient_weights_only_decay) {
    enum { IN = 8, OUT = 20 };
    static float update[IN * OUT], params[IN * OUT];
    for (size_t i = 0; i < IN * OUT; i++) params[i] = 4;
    Exec exec = ops_check_exec((size_t)muon_scratch(IN, OUT));
    for (int method = MUON_NEWTON_SCHULZ; method <= MUON_POLAR_EXPRESS; method++) {
        float before = params[0];
        Muon muon = {.lr = 0.5, .weight_decay = 0.5, .steps = 5, .method = method};
        muon_update(muon, (MuonMatrix){IN, OUT, OUT, 1}, params, update, exec.scratch);
        for (size_t i = 0; i < IN * OUT; i++) CHECK(params[i] == 0.75F * before);
    }
}

TEST(momentum_is_nesterovs) {
    enum { N = 11 };
    float grads[N], m[N], update[N];
    double want[N];
    Exec exec = ops_check_exec(4);
    for (size_t i = 0; i < N; i++) m[i] = 1, want[i] = 1;
    for (size_t step = 0; step < 3; step++) {
        ops_check_fill(grads, N, 1, step + 1);
        muon_momentum(&exec, (Muon){.momentum = 0.9, .grad_scale = 0.5}, grads, m, update, N);
        for (size_t i = 0; i < N; i++) {
            double g = 0.5 * (double)grads[i];
            want[i] = 0.9 * want[i] + 0.1 * g;
            CHECK_NEAR((double)m[i], want[i], 1e-6, 1e-6);
            CHECK_NEAR((double)update[i], 0.1 * g + 0.9 * want[i], 1e-6, 1e-6);
        }
    }
}

TEST(the_checks_see_a_matrix_that_is_not_orthogonal_a_wrong_element_and_a_NaN) {
    enum { IN = 16, OUT = 24 };
    static float update[IN * OUT], got[IN * OUT];
    static double want[MOST * MOST], values[MOST];
    fill(update, (Shape){IN, OUT, 0, 1}, 6);
    reference(want, update, IN, OUT, newton_schulz);
    orthogonal(got, update, IN, OUT, newton_schulz);
    got[17] += 0.1F;
    CHECK(!(error_of(got, want, IN * OUT) < 1e-3));
    got[17] = 0.0F / (got[17] - got[17]);
    CHECK(!(error_of(got, want, IN * OUT) < 0.1));
    for (size_t i = 0; i < IN * OUT; i++) want[i] = i / OUT < 3 ? 0.1 : want[i]; /* three rows the same */
    singular_values(values, want, IN, OUT);
    size_t outside = 0;
    for (size_t i = 0; i < IN; i++) outside += !(values[i] > newton_schulz.low && values[i] < newton_schulz.high);
    CHECK(outside >= 2);
}
