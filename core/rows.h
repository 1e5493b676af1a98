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

/* n >= 4: four floats. Below: n floats, the other lanes 0. */
static inline f32x4 rows_load(const float *p, size_t n) {
    if (n >= 4) return f32x4_load(p);
    float lanes[4] = {0, 0, 0, 0};
    memcpy(lanes, p, n * sizeof *p);
    return f32x4_load(lanes);
}

/* Stores the first n lanes, at most four. */
static inline void rows_store(float *p, f32x4 x, size_t n) {
    if (n >= 4) {
        f32x4_store(p, x);
        return;
    }
    float lanes[4];
    f32x4_store(lanes, x);
    memcpy(p, lanes, n * sizeof *p);
}

#endif
