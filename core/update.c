#include "update.h"

#include <math.h>

#include "adamw.h"
#include "muon.h"
#include "schedule.h"
#include "sgd.h"

/* What is one matrix to Muon: a tensor of a block, or the columns or rows of one that do different work. */
typedef struct {
    LayoutRole role;
    size_t first; /* element of the tensor it begins with */
    MuonMatrix matrix;
} Part;

/* sqrt(max(1, out / in)): the change of an output is then of the same size whatever the shape. */
static double shape_factor(size_t in, size_t out) { return out > in ? sqrt((double)out / (double)in) : 1.0; }

static size_t fc_parts(const Config *c) { return config_fc(c) / config_inner(c); }

/* Parts of a block: fc, proj, then those of attention. */
static size_t parts_of(const Config *c) {
    size_t H = (size_t)c->n_head, attention = c->muon_heads ? 2 * H + 2 * config_kv_heads(c) : 4;
    return fc_parts(c) + 1 + attention;
}

/* attn.c_proj, whole or a head's rows at a time; then queries, keys and values, whole or a head's columns of c_attn at a time. None of the wholes is wider
   than long, and the rows of a head get their whole's factor, so that they move as much either way. */
static Part attention_part(const Config *c, size_t index) {
    size_t C = (size_t)c->n_embd, H = (size_t)c->n_head, G = config_kv_heads(c), hs = config_head_size(c), qkv = config_qkv(c);
    if (c->muon_heads) {
        if (index < H) return (Part){LAYOUT_ATTN_PROJ_WEIGHT, index * hs * C, {hs, C, C, 1.0}};
        return (Part){LAYOUT_ATTN_WEIGHT, (index - H) * hs, {C, hs, qkv, 1.0}};
    }
    switch (index) {
    case 0: return (Part){LAYOUT_ATTN_PROJ_WEIGHT, 0, {C, C, C, 1.0}};
    case 1: return (Part){LAYOUT_ATTN_WEIGHT, 0, {C, H * hs, qkv, 1.0}};
    default: return (Part){LAYOUT_ATTN_WEIGHT, (H + (index - 2) * G) * hs, {C, G * hs, qkv, 1.0}};
    }
}

/* Part `index` of a block, the largest first; swiglu's gate and up apart. */
static Part part_of(const Config *c, size_t index) {
    size_t C = (size_t)c->n_embd, inner = config_inner(c), fc = fc_parts(c);
    if (index < fc) return (Part){LAYOUT_FC_WEIGHT, index * inner, {C, inner, fc * inner, shape_factor(C, inner)}};
    if (index == fc) return (Part){LAYOUT_MLP_PROJ_WEIGHT, 0, {inner, C, C, shape_factor(inner, C)}};
    return attention_part(c, index - fc - 1);
}

uint64_t update_scratch(const Config *config) {
    uint64_t most = 0;
    if (config->optimizer != OPTIMIZER_MUON) return 0;
    for (size_t i = 0; i < parts_of(config); i++) {
        MuonMatrix matrix = part_of(config, i).matrix;
        uint64_t floats = muon_scratch(matrix.in, matrix.out);
        if (floats > most) most = floats;
    }
    return (most + 3) / 4 * 4;
}

static Muon muon_of(const Update *u) {
    const Config *c = u->config;
    return (Muon){.lr = schedule_lr(c, u->step),
                  .momentum = schedule_momentum(c, u->step),
                  .weight_decay = c->weight_decay,
                  .grad_scale = u->grad_scale,
                  .steps = (size_t)c->muon_steps,
                  .method = c->muon_method};
}

/* The same part of every block, then the next: a loop whose pieces become shorter leaves no worker idle for long at its end. */
static void part_task(void *context, size_t index, float *scratch) {
    const Update *u = context;
    size_t L = (size_t)u->config->n_layer;
    Part part = part_of(u->config, index / L);
    float *params = model_tensor(u->model, u->model->params, part.role, index % L) + part.first;
    const float *update = model_tensor(u->model, u->moment2, part.role, index % L) + part.first;
    muon_update(muon_of(u), part.matrix, params, update, scratch);
}

static double decay_of(const Config *c, LayoutGroup group) {
    switch (group) {
    case GROUP_MATRIX: return c->weight_decay;
    case GROUP_EMBEDDING: return c->embd_weight_decay;
    default: return c->vector_weight_decay;
    }
}

/* adamw's rate; with muon it follows the course of learning_rate. */
static double adam_lr(const Config *c, LayoutGroup group, double lr) {
    if (c->optimizer != OPTIMIZER_MUON) return lr;
    double peak = group == GROUP_VECTOR && c->vector_lr > 0 ? c->vector_lr : c->adam_lr;
    return c->learning_rate > 0 ? peak * (lr / c->learning_rate) : 0.0;
}

static void update_tensor(const Exec *exec, const Update *u, const LayoutTensor *tensor, double lr) {
    const Config *c = u->config;
    float *params = u->model->params + tensor->offset, *m = u->moment1 + tensor->offset;
    const float *grads = u->grads + tensor->offset;
    double decay = decay_of(c, tensor->group);
    if (c->optimizer == OPTIMIZER_SGD) {
        Sgd sgd = {.lr = lr, .momentum = c->beta1, .weight_decay = decay, .grad_scale = u->grad_scale};
        sgd_update(exec, sgd, params, grads, m, tensor->size);
    } else if (c->optimizer == OPTIMIZER_MUON && tensor->group == GROUP_MATRIX) {
        muon_momentum(exec, muon_of(u), grads, m, u->moment2 + tensor->offset, tensor->size);
    } else {
        Adamw adamw = {adam_lr(c, tensor->group, lr), c->beta1, c->beta2, c->adam_eps, decay, u->grad_scale, u->step + 1};
        adamw_update(exec, adamw, params, grads, m, u->moment2 + tensor->offset, tensor->size);
    }
}

void update_weights(const Exec *exec, const Update *update) {
    const Config *c = update->config;
    double lr = schedule_lr(c, update->step);
    for (size_t i = 0, count = layout_count(c); i < count; i++) {
        LayoutTensor tensor;
        layout_tensor(c, i, &tensor);
        update_tensor(exec, update, &tensor, lr);
    }
    Update copy = *update;
    if (c->optimizer != OPTIMIZER_MUON) return;
    parallel_for(exec, parts_of(c) * (size_t)c->n_layer, part_task, &copy);
    lap_read(exec->lap, LAP_MUON);
}
