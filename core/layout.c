#include "layout.h"

#include <math.h>
#include <string.h>

#define NONE ((size_t)-1)

/* Visits the tensors in order; stops counting at `wanted`, whose description it leaves in `tensor`. */
typedef struct {
    size_t index, wanted, block;
    uint64_t offset;     /* where the next tensor begins */
    uint64_t parameters; /* without gaps */
    LayoutTensor *tensor;
} Walk;

static void append(char *name, const char *text) { memcpy(name + strlen(name), text, strlen(text) + 1); }

static void append_number(char *name, size_t number) {
    char digits[8] = {0};
    size_t at = sizeof digits - 1;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    append(name, digits + at);
}

static const char *const NAMES[LAYOUT_ROLES] = {
    "wte.weight",         "wpe.weight",       "ln_1.weight", "ln_1.bias", "attn.conv.weight", "attn.c_attn.weight", "attn.c_attn.bias",
    "attn.c_proj.weight", "attn.c_proj.bias", "ln_2.weight", "ln_2.bias", "mlp.conv.weight",  "mlp.c_fc.weight",    "mlp.c_fc.bias",
    "mlp.c_proj.weight",  "mlp.c_proj.bias",  "ln_f.weight", "ln_f.bias", "lm_head.weight",
};

static int in_block(LayoutRole role) { return role >= LAYOUT_LN_1_WEIGHT && role <= LAYOUT_MLP_PROJ_BIAS; }

static void add(Walk *walk, LayoutRole role, size_t rows, size_t columns, LayoutGroup group, double mean, double std) {
    uint64_t size = (uint64_t)rows * (columns ? columns : 1);
    if (walk->index == walk->wanted) {
        LayoutTensor *t = walk->tensor;
        memset(t, 0, sizeof *t);
        t->role = role;
        if (in_block(role)) {
            t->block = (uint32_t)walk->block;
            append(t->name, "h.");
            append_number(t->name, walk->block);
            append(t->name, ".");
        }
        append(t->name, NAMES[role]);
        t->rank = columns ? 2 : 1;
        t->shape[0] = (uint32_t)rows;
        t->shape[1] = (uint32_t)columns;
        t->offset = walk->offset;
        t->size = size;
        t->group = group;
        t->mean = mean;
        t->std = std;
    }
    walk->index++;
    walk->parameters += size;
    walk->offset += (size + 3) / 4 * 4;
}

/* The weight's role; its bias follows it in LayoutRole. */
static void add_norm(Walk *walk, const Config *c, LayoutRole role) {
    if (!c->norm_affine) return;
    add(walk, role, (size_t)c->n_embd, 0, GROUP_VECTOR, 1.0, 0.0);
    if (c->bias && c->norm == NORM_LAYERNORM) add(walk, role + 1, (size_t)c->n_embd, 0, GROUP_VECTOR, 0.0, 0.0);
}

static void add_linear(Walk *walk, const Config *c, LayoutRole role, size_t in, size_t out, double std) {
    add(walk, role, in, out, GROUP_MATRIX, 0.0, std);
    if (c->bias) add(walk, role + 1, out, 0, GROUP_VECTOR, 0.0, 0.0);
}

/* Zero: a convolution begins as the identity. */
static void add_conv(Walk *walk, const Config *c, LayoutRole role) {
    if (config_taps(c)) add(walk, role, config_taps(c), (size_t)c->n_embd, GROUP_VECTOR, 0.0, 0.0);
}

/* Initial standard deviations. gpt2: 0.02, and 0.02 / sqrt(2 n_layer) for the projections back to the residual stream (Radford et al. 2019).
   zero_proj: embeddings 1, linear layers 0.5 / sqrt(in), projections and an untied head 0, so the first loss is exactly ln V there. */
static void walk_all(Walk *walk, const Config *c) {
    size_t C = (size_t)c->n_embd, inner = config_inner(c), fc = config_fc(c);
    int gpt2 = c->init == INIT_SCHEME_GPT2;
    double wide = gpt2 ? 0.02 : 0.5 / sqrt((double)C), projection = gpt2 ? 0.02 / sqrt(2.0 * c->n_layer) : 0.0;
    double unit = gpt2 || c->tie_weights ? 0.02 : 1.0; /* a tied head would begin with logits of size sqrt(n_embd) */
    add(walk, LAYOUT_WTE, (size_t)c->vocab_size, C, GROUP_EMBEDDING, 0.0, unit);
    if (c->position == POSITION_LEARNED) add(walk, LAYOUT_WPE, (size_t)c->block_size, C, GROUP_EMBEDDING, 0.0, 0.02);
    for (walk->block = 0; walk->block < (size_t)c->n_layer; walk->block++) {
        add_norm(walk, c, LAYOUT_LN_1_WEIGHT);
        add_conv(walk, c, LAYOUT_ATTN_CONV);
        add_linear(walk, c, LAYOUT_ATTN_WEIGHT, C, config_qkv(c), wide);
        add_linear(walk, c, LAYOUT_ATTN_PROJ_WEIGHT, C, C, projection);
        add_norm(walk, c, LAYOUT_LN_2_WEIGHT);
        add_conv(walk, c, LAYOUT_MLP_CONV);
        add_linear(walk, c, LAYOUT_FC_WEIGHT, C, fc, wide);
        add_linear(walk, c, LAYOUT_MLP_PROJ_WEIGHT, inner, C, projection);
    }
    add_norm(walk, c, LAYOUT_LN_F_WEIGHT);
    if (!c->tie_weights) add(walk, LAYOUT_LM_HEAD, (size_t)c->vocab_size, C, GROUP_EMBEDDING, 0.0, gpt2 ? 0.02 : 0.0);
}

size_t layout_count(const Config *config) {
    Walk walk = {0, NONE, 0, 0, 0, NULL};
    walk_all(&walk, config);
    return walk.index;
}

void layout_tensor(const Config *config, size_t index, LayoutTensor *tensor) {
    Walk walk = {0, index, 0, 0, 0, tensor};
    walk_all(&walk, config);
}

uint64_t layout_floats(const Config *config) {
    Walk walk = {0, NONE, 0, 0, 0, NULL};
    walk_all(&walk, config);
    return walk.offset;
}

uint64_t layout_parameters(const Config *config) {
    Walk walk = {0, NONE, 0, 0, 0, NULL};
    walk_all(&walk, config);
    return walk.parameters;
}
