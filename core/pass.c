/* pass.c - the memory of a pass: what each mode keeps, and for how many rows. */
#include "pass.h"

#include "error.h"
#include "gemm.h"

/* The plan is walked twice: once to count, once to hand out. */
typedef struct {
    float *base;     /* NULL: count only */
    uint64_t floats; /* so far */
} Plan;

static float *carve(Plan *plan, uint64_t floats) {
    float *at = plan->base ? plan->base + plan->floats : NULL;
    plan->floats += (floats + 3) / 4 * 4;
    return at;
}

enum { LOGITS = 1 << 21 }; /* floats of logits held at once: 8 MB */

typedef struct {
    uint64_t rows, C, qkv, heads, inner, fc, V, T, hs; /* heads: queries and keys, for qk_norm */
} Sizes;

static Sizes sizes_of(const Config *c, PassMode mode, size_t B) {
    uint64_t inner = config_inner(c), T = (uint64_t)c->block_size;
    return (Sizes){.rows = (mode == PASS_DECODE ? 1 : B) * T,
                   .C = (uint64_t)c->n_embd,
                   .qkv = config_qkv(c),
                   .heads = (uint64_t)c->n_head + config_kv_heads(c),
                   .inner = inner,
                   .fc = config_fc(c),
                   .V = (uint64_t)c->vocab_size,
                   .T = T,
                   .hs = config_head_size(c)};
}

static uint64_t chunk_of(Sizes s) {
    uint64_t chunk = LOGITS / s.V / GEMM_MR * GEMM_MR;
    if (chunk < GEMM_MR) chunk = GEMM_MR;
    return chunk < s.rows ? chunk : s.rows;
}

static void plan_layer(Plan *plan, PassLayer *l, const Config *c, Sizes s) {
    l->x = carve(plan, s.rows * s.C);
    l->norm1 = carve(plan, s.rows * s.C);
    l->conv1 = config_taps(c) ? carve(plan, s.rows * s.C) : l->norm1;
    l->mean1 = carve(plan, s.rows);
    l->rstd1 = carve(plan, s.rows);
    l->qkv = carve(plan, s.rows * s.qkv);
    l->qk_rstd = carve(plan, c->qk_norm ? s.rows * s.heads : 0);
    l->att = carve(plan, s.rows * s.C);
    l->lse = carve(plan, s.rows * (uint64_t)c->n_head);
    l->mid = carve(plan, s.rows * s.C);
    l->norm2 = carve(plan, s.rows * s.C);
    l->conv2 = config_taps(c) ? carve(plan, s.rows * s.C) : l->norm2;
    l->mean2 = carve(plan, s.rows);
    l->rstd2 = carve(plan, s.rows);
    l->fc = carve(plan, s.rows * s.fc);
    l->act = carve(plan, s.rows * s.inner);
}

/* What a block keeps from token to token. */
static void plan_cache(Plan *plan, PassLayer *l, const Config *c, Sizes s) {
    l->qkv = carve(plan, s.rows * s.qkv);
    if (!config_taps(c)) return;
    l->norm1 = carve(plan, s.rows * s.C);
    l->norm2 = carve(plan, s.rows * s.C);
}

/* Blocks after the first: their own memory in training, the first one's in evaluation, and its but for the cache in decoding. */
static void plan_layers(Plan *plan, Pass *pass, const Config *c, Sizes s) {
    PassLayer first;
    pass->layers = (PassLayer *)(void *)carve(plan, (uint64_t)c->n_layer * sizeof(PassLayer) / sizeof(float) + 1);
    for (size_t i = 0; i < (size_t)c->n_layer; i++) {
        PassLayer layer;
        if (i == 0 || pass->mode == PASS_TRAIN) {
            plan_layer(plan, &layer, c, s);
            first = layer;
        } else {
            layer = first;
            if (pass->mode == PASS_DECODE) plan_cache(plan, &layer, c, s);
        }
        if (plan->base) pass->layers[i] = layer;
    }
    pass->out = pass->mode == PASS_TRAIN ? carve(plan, s.rows * s.C) : first.x;
    pass->x0 = c->embd_norm ? carve(plan, s.rows * s.C) : NULL;
}

static void plan_pass(Plan *plan, Pass *pass, const Config *c, Sizes s, size_t threads) {
    plan_layers(plan, pass, c, s);
    pass->mean0 = carve(plan, s.rows);
    pass->rstd0 = carve(plan, s.rows);
    pass->normf = carve(plan, s.rows * s.C);
    pass->meanf = carve(plan, s.rows);
    pass->rstdf = carve(plan, s.rows);
    pass->branch = carve(plan, s.rows * s.C);
    pass->table_cos = carve(plan, c->position == POSITION_ROPE ? s.T * (s.hs / 2) : 0);
    pass->table_sin = carve(plan, c->position == POSITION_ROPE ? s.T * (s.hs / 2) : c->position == POSITION_SINUSOIDAL ? s.T * s.C : 0);
    pass->logits = carve(plan, pass->mode == PASS_DECODE ? 0 : chunk_of(s) * s.V);
    pass->losses = carve(plan, s.rows);
    pass->loss_lse = carve(plan, s.rows);
    uint64_t train = pass->mode == PASS_TRAIN ? s.rows : 0;
    pass->dx = carve(plan, train * s.C);
    pass->dnorm = carve(plan, train * s.C);
    pass->dqkv = carve(plan, train * s.qkv);
    pass->exec.scratch_floats = (attention_scratch((size_t)s.T, (size_t)s.hs) + 3) / 4 * 4;
    pass->exec.scratch = carve(plan, pass->exec.scratch_floats * threads);
}

uint64_t pass_bytes(const Config *config, PassMode mode, size_t B, size_t threads) {
    Plan plan = {NULL, 0};
    Pass pass = {.mode = mode};
    plan_pass(&plan, &pass, config, sizes_of(config, mode, B), threads);
    return plan.floats * sizeof(float);
}

int pass_init(Pass *pass, const Model *model, PassMode mode, size_t B, Pool *pool, void *memory, size_t bytes) {
    const Config *c = &model->config;
    size_t threads = pool_threads(pool);
    if (mode == PASS_DECODE && !c->causal) return FOLIO_ERR_NOT_CAUSAL;
    if (!memory || bytes < pass_bytes(c, mode, B, threads)) return FOLIO_ERR_MEMORY;
    Sizes s = sizes_of(c, mode, B);
    Plan plan = {memory, 0};
    *pass = (Pass){.model = model, .mode = mode, .exec = {.pool = pool}, .max_rows = (size_t)s.rows, .chunk = (size_t)chunk_of(s)};
    plan_pass(&plan, pass, c, s, threads);
    if (c->position == POSITION_ROPE) rope_tables(pass->table_cos, pass->table_sin, c->rope_theta, (size_t)s.T, (size_t)s.hs);
    if (c->position == POSITION_SINUSOIDAL) position_sinusoidal(pass->table_sin, (size_t)s.T, (size_t)s.C);
    return FOLIO_OK;
}
