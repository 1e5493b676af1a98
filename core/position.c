/* position.c - where a token stands: tables added to the embeddings, or rotations of queries and keys. */
#include "dmath.h"
#include "ops.h"
#include "rows.h"

void position_sinusoidal(float *table, size_t T, size_t C) {
    for (size_t i = 0; i < C; i += 2) {
        double frequency = dmath_pow(10000.0, -(double)i / (double)C);
        for (size_t t = 0; t < T; t++) {
            double sin, cos;
            dmath_sincos((double)t * frequency, &sin, &cos);
            table[t * C + i] = (float)sin;
            if (i + 1 < C) table[t * C + i + 1] = (float)cos;
        }
    }
}

void rope_tables(float *cos, float *sin, double theta, size_t T, size_t hs) {
    size_t half = hs / 2;
    for (size_t i = 0; i < half; i++) {
        double frequency = dmath_pow(theta, -2.0 * (double)i / (double)hs);
        for (size_t t = 0; t < T; t++) {
            double sine, cosine;
            dmath_sincos((double)t * frequency, &sine, &cosine);
            cos[t * half + i] = (float)cosine;
            sin[t * half + i] = (float)sine;
        }
    }
}

typedef struct {
    float *x;
    const float *table;
    size_t start, B, T, C;
} Added;

static void add_task(void *context, size_t index, float *scratch) {
    const Added *a = context;
    (void)scratch;
    size_t row, end = rows_of(index, a->B * a->T, &row);
    for (; row < end; row++) {
        float *x = a->x + row * a->C;
        const float *table = a->table + (a->start + row % a->T) * a->C;
        for (size_t c = 0; c < a->C; c += 4)
            rows_store(x + c, f32x4_add(rows_load(x + c, a->C - c), rows_load(table + c, a->C - c)), a->C - c);
    }
}

void position_forward(const Exec *exec, float *x, const float *table, size_t start, size_t B, size_t T, size_t C) {
    Added a = {x, table, start, B, T, C};
    rows_for(exec, B * T, add_task, &a);
    lap_read(exec->lap, LAP_EMBEDDING);
}

/* Every window adds the same table, so dtable[t] = sum of dout[b, t] over b, in order. */
typedef struct {
    float *dtable;
    const float *dout;
    size_t B, T, C;
} Gathered;

static void gather_task(void *context, size_t index, float *scratch) {
    const Gathered *g = context;
    (void)scratch;
    size_t t, end = rows_of(index, g->T, &t);
    for (; t < end; t++)
        for (size_t b = 0; b < g->B; b++) {
            float *to = g->dtable + t * g->C;
            const float *from = g->dout + (b * g->T + t) * g->C;
            for (size_t c = 0; c < g->C; c += 4)
                rows_store(to + c, f32x4_add(rows_load(to + c, g->C - c), rows_load(from + c, g->C - c)), g->C - c);
        }
}

void position_backward(const Exec *exec, float *dtable, const float *dout, size_t B, size_t T, size_t C) {
    Gathered g = {dtable, dout, B, T, C};
    rows_for(exec, T, gather_task, &g);
    lap_read(exec->lap, LAP_EMBEDDING);
}

typedef struct {
    float *x;
    HeadRows shape;
    const float *cos, *sin;
    size_t start, B, T;
    float direction; /* 1: by the angle; -1: back */
} Rotation;

static void rotate_task(void *context, size_t index, float *scratch) {
    const Rotation *r = context;
    (void)scratch;
    size_t half = r->shape.hs / 2, row, end = rows_of(index, r->B * r->T, &row);
    const f32x4 direction = f32x4_splat(r->direction);
    for (; row < end; row++) {
        size_t at = (r->start + row % r->T) * half;
        for (size_t h = 0; h < r->shape.heads; h++) {
            float *a = r->x + row * r->shape.row_stride + h * r->shape.hs, *b = a + half;
            for (size_t i = 0; i < half; i += 4) {
                f32x4 cos = rows_load(r->cos + at + i, half - i);
                f32x4 sin = f32x4_mul(direction, rows_load(r->sin + at + i, half - i));
                f32x4 first = rows_load(a + i, half - i), second = rows_load(b + i, half - i);
                rows_store(a + i, f32x4_sub(f32x4_mul(first, cos), f32x4_mul(second, sin)), half - i);
                rows_store(b + i, f32x4_madd(second, cos, f32x4_mul(first, sin)), half - i);
            }
        }
    }
}

void rope_forward(const Exec *exec, float *x, HeadRows shape, const float *cos, const float *sin, size_t start, size_t B, size_t T) {
    Rotation r = {x, shape, cos, sin, start, B, T, 1.0f};
    rows_for(exec, B * T, rotate_task, &r);
    lap_read(exec->lap, LAP_EMBEDDING);
}

/* A rotation is orthogonal: its transpose, which carries the gradient, is the rotation back. */
void rope_backward(const Exec *exec, float *dx, HeadRows shape, const float *cos, const float *sin, size_t B, size_t T) {
    Rotation r = {dx, shape, cos, sin, 0, B, T, -1.0f};
    rows_for(exec, B * T, rotate_task, &r);
    lap_read(exec->lap, LAP_EMBEDDING);
}
