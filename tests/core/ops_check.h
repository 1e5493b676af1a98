/* ops_check.h - is an op of core/ops.h right? One checker for all of them: the forward against a slow reference in double, the
   backward against central differences of that reference, and what ops.h promises of a backward (gradients of inputs are
   overwritten, those of parameters added to). ops_check_test.c shows that it can fail. */
#ifndef FOLIO_OPS_CHECK_H
#define FOLIO_OPS_CHECK_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gemm.h"
#include "ops.h"
#include "rng.h"

enum { OPS_CHECK_INPUTS = 3 };

/* |error| <= atol + rtol |reference|. */
#define OPS_CHECK_FORWARD_ATOL 2e-6
#define OPS_CHECK_FORWARD_RTOL 1e-5
#define OPS_CHECK_BACKWARD_ATOL 5e-6
#define OPS_CHECK_BACKWARD_RTOL 5e-5

typedef enum { INPUT_NONE, INPUT_OVERWRITTEN, INPUT_ADDED_TO } OpsCheckInput; /* what a backward does with its gradient */

/* An op at one shape. `in` are its floating point inputs and parameters, caches are the callbacks' own. */
typedef struct {
    const char *name;
    const void *shape; /* for the callbacks */
    OpsCheckInput input[OPS_CHECK_INPUTS];
    size_t size[OPS_CHECK_INPUTS]; /* elements of each input */
    size_t outputs;                /* elements of the output */
    double span;                   /* inputs are drawn from [-span, span), and kept span / 1000 away from 0; 0: 1 */
    double dout;                   /* gradient of every output; 0: random ones */
    size_t scratch;                /* floats the op may use; 0: GEMM_SCRATCH */
    void (*reference)(const void *shape, const double *const *in, double *out);
    void (*forward)(const Exec *exec, const void *shape, const float *const *in, float *out);
    void (*backward)(const Exec *exec, const void *shape, const float *const *in, const float *out, const float *dout, float *const *din);
} OpsCheck;

static char ops_check_message[256];

/* n floats, zeroed, 16-byte aligned and of exactly that size, so that a sanitizer sees a step beyond. Released by free(). */
static inline float *ops_check_floats(size_t n) {
    float *memory = calloc(n > 0 ? n : 1, sizeof(float));
    if (memory == NULL) abort();
    return memory;
}

/* One worker with `floats` of scratch full of NaN, and not one more: a sanitizer sees a step beyond. Good until the next call. */
static inline Exec ops_check_exec(size_t floats) {
    static float *scratch;
    static size_t size;
    if (size != floats) {
        free(scratch);
        scratch = ops_check_floats(floats);
        size = floats;
        memset(scratch, 0xff, floats * sizeof *scratch);
    }
    Exec exec = {NULL, scratch, floats, NULL};
    return exec;
}

static inline double *ops_check_doubles(size_t n) {
    double *memory = calloc(n > 0 ? n : 1, sizeof(double));
    if (memory == NULL) abort();
    return memory;
}

/* Random floats in [-span, span), never within span / 1000 of 0. Different seeds give different numbers. */
static inline void ops_check_fill(float *out, size_t n, double span, unsigned long seed) {
    for (size_t i = 0; i < n; i++) {
        double x = 2 * rng_uniform(seed, 99, i) - 1;
        if (x < 1e-3 && x > -1e-3) x = 1e-3;
        out[i] = (float)(span * x);
    }
}

static inline double ops_check_magnitude(double x) { return x < 0 ? -x : x; }

/* Written so that a NaN is wrong. */
static inline int ops_check_close_to(double got, double want, double atol, double rtol) {
    return ops_check_magnitude(got - want) <= atol + rtol * ops_check_magnitude(want);
}

static const char *ops_check_wrong(const OpsCheck *op, const char *what, size_t input, size_t element, double got, double want) {
    snprintf(ops_check_message, sizeof ops_check_message, "%s: %s %lu, element %lu is %.9g, reference %.9g", op->name, what,
             (unsigned long)input, (unsigned long)element, got, want);
    return ops_check_message;
}

/* Everything that one check needs; `rounded` are the inputs as floats, `exact` the same numbers as doubles. */
typedef struct {
    float *rounded[OPS_CHECK_INPUTS], *din[OPS_CHECK_INPUTS], *first[OPS_CHECK_INPUTS];
    double *exact[OPS_CHECK_INPUTS], *gradient[OPS_CHECK_INPUTS];
    float *out, *dout;
    double *want;
} OpsCheckBench;

static void ops_check_bench_open(OpsCheckBench *bench, const OpsCheck *op) {
    for (size_t i = 0; i < OPS_CHECK_INPUTS; i++) {
        size_t n = op->size[i];
        bench->rounded[i] = ops_check_floats(n);
        bench->din[i] = ops_check_floats(n);
        bench->first[i] = ops_check_floats(n);
        bench->exact[i] = ops_check_doubles(n);
        bench->gradient[i] = ops_check_doubles(n);
        ops_check_fill(bench->rounded[i], n, op->span > 0 ? op->span : 1, (unsigned long)i + 1);
        for (size_t e = 0; e < n; e++) bench->exact[i][e] = (double)bench->rounded[i][e];
    }
    bench->out = ops_check_floats(op->outputs);
    bench->dout = ops_check_floats(op->outputs);
    bench->want = ops_check_doubles(op->outputs);
    ops_check_fill(bench->dout, op->outputs, 1, 77);
    for (size_t e = 0; op->dout > 0 && e < op->outputs; e++) bench->dout[e] = (float)op->dout;
}

