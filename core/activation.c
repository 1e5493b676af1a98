/* activation.c - the non-linearities of the MLP. A new one is a case in each of the two switches and a row in the test. */
#include "config.h"
#include "ops.h"
#include "rows.h"
#include "vmath.h"

/* gelu(x) = x s(x (A + B x^2)), s the logistic function: x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2 in other words. */
static const float SMALLEST = 1.4e-45f;

static f32x4 sigmoid(f32x4 x) {
    f32x4 one = vmath_constant(VMATH_ONE);
    return f32x4_div(one, f32x4_add(one, vmath_exp(f32x4_sub(f32x4_splat(0.0f), x))));
}

static f32x4 relu(f32x4 x) { return f32x4_max(x, f32x4_splat(0.0f)); }

static f32x4 relu2(f32x4 x) { return f32x4_mul(relu(x), relu(x)); }

static f32x4 gelu(f32x4 x) {
    f32x4 inner = f32x4_madd(f32x4_mul(x, x), vmath_constant(VMATH_GELU_B), vmath_constant(VMATH_GELU_A));
    return f32x4_mul(x, sigmoid(f32x4_mul(x, inner)));
}

static f32x4 swiglu(f32x4 gate, f32x4 up) { return f32x4_mul(f32x4_mul(gate, sigmoid(gate)), up); }

/* s' = s (1 - s). gelu' = s + x s (1 - s) (A + 3 B x^2); relu2' = 2 max(x, 0);
   swiglu = x s up: d gate = dout up (s + x s (1 - s)), d up = dout x s. */
static f32x4 relu_slope(f32x4 x, f32x4 dout) { return f32x4_zero_below(x, f32x4_load_splat(&SMALLEST), dout); }

static f32x4 relu2_slope(f32x4 x, f32x4 dout) { return f32x4_mul(dout, f32x4_add(relu(x), relu(x))); }

static f32x4 gelu_slope(f32x4 x, f32x4 dout) {
    f32x4 a = vmath_constant(VMATH_GELU_A), bx2 = f32x4_mul(f32x4_mul(x, x), vmath_constant(VMATH_GELU_B)), one = vmath_constant(VMATH_ONE);
    f32x4 s = sigmoid(f32x4_mul(x, f32x4_add(bx2, a)));
    f32x4 slope = f32x4_mul(x, f32x4_add(f32x4_add(bx2, bx2), f32x4_add(bx2, a)));
    return f32x4_mul(dout, f32x4_mul(s, f32x4_madd(slope, f32x4_sub(one, s), one)));
}

static void swiglu_backward_row(float *din, const float *dout, const float *in, size_t I) {
    f32x4 one = vmath_constant(VMATH_ONE);
    for (size_t i = 0; i < I; i += 4) {
        size_t n = I - i;
        f32x4 x = rows_load(in + i, n), up = rows_load(in + I + i, n), d = rows_load(dout + i, n), s = sigmoid(x);
        f32x4 slope = f32x4_mul(s, f32x4_madd(x, f32x4_sub(one, s), one));
        rows_store(din + i, f32x4_mul(f32x4_mul(d, up), slope), n);
        rows_store(din + I + i, f32x4_mul(d, f32x4_mul(x, s)), n);
    }
}

typedef struct {
    int kind;
    float *to;
    const float *in, *dout;
    size_t BT, I;
} Activation;

/* The rows of a task are one array, but for swiglu. */
static void forward_task(void *context, size_t index, float *scratch) {
    const Activation *a = context;
    (void)scratch;
    size_t I = a->I, row, end = rows_of(index, a->BT, &row), n = (end - row) * I;
    const float *in = a->in + row * I;
    float *to = a->to + row * I;
    switch (a->kind) {
    case ACTIVATION_RELU: rows_map(to, in, n, relu); break;
    case ACTIVATION_RELU2: rows_map(to, in, n, relu2); break;
    case ACTIVATION_SWIGLU:
        for (; row < end; row++) rows_map2(a->to + row * I, a->in + 2 * row * I, a->in + (2 * row + 1) * I, I, swiglu);
        break;
    default: rows_map(to, in, n, gelu);
    }
}

void activation_forward(const Exec *exec, int kind, float *out, const float *in, size_t BT, size_t I) {
    Activation a = {kind, out, in, NULL, BT, I};
    rows_for(exec, BT, forward_task, &a);
    lap_read(exec->lap, LAP_ACTIVATION);
}

static void backward_task(void *context, size_t index, float *scratch) {
    const Activation *a = context;
    (void)scratch;
    size_t I = a->I, row, end = rows_of(index, a->BT, &row), n = (end - row) * I;
    const float *in = a->in + row * I, *dout = a->dout + row * I;
    float *to = a->to + row * I;
    switch (a->kind) {
    case ACTIVATION_RELU: rows_map2(to, in, dout, n, relu_slope); break;
    case ACTIVATION_RELU2: rows_map2(to, in, dout, n, relu2_slope); break;
    case ACTIVATION_SWIGLU:
        for (; row < end; row++) swiglu_backward_row(a->to + 2 * row * I, a->dout + row * I, a->in + 2 * row * I, I);
        break;
    default: rows_map2(to, in, dout, n, gelu_slope);
    }
}

void activation_backward(const Exec *exec, int kind, float *din, const float *dout, const float *in, size_t BT, size_t I) {
    Activation a = {kind, din, in, dout, BT, I};
    rows_for(exec, BT, backward_task, &a);
    lap_read(exec->lap, LAP_ACTIVATION);
}
