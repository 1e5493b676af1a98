/* activation.c - the non-linearities of the MLP. A new one is a case in each of the two switches and a row in the test. */
#include "config.h"
#include "ops.h"
#include "rows.h"
#include "vmath.h"

/* gelu(x) = x s(x (A + B x^2)), s the logistic function: x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2 in other words. */
static const float GELU_A = 1.5957691216057308f, GELU_B = 0.07135481282553307f, SMALLEST = 1.4e-45f;

static f32x4 sigmoid(f32x4 x) {
    f32x4 one = vmath_constant(VMATH_ONE);
    return f32x4_div(one, f32x4_add(one, vmath_exp(f32x4_sub(f32x4_splat(0.0f), x))));
}

typedef struct {
    int kind;
    float *to;
    const float *in, *dout;
    size_t BT, I;
} Activation;

static f32x4 forward(int kind, f32x4 x, f32x4 up) {
    f32x4 zero = f32x4_splat(0.0f);
    switch (kind) {
    case ACTIVATION_RELU: return f32x4_max(x, zero);
    case ACTIVATION_RELU2: {
        f32x4 r = f32x4_max(x, zero);
        return f32x4_mul(r, r);
    }
    case ACTIVATION_SWIGLU: return f32x4_mul(f32x4_mul(x, sigmoid(x)), up);
    default: {
        f32x4 inner = f32x4_madd(f32x4_mul(x, x), f32x4_load_splat(&GELU_B), f32x4_load_splat(&GELU_A));
        return f32x4_mul(x, sigmoid(f32x4_mul(x, inner)));
    }
    }
}

static void forward_task(void *context, size_t index, float *scratch) {
    const Activation *a = context;
    (void)scratch;
    size_t I = a->I, width = a->kind == ACTIVATION_SWIGLU ? 2 * I : I, row, end = rows_of(index, a->BT, &row);
    for (; row < end; row++) {
        const float *in = a->in + row * width;
        float *out = a->to + row * I;
        for (size_t i = 0; i < I; i += 4) {
            f32x4 up = width > I ? rows_load(in + I + i, I - i) : f32x4_splat(0.0f);
            rows_store(out + i, forward(a->kind, rows_load(in + i, I - i), up), I - i);
        }
    }
}

void activation_forward(const Exec *exec, int kind, float *out, const float *in, size_t BT, size_t I) {
    Activation a = {kind, out, in, NULL, BT, I};
    rows_for(exec, BT, forward_task, &a);
    lap_read(exec->lap, LAP_ACTIVATION);
}

/* s' = s (1 - s). gelu' = s + x s (1 - s) (A + 3 B x^2); relu2' = 2 max(x, 0);
   swiglu = x s up: d gate = dout up (s + x s (1 - s)), d up = dout x s. */
static f32x4 backward(int kind, f32x4 x, f32x4 dout) {
    f32x4 zero = f32x4_splat(0.0f), one = vmath_constant(VMATH_ONE);
    switch (kind) {
    case ACTIVATION_RELU: return f32x4_zero_below(x, f32x4_load_splat(&SMALLEST), dout);
    case ACTIVATION_RELU2: {
        f32x4 r = f32x4_max(x, zero);
        return f32x4_mul(dout, f32x4_add(r, r));
    }
    default: {
        f32x4 a = f32x4_load_splat(&GELU_A), bx2 = f32x4_mul(f32x4_mul(x, x), f32x4_load_splat(&GELU_B));
        f32x4 s = sigmoid(f32x4_mul(x, f32x4_add(bx2, a)));
        f32x4 slope = f32x4_mul(x, f32x4_add(f32x4_add(bx2, bx2), f32x4_add(bx2, a)));
        return f32x4_mul(dout, f32x4_mul(s, f32x4_madd(slope, f32x4_sub(one, s), one)));
    }
    }
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

static void backward_task(void *context, size_t index, float *scratch) {
    const Activation *a = context;
    (void)scratch;
    size_t I = a->I, row, end = rows_of(index, a->BT, &row);
    for (; row < end; row++) {
        const float *dout = a->dout + row * I;
        if (a->kind == ACTIVATION_SWIGLU) {
            swiglu_backward_row(a->to + row * 2 * I, dout, a->in + row * 2 * I, I);
            continue;
        }
        const float *in = a->in + row * I;
        for (size_t i = 0; i < I; i += 4)
            rows_store(a->to + row * I + i, backward(a->kind, rows_load(in + i, I - i), rows_load(dout + i, I - i)), I - i);
    }
}

void activation_backward(const Exec *exec, int kind, float *din, const float *dout, const float *in, size_t BT, size_t I) {
    Activation a = {kind, din, in, dout, BT, I};
    rows_for(exec, BT, backward_task, &a);
    lap_read(exec->lap, LAP_ACTIVATION);
}
