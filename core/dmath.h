/* dmath.h - exp, log, sin and cos in double, for what is computed once: tables, schedules, initial weights.
   Plain +, -, *, / only, so every compiler and engine gives the same bits; errors stay below 4 ulp of the result,
   or 1e-15 absolute for sin and cos. The hot paths have vmath.h. */
#ifndef FOLIO_DMATH_H
#define FOLIO_DMATH_H

#include <stdint.h>

double dmath_exp(double x); /* 0 below -745, infinity above 709.78 */
double dmath_log(double x); /* x > 0 and normal */
double dmath_sin(double x); /* |x| < 1e6 */
double dmath_cos(double x);
void dmath_sincos(double x, double *sin, double *cos); /* both for little more than one */
double dmath_pow(double base, double exponent);        /* base > 0: exp(exponent log(base)) */

/* base^n by repeated squaring: exact order of products, for bias corrections. */
double dmath_powi(double base, uint64_t n);

#endif
