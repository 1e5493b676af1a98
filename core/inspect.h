/* inspect.h - a look into a model at work on a text: what each head attends to, the residual stream between the blocks, and what the head would say
   of it there. Everything is read from a pass, whose forward is the one that trains and writes. */
#ifndef FOLIO_INSPECT_H
#define FOLIO_INSPECT_H

#include "pass.h"

/* Norms that are told of each block: what attention adds to the stream, what the MLP adds, the stream after both. */
enum { INSPECT_ATTENTION, INSPECT_MLP, INSPECT_STREAM, INSPECT_NORMS };

typedef struct {
    Pass pass;     /* PASS_EVAL, one window */
    size_t T;      /* tokens of the run; 0 before */
    size_t layers; /* blocks it has been through */
    float *qkv;    /* (block_size, (H + 2G) hs) a block's queries and keys, with other values */
    float *out;    /* (block_size, C) */
    float *lse;    /* (H, block_size) */
    float *stream; /* (L + 1, T, C) the residual stream before the first block and after each */
} Inspect;

/* Bytes for looks at texts of up to block_size tokens; 64-bit, as model_bytes. */
uint64_t inspect_bytes(const Config *config);

/* Carves a look from memory (16-aligned, at least inspect_bytes). model stays the caller's; its weights may change between runs. Fails with
   MEMORY. */
int inspect_init(Inspect *inspect, const Model *model, void *memory, size_t bytes);

/* A run over ids (T), all below vocab_size, 0 < T <= block_size: begin, then layer n_layer times, each a piece of work. The weights must not change
   in between; ids are needed for begin alone. */
void inspect_begin(Inspect *inspect, const uint32_t *ids, size_t T);

/* The next block.
   attention (H, T, T): what share of query t's attention goes to key j, the very numbers that the forward sums values with; written.
   norms (INSPECT_NORMS, T): root mean squares over the channels, written. The stream stays in inspect->stream.
   Cost: the block's forward, and ceil(T / hs) times its attention. */
void inspect_layer(Inspect *inspect, float *attention, float *norms);

/* logits (T, count), written, of the tokens from `first`, first + count <= vocab_size, if the last norm and the head read the stream after `layer`
   blocks, of those that the run has been through (nostalgebraist 2020, the logit lens). After all of them these are the model's own, bit for bit. */
void inspect_lens(Inspect *inspect, size_t layer, size_t first, size_t count, float *logits);

/* near (H, block_size), written: what the position alone makes of a query and a key that are equal but for the d tokens between them.
   rope: the cosine of the two; sinusoidal: the cosine of two rows of the table; alibi: the key's weight beside that of d = 0; otherwise 1.
   Forgets the run. */
void inspect_positions(Inspect *inspect, float *near);

#endif
