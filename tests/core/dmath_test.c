/* dmath_test.c - exp, log, sin and cos in double against the libm of this machine, errors in ulp as dmath.h promises. */
#include "dmath.h"

#include <float.h>
#include <math.h>

#include "rng.h"
#include "test.h"

enum { POINTS = 200000 };

static double random_between(double low, double high, uint64_t index) { return low + (high - low) * rng_uniform(42, 1, index); }

/* Distance in units of the last place of the expected value. */
static double ulps(double actual, double expected) {
    double magnitude = fabs(expected), next = nextafter(magnitude, DBL_MAX);
    return actual == expected ? 0 : fabs(actual - expected) / (next - magnitude);
}

static double worst_exp(double low, double high) {
    double worst = 0;
    for (uint64_t i = 0; i < POINTS; i++) {
        double x = random_between(low, high, i);
        worst = fmax(worst, ulps(dmath_exp(x), exp(x)));
    }
    return worst;
}

TEST(exp_is_within_four_ulp) {
    CHECK_NEAR(worst_exp(-1, 1), 0, 4, 0);
    CHECK_NEAR(worst_exp(-50, 50), 0, 4, 0);
    CHECK_NEAR(worst_exp(-708, 709.78), 0, 4, 0);
    CHECK_NEAR(worst_exp(-1e-8, 1e-8), 0, 4, 0);
}

TEST(exp_has_the_right_ends) {
    volatile double zero = 0;
    CHECK_NEAR(dmath_exp(0), 1.0, 0, 0);
    CHECK(dmath_exp(-746) == 0 && dmath_exp(-HUGE_VAL) == 0);
    CHECK(dmath_exp(709.79) == HUGE_VAL && dmath_exp(HUGE_VAL) == HUGE_VAL);
    CHECK(dmath_exp(709.7) < HUGE_VAL);
    CHECK(dmath_exp(zero / zero) != dmath_exp(zero / zero));
    for (double x = -745; x < -708; x += 0.37) CHECK_NEAR(dmath_exp(x), exp(x), 2 * 4.94065645841246544e-324, 0); /* subnormal results */
}

TEST(log_is_within_four_ulp) {
    double worst = 0;
    for (uint64_t i = 0; i < POINTS; i++) {
        double x = exp(random_between(-700, 700, i)), near_one = random_between(0.5, 2, i);
        worst = fmax(worst, ulps(dmath_log(x), log(x)));
        worst = fmax(worst, ulps(dmath_log(near_one), log(near_one)));
    }
    for (int i = 1; i < 1000; i++) {
        worst = fmax(worst, ulps(dmath_log(1 + i * DBL_EPSILON), log(1 + i * DBL_EPSILON)));
        worst = fmax(worst, ulps(dmath_log(1 - i * DBL_EPSILON / 2), log(1 - i * DBL_EPSILON / 2)));
    }
    CHECK_NEAR(worst, 0, 4, 0);
    CHECK_NEAR(dmath_log(1), 0.0, 0, 0);
    CHECK_NEAR(dmath_log(DBL_MIN), log(DBL_MIN), 0, 4 * DBL_EPSILON);
    CHECK_NEAR(dmath_log(DBL_MAX), log(DBL_MAX), 0, 4 * DBL_EPSILON);
}

TEST(sin_and_cos_are_within_1e_15) {
    static const double ranges[] = {1, 10, 1000, 999999};
    for (size_t range = 0; range < 4; range++) {
        double worst = 0;
        for (uint64_t i = 0; i < POINTS; i++) {
            double x = random_between(-ranges[range], ranges[range], i);
            worst = fmax(worst, fmax(fabs(dmath_sin(x) - sin(x)), fabs(dmath_cos(x) - cos(x))));
        }
        test_note("|x| < %g", ranges[range]);
        CHECK_NEAR(worst, 0, 1e-15, 0);
    }
    CHECK(dmath_sin(0) == 0 && dmath_cos(0) == 1);
}

TEST(sin_and_cos_hold_close_to_the_turns_of_the_quadrants) {
    double worst = 0;
    for (int k = -200; k <= 200; k++)
        for (int i = -5; i <= 5; i++) {
            double x = k * 0.78539816339744830962 + i * 1e-9;
            worst = fmax(worst, fmax(fabs(dmath_sin(x) - sin(x)), fabs(dmath_cos(x) - cos(x))));
        }
    CHECK_NEAR(worst, 0, 1e-15, 0);
}

TEST(powers_agree_with_libm) {
    double worst = 0;
    for (uint64_t i = 0; i < POINTS; i++) {
        double base = random_between(0.5, 20000, i), exponent = random_between(-2, 2, i + POINTS);
        worst = fmax(worst, fabs(dmath_pow(base, exponent) / pow(base, exponent) - 1));
    }
    CHECK_NEAR(worst, 0, 20 * DBL_EPSILON, 0); /* the error of the logarithm, times up to 20 */
}

TEST(whole_powers_are_products) {
    CHECK(dmath_powi(3, 0) == 1 && dmath_powi(3, 1) == 3 && dmath_powi(3, 20) == 3486784401.0 && dmath_powi(-2, 3) == -8);
    for (uint64_t n = 0; n < 3000; n++) CHECK_NEAR(dmath_powi(0.999, n), pow(0.999, (double)n), 0, 3000 * DBL_EPSILON);
    CHECK(dmath_powi(0.9, 1000000000) == 0 && dmath_powi(0, 0) == 1);
}
