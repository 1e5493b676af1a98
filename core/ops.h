/* ops.h - the contracts of all forward/backward twins, in the order the model calls them.

   Shapes: B windows, T positions, BT = B T rows, C channels, V vocabulary, H query heads, G key/value heads, hs head size.
   All arrays are dense, row-major f32 and 16-byte aligned at their start; ids are uint32_t.
   A forward overwrites its outputs. A backward overwrites the gradients of its inputs (`dinputs`) and adds to the gradients of
   its parameters (`dparams`), so gradient accumulation needs nothing else; norm_backward alone adds to dinputs too, because its input is the
   residual stream, whose gradient already holds the skip path. Outputs never overlap inputs unless said.
   exec->scratch_floats is at least attention_scratch(T, hs) for every op. No op fails: sizes were checked when the config was. Work is split by output, in an order that does not depend on the threads. */
#ifndef FOLIO_OPS_H
#define FOLIO_OPS_H

#include <stddef.h>
#include <stdint.h>

#include "pool.h"

/* ---- embedding.c ---- */

/* out (BT, C) = rows of wte (V, C) named by ids (BT), all below V. Cost: BT C moves. */
void embedding_forward(const Exec *exec, float *out, const uint32_t *ids, const float *wte, size_t BT, size_t C);

/* dwte (V, C) += rows of dout (BT, C) at their ids, in row order. */
void embedding_backward(const Exec *exec, float *dwte, const float *dout, const uint32_t *ids, size_t BT, size_t C);

/* ---- position.c ---- */

/* x (B T, C) += table (start + t, C) for t < T, in place. The table is wpe or position_sinusoidal's. */
void position_forward(const Exec *exec, float *x, const float *table, size_t start, size_t B, size_t T, size_t C);

/* dtable (T, C) += sum over the windows of dout (B T, C). */
void position_backward(const Exec *exec, float *dtable, const float *dout, size_t B, size_t T, size_t C);

/* table (T, C): sin and cos of t / 10000^(2i/C) at 2i and 2i + 1 (Vaswani et al. 2017, 3.5); for odd C the last column is a sine. */
void position_sinusoidal(float *table, size_t T, size_t C);

/* cos, sin (T, hs/2) of t theta^(-2i/hs) (Su et al. 2021). */
void rope_tables(float *cos, float *sin, double theta, size_t T, size_t hs);

/* Where the heads to rotate or normalise stand: `heads` of them, hs wide, side by side from the start of each row. */
typedef struct {
    size_t row_stride; /* floats from one row to the next */
    size_t heads, hs;
} HeadRows;

/* x in place, row (b, t) by the angles of start + t: (a, b) -> (a cos - b sin, b cos + a sin), a the first half of a head, b the second. */
void rope_forward(const Exec *exec, float *x, HeadRows shape, const float *cos, const float *sin, size_t start, size_t B, size_t T);

/* dx in place: the inverse rotation. start is 0. */
void rope_backward(const Exec *exec, float *dx, HeadRows shape, const float *cos, const float *sin, size_t B, size_t T);

/* ---- norm.c ---- */

/* out (BT, C) = normalised in (BT, C). kind NORM_LAYERNORM: (x - mean) rstd weight + bias, rstd = 1/sqrt(variance + eps) (Ba et al. 2016);
   NORM_RMSNORM: x rstd weight, rstd = 1/sqrt(mean square + eps) (Zhang, Sennrich 2019). weight (C), bias (C): NULL for none.
   mean, rstd (BT): written, read by backward (mean untouched by rmsnorm). */
void norm_forward(const Exec *exec, int kind, float *out, float *mean, float *rstd, const float *in, const float *weight, const float *bias,
                  double eps, size_t BT, size_t C);

/* din (BT, C) += ..., dweight (C) += ..., dbias (C) += ... (NULL where the parameter is). */
void norm_backward(const Exec *exec, int kind, float *din, float *dweight, float *dbias, const float *dout, const float *in,
                   const float *weight, const float *mean, const float *rstd, size_t BT, size_t C);

/* Each head of x (BT rows) in place to unit mean square, without weights. rstd (BT, heads): written. */
void qk_norm_forward(const Exec *exec, float *x, float *rstd, HeadRows shape, double eps, size_t BT);

/* dx in place; x holds the normalised heads. */
void qk_norm_backward(const Exec *exec, float *dx, const float *x, const float *rstd, HeadRows shape, size_t BT);

/* ---- conv.c ---- */

/* out (B T, C) = in + sum over k = 1 .. taps of weight (taps, C) row k - 1 times in of k tokens before: a causal convolution of each channel by
   itself, added to the identity (So et al. 2021, 3.1; Allen-Zhu 2025, Canon layers). With start > 0 both are the rows of position start, and
   in[-1], in[-2], ... must be those before it. Cost: 2 BT C taps flops. */
void conv_forward(const Exec *exec, float *out, const float *in, const float *weight, size_t taps, size_t start, size_t B, size_t T,
                  size_t C);

