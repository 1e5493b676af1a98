/* dropout.c - dropout and the residual sum it stands before. Masks are computed again where they are needed, never stored. */
#include "ops.h"
#include "rng.h"
#include "rows.h"

static uint32_t threshold(double p) { return (uint32_t)(p * 4294967296.0); }

void dropout_apply(float *x, size_t n, uint64_t first, Dropout dropout) {
    const uint32_t below = threshold(dropout.p);
    const float scale = (float)(1.0 / (1.0 - dropout.p));
    uint32_t words[4];
    for (size_t i = 0; i < n; i++) {
        uint64_t element = first + i;
        if (i == 0 || element % 4 == 0) rng_block(dropout.seed, dropout.stream, element / 4, words);
        x[i] = words[element % 4] < below ? 0.0f : x[i] * scale;
    }
}

enum { ELEMENTS = 4096 }; /* in one task */

typedef struct {
    float *out;
    const float *residual, *y;
    size_t n;
    Dropout dropout;
} Sum;

static void sum_task(void *context, size_t index, float *scratch) {
    const Sum *s = context;
    size_t first = index * ELEMENTS, n = rows_smaller(ELEMENTS, s->n - first);
    const float *y = s->y + first;
    float *out = s->out + first;
    if (s->dropout.p > 0) {
        memcpy(scratch, y, n * sizeof *y);
        dropout_apply(scratch, n, first, s->dropout);
        y = scratch;
    }
    if (!s->residual) {
        if (out != y) memcpy(out, y, n * sizeof *y);
        return;
    }
    for (size_t i = 0; i < n; i += 4)
        rows_store(out + i, f32x4_add(rows_load(s->residual + first + i, n - i), rows_load(y + i, n - i)), n - i);
}

void dropout_forward(const Exec *exec, float *out, const float *residual, const float *y, size_t n, Dropout dropout) {
    Sum s = {out, residual, y, n, dropout};
    parallel_for(exec, (n + ELEMENTS - 1) / ELEMENTS, sum_task, &s);
    lap_read(exec->lap, LAP_RESIDUAL);
}

/* out = residual + mask y, so dy = mask dout: the same mask on another array. */
void dropout_backward(const Exec *exec, float *dy, const float *dout, size_t n, Dropout dropout) {
    dropout_forward(exec, dy, NULL, dout, n, dropout);
}
