#include "dmath.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* ln 2 in two parts: the first has 32 zero bits at its end, so k times it is exact. */
#define LN2_HIGH 6.93147180369123816490e-01
#define LN2_LOW 1.90821492927058770002e-10

static double power_of_two(int k) { /* -1022 <= k <= 1023 */
    uint64_t bits = (uint64_t)(k + 1023) << 52;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Nearest whole number, ties away from zero; |x| < 2^31. */
static int nearest(double x) { return (int)(x < 0 ? x - 0.5 : x + 0.5); }

/* exp(x) = 2^k exp(r), r = x - k ln 2, |r| <= 0.35; exp(r) by its series to r^13 (next term < 4e-18). */
double dmath_exp(double x) {
    if (x != x) return x;
    if (x < -745.0) return 0.0;
    if (x > 709.78) return HUGE_VAL;
    int k = nearest(x * 1.4426950408889634);
    double r = (x - k * LN2_HIGH) - k * LN2_LOW;
    double sum = 1.0;
    for (int i = 13; i >= 1; i--) sum = 1.0 + r * sum / i;
    int half = k / 2; /* in two factors, for results near both ends of the range */
    return sum * power_of_two(half) * power_of_two(k - half);
}

/* x = 2^k m, m in [0.7, 1.41]; log m = 2 artanh(s), s = (m - 1) / (m + 1), |s| <= 0.172, by its series to s^21. */
double dmath_log(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int k = (int)(bits >> 52) - 1023;
    bits = (bits & 0xFFFFFFFFFFFFFu) | (uint64_t)1023 << 52;
    double m;
    memcpy(&m, &bits, sizeof m);
    if (m > 1.4142135623730951) {
        m *= 0.5;
        k++;
    }
    double s = (m - 1.0) / (m + 1.0), square = s * s, sum = 0.0;
    for (int i = 21; i >= 3; i -= 2) sum = (sum + 1.0 / i) * square;
    return k * LN2_HIGH + (2.0 * s + (2.0 * s * sum + k * LN2_LOW));
}

/* pi / 2 in three parts of 33 bits each: k times the first two is exact for k < 2^20. */
static double reduce(double x, int *quadrant) {
    int k = nearest(x * 0.63661977236758134308);
    *quadrant = k & 3;
    double r = x - k * 1.57079632673412561417e+00;
    r -= k * 6.07710050630396597660e-11;
    return r - k * 2.02226624879595063154e-21;
}

/* Taylor series on |r| <= pi / 4: the next terms are below 1e-18. Both at once, as each waits for its divisions. */
static void series(double r, double *sin, double *cos) {
    double square = r * r, sine = 1.0, cosine = 1.0 - square / (18 * 17);
    for (int i = 16; i >= 2; i -= 2) {
        sine = 1.0 - square * sine / (i * (i + 1));
        cosine = 1.0 - square * cosine / (i * (i - 1));
    }
    *sin = r * sine;
    *cos = cosine;
}

void dmath_sincos(double x, double *sin, double *cos) {
    int quadrant;
    double r = reduce(x, &quadrant), sine, cosine;
    series(r, &sine, &cosine);
    double along = quadrant & 1 ? sine : cosine, across = quadrant & 1 ? cosine : sine;
    *cos = quadrant == 1 || quadrant == 2 ? -along : along;
    *sin = quadrant & 2 ? -across : across;
}

double dmath_sin(double x) {
    double sin, cos;
    dmath_sincos(x, &sin, &cos);
    return sin;
}

double dmath_cos(double x) {
    double sin, cos;
    dmath_sincos(x, &sin, &cos);
    return cos;
}

double dmath_pow(double base, double exponent) { return dmath_exp(exponent * dmath_log(base)); }

double dmath_powi(double base, uint64_t n) {
    double result = 1.0;
    for (; n; n >>= 1) {
        if (n & 1) result *= base;
        base *= base;
    }
    return result;
}
