/* linear.c - the linear layers and the head: three products each, and the bias. */
#include "config.h"
#include "gemm.h"
#include "ops.h"
#include "rows.h"

static GemmOperand plain(const float *data, size_t columns) { return (GemmOperand){data, columns, 1}; }

static GemmOperand transposed(const float *data, size_t columns) { return (GemmOperand){data, 1, columns}; }

typedef struct {
    float *to;
    const float *from;
    size_t BT, O;
} Bias;

static void fill_task(void *context, size_t index, float *scratch) {
    const Bias *b = context;
    (void)scratch;
    size_t row, end = rows_of(index, b->BT, &row);
    for (; row < end; row++) memcpy(b->to + row * b->O, b->from, b->O * sizeof *b->to);
}

static void product(const Exec *exec, int dtype, size_t M, size_t N, size_t K, GemmOperand A, GemmOperand B, int beta, float *C) {
    (dtype == LINEAR_INT8 ? gemm_int8 : gemm)(exec, M, N, K, A, B, beta, C, N);
}

void linear_forward(const Exec *exec, int dtype, float *out, const float *in, const float *weight, const float *bias, size_t BT, size_t I,
                    size_t O) {
    Bias b = {out, bias, BT, O};
    if (bias) rows_for(exec, BT, fill_task, &b);
    product(exec, dtype, BT, O, I, plain(in, I), plain(weight, O), bias != NULL, out);
    lap_read(exec->lap, LAP_LINEAR);
}

/* out = in W + b, so din = dout W^T, dW = in^T dout, db = column sums of dout. */
enum { COLUMNS = 64 };

static void bias_task(void *context, size_t index, float *scratch) {
    const Bias *b = context;
    (void)scratch;
    size_t first = index * COLUMNS, end = first + rows_smaller(COLUMNS, b->O - first);
    for (size_t row = 0; row < b->BT; row++)
        for (size_t c = first; c < end; c += 4) {
            f32x4 sum = f32x4_add(rows_load(b->to + c, b->O - c), rows_load(b->from + row * b->O + c, b->O - c));
            rows_store(b->to + c, sum, b->O - c);
        }
}

void linear_backward(const Exec *exec, int dtype, float *din, float *dweight, float *dbias, const float *dout, const float *in,
                     const float *weight, size_t BT, size_t I, size_t O) {
    product(exec, dtype, I, O, BT, transposed(in, I), plain(dout, O), 1, dweight);
    product(exec, dtype, BT, I, O, plain(dout, O), transposed(weight, O), 0, din);
    Bias b = {dbias, dout, BT, O};
    if (dbias) parallel_for(exec, (O + COLUMNS - 1) / COLUMNS, bias_task, &b);
    lap_read(exec->lap, LAP_LINEAR);
}

void head_forward(const Exec *exec, float *logits, const float *in, const float *weight, size_t R, size_t C, size_t V) {
    gemm(exec, R, V, C, plain(in, C), transposed(weight, C), 0, logits, V);
    lap_read(exec->lap, LAP_HEAD);
}

void head_backward(const Exec *exec, float *din, float *dweight, const float *dlogits, const float *in, const float *weight, size_t R,
                   size_t C, size_t V) {
    gemm(exec, R, C, V, plain(dlogits, V), plain(weight, C), 0, din, C);
    gemm(exec, V, C, R, transposed(dlogits, V), plain(in, C), 1, dweight, C);
    lap_read(exec->lap, LAP_HEAD);
}
