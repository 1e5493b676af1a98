/* abi.c - the core for JavaScript: flat functions on handles (pointers), numbers, and pointer + length. wasm/exports.txt lists them.

   Those that can fail return FOLIO_OK or a negative FOLIO_ERR_* and have then changed and allocated nothing. A config crosses as `values`:
   CONFIG_COUNT doubles in the order of config.h's table. Numbers that may pass 2^32 cross as doubles. An object is one block of memory, which
   folio_free gives back; the objects it was made from must outlive it. */
#include <stdlib.h>
#include <string.h>

#include "abi.h"
#include "f32x4.h"

/* ---- settings ---- */

int folio_setting_count(void) { return CONFIG_COUNT; }
int folio_setting_kind(uint32_t i) { return (int)config_setting(i)->kind; }
double folio_setting_default(uint32_t i) { return config_setting(i)->def; }
double folio_setting_min(uint32_t i) { return config_setting(i)->min; }
double folio_setting_max(uint32_t i) { return config_setting(i)->max; }

int abi_config(const double *values, Config *config, int *which) {
    *config = config_default();
    for (size_t i = 0; i < CONFIG_COUNT; i++) {
        int code = config_set(config, i, values[i]);
        if (which && code) *which = (int)i;
        if (code) return code;
    }
    size_t row = 0;
    int code = config_check(config, &row);
    if (which && code) *which = (int)row;
    return code;
}

/* which: receives the row at fault. */
int folio_config_check(const double *values, int *which) {
    Config config;
    return abi_config(values, &config, which);
}

/* ---- threads: the one pool of this module. Threads that enter it have a stack and an instance of their own over the same memory ---- */

static Pool *pool;

Pool *abi_pool(void) { return pool; }

/* Makes the pool, once, for up to `threads`; it lasts as long as the module. */
int folio_pool_create(uint32_t threads) {
    if (pool) return FOLIO_ERR_ARGUMENT;
    void *memory;
    if (!abi_block(0, pool_bytes(), &memory)) return FOLIO_ERR_MEMORY;
    pool = pool_init(memory, threads);
    return FOLIO_OK;
}

void folio_pool_enter(uint32_t index) { pool_enter(pool, index); }

void folio_pool_stop(void) {
    if (pool) pool_stop(pool);
}

/* Threads that do take part now, the calling one included. */
uint32_t folio_pool_present(void) { return pool ? 1 + (uint32_t)pool_present(pool) : 1; }

/* Whether a product and a sum are one operation with one rounding here: 1 - 2^-26 is lost where they are two. */
int folio_fused(void) {
    volatile float x = 1.0f + 1.0f / 8192, y = 1.0f - 1.0f / 8192;
    return f32x4_sum(f32x4_madd(f32x4_splat(x), f32x4_splat(y), f32x4_splat(-1.0f))) != 0.0f;
}

/* ---- what a config asks for ---- */

/* Windows evaluated at once: enough rows to be quick, few enough (400 million multiplications) to stay responsive. */
static size_t eval_batch(const Config *config) {
    uint64_t windows = 400000000u / (layout_parameters(config) * (uint64_t)config->block_size);
    return windows < 1 ? 1 : windows > 16 ? 16 : (size_t)windows;
}

static uint64_t ids_bytes(const Config *config, size_t B) { return (uint64_t)B * (uint64_t)config->block_size * sizeof(uint32_t); }

static uint64_t evaluator_bytes(const Config *config) {
    return pass_bytes(config, PASS_EVAL, eval_batch(config), pool_threads(pool)) + 2 * ids_bytes(config, eval_batch(config));
}

static uint64_t decoder_bytes(const Config *config) {
    size_t V = (size_t)config->vocab_size;
    return pass_bytes(config, PASS_DECODE, 1, pool_threads(pool)) + sampler_bytes(V) + 2 * (uint64_t)V * sizeof(float) +
           ids_bytes(config, 1);
}

/* bytes: receives what a model, a trainer, an evaluator and a decoder take (4 doubles). */
int folio_memory(const double *values, double *bytes) {
    Config config;
    int code = abi_config(values, &config, NULL);
    if (code) return code;
    bytes[0] = (double)model_bytes(&config);
    bytes[1] = (double)trainer_bytes(&config, pool_threads(pool));
    bytes[2] = (double)evaluator_bytes(&config);
    bytes[3] = (double)decoder_bytes(&config);
    return FOLIO_OK;
}

/* sizes: receives the number of tensors, of floats from the first to the last with gaps, and of parameters (3 doubles). */
int folio_layout(const double *values, double *sizes) {
    Config config;
    int code = abi_config(values, &config, NULL);
    if (code) return code;
    sizes[0] = (double)layout_count(&config);
    sizes[1] = (double)layout_floats(&config);
    sizes[2] = (double)layout_parameters(&config);
    return FOLIO_OK;
}

