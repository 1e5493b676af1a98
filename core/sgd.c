#include "sgd.h"

#include "rows.h"

enum { PIECE = 4096 };

/* In memory, so that the loop does not build each constant anew (see vmath.h). */
enum { GRAD_SCALE, DECAY, MOMENTUM, RATE, CONSTANTS };

typedef struct {
    float constants[CONSTANTS];
    float *params, *buffer;
    const float *grads;
    uint64_t n;
} Update;

static void update_task(void *context, size_t index, float *scratch) {
    const Update *u = context;
    (void)scratch;
    const float *k = u->constants;
    uint64_t first = (uint64_t)index * PIECE, left = u->n - first;
    float *params = u->params + first, *buffer = u->buffer + first;
    const float *grads = u->grads + first;
    size_t n = left < PIECE ? (size_t)left : PIECE;
    for (size_t i = 0; i < n; i += 4) {
        f32x4 p = rows_load(params + i, n - i), g = f32x4_mul(rows_load(grads + i, n - i), f32x4_load_splat(k + GRAD_SCALE));
        g = f32x4_madd(p, f32x4_load_splat(k + DECAY), g);
        f32x4 b = f32x4_madd(rows_load(buffer + i, n - i), f32x4_load_splat(k + MOMENTUM), g);
        rows_store(buffer + i, b, n - i);
        rows_store(params + i, f32x4_sub(p, f32x4_mul(b, f32x4_load_splat(k + RATE))), n - i);
    }
}

void sgd_update(const Exec *exec, Sgd s, float *params, const float *grads, float *buffer, uint64_t n) {
    Update u = {{(float)s.grad_scale, (float)s.weight_decay, (float)s.momentum, (float)s.lr}, params, buffer, grads, n};
    parallel_for(exec, (size_t)((n + PIECE - 1) / PIECE), update_task, &u);
    lap_read(exec->lap, LAP_OPTIMIZER);
}
