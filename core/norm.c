/* norm.c - layernorm and rmsnorm over channels, and rmsnorm over each query and key head. */
#include <math.h>

#include "config.h"
#include "ops.h"
#include "rows.h"

static float row_sum(const float *x, size_t n) {
    f32x4 sum = f32x4_splat(0.0f);
    for (size_t c = 0; c < n; c += 4) sum = f32x4_add(sum, rows_load(x + c, n - c));
    return f32x4_sum(sum);
}

/* Sum of (x - mean)^2. */
static float row_squares(const float *x, float mean, size_t n) {
    f32x4 sum = f32x4_splat(0.0f), center = f32x4_splat(mean);
    size_t c = 0;
    for (; c + 4 <= n; c += 4) {
        f32x4 d = f32x4_sub(f32x4_load(x + c), center);
        sum = f32x4_madd(d, d, sum);
    }
    if (c < n) { /* lanes beyond the row must be 0, not -mean */
        float rest[4] = {0, 0, 0, 0};
        for (size_t i = 0; c + i < n; i++) rest[i] = x[c + i] - mean;
        sum = f32x4_madd(f32x4_load(rest), f32x4_load(rest), sum);
    }
    return f32x4_sum(sum);
}

static float inverse_root(float squares, size_t n, double eps) { return 1.0f / sqrtf(squares / (float)n + (float)eps); }

typedef struct {
    int kind;
    float *out, *mean, *rstd;
    const float *in, *weight, *bias;
    double eps;
    size_t BT, C;
} Forward;

static void forward_task(void *context, size_t index, float *scratch) {
    const Forward *f = context;
    (void)scratch;
    size_t C = f->C, row, end = rows_of(index, f->BT, &row);
    for (; row < end; row++) {
        const float *x = f->in + row * C;
        float *out = f->out + row * C, mean = 0.0f;
        if (f->kind == NORM_LAYERNORM) f->mean[row] = mean = row_sum(x, C) / (float)C;
        float rstd = f->rstd[row] = inverse_root(row_squares(x, mean, C), C, f->eps);
        f32x4 scale = f32x4_splat(rstd), center = f32x4_splat(mean);
        for (size_t c = 0; c < C; c += 4) {
            f32x4 y = f32x4_mul(f32x4_sub(rows_load(x + c, C - c), center), scale);
            if (f->weight) y = f32x4_mul(y, rows_load(f->weight + c, C - c));
            if (f->bias) y = f32x4_add(y, rows_load(f->bias + c, C - c));
            rows_store(out + c, y, C - c);
        }
    }
}

void norm_forward(const Exec *exec, int kind, float *out, float *mean, float *rstd, const float *in, const float *weight, const float *bias,
                  double eps, size_t BT, size_t C) {
    Forward f = {kind, out, mean, rstd, in, weight, bias, eps, BT, C};
    rows_for(exec, BT, forward_task, &f);
    lap_read(exec->lap, LAP_NORM);
}

/* With n = (x - mean) rstd and g = dout weight:
     dx = rstd (g - mean(g) - n mean(g n)), where rmsnorm has no mean and no mean(g);
     dweight = sum over rows of dout n, dbias = sum over rows of dout. */
typedef struct {
    int kind;
    float *din, *dweight, *dbias;
    const float *dout, *in, *weight, *mean, *rstd;
    size_t BT, C;
} Backward;

static f32x4 normalised(const Backward *b, size_t row, size_t c) {
    f32x4 x = rows_load(b->in + row * b->C + c, b->C - c);
    if (b->kind == NORM_LAYERNORM) x = f32x4_sub(x, f32x4_load_splat(b->mean + row));
    return f32x4_mul(x, f32x4_load_splat(b->rstd + row));
}

static f32x4 weighted(const Backward *b, size_t row, size_t c) {
    f32x4 g = rows_load(b->dout + row * b->C + c, b->C - c);
    return b->weight ? f32x4_mul(g, rows_load(b->weight + c, b->C - c)) : g;
}

static void din_task(void *context, size_t index, float *scratch) {
    const Backward *b = context;
    (void)scratch;
    size_t C = b->C, row, end = rows_of(index, b->BT, &row);
    for (; row < end; row++) {
        f32x4 sum = f32x4_splat(0.0f), products = sum;
        for (size_t c = 0; c < C; c += 4) {
            f32x4 g = weighted(b, row, c);
            sum = f32x4_add(sum, g);
            products = f32x4_madd(g, normalised(b, row, c), products);
        }
        f32x4 mean = f32x4_splat(b->kind == NORM_LAYERNORM ? f32x4_sum(sum) / (float)C : 0.0f);
        f32x4 slope = f32x4_splat(f32x4_sum(products) / (float)C), rstd = f32x4_load_splat(b->rstd + row);
        float *din = b->din + row * C;
        for (size_t c = 0; c < C; c += 4) {
            f32x4 d = f32x4_sub(f32x4_sub(weighted(b, row, c), mean), f32x4_mul(normalised(b, row, c), slope));
            rows_store(din + c, f32x4_madd(rstd, d, rows_load(din + c, C - c)), C - c);
        }
    }
}

