/* conv.c - a short causal convolution of each channel by itself, over time: what stands just before mixes into a row. */
#include "ops.h"
#include "rows.h"
#include "unroll.h"

typedef struct {
    float *to;
    const float *from, *weight;
    size_t taps, start, B, T, C;
} Conv;

/* to[t] = from[t] + sum over k of weight[k - 1] from[t + k step], k = 1 .. count: the taps whose row stands in the window. */
static inline void mix(float *to, const float *from, const float *weight, size_t count, ptrdiff_t step, size_t C) {
    for (size_t c = 0; c < C; c += 4) {
        f32x4 sum = rows_load(from + c, C - c);
        const float *w = weight + c, *x = from + c;
        for (size_t k = 0; k < count; k++, w += C) {
            x += step;
            sum = f32x4_madd(rows_load(w, C - c), rows_load(x, C - c), sum);
        }
        rows_store(to + c, sum, C - c);
    }
}

static void forward_task(void *context, size_t index, float *scratch) {
    const Conv *v = context;
    (void)scratch;
    size_t row, end = rows_of(index, v->B * v->T, &row);
    for (; row < end; row++)
        mix(v->to + row * v->C, v->from + row * v->C, v->weight, rows_smaller(v->taps, v->start + row % v->T), -(ptrdiff_t)v->C, v->C);
}

void conv_forward(const Exec *exec, float *out, const float *in, const float *weight, size_t taps, size_t start, size_t B, size_t T,
                  size_t C) {
    Conv v = {out, in, weight, taps, start, B, T, C};
    rows_for(exec, B * T, forward_task, &v);
    lap_read(exec->lap, LAP_CONV);
}

/* out[t] = in[t] + sum over k of w[k] in[t - k], so din[t] = dout[t] + sum over k of w[k] dout[t + k] within the window,
   and dw[k] = sum over the rows of dout[t] in[t - k]. */
static void din_task(void *context, size_t index, float *scratch) {
    const Conv *v = context;
    (void)scratch;
    size_t row, end = rows_of(index, v->B * v->T, &row);
    for (; row < end; row++)
        mix(v->to + row * v->C, v->from + row * v->C, v->weight, rows_smaller(v->taps, v->T - 1 - row % v->T), (ptrdiff_t)v->C, v->C);
}

typedef struct {
    float *dweight;
    const float *dout, *in;
    size_t taps, B, T, C;
} Gather;

/* Columns in a task: a line of the cache, whose sums stay in registers while the rows go by. */
enum { COLUMNS = 16 };

static void dweight_task(void *context, size_t index, float *scratch) {
    const Gather *g = context;
    (void)scratch;
    size_t tap = index % g->taps, first = index / g->taps * COLUMNS, C = g->C;
    f32x4 sum[COLUMNS / 4] = {0};
    for (size_t b = 0; b < g->B; b++)
        for (size_t t = tap + 1; t < g->T; t++) {
            const float *dout = g->dout + (b * g->T + t) * C, *in = g->in + (b * g->T + t - tap - 1) * C;
            UNROLL
            for (size_t i = 0; i < COLUMNS / 4; i++) {
                size_t c = first + 4 * i;
                if (c < C) sum[i] = f32x4_madd(rows_load(dout + c, C - c), rows_load(in + c, C - c), sum[i]);
            }
        }
    UNROLL
    for (size_t i = 0; i < COLUMNS / 4; i++) {
        size_t c = first + 4 * i;
        float *to = g->dweight + tap * C + c;
        if (c < C) rows_store(to, f32x4_add(rows_load(to, C - c), sum[i]), C - c);
    }
}

void conv_backward(const Exec *exec, float *din, float *dweight, const float *dout, const float *in, const float *weight, size_t taps,
                   size_t B, size_t T, size_t C) {
    Conv v = {din, dout, weight, taps, 0, B, T, C};
    Gather g = {dweight, dout, in, taps, B, T, C};
    rows_for(exec, B * T, din_task, &v);
    parallel_for(exec, taps * ((C + COLUMNS - 1) / COLUMNS), dweight_task, &g);
    lap_read(exec->lap, LAP_CONV);
}
