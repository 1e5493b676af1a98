#include "clip.h"

#include <math.h>

#include "rows.h"

enum { PIECE = 4096 };

typedef struct {
    const float *grads;
    uint64_t n;
    double *partials;
} Norm;

static void norm_task(void *context, size_t index, float *scratch) {
    const Norm *norm = context;
    (void)scratch;
    const float *g = norm->grads + (uint64_t)index * PIECE;
    uint64_t left = norm->n - (uint64_t)index * PIECE;
    size_t n = left < PIECE ? (size_t)left : PIECE;
    f32x4 sum = f32x4_splat(0.0f);
    for (size_t i = 0; i < n; i += 4) {
        f32x4 x = rows_load(g + i, n - i);
        sum = f32x4_madd(x, x, sum);
    }
    norm->partials[index] = (double)f32x4_sum(sum);
}

uint64_t clip_partials(uint64_t n) { return (n + PIECE - 1) / PIECE; }

double clip_norm(const Exec *exec, const float *grads, uint64_t n, double *partials) {
    Norm norm = {grads, n, partials};
    size_t pieces = (size_t)clip_partials(n);
    parallel_for(exec, pieces, norm_task, &norm);
    double sum = 0.0;
    for (size_t i = 0; i < pieces; i++) sum += partials[i];
    lap_read(exec->lap, LAP_OPTIMIZER);
    return sqrt(sum);
}

double clip_factor(double norm, double max_norm) {
    double factor = max_norm / (norm + 1e-6);
    return max_norm > 0 && factor < 1.0 ? factor : 1.0;
}