/* din (B T, C); dweight (taps, C) += ... start is 0. */
void conv_backward(const Exec *exec, float *din, float *dweight, const float *dout, const float *in, const float *weight, size_t taps,
                   size_t B, size_t T, size_t C);

/* ---- linear.c ---- */

/* out (BT, O) = in (BT, I) weight (I, O) + bias (O). bias NULL for none. dtype: LINEAR_FLOAT32 or LINEAR_INT8, of what is multiplied, here and in
   the backward; in, weight and out are floats either way. Cost: 2 BT I O flops. */
void linear_forward(const Exec *exec, int dtype, float *out, const float *in, const float *weight, const float *bias, size_t BT, size_t I,
                    size_t O);

/* din (BT, I) = dout weight^T; dweight (I, O) += in^T dout; dbias (O) += column sums of dout. din may be in, which is read before. */
void linear_backward(const Exec *exec, int dtype, float *din, float *dweight, float *dbias, const float *dout, const float *in,
                     const float *weight, size_t BT, size_t I, size_t O);

/* The head: logits (R, V) = in (R, C) weight (V, C)^T. */
void head_forward(const Exec *exec, float *logits, const float *in, const float *weight, size_t R, size_t C, size_t V);

/* din (R, C) = dlogits weight; dweight (V, C) += dlogits^T in. */
void head_backward(const Exec *exec, float *din, float *dweight, const float *dlogits, const float *in, const float *weight, size_t R,
                   size_t C, size_t V);

/* ---- dropout.c ---- */

/* Which elements fall: element i by word i % 4 of the random block (seed, stream, i / 4), below p 2^32. */
typedef struct {
    double p; /* 0: nothing falls, and seed and stream do not matter */
    uint64_t seed, stream;
} Dropout;

/* out (n) = residual + y mask / (1 - p). residual NULL: 0. out may be residual or y. */
void dropout_forward(const Exec *exec, float *out, const float *residual, const float *y, size_t n, Dropout dropout);

/* x (n) = x mask / (1 - p) in place, as elements first .. first + n - 1; on the calling worker. p > 0. */
void dropout_apply(float *x, size_t n, uint64_t first, Dropout dropout);

/* dy (n) = dout mask / (1 - p). dy may be dout. The residual's gradient is dout itself. */
void dropout_backward(const Exec *exec, float *dy, const float *dout, size_t n, Dropout dropout);

/* ---- attention.c ---- */

typedef struct {
    size_t B, T;     /* queries: T rows of each of B windows ... */
    size_t start;    /* ... at positions start .. start + T - 1; keys are at 0 .. start + T - 1. start > 0 only with B = 1 */
    size_t H, G, hs; /* query heads, key/value heads (H / G query heads share one), head size */
    int causal;      /* query t sees keys 0 .. t; otherwise all start + T */
    int alibi;       /* add -slope_h (t - j) to the score (|t - j| without causal), slopes of Press et al. 2022: 2^(-8 (h + 1) / n)
                       for the first n = 2^floor(log2 H) heads, then every other one of the 2n heads' slopes */
    double scale;
    Dropout dropout; /* on the probabilities: element i = ((b H + h) T + t) T + j, with start = 0 */
} AttentionShape;

/* Floats of scratch one worker needs for up to T keys. */
size_t attention_scratch(size_t T, size_t hs);

/* out (B T, H hs) = softmax(scale q k^T + alibi) v, head by head. qkv rows: [q: H hs | k: G hs | v: G hs]; with start > 0 the
   pointer is the row of position 0 and out's first row is position start.
   lse (B, H, T): log of the sum of exponentials, written. Cost: 2 B H T T hs flops if causal. */
void attention_forward(const Exec *exec, float *out, float *lse, const float *qkv, AttentionShape shape);

/* dqkv (B T, (H + 2G) hs), from dout and out (B T, H hs); start = 0. Probabilities are computed again (Dao et al. 2022). */
void attention_backward(const Exec *exec, float *dqkv, const float *dout, const float *out, const float *qkv, const float *lse,
                        AttentionShape shape);

/* ---- activation.c ---- */

/* out (BT, I) of in (BT, I): gelu (tanh form, Hendrycks, Gimpel 2016), relu, relu2 (relu squared, So et al. 2021);
   swiglu (Shazeer 2020): in (BT, 2 I), rows [gate | up], out = silu(gate) up. */
void activation_forward(const Exec *exec, int kind, float *out, const float *in, size_t BT, size_t I);

/* din, the shape of in; it may be in. */
void activation_backward(const Exec *exec, int kind, float *din, const float *dout, const float *in, size_t BT, size_t I);

/* ---- loss.c ---- */

/* losses (R) = cross-entropy in nats of logits (R, V) at targets (R). lse (R): log of the sum of exponentials. */
void loss_forward(const Exec *exec, float *losses, float *lse, const float *logits, const uint32_t *targets, size_t R, size_t V);

/* dlogits (R, V) = (softmax(logits) - onehot(targets)) scale. dlogits may be logits. */
void loss_backward(const Exec *exec, float *dlogits, const float *logits, const float *lse, const uint32_t *targets, float scale, size_t R,
                   size_t V);

#endif
