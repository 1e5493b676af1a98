#include "pass_parts.h"

#include <math.h>

#include "rng.h"

const float *pass_param(const Pass *pass, LayoutRole role, size_t block) {
    return model_tensor(pass->model, pass->model->params, role, block);
}

float *pass_grad(const Pass *pass, float *grads, LayoutRole role, size_t block) { return model_tensor(pass->model, grads, role, block); }

LayoutRole pass_head_role(const Pass *pass) { return pass->model->config.tie_weights ? LAYOUT_WTE : LAYOUT_LM_HEAD; }

Dropout pass_dropout(const Pass *pass, size_t site, size_t layer) {
    const Config *c = &pass->model->config;
    uint64_t sites = 3 * (uint64_t)c->n_layer + 1;
    return (Dropout){.p = pass->mode == PASS_TRAIN ? c->dropout : 0.0,
                     .seed = (uint64_t)c->seed,
                     .stream = rng_stream(RNG_DROPOUT, pass->step * sites + site + 3 * layer)};
}

AttentionShape pass_attention(const Pass *pass, size_t layer) {
    const Config *c = &pass->model->config;
    size_t hs = config_head_size(c);
    return (AttentionShape){.B = pass->B,
                            .T = pass->T,
                            .start = pass->start,
                            .H = (size_t)c->n_head,
                            .G = config_kv_heads(c),
                            .hs = hs,
                            .causal = c->causal,
                            .alibi = c->position == POSITION_ALIBI,
                            .scale = c->attn_scale > 0 ? c->attn_scale : 1.0 / sqrt((double)hs),
                            .dropout = pass_dropout(pass, SITE_ATTENTION, layer)};
}

HeadRows pass_qk_heads(const Pass *pass) {
    const Config *c = &pass->model->config;
    return (HeadRows){config_qkv(c), (size_t)c->n_head + config_kv_heads(c), config_head_size(c)};
}

int pass_linear_dtype(const Pass *pass) { return pass->mode == PASS_TRAIN ? pass->model->config.linear_dtype : LINEAR_FLOAT32; }

size_t pass_rows(const Pass *pass) { return pass->B * pass->T; }

size_t pass_chunk(const Pass *pass, size_t first) {
    size_t left = pass_rows(pass) - first;
    return left < pass->chunk ? left : pass->chunk;
}
