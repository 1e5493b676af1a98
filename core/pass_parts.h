/* pass_parts.h - what the forward and the backward of a pass share: its tensors, sizes and dropout sites. */
#ifndef FOLIO_PASS_PARTS_H
#define FOLIO_PASS_PARTS_H

#include "pass.h"

/* Where dropout acts: after the embeddings, then in each block on its attention probabilities, attention branch and MLP branch. */
enum { SITE_EMBEDDING = 0, SITE_ATTENTION = 1, SITE_ATTENTION_BRANCH = 2, SITE_MLP_BRANCH = 3 };

/* The weights of a role in a block, and its gradient in `grads`; NULL where the settings leave the tensor out. */
const float *pass_param(const Pass *pass, LayoutRole role, size_t block);
float *pass_grad(const Pass *pass, float *grads, LayoutRole role, size_t block);

/* The head's weights: its own, or the token embedding's. */
LayoutRole pass_head_role(const Pass *pass);

/* The masks of a site; p is 0 outside of training. */
Dropout pass_dropout(const Pass *pass, size_t site, size_t layer);

AttentionShape pass_attention(const Pass *pass, size_t layer);

/* The query and key heads of qkv rows: they stand first, side by side. */
HeadRows pass_qk_heads(const Pass *pass);

/* What the products of the linear layers are made of: linear_dtype in training, elsewhere floats. */
int pass_linear_dtype(const Pass *pass);

/* B T. */
size_t pass_rows(const Pass *pass);

/* Logits are computed `chunk` rows at a time: how many of them from row `first`. */
size_t pass_chunk(const Pass *pass, size_t first);

#endif