/* Tensor `index`: name (40 bytes, ends with 0); facts: rank, two sides, offset, size, group (6 doubles). */
int folio_layout_tensor(const double *values, uint32_t index, char *name, double *facts) {
    Config config;
    LayoutTensor tensor;
    int code = abi_config(values, &config, NULL);
    if (code) return code;
    if (index >= layout_count(&config)) return FOLIO_ERR_ARGUMENT;
    layout_tensor(&config, index, &tensor);
    memcpy(name, tensor.name, sizeof tensor.name);
    facts[0] = tensor.rank;
    facts[1] = tensor.shape[0];
    facts[2] = tensor.shape[1];
    facts[3] = (double)tensor.offset;
    facts[4] = (double)tensor.size;
    facts[5] = (double)tensor.group;
    return FOLIO_OK;
}

/* ---- dataset ---- */

/* Keeps a copy of the ids. */
int folio_dataset_create(const double *values, const uint32_t *ids, size_t n, void **out) {
    Config config;
    void *copy;
    int code = abi_config(values, &config, NULL);
    if (code) return code;
    Dataset *dataset = abi_block(sizeof *dataset, (uint64_t)n * sizeof *ids, &copy);
    if (!dataset) return FOLIO_ERR_MEMORY;
    memcpy(copy, ids, n * sizeof *ids);
    return abi_finish(dataset_init(dataset, &config, copy, n), dataset, out);
}

/* The same with ids of 16 bits, which it keeps as such. */
int folio_dataset_create16(const double *values, const uint16_t *ids16, size_t n, void **out) {
    Config config;
    void *copy;
    int code = abi_config(values, &config, NULL);
    if (code) return code;
    Dataset *dataset = abi_block(sizeof *dataset, (uint64_t)n * sizeof *ids16, &copy);
    if (!dataset) return FOLIO_ERR_MEMORY;
    memcpy(copy, ids16, n * sizeof *ids16);
    return abi_finish(dataset_init16(dataset, &config, copy, n), dataset, out);
}

/* sizes: receives tokens, training tokens, windows, batches, validation windows, batch size, block size (7 doubles). */
int folio_dataset_sizes(const Dataset *dataset, double *sizes) {
    sizes[0] = (double)dataset->n;
    sizes[1] = (double)dataset->n_train;
    sizes[2] = (double)dataset_windows(dataset);
    sizes[3] = (double)dataset_batches(dataset);
    sizes[4] = (double)dataset_val_windows(dataset);
    sizes[5] = (double)dataset->batch_size;
    sizes[6] = (double)dataset->block_size;
    return FOLIO_OK;
}

int folio_dataset_batch(const Dataset *dataset, double index, uint32_t *inputs, uint32_t *targets, uint32_t *rows) {
    if (!(index >= 0 && index <= 9007199254740991.0)) return FOLIO_ERR_ARGUMENT;
    *rows = (uint32_t)dataset_batch(dataset, (uint64_t)index, inputs, targets);
    return FOLIO_OK;
}

int folio_dataset_val_batch(const Dataset *dataset, size_t first, size_t count, uint32_t *inputs, uint32_t *targets) {
    size_t windows = dataset_val_windows(dataset);
    if (first > windows || count > windows - first) return FOLIO_ERR_ARGUMENT;
    dataset_val_batch(dataset, first, count, inputs, targets);
    return FOLIO_OK;
}

/* ---- model ---- */

int abi_model(const double *values, int (*make)(Model *, const Config *, void *, size_t), void **out) {
    Config config;
    void *memory;
    int code = abi_config(values, &config, NULL);
    if (code) return code;
    Model *model = abi_block(sizeof *model, model_bytes(&config), &memory);
    if (!model) return FOLIO_ERR_MEMORY;
    return abi_finish(make(model, &config, memory, (size_t)model_bytes(&config)), model, out);
}

int folio_model_create(const double *values, void **out) { return abi_model(values, model_init, out); }

float *folio_model_params(Model *model) { return model->params; }

static int ids_are_tokens(const Model *model, const uint32_t *ids, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (ids[i] >= (uint32_t)model->config.vocab_size) return 0;
    return 1;
}

/* ids (B, T) -> logits (B, T, V). */
int folio_model_logits(const Model *model, const uint32_t *ids, size_t B, size_t T, float *logits) {
    if (!B || !T || T > (size_t)model->config.block_size) return FOLIO_ERR_ARGUMENT;
    if (!ids_are_tokens(model, ids, B * T)) return FOLIO_ERR_TOKEN;
    void *memory;
    uint64_t bytes = pass_bytes(&model->config, PASS_EVAL, B, pool_threads(pool));
    Pass *pass = abi_block(sizeof *pass, bytes, &memory);
    if (!pass) return FOLIO_ERR_MEMORY;
    int code = pass_init(pass, model, PASS_EVAL, B, pool, memory, (size_t)bytes);
    if (!code) {
        pass_forward(pass, ids, B, T, 0);
        pass_logits(pass, logits, 0, B * T);
    }
    free(pass);
    return code;
}

