#include "muon.h"

#include <math.h>

#include "gemm.h"
#include "rows.h"

enum { PIECE = 4096 };

/* In memory, so that the loop does not build each constant anew (see vmath.h). */
enum { GRAD_SCALE, MOMENTUM, ONE_MINUS_MOMENTUM, CONSTANTS };

typedef struct {
    float constants[CONSTANTS];
    const float *grads;
    float *m, *update;
    uint64_t n;
} Momentum;

static void momentum_task(void *context, size_t index, float *scratch) {
    const Momentum *all = context;
    (void)scratch;
    const float *k = all->constants;
    uint64_t first = (uint64_t)index * PIECE, left = all->n - first;
    const float *grads = all->grads + first;
    float *m = all->m + first, *update = all->update + first;
    size_t n = left < PIECE ? (size_t)left : PIECE;
    for (size_t i = 0; i < n; i += 4) {
        f32x4 g = f32x4_mul(rows_load(grads + i, n - i), f32x4_load_splat(k + GRAD_SCALE));
        g = f32x4_mul(g, f32x4_load_splat(k + ONE_MINUS_MOMENTUM));
        f32x4 mean = f32x4_madd(rows_load(m + i, n - i), f32x4_load_splat(k + MOMENTUM), g);
        rows_store(m + i, mean, n - i);
        rows_store(update + i, f32x4_madd(mean, f32x4_load_splat(k + MOMENTUM), g), n - i);
    }
}

void muon_momentum(const Exec *exec, Muon s, const float *grads, float *m, float *update, uint64_t n) {
    Momentum all = {{(float)s.grad_scale, (float)s.momentum, (float)(1.0 - s.momentum)}, grads, m, update, n};
    parallel_for(exec, (size_t)((n + PIECE - 1) / PIECE), momentum_task, &all);
    lap_read(exec->lap, LAP_OPTIMIZER);
}

static size_t shorter(size_t in, size_t out) { return in < out ? in : out; }

/* A, p(A), the product P of these, and a fourth matrix to compute in. */
uint64_t muon_scratch(size_t in, size_t out) {
    uint64_t r = shorter(in, out);
    return 4 * r * r + GEMM_SCRATCH;
}

/* a, b and c of the rounds. */
static const float NEWTON_SCHULZ[3] = {3.4445f, -4.7750f, 2.0315f};
static const float POLAR_EXPRESS[5][3] = {{8.3006669f, -24.0375442f, 17.4661335f},
                                          {4.0033866f, -2.9228400f, 0.5418713f},
                                          {3.4708620f, -2.5494043f, 0.5002040f},
                                          {2.4654613f, -1.7803293f, 0.4156332f},
                                          {1.8987884f, -1.2586130f, 0.3612762f}};

/* x (n) <- x factor; returns the sum of their squares. */
static float scale(float *x, size_t n, float factor) {
    f32x4 sum = f32x4_splat(0.0f);
    for (size_t i = 0; i < n; i += 4) {
        f32x4 y = f32x4_mul(rows_load(x + i, n - i), f32x4_load_splat(&factor));
        sum = f32x4_madd(y, y, sum);
        rows_store(x + i, y, n - i);
    }
    return f32x4_sum(sum);
}

/* square (r, r), on entry A^2, becomes k[0] I + k[1] A + k[2] A^2. */
static void polynomial(float *square, const float *A, size_t r, const float k[3]) {
    for (size_t i = 0, n = r * r; i < n; i += 4) {
        f32x4 x = f32x4_mul(rows_load(square + i, n - i), f32x4_load_splat(k + 2));
        rows_store(square + i, f32x4_madd(rows_load(A + i, n - i), f32x4_load_splat(k + 1), x), n - i);
    }
    for (size_t i = 0; i < r; i++) square[i * r + i] += k[0];
}

/* to = x y, symmetric matrices that commute (r, r). */
static void product(float *to, const float *x, const float *y, size_t r, float *scratch) {
    gemm_symmetric(scratch, r, r, (GemmOperand){x, 1, r}, (GemmOperand){y, r, 1}, to);
}

static void swap(float **x, float **y) {
    float *z = *x;
    *x = *y;
    *y = z;
}

/* A (r, r), on entry U U^T, becomes X X^T. Returns X's factor of U. The sums are never 0 where U is not, as A is divided by its trace first. */
static double normalise(float *A, size_t r, int method) {
    double squares = 0.0; /* |U|^2 is the trace of U U^T */
    for (size_t i = 0; i < r; i++) squares += (double)A[i * r + i];
    double unit = 1.0 / (sqrt(squares) + 1e-7);
    double fourths = (double)scale(A, r * r, (float)(unit * unit)); /* the sum of x^4 is |X X^T|^2 */
    if (method == MUON_NEWTON_SCHULZ) return unit;
    double more = 1.0 / (sqrt(sqrt(fourths)) + 1e-7);
    scale(A, r * r, (float)(more * more));
    return unit * more;
}

/* The product of p(A) over all rounds; one of the four matrices (r, r) from A on, all of them overwritten. */
static float *rounds(float *A, size_t r, size_t steps, int method, float *scratch) {
    float *p = A + r * r, *P = p + r * r, *other = P + r * r;
    for (size_t step = 0; step < steps; step++) {
        product(p, A, A, r, scratch);
        polynomial(p, A, r, method == MUON_NEWTON_SCHULZ ? NEWTON_SCHULZ : POLAR_EXPRESS[step]);
        if (step + 1 < steps) {
            product(other, A, p, r, scratch);
            product(A, other, p, r, scratch);
        }
        if (step == 0) {
            swap(&P, &p);
        } else {
            product(other, P, p, r, scratch);
            swap(&P, &other);
        }
    }
    return P;
}

void muon_update(Muon s, MuonMatrix matrix, float *params, const float *update, float *scratch) {
    size_t in = matrix.in, out = matrix.out, stride = matrix.stride, r = shorter(in, out);
    GemmOperand U = {update, stride, 1}, transposed = {update, 1, stride};
    float *A = scratch, *packing = scratch + 4 * r * r;
    if (in <= out)
        gemm_symmetric(packing, r, out, U, transposed, A);
    else
        gemm_symmetric(packing, r, in, transposed, U, A);

    double unit = normalise(A, r, s.method);
    float *P = rounds(A, r, s.steps, s.method, packing);
    scale(P, r * r, (float)(-s.lr * matrix.scale * unit));

    if (s.weight_decay != 0.0)
        for (size_t i = 0; i < in; i++) scale(params + i * stride, out, (float)(1.0 - s.lr * s.weight_decay));
    if (in <= out)
        gemm_serial(packing, in, out, r, (GemmOperand){P, r, 1}, U, 1, params, stride);
    else
        gemm_serial(packing, in, out, r, U, (GemmOperand){P, r, 1}, 1, params, stride);
}