static void ops_check_bench_close(OpsCheckBench *bench) {
    for (size_t i = 0; i < OPS_CHECK_INPUTS; i++) {
        free(bench->rounded[i]);
        free(bench->din[i]);
        free(bench->first[i]);
        free(bench->exact[i]);
        free(bench->gradient[i]);
    }
    free(bench->out);
    free(bench->dout);
    free(bench->want);
}

static const char *ops_check_forward(const OpsCheck *op, OpsCheckBench *bench, const Exec *exec) {
    memset(bench->out, 0xff, op->outputs * sizeof(float)); /* NaN: an element that is not written shows */
    op->forward(exec, op->shape, (const float *const *)bench->rounded, bench->out);
    op->reference(op->shape, (const double *const *)bench->exact, bench->want);
    for (size_t e = 0; e < op->outputs; e++)
        if (!ops_check_close_to((double)bench->out[e], bench->want[e], OPS_CHECK_FORWARD_ATOL, OPS_CHECK_FORWARD_RTOL))
            return ops_check_wrong(op, "output", 0, e, (double)bench->out[e], bench->want[e]);
    return NULL;
}

/* The sum of dout times the reference's output, of which the gradients are taken. */
static double ops_check_objective(const OpsCheck *op, OpsCheckBench *bench) {
    double sum = 0;
    op->reference(op->shape, (const double *const *)bench->exact, bench->want);
    for (size_t e = 0; e < op->outputs; e++) sum += (double)bench->dout[e] * bench->want[e];
    return sum;
}

/* (f(x + h) - f(x - h)) / 2h; h = 2^-16 leaves about 1e-10 of truncation and 1e-11 of rounding. */
static void ops_check_differentiate(const OpsCheck *op, OpsCheckBench *bench, size_t input) {
    const double h = 1.0 / 65536;
    for (size_t e = 0; e < op->size[input]; e++) {
        double *x = &bench->exact[input][e], centre = *x;
        *x = centre + h;
        double above = ops_check_objective(op, bench);
        *x = centre - h;
        double below = ops_check_objective(op, bench);
        *x = centre;
        bench->gradient[input][e] = (above - below) / (2 * h);
    }
}

static void ops_check_run_backward(const OpsCheck *op, OpsCheckBench *bench, const Exec *exec) {
    op->backward(exec, op->shape, (const float *const *)bench->rounded, bench->out, bench->dout, bench->din);
}

static const char *ops_check_gradient(const OpsCheck *op, OpsCheckBench *bench, size_t input, const char *what, double times,
                                      double before) {
    for (size_t e = 0; e < op->size[input]; e++) {
        double got = (double)bench->din[input][e] - before, want = times * bench->gradient[input][e];
        if (!ops_check_close_to(got, want, OPS_CHECK_BACKWARD_ATOL, OPS_CHECK_BACKWARD_RTOL))
            return ops_check_wrong(op, what, input, e, got, want);
    }
    return NULL;
}

/* Once over NaN (what is overwritten) or 0.25 (what is added to), then once more: bits stay, or the sum is twice the gradient. */
static const char *ops_check_backward(const OpsCheck *op, OpsCheckBench *bench, const Exec *exec) {
    for (size_t i = 0; i < OPS_CHECK_INPUTS; i++) {
        if (op->input[i] == INPUT_NONE) continue;
        ops_check_differentiate(op, bench, i);
        memset(bench->din[i], 0xff, op->size[i] * sizeof(float));
        for (size_t e = 0; op->input[i] == INPUT_ADDED_TO && e < op->size[i]; e++) bench->din[i][e] = 0.25F;
    }
    ops_check_run_backward(op, bench, exec);
    for (size_t i = 0; i < OPS_CHECK_INPUTS; i++) {
        if (op->input[i] == INPUT_NONE) continue;
        const char *fault = ops_check_gradient(op, bench, i, "gradient", 1, op->input[i] == INPUT_ADDED_TO ? 0.25 : 0);
        if (fault != NULL) return fault;
        memcpy(bench->first[i], bench->din[i], op->size[i] * sizeof(float));
    }
    ops_check_run_backward(op, bench, exec);
    for (size_t i = 0; i < OPS_CHECK_INPUTS; i++) {
        const char *fault = NULL;
        if (op->input[i] == INPUT_ADDED_TO) fault = ops_check_gradient(op, bench, i, "gradient, backward twice,", 2, 0.25);
        if (op->input[i] == INPUT_OVERWRITTEN && memcmp(bench->first[i], bench->din[i], op->size[i] * sizeof(float)) != 0) {
            snprintf(ops_check_message, sizeof ops_check_message, "%s: gradient %lu is another when backward runs again", op->name,
                     (unsigned long)i);
            fault = ops_check_message;
        }
        if (fault != NULL) return fault;
    }
    return NULL;
}

/* NULL where the op is right, otherwise what is wrong with it: a sentence in a static buffer. */
static inline const char *ops_check(const OpsCheck *op) {
    Exec exec = ops_check_exec(op->scratch > 0 ? op->scratch : GEMM_SCRATCH);
    OpsCheckBench bench;
    ops_check_bench_open(&bench, op);
    const char *fault = ops_check_forward(op, &bench, &exec);
    if (fault == NULL && op->backward != NULL) fault = ops_check_backward(op, &bench, &exec);
    ops_check_bench_close(&bench);
    return fault;
}

#endif
