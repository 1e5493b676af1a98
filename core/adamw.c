#include "adamw.h"

#include <math.h>

#include "dmath.h"
#include "rows.h"

enum { PIECE = 4096 };

/* In memory, so that the loop does not build each constant anew (see vmath.h). */
enum { GRAD_SCALE, BETA1, ONE_MINUS_BETA1, BETA2, ONE_MINUS_BETA2, EPS, KEEP, RATE, ROOT, CONSTANTS };

typedef struct {
    float constants[CONSTANTS];
    float *params, *m, *v;
    const float *grads;
    uint64_t n;
} Update;

static void update_task(void *context, size_t index, float *scratch) {
    const Update *u = context;
    (void)scratch;
    const float *k = u->constants;
    uint64_t first = (uint64_t)index * PIECE, left = u->n - first;
    float *p = u->params + first, *m = u->m + first, *v = u->v + first;
    const float *grads = u->grads + first;
    size_t n = left < PIECE ? (size_t)left : PIECE;
    for (size_t i = 0; i < n; i += 4) {
        f32x4 g = f32x4_mul(rows_load(grads + i, n - i), f32x4_load_splat(k + GRAD_SCALE));
        f32x4 mean = f32x4_mul(rows_load(m + i, n - i), f32x4_load_splat(k + BETA1));
        mean = f32x4_madd(g, f32x4_load_splat(k + ONE_MINUS_BETA1), mean);
        f32x4 square = f32x4_mul(rows_load(v + i, n - i), f32x4_load_splat(k + BETA2));
        square = f32x4_madd(f32x4_mul(g, g), f32x4_load_splat(k + ONE_MINUS_BETA2), square);
        f32x4 root = f32x4_madd(f32x4_sqrt(square), f32x4_load_splat(k + ROOT), f32x4_load_splat(k + EPS));
        f32x4 change = f32x4_div(f32x4_mul(mean, f32x4_load_splat(k + RATE)), root);
        f32x4 kept = f32x4_mul(rows_load(p + i, n - i), f32x4_load_splat(k + KEEP));
        rows_store(m + i, mean, n - i);
        rows_store(v + i, square, n - i);
        rows_store(p + i, f32x4_sub(kept, change), n - i);
    }
}

void adamw_update(const Exec *exec, Adamw s, float *params, const float *grads, float *m, float *v, uint64_t n) {
    double correction1 = 1.0 - dmath_powi(s.beta1, s.step), correction2 = 1.0 - dmath_powi(s.beta2, s.step);
    Update u = {{0}, params, m, v, grads, n};
    u.constants[GRAD_SCALE] = (float)s.grad_scale;
    u.constants[BETA1] = (float)s.beta1;
    u.constants[ONE_MINUS_BETA1] = (float)(1.0 - s.beta1);
    u.constants[BETA2] = (float)s.beta2;
    u.constants[ONE_MINUS_BETA2] = (float)(1.0 - s.beta2);
    u.constants[EPS] = (float)s.eps;
    u.constants[KEEP] = (float)(1.0 - s.lr * s.weight_decay);
    u.constants[RATE] = (float)(s.lr / correction1);
    u.constants[ROOT] = (float)(1.0 / sqrt(correction2));
    parallel_for(exec, (size_t)((n + PIECE - 1) / PIECE), update_task, &u);
    lap_read(exec->lap, LAP_OPTIMIZER);
}
