/* norm.c - layernorm and rmsnorm over channels, and rmsnorm over each query and key head. */
#include <math.h>

#include "config.h"
#include "ops.h"
#include "rows.h"

/* The part of a row that is whole vectors; what is left is one rows_load. Tried: one loop to the end of the row, with the call of rows_load in it: V8 then
   keeps the sums in memory, and a norm takes twice as long. */
static size_t whole(size_t n) { return n / 4 * 4; }

static float row_sum(const float *x, size_t n) {
    f32x4 sum = f32x4_splat(0.0f);
    size_t c = 0;
    for (; c < whole(n); c += 4) sum = f32x4_add(sum, f32x4_load(x + c));
    if (c < n) sum = f32x4_add(sum, rows_load(x + c, n - c));
    return f32x4_sum(sum);
}

/* Sum of (x - mean)^2. */
static float row_squares(const float *x, float mean, size_t n) {
    f32x4 sum = f32x4_splat(0.0f), center = f32x4_splat(mean);
    size_t c = 0;
    for (; c < whole(n); c += 4) {
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

/* n is four, or less at the end of a row. */
static inline void forward_vector(const Forward *f, float *out, const float *x, size_t c, f32x4 mean, f32x4 rstd, size_t n) {
    f32x4 y = f32x4_mul(f32x4_sub(rows_load(x + c, n), mean), rstd);
    if (f->weight) y = f32x4_mul(y, rows_load(f->weight + c, n));
    if (f->bias) y = f32x4_add(y, rows_load(f->bias + c, n));
    rows_store(out + c, y, n);
}

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
        size_t c = 0;
        for (; c < whole(C); c += 4) forward_vector(f, out, x, c, center, scale, 4);
        if (c < C) forward_vector(f, out, x, c, center, scale, C - c);
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

/* One row: where it begins, and its statistics; center is 0 for rmsnorm. */
typedef struct {
    const float *in, *dout;
    f32x4 center, rstd;
} Row;

static inline Row row_of(const Backward *b, size_t row) {
    const float *in = b->in + row * b->C, *dout = b->dout + row * b->C;
    f32x4 center = b->kind == NORM_LAYERNORM ? f32x4_load_splat(b->mean + row) : f32x4_splat(0.0f);
    return (Row){in, dout, center, f32x4_load_splat(b->rstd + row)};
}

static inline f32x4 normalised(const Row *row, size_t c, size_t n) {
    return f32x4_mul(f32x4_sub(rows_load(row->in + c, n), row->center), row->rstd);
}

static inline f32x4 weighted(const Backward *b, const Row *row, size_t c, size_t n) {
    f32x4 g = rows_load(row->dout + c, n);
    return b->weight ? f32x4_mul(g, rows_load(b->weight + c, n)) : g;
}

/* Sums of g and of g n over a row. At its end g is 0 beyond the row, so n does not matter there. */
static inline void sums_vector(const Backward *b, const Row *row, size_t c, size_t n, f32x4 *sum, f32x4 *products) {
    f32x4 g = weighted(b, row, c, n);
    *sum = f32x4_add(*sum, g);
    *products = f32x4_madd(g, normalised(row, c, n), *products);
}

static inline void din_vector(const Backward *b, const Row *row, float *din, size_t c, size_t n, f32x4 mean, f32x4 slope) {
    f32x4 d = f32x4_sub(f32x4_sub(weighted(b, row, c, n), mean), f32x4_mul(normalised(row, c, n), slope));
    rows_store(din + c, f32x4_madd(row->rstd, d, rows_load(din + c, n)), n);
}

static void din_task(void *context, size_t index, float *scratch) {
    const Backward *b = context;
    (void)scratch;
    size_t C = b->C, at, end = rows_of(index, b->BT, &at);
    for (; at < end; at++) {
        const Row row = row_of(b, at);
        f32x4 sum = f32x4_splat(0.0f), products = sum;
        size_t c = 0;
        for (; c < whole(C); c += 4) sums_vector(b, &row, c, 4, &sum, &products);
        if (c < C) sums_vector(b, &row, c, C - c, &sum, &products);
        f32x4 mean = f32x4_splat(b->kind == NORM_LAYERNORM ? f32x4_sum(sum) / (float)C : 0.0f);
        f32x4 slope = f32x4_splat(f32x4_sum(products) / (float)C);
        float *din = b->din + at * C;
        for (c = 0; c < whole(C); c += 4) din_vector(b, &row, din, c, 4, mean, slope);
        if (c < C) din_vector(b, &row, din, c, C - c, mean, slope);
    }
}

/* Columns in a task, whose sums stay in registers while the rows go by. */
enum { COLUMNS = 16 };

static void dparams_task(void *context, size_t index, float *scratch) {
    const Backward *b = context;
    (void)scratch;
    size_t first = index * COLUMNS, C = b->C;
    f32x4 dweight[COLUMNS / 4], dbias[COLUMNS / 4];
    for (size_t i = 0; i < COLUMNS / 4; i++) {
        size_t c = first + 4 * i;
        dweight[i] = dbias[i] = f32x4_splat(0.0f);
        if (c < C) dweight[i] = rows_load(b->dweight + c, C - c);
        if (c < C && b->dbias) dbias[i] = rows_load(b->dbias + c, C - c);
    }
    for (size_t at = 0; at < b->BT; at++) {
        const Row row = row_of(b, at);
        for (size_t i = 0; i < COLUMNS / 4; i++) {
            size_t c = first + 4 * i;
            if (c >= C) break;
            f32x4 g = rows_load(row.dout + c, C - c);
            dweight[i] = f32x4_madd(g, normalised(&row, c, C - c), dweight[i]);
            dbias[i] = f32x4_add(dbias[i], g);
        }
    }
    for (size_t i = 0; i < COLUMNS / 4; i++) {
        size_t c = first + 4 * i;
        if (c < C) rows_store(b->dweight + c, dweight[i], C - c);
        if (c < C && b->dbias) rows_store(b->dbias + c, dbias[i], C - c);
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
