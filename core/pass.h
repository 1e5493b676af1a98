/* pass.h - one forward (and backward) of a model over some rows: its memory and its list of calls. The same forward serves training,
   evaluation and cached decoding, so their results agree bit for bit. */
#ifndef FOLIO_PASS_H
#define FOLIO_PASS_H

#include "model.h"
#include "ops.h"

typedef enum {
    PASS_TRAIN, /* keeps what backward needs, and dropout acts */
    PASS_EVAL,  /* forward only */
    PASS_DECODE /* forward only, one sequence, keys and values kept from call to call: the KV cache */
} PassMode;

/* What one block keeps. In PASS_EVAL all blocks share one; in PASS_DECODE all but what is kept from token to token: qkv, and what convolutions read. */
typedef struct {
    float *x;                     /* (BT, C) the block's input */
    float *norm1, *mean1, *rstd1; /* (BT, C), (BT), (BT) */
    float *conv1;                 /* (BT, C) norm1 after its convolution; norm1 itself without one, as conv2 */
    float *qkv, *qk_rstd;         /* (BT, (H + 2G) hs) after qk_norm and rope; (BT, H + G) */
    float *att, *lse;             /* (BT, C), (B, H, T) */
    float *mid;                   /* (BT, C) after attention and its residual */
    float *norm2, *mean2, *rstd2, *conv2;
    float *fc;  /* (BT, inner), twice as wide for swiglu */
    float *act; /* (BT, inner) */
} PassLayer;

typedef struct {
    const Model *model;
    PassMode mode;
    Exec exec;
    size_t max_rows;     /* rows there is memory for */
    size_t B, T, start;  /* of the forward under way: B windows of T tokens from position start */
    uint64_t step;       /* which dropout masks: training step * accumulation + batch */
    const uint32_t *ids; /* (B, T), the caller's */
    PassLayer *layers;   /* n_layer */
    float *x0;           /* (BT, C) embeddings before embd_norm; the first block's x without it */
    float *mean0, *rstd0;
    float *out; /* (BT, C) the last block's output */
    float *normf, *meanf, *rstdf;
    float *branch;                /* (BT, C) output of a residual branch before it is added */
    float *table_cos, *table_sin; /* rope: (block_size, hs/2) each; sinusoidal: table_sin (block_size, C) */
    float *logits;                /* (chunk, V) */
    float *losses, *loss_lse;     /* (BT) */
    size_t chunk;                 /* rows of logits at once */
    float *dx, *dnorm, *dqkv;     /* PASS_TRAIN: (BT, C), (BT, C), as qkv: gradients of one block at a time */
} Pass;

/* Bytes for a pass of up to B windows of block_size tokens, scratch for `threads` workers included; 64-bit, as model_bytes.
   PASS_DECODE ignores B. */
uint64_t pass_bytes(const Config *config, PassMode mode, size_t B, size_t threads);

/* Carves a pass from memory (16-aligned, at least pass_bytes). Fails with MEMORY; NOT_CAUSAL for PASS_DECODE with causal=false. */
int pass_init(Pass *pass, const Model *model, PassMode mode, size_t B, Pool *pool, void *memory, size_t bytes);

/* The forward as a list of calls: begin (token embedding, + position, dropout, embd_norm), every layer in order, end; pass_forward makes them all.
   ids (B, T), all below vocab_size, must stay until backward has ended; start + T <= block_size. */
void pass_begin(Pass *pass, const uint32_t *ids, size_t B, size_t T, size_t start);
void pass_layer(Pass *pass, size_t layer);
void pass_end(Pass *pass);
void pass_forward(Pass *pass, const uint32_t *ids, size_t B, size_t T, size_t start);

/* After pass_end: logits (count, V) of rows first .. first + count - 1, row b T + t. */
void pass_logits(Pass *pass, float *logits, size_t first, size_t count);

/* After pass_end: the sum of the losses (nats) at targets (B, T), added to *sum in row order. */
void pass_loss(Pass *pass, const uint32_t *targets, double *sum);

/* After pass_loss in PASS_TRAIN: adds the gradients of (mean loss of the pass) * weight to grads (layout order).
   Head, then every layer from the last to the first, then the embeddings. */
void pass_backward_head(Pass *pass, float *grads, const uint32_t *targets, double weight);
void pass_backward_layer(Pass *pass, float *grads, size_t layer);
void pass_backward_begin(Pass *pass, float *grads);
void pass_backward(Pass *pass, float *grads, const uint32_t *targets, double weight);

#endif
