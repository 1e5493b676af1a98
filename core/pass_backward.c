/* pass_backward.c - the backward: the list of pass_forward.c, upwards. */
#include <string.h>

#include "pass_parts.h"

static void norm_back(const Pass *pass, float *grads, float *dx, const float *dout, const float *in, const float *mean, const float *rstd,
                      LayoutRole weight, size_t layer) {
    const Config *c = &pass->model->config;
    norm_backward(&pass->exec, c->norm, dx, pass_grad(pass, grads, weight, layer), pass_grad(pass, grads, weight + 1, layer), dout, in,
                  pass_param(pass, weight, layer), mean, rstd, pass_rows(pass), (size_t)c->n_embd);
}

void pass_backward_head(Pass *pass, float *grads, const uint32_t *targets, double weight) {
    const Config *c = &pass->model->config;
    size_t BT = pass_rows(pass), C = (size_t)c->n_embd, V = (size_t)c->vocab_size;
    const float *head = pass_param(pass, pass_head_role(pass), 0);
    float *dhead = pass_grad(pass, grads, pass_head_role(pass), 0), scale = (float)(weight / (double)BT);
    for (size_t first = 0; first < BT; first += pass->chunk) {
        size_t count = pass_chunk(pass, first);
        if (count < BT) pass_logits(pass, pass->logits, first, count); /* otherwise pass_loss left them there */
        loss_backward(&pass->exec, pass->logits, pass->logits, pass->loss_lse + first, targets + first, scale, count, V);
        head_backward(&pass->exec, pass->dnorm + first * C, dhead, pass->logits, pass->normf + first * C, head, count, C, V);
    }
    memset(pass->dx, 0, BT * C * sizeof *pass->dx);
    norm_back(pass, grads, pass->dx, pass->dnorm, pass->out, pass->meanf, pass->rstdf, LAYOUT_LN_F_WEIGHT, 0);
}

/* From the gradient of a convolution's output in dnorm to that of its input, which takes the place of a branch's gradient. */
static const float *conv_back(const Pass *pass, float *grads, const float *in, LayoutRole role, size_t layer) {
    const Config *c = &pass->model->config;
    size_t taps = config_taps(c);
    if (!taps) return pass->dnorm;
    conv_backward(&pass->exec, pass->branch, pass_grad(pass, grads, role, layer), pass->dnorm, in, pass_param(pass, role, layer), taps,
                  pass->B, pass->T, (size_t)c->n_embd);
    return pass->branch;
}

/* The gradient of a branch before its dropout: dx itself where nothing was dropped. */
static const float *branch_gradient(Pass *pass, size_t site, size_t layer) {
    Dropout dropout = pass_dropout(pass, site, layer);
    if (dropout.p <= 0) return pass->dx;
    dropout_backward(&pass->exec, pass->branch, pass->dx, pass_rows(pass) * (size_t)pass->model->config.n_embd, dropout);
    return pass->branch;
}

/* What forward left in act and fc is read for the last time here, and their gradients take its place. */
static void mlp_backward(Pass *pass, float *grads, size_t layer) {
    const Config *c = &pass->model->config;
    const PassLayer *l = &pass->layers[layer];
    size_t BT = pass_rows(pass), C = (size_t)c->n_embd, inner = config_inner(c);
    size_t fc = config_fc(c);
    const float *dbranch = branch_gradient(pass, SITE_MLP_BRANCH, layer);
    linear_backward(&pass->exec, pass_linear_dtype(pass), l->act, pass_grad(pass, grads, LAYOUT_MLP_PROJ_WEIGHT, layer),
                    pass_grad(pass, grads, LAYOUT_MLP_PROJ_BIAS, layer), dbranch, l->act, pass_param(pass, LAYOUT_MLP_PROJ_WEIGHT, layer),
                    BT, inner, C);
    activation_backward(&pass->exec, c->activation, l->fc, l->act, l->fc, BT, inner);
    linear_backward(&pass->exec, pass_linear_dtype(pass), pass->dnorm, pass_grad(pass, grads, LAYOUT_FC_WEIGHT, layer),
                    pass_grad(pass, grads, LAYOUT_FC_BIAS, layer), l->fc, l->conv2, pass_param(pass, LAYOUT_FC_WEIGHT, layer), BT, C, fc);
    const float *dnorm = conv_back(pass, grads, l->norm2, LAYOUT_MLP_CONV, layer);
    norm_back(pass, grads, pass->dx, dnorm, l->mid, l->mean2, l->rstd2, LAYOUT_LN_2_WEIGHT, layer);
}

