/* pass_forward.c - the forward, as the list of calls that the paper gives (Radford et al. 2019, 2.3). */
#include "pass_parts.h"

static float *block_output(const Pass *pass, size_t layer) {
    return layer + 1 < (size_t)pass->model->config.n_layer ? pass->layers[layer + 1].x : pass->out;
}

static void norm(const Pass *pass, float *out, float *mean, float *rstd, const float *in, LayoutRole weight, size_t layer) {
    const Config *c = &pass->model->config;
    norm_forward(&pass->exec, c->norm, out, mean, rstd, in, pass_param(pass, weight, layer), pass_param(pass, weight + 1, layer),
                 c->norm_eps, pass_rows(pass), (size_t)c->n_embd);
}

void pass_begin(Pass *pass, const uint32_t *ids, size_t B, size_t T, size_t start) {
    const Config *c = &pass->model->config;
    size_t BT = B * T, C = (size_t)c->n_embd;
    pass->B = B;
    pass->T = T;
    pass->start = start;
    pass->ids = ids;
    float *x = pass->x0 ? pass->x0 : pass->layers[0].x;
    embedding_forward(&pass->exec, x, ids, pass_param(pass, LAYOUT_WTE, 0), BT, C);
    if (c->position == POSITION_LEARNED) position_forward(&pass->exec, x, pass_param(pass, LAYOUT_WPE, 0), start, B, T, C);
    if (c->position == POSITION_SINUSOIDAL) position_forward(&pass->exec, x, pass->table_sin, start, B, T, C);
    Dropout dropout = pass_dropout(pass, SITE_EMBEDDING, 0);
    if (dropout.p > 0) dropout_forward(&pass->exec, x, NULL, x, BT * C, dropout);
    if (pass->x0) norm_forward(&pass->exec, c->norm, pass->layers[0].x, pass->mean0, pass->rstd0, x, NULL, NULL, c->norm_eps, BT, C);
}

/* The rows that a convolution reads are kept at their positions: it reaches back beyond the rows of this call. */
static const float *conv(const Pass *pass, float *out, const float *rows, LayoutRole role, size_t layer) {
    const Config *c = &pass->model->config;
    if (config_taps(c))
        conv_forward(&pass->exec, out, rows, pass_param(pass, role, layer), config_taps(c), pass->start, pass->B, pass->T,
                     (size_t)c->n_embd);
    return config_taps(c) ? out : rows;
}

static void attention_branch(Pass *pass, size_t layer) {
    const Config *c = &pass->model->config;
    const PassLayer *l = &pass->layers[layer];
    size_t BT = pass_rows(pass), C = (size_t)c->n_embd;
    HeadRows heads = pass_qk_heads(pass);
    float *qkv = l->qkv + pass->start * heads.row_stride;
    float *rows = l->norm1 + pass->start * C;
    norm(pass, rows, l->mean1, l->rstd1, l->x, LAYOUT_LN_1_WEIGHT, layer);
    const float *in = conv(pass, l->conv1, rows, LAYOUT_ATTN_CONV, layer);
    linear_forward(&pass->exec, pass_linear_dtype(pass), qkv, in, pass_param(pass, LAYOUT_ATTN_WEIGHT, layer),
                   pass_param(pass, LAYOUT_ATTN_BIAS, layer), BT, C, heads.row_stride);
    if (c->qk_norm) qk_norm_forward(&pass->exec, qkv, l->qk_rstd, heads, c->norm_eps, BT);
    if (c->position == POSITION_ROPE)
        rope_forward(&pass->exec, qkv, heads, pass->table_cos, pass->table_sin, pass->start, pass->B, pass->T);
    attention_forward(&pass->exec, l->att, l->lse, l->qkv, pass_attention(pass, layer));
    linear_forward(&pass->exec, pass_linear_dtype(pass), pass->branch, l->att, pass_param(pass, LAYOUT_ATTN_PROJ_WEIGHT, layer),
                   pass_param(pass, LAYOUT_ATTN_PROJ_BIAS, layer), BT, C, C);
    dropout_forward(&pass->exec, l->mid, l->x, pass->branch, BT * C, pass_dropout(pass, SITE_ATTENTION_BRANCH, layer));
}

static void mlp_branch(Pass *pass, size_t layer) {
    const Config *c = &pass->model->config;
    const PassLayer *l = &pass->layers[layer];
    size_t BT = pass_rows(pass), C = (size_t)c->n_embd, inner = config_inner(c);
    size_t fc = config_fc(c);
    float *rows = l->norm2 + pass->start * C;
    norm(pass, rows, l->mean2, l->rstd2, l->mid, LAYOUT_LN_2_WEIGHT, layer);
    const float *in = conv(pass, l->conv2, rows, LAYOUT_MLP_CONV, layer);
    linear_forward(&pass->exec, pass_linear_dtype(pass), l->fc, in, pass_param(pass, LAYOUT_FC_WEIGHT, layer),
                   pass_param(pass, LAYOUT_FC_BIAS, layer), BT, C, fc);
    activation_forward(&pass->exec, c->activation, l->act, l->fc, BT, inner);
    linear_forward(&pass->exec, pass_linear_dtype(pass), pass->branch, l->act, pass_param(pass, LAYOUT_MLP_PROJ_WEIGHT, layer),
                   pass_param(pass, LAYOUT_MLP_PROJ_BIAS, layer), BT, inner, C);
    dropout_forward(&pass->exec, block_output(pass, layer), l->mid, pass->branch, BT * C, pass_dropout(pass, SITE_MLP_BRANCH, layer));
}

void pass_layer(Pass *pass, size_t layer) {
    attention_branch(pass, layer);
    mlp_branch(pass, layer);
}

void pass_end(Pass *pass) { norm(pass, pass->normf, pass->meanf, pass->rstdf, pass->out, LAYOUT_LN_F_WEIGHT, 0); }

void pass_forward(Pass *pass, const uint32_t *ids, size_t B, size_t T, size_t start) {
    pass_begin(pass, ids, B, T, start);
    for (size_t l = 0; l < (size_t)pass->model->config.n_layer; l++) pass_layer(pass, l);
    pass_end(pass);
}

void pass_logits(Pass *pass, float *logits, size_t first, size_t count) {
    const Config *c = &pass->model->config;
    size_t C = (size_t)c->n_embd;
    head_forward(&pass->exec, logits, pass->normf + first * C, pass_param(pass, pass_head_role(pass), 0), count, C, (size_t)c->vocab_size);
}

void pass_loss(Pass *pass, const uint32_t *targets, double *sum) {
    size_t BT = pass_rows(pass), V = (size_t)pass->model->config.vocab_size;
    for (size_t first = 0; first < BT; first += pass->chunk) {
        size_t count = pass_chunk(pass, first);
        pass_logits(pass, pass->logits, first, count);
        loss_forward(&pass->exec, pass->losses + first, pass->loss_lse + first, pass->logits, targets + first, count, V);
    }
    for (size_t row = 0; row < BT; row++) *sum += (double)pass->losses[row];
}