/* ---- trainer ---- */

/* Whether two configs agree in the table's rows from first to before end. */
static int agree(const Config *a, const Config *b, size_t first, size_t end) {
    for (size_t i = first; i < end; i++) {
        double ours = 0, theirs = 0;
        config_get(a, i, &ours);
        config_get(b, i, &theirs);
        if (ours != theirs) return 0;
    }
    return 1;
}

/* Whether a model can learn or judge a dataset: the same settings of the model (the table's rows above the optimizer's), ids it knows. */
static int suits(const Model *model, const Config *config, const Dataset *dataset) {
    if (!agree(&model->config, config, 0, CONFIG_optimizer)) return 0;
    for (size_t i = 0; i < dataset->n; i++)
        if (dataset_id(dataset, i) >= (uint32_t)model->config.vocab_size) return 0;
    return dataset->block_size == (size_t)config->block_size;
}

int folio_trainer_create(const double *values, Model *model, const Dataset *dataset, void **out) {
    Config config;
    void *memory;
    int code = abi_config(values, &config, NULL);
    if (code) return code;
    if (!suits(model, &config, dataset)) return FOLIO_ERR_ARGUMENT;
    uint64_t bytes = trainer_bytes(&config, pool_threads(pool));
    Trainer *trainer = abi_block(sizeof *trainer, bytes, &memory);
    if (!trainer) return FOLIO_ERR_MEMORY;
    return abi_finish(trainer_init(trainer, &config, model, dataset, pool, memory, (size_t)bytes), trainer, out);
}

/* Another course of the rate, for the steps to come. values differ from the trainer's config in rows from learning_rate to max_iters, and from adam_lr to vector_lr, alone. */
int folio_trainer_configure(Trainer *trainer, const double *values) {
    const Config *ours = &trainer->config;
    Config config;
    int code = abi_config(values, &config, NULL);
    if (code) return code;
    if (!agree(ours, &config, 0, CONFIG_learning_rate) || !agree(ours, &config, CONFIG_max_iters + 1, CONFIG_adam_lr) ||
        !agree(ours, &config, CONFIG_vector_lr + 1, CONFIG_COUNT))
        return FOLIO_ERR_ARGUMENT;
    trainer->config = config;
    return FOLIO_OK;
}

int folio_trainer_advance(Trainer *trainer) { return trainer_advance(trainer); }
void folio_trainer_restart(Trainer *trainer) { trainer_restart(trainer); }

/* report: receives steps done, loss, learning rate, gradient norm, tokens of the step (5 doubles). */
int folio_trainer_report(const Trainer *trainer, double *report) {
    report[0] = (double)trainer->report.step;
    report[1] = trainer->report.loss;
    report[2] = trainer->report.lr;
    report[3] = trainer->report.grad_norm;
    report[4] = (double)trainer->report.tokens;
    return FOLIO_OK;
}

double folio_trainer_step(const Trainer *trainer) { return (double)trainer->step; }

/* Goes on as after `step` steps; an unfinished one is forgotten. */
int folio_trainer_set_step(Trainer *trainer, double step) {
    if (!(step >= 0 && step <= 9007199254740991.0)) return FOLIO_ERR_ARGUMENT;
    trainer_restart(trainer);
    trainer->step = (uint64_t)step;
    return FOLIO_OK;
}

float *folio_trainer_grads(Trainer *trainer) { return trainer->grads; }
float *folio_trainer_moment1(Trainer *trainer) { return trainer->moment1; }
float *folio_trainer_moment2(Trainer *trainer) { return trainer->moment2; } /* 0 for sgd */

/* Gradients of the mean loss over inputs, targets (B, block_size), without an update. */
int folio_trainer_gradients(Trainer *trainer, const uint32_t *inputs, const uint32_t *targets, size_t B, double *loss) {
    size_t n = B * (size_t)trainer->config.block_size;
    if (!B || B > (size_t)trainer->config.batch_size) return FOLIO_ERR_ARGUMENT;
    if (!ids_are_tokens(trainer->model, inputs, n) || !ids_are_tokens(trainer->model, targets, n)) return FOLIO_ERR_TOKEN;
    *loss = trainer_gradients(trainer, inputs, targets, B);
    return FOLIO_OK;
}

/* ---- evaluator ---- */

typedef struct {
    Pass pass;
    const Dataset *dataset;
    size_t batch;               /* windows at once */
    uint32_t *inputs, *targets; /* (batch, block_size) */
} Evaluator;