enum { COLUMNS = 64 };

static void dparams_task(void *context, size_t index, float *scratch) {
    const Backward *b = context;
    (void)scratch;
    size_t first = index * COLUMNS, end = first + rows_smaller(COLUMNS, b->C - first);
    for (size_t row = 0; row < b->BT; row++)
        for (size_t c = first; c < end; c += 4) {
            f32x4 g = rows_load(b->dout + row * b->C + c, b->C - c);
            f32x4 sum = f32x4_madd(g, normalised(b, row, c), rows_load(b->dweight + c, b->C - c));
            rows_store(b->dweight + c, sum, b->C - c);
            if (b->dbias) rows_store(b->dbias + c, f32x4_add(rows_load(b->dbias + c, b->C - c), g), b->C - c);
        }
}

void norm_backward(const Exec *exec, int kind, float *din, float *dweight, float *dbias, const float *dout, const float *in,
                   const float *weight, const float *mean, const float *rstd, size_t BT, size_t C) {
    Backward b = {kind, din, dweight, dbias, dout, in, weight, mean, rstd, BT, C};
    rows_for(exec, BT, din_task, &b);
    if (dweight) parallel_for(exec, (C + COLUMNS - 1) / COLUMNS, dparams_task, &b);
    lap_read(exec->lap, LAP_NORM);
}

typedef struct {
    float *x, *rstd;
    HeadRows shape;
    double eps;
    size_t BT;
} Heads;

static void heads_task(void *context, size_t index, float *scratch) {
    const Heads *h = context;
    (void)scratch;
    size_t hs = h->shape.hs, row, end = rows_of(index, h->BT, &row);
    for (; row < end; row++)
        for (size_t i = 0; i < h->shape.heads; i++) {
            float *x = h->x + row * h->shape.row_stride + i * hs;
            float rstd = inverse_root(row_squares(x, 0.0f, hs), hs, h->eps);
            h->rstd[row * h->shape.heads + i] = rstd;
            f32x4 scale = f32x4_splat(rstd);
            for (size_t c = 0; c < hs; c += 4) rows_store(x + c, f32x4_mul(rows_load(x + c, hs - c), scale), hs - c);
        }
}

void qk_norm_forward(const Exec *exec, float *x, float *rstd, HeadRows shape, double eps, size_t BT) {
    Heads h = {x, rstd, shape, eps, BT};
    rows_for(exec, BT, heads_task, &h);
    lap_read(exec->lap, LAP_NORM);
}

/* As rmsnorm without weight, from its output n: dx = rstd (dout - n mean(dout n)). */
typedef struct {
    float *dx;
    const float *x, *rstd;
    HeadRows shape;
    size_t BT;
} HeadsBackward;

static void heads_backward_task(void *context, size_t index, float *scratch) {
    const HeadsBackward *h = context;
    (void)scratch;
    size_t hs = h->shape.hs, row, end = rows_of(index, h->BT, &row);
    for (; row < end; row++)
        for (size_t i = 0; i < h->shape.heads; i++) {
            float *dx = h->dx + row * h->shape.row_stride + i * hs;
            const float *n = h->x + row * h->shape.row_stride + i * hs;
            f32x4 products = f32x4_splat(0.0f), rstd = f32x4_load_splat(h->rstd + row * h->shape.heads + i);
            for (size_t c = 0; c < hs; c += 4) products = f32x4_madd(rows_load(dx + c, hs - c), rows_load(n + c, hs - c), products);
            f32x4 slope = f32x4_splat(f32x4_sum(products) / (float)hs);
            for (size_t c = 0; c < hs; c += 4) {
                f32x4 d = f32x4_sub(rows_load(dx + c, hs - c), f32x4_mul(rows_load(n + c, hs - c), slope));
                rows_store(dx + c, f32x4_mul(rstd, d), hs - c);
            }
        }
}

void qk_norm_backward(const Exec *exec, float *dx, const float *x, const float *rstd, HeadRows shape, size_t BT) {
    HeadsBackward h = {dx, x, rstd, shape, BT};
    rows_for(exec, BT, heads_backward_task, &h);
    lap_read(exec->lap, LAP_NORM);
}
