/* rows.h - what row-wise ops share: a loop over rows on all workers, and the ends of rows that are no multiple of four. */
#ifndef FOLIO_ROWS_H
#define FOLIO_ROWS_H

#include <string.h>

#include "f32x4.h"
#include "pool.h"

enum { ROWS_CHUNK = 16 }; /* rows in one task */

static inline size_t rows_smaller(size_t a, size_t b) { return a < b ? a : b; }

/* The rows of task `index`, from *first; returns their end. */
static inline size_t rows_of(size_t index, size_t count, size_t *first) {
    *first = index * ROWS_CHUNK;
    return *first + rows_smaller(ROWS_CHUNK, count - *first);
}

static inline void rows_for(const Exec *exec, size_t count, PoolTask *task, void *context) {
    parallel_for(exec, (count + ROWS_CHUNK - 1) / ROWS_CHUNK, task, context);
}

/* rows.c: the first n < 4 floats, the other lanes 0; and back. Out of line, as they are rare and used everywhere. */
f32x4 rows_load_end(const float *p, size_t n);
void rows_store_end(float *p, f32x4 x, size_t n);

/* rows.c: the first n < 4 lanes, the others 0 whatever they held. */
f32x4 rows_first(f32x4 x, size_t n);

/* n >= 4: four floats. Below: n floats, the other lanes 0. */
static inline f32x4 rows_load(const float *p, size_t n) { return n >= 4 ? f32x4_load(p) : rows_load_end(p, n); }

/* Stores the first n lanes, at most four. */
static inline void rows_store(float *p, f32x4 x, size_t n) {
    if (n >= 4)
        f32x4_store(p, x);
    else
        rows_store_end(p, x, n);
}

/* to[0..n) = f(x[0..n)), and of two arrays; f is known where this is inlined. */
static inline void rows_map(float *to, const float *x, size_t n, f32x4 (*f)(f32x4)) {
    for (size_t i = 0; i < n; i += 4) rows_store(to + i, f(rows_load(x + i, n - i)), n - i);
}

static inline void rows_map2(float *to, const float *x, const float *y, size_t n, f32x4 (*f)(f32x4, f32x4)) {
    for (size_t i = 0; i < n; i += 4) rows_store(to + i, f(rows_load(x + i, n - i), rows_load(y + i, n - i)), n - i);
}

#endif
