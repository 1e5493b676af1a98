/* embedding.c - token ids to rows of the embedding matrix, and their gradients back. */
#include "ops.h"
#include "rows.h"

typedef struct {
    float *to;
    const float *from;
    const uint32_t *ids;
    size_t BT, C;
} Embedding;

static void forward_task(void *context, size_t index, float *scratch) {
    const Embedding *e = context;
    (void)scratch;
    size_t row, end = rows_of(index, e->BT, &row);
    for (; row < end; row++) memcpy(e->to + row * e->C, e->from + e->ids[row] * e->C, e->C * sizeof *e->to);
}

void embedding_forward(const Exec *exec, float *out, const uint32_t *ids, const float *wte, size_t BT, size_t C) {
    Embedding e = {out, wte, ids, BT, C};
    rows_for(exec, BT, forward_task, &e);
    lap_read(exec->lap, LAP_EMBEDDING);
}

/* out[r] = wte[ids[r]], so dwte[i] = sum of dout[r] over the rows with ids[r] = i. The same id may stand in many rows:
   tasks are ranges of columns, and each goes through the rows in order. */
enum { COLUMNS = 64 };

static void backward_task(void *context, size_t index, float *scratch) {
    const Embedding *e = context;
    (void)scratch;
    size_t first = index * COLUMNS, width = rows_smaller(COLUMNS, e->C - first);
    for (size_t row = 0; row < e->BT; row++) {
        float *to = e->to + e->ids[row] * e->C + first;
        const float *from = e->from + row * e->C + first;
        for (size_t c = 0; c < width; c += 4)
            rows_store(to + c, f32x4_add(rows_load(to + c, width - c), rows_load(from + c, width - c)), width - c);
    }
}

void embedding_backward(const Exec *exec, float *dwte, const float *dout, const uint32_t *ids, size_t BT, size_t C) {
    Embedding e = {dwte, dout, ids, BT, C};
    parallel_for(exec, (C + COLUMNS - 1) / COLUMNS, backward_task, &e);
    lap_read(exec->lap, LAP_EMBEDDING);
}
