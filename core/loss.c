/* loss.c - softmax cross-entropy. */
#include "dmath.h"
#include "ops.h"
#include "rows.h"
#include "vmath.h"

typedef struct {
    float *losses, *lse_out, *dlogits;
    const float *logits, *lse;
    const uint32_t *targets;
    float scale;
    size_t R, V;
} Loss;

static float row_largest(const float *x, size_t n) {
    if (n < 4) {
        float largest = x[0];
        for (size_t i = 1; i < n; i++) largest = largest < x[i] ? x[i] : largest;
        return largest;
    }
    f32x4 largest = f32x4_load(x);
    for (size_t i = 4; i + 4 <= n; i += 4) largest = f32x4_max(largest, f32x4_load(x + i));
    return f32x4_largest(f32x4_max(largest, f32x4_load(x + n - 4)));
}

/* The sum of exp(x - shift); lanes beyond the row add 0. */
static float row_exp_sum(const float *x, float shift, size_t n) {
    f32x4 sum = f32x4_splat(0.0f), largest = f32x4_splat(shift);
    for (size_t i = 0; i < n; i += 4) {
        f32x4 e = vmath_exp(f32x4_sub(rows_load(x + i, n - i), largest));
        sum = f32x4_add(sum, n - i < 4 ? rows_first(e, n - i) : e);
    }
    return f32x4_sum(sum);
}

static void forward_task(void *context, size_t index, float *scratch) {
    const Loss *l = context;
    (void)scratch;
    size_t row, end = rows_of(index, l->R, &row);
    for (; row < end; row++) {
        const float *logits = l->logits + row * l->V;
        float largest = row_largest(logits, l->V);
        l->lse_out[row] = (float)((double)largest + dmath_log((double)row_exp_sum(logits, largest, l->V)));
        l->losses[row] = l->lse_out[row] - logits[l->targets[row]];
    }
}

void loss_forward(const Exec *exec, float *losses, float *lse, const float *logits, const uint32_t *targets, size_t R, size_t V) {
    Loss l = {losses, lse, NULL, logits, lse, targets, 0.0f, R, V};
    rows_for(exec, R, forward_task, &l);
    lap_read(exec->lap, LAP_LOSS);
}

/* loss = lse - logits[target]; d lse / d logits = softmax, so dlogits = softmax - onehot. */
static void backward_task(void *context, size_t index, float *scratch) {
    const Loss *l = context;
    (void)scratch;
    const f32x4 scale = f32x4_splat(l->scale);
    size_t V = l->V, row, end = rows_of(index, l->R, &row);
    for (; row < end; row++) {
        const float *logits = l->logits + row * V;
        float *dlogits = l->dlogits + row * V;
        f32x4 lse = f32x4_load_splat(l->lse + row);
        for (size_t i = 0; i < V; i += 4)
            rows_store(dlogits + i, f32x4_mul(scale, vmath_exp(f32x4_sub(rows_load(logits + i, V - i), lse))), V - i);
        dlogits[l->targets[row]] -= l->scale;
    }
}

void loss_backward(const Exec *exec, float *dlogits, const float *logits, const float *lse, const uint32_t *targets, float scale, size_t R,
                   size_t V) {
    Loss l = {NULL, NULL, dlogits, logits, lse, targets, scale, R, V};
    rows_for(exec, R, backward_task, &l);
    lap_read(exec->lap, LAP_LOSS);
}