int folio_evaluator_create(const Model *model, const Dataset *dataset, void **out) {
    const Config *config = &model->config;
    void *memory;
    if (!suits(model, config, dataset)) return FOLIO_ERR_ARGUMENT;
    Evaluator *e = abi_block(sizeof *e, evaluator_bytes(config), &memory);
    if (!e) return FOLIO_ERR_MEMORY;
    e->dataset = dataset;
    e->batch = eval_batch(config);
    uint64_t bytes = pass_bytes(config, PASS_EVAL, e->batch, pool_threads(pool));
    e->inputs = (uint32_t *)(void *)((char *)memory + bytes);
    e->targets = e->inputs + e->batch * dataset->block_size;
    return abi_finish(pass_init(&e->pass, model, PASS_EVAL, e->batch, pool, memory, (size_t)bytes), e, out);
}

/* Adds the losses of validation windows from `first` on, at most `count` of them, to *sum; *next receives the first one left. */
int folio_evaluator_run(Evaluator *e, size_t first, size_t count, double *sum, uint32_t *next) {
    size_t windows = dataset_val_windows(e->dataset);
    if (first > windows || count > windows - first) return FOLIO_ERR_ARGUMENT;
    if (count > e->batch) count = e->batch;
    if (count) evaluate_windows(&e->pass, e->dataset, first, count, e->inputs, e->targets, sum);
    *next = (uint32_t)(first + count);
    return FOLIO_OK;
}

/* ---- decoder ---- */

typedef struct {
    Pass pass;
    size_t position;       /* tokens in the context */
    uint32_t *ids;         /* those tokens: room for block_size */
    float *logits, *trial; /* (V) after the last token; a copy that sampling overwrites */
    void *scratch;
} Decoder;

int folio_decoder_create(const Model *model, void **out) {
    const Config *config = &model->config;
    size_t V = (size_t)config->vocab_size;
    void *memory;
    Decoder *d = abi_block(sizeof *d, decoder_bytes(config), &memory);
    if (!d) return FOLIO_ERR_MEMORY;
    uint64_t bytes = pass_bytes(config, PASS_DECODE, 1, pool_threads(pool));
    d->position = 0;
    d->scratch = (char *)memory + bytes;
    d->logits = (float *)(void *)((char *)d->scratch + sampler_bytes(V));
    d->trial = d->logits + V;
    d->ids = (uint32_t *)(void *)(d->trial + V);
    return abi_finish(pass_init(&d->pass, model, PASS_DECODE, 1, pool, memory, (size_t)bytes), d, out);
}

/* Appends n tokens to the context. FULL where they do not fit. */
int folio_decoder_feed(Decoder *d, const uint32_t *ids, size_t n) {
    const Model *model = d->pass.model;
    if (!n) return FOLIO_ERR_ARGUMENT;
    if (n > (size_t)model->config.block_size - d->position) return FOLIO_ERR_FULL;
    if (!ids_are_tokens(model, ids, n)) return FOLIO_ERR_TOKEN;
    memcpy(d->ids + d->position, ids, n * sizeof *ids);
    pass_forward(&d->pass, d->ids + d->position, 1, n, d->position);
    pass_logits(&d->pass, d->logits, n - 1, 1);
    d->position += n;
    return FOLIO_OK;
}

float *folio_decoder_logits(Decoder *d) { return d->logits; }
uint32_t folio_decoder_position(const Decoder *d) { return (uint32_t)d->position; }
void folio_decoder_reset(Decoder *d) { d->position = 0; }

/* Picks the token to follow the context, which is the history of the penalty, among ids below V. (seed, index) is the coin.
   how: temperature, top_k, top_p, min_p, repetition_penalty (5 doubles). */
int folio_decoder_pick(Decoder *d, const double *how, double seed, double index, uint32_t V, uint32_t *id) {
    if (!d->position || !V || V > (uint32_t)d->pass.model->config.vocab_size) return FOLIO_ERR_ARGUMENT;
    if (!(seed >= 0 && seed <= 9007199254740991.0 && index >= 0 && index <= 9007199254740991.0)) return FOLIO_ERR_RANGE;
    if (!(how[1] >= 0 && how[1] <= 4294967295.0)) return FOLIO_ERR_RANGE;
    SamplerSettings settings = {how[0], (uint32_t)how[1], how[2], how[3], how[4]};
    int code = sampler_check(&settings);
    if (code) return code;
    double coin = rng_uniform((uint64_t)seed, rng_stream(RNG_SAMPLE, 0), (uint64_t)index);
    memcpy(d->trial, d->logits, V * sizeof *d->trial);
    *id = sampler_pick(&settings, d->trial, V, d->ids, d->position, coin, d->scratch);
    return FOLIO_OK;
}