static void attention_back(Pass *pass, float *grads, size_t layer) {
    const Config *c = &pass->model->config;
    const PassLayer *l = &pass->layers[layer];
    size_t BT = pass_rows(pass), C = (size_t)c->n_embd;
    HeadRows heads = pass_qk_heads(pass);
    const float *dbranch = branch_gradient(pass, SITE_ATTENTION_BRANCH, layer);
    linear_backward(&pass->exec, pass_linear_dtype(pass), pass->dnorm, pass_grad(pass, grads, LAYOUT_ATTN_PROJ_WEIGHT, layer),
                    pass_grad(pass, grads, LAYOUT_ATTN_PROJ_BIAS, layer), dbranch, l->att, pass_param(pass, LAYOUT_ATTN_PROJ_WEIGHT, layer),
                    BT, C, C);
    attention_backward(&pass->exec, pass->dqkv, pass->dnorm, l->att, l->qkv, l->lse, pass_attention(pass, layer));
    /* Forward normalises, then rotates. A rotation keeps lengths and angles, so the norm's backward may act on rotated heads. */
    if (c->qk_norm) qk_norm_backward(&pass->exec, pass->dqkv, l->qkv, l->qk_rstd, heads, BT);
    if (c->position == POSITION_ROPE) rope_backward(&pass->exec, pass->dqkv, heads, pass->table_cos, pass->table_sin, pass->B, pass->T);
    linear_backward(&pass->exec, pass_linear_dtype(pass), pass->dnorm, pass_grad(pass, grads, LAYOUT_ATTN_WEIGHT, layer),
                    pass_grad(pass, grads, LAYOUT_ATTN_BIAS, layer), pass->dqkv, l->conv1, pass_param(pass, LAYOUT_ATTN_WEIGHT, layer), BT,
                    C, heads.row_stride);
    const float *dnorm = conv_back(pass, grads, l->norm1, LAYOUT_ATTN_CONV, layer);
    norm_back(pass, grads, pass->dx, dnorm, l->x, l->mean1, l->rstd1, LAYOUT_LN_1_WEIGHT, layer);
}

void pass_backward_layer(Pass *pass, float *grads, size_t layer) {
    mlp_backward(pass, grads, layer);
    attention_back(pass, grads, layer);
}

void pass_backward_begin(Pass *pass, float *grads) {
    const Config *c = &pass->model->config;
    size_t BT = pass_rows(pass), C = (size_t)c->n_embd;
    float *dx = pass->dx;
    if (pass->x0) {
        dx = pass->dnorm;
        memset(dx, 0, BT * C * sizeof *dx);
        norm_backward(&pass->exec, c->norm, dx, NULL, NULL, pass->dx, pass->x0, NULL, pass->mean0, pass->rstd0, BT, C);
    }
    Dropout dropout = pass_dropout(pass, SITE_EMBEDDING, 0);
    if (dropout.p > 0) dropout_backward(&pass->exec, dx, dx, BT * C, dropout);
    if (c->position == POSITION_LEARNED) position_backward(&pass->exec, pass_grad(pass, grads, LAYOUT_WPE, 0), dx, pass->B, pass->T, C);
    embedding_backward(&pass->exec, pass_grad(pass, grads, LAYOUT_WTE, 0), dx, pass->ids, BT, C);
}

void pass_backward(Pass *pass, float *grads, const uint32_t *targets, double weight) {
    pass_backward_head(pass, grads, targets, weight);
    for (size_t l = (size_t)pass->model->config.n_layer; l-- > 0;) pass_backward_layer(pass, grads, l);
    pass_backward_begin(pass, grads);
}
