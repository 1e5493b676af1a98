#include "trainer.h"

#include <string.h>

#include "clip.h"
#include "error.h"
#include "schedule.h"
#include "update.h"

/* Where each part stands, in bytes from the start of the trainer's memory. Tried: a batch of the preset shakespeare in parts of 512 rows, up and down
   again each: half the memory, 4% faster with one thread and 2% slower with two. */
typedef struct {
    uint64_t grads, moment1, moment2, partials, inputs, targets, scratch, pass, pass_bytes, end;
} Plan;

static uint64_t take(uint64_t *end, uint64_t bytes) {
    uint64_t at = *end;
    *end += (bytes + 15) / 16 * 16;
    return at;
}

static Plan plan_of(const Config *config, size_t threads) {
    uint64_t floats = layout_floats(config) * sizeof(float);
    uint64_t ids = (uint64_t)config->batch_size * (uint64_t)config->block_size * sizeof(uint32_t);
    Plan p = {0};
    p.pass_bytes = pass_bytes(config, PASS_TRAIN, (size_t)config->batch_size, threads);
    p.grads = take(&p.end, floats);
    p.moment1 = take(&p.end, floats);
    p.moment2 = take(&p.end, config->optimizer == OPTIMIZER_SGD ? 0 : floats);
    p.partials = take(&p.end, clip_partials(layout_floats(config)) * sizeof(double));
    p.inputs = take(&p.end, ids);
    p.targets = take(&p.end, ids);
    p.scratch = take(&p.end, update_scratch(config) * sizeof(float) * threads);
    p.pass = take(&p.end, p.pass_bytes);
    return p;
}

uint64_t trainer_bytes(const Config *config, size_t threads) { return plan_of(config, threads).end; }

int trainer_init(Trainer *trainer, const Config *config, Model *model, const Dataset *dataset, Pool *pool, void *memory, size_t bytes) {
    int code = config_check(config, NULL);
    if (code) return code;
    if (dataset->block_size != (size_t)config->block_size || dataset->batch_size != (size_t)config->batch_size) return FOLIO_ERR_ARGUMENT;
    if (layout_floats(config) != layout_floats(&model->config)) return FOLIO_ERR_ARGUMENT;
    Plan p = plan_of(config, pool_threads(pool));
    if (!memory || bytes < p.end) return FOLIO_ERR_MEMORY;
    char *base = memory;
    memset(base, 0, (size_t)p.scratch);
    *trainer = (Trainer){.config = *config, .model = model, .dataset = dataset};
    trainer->grads = (float *)(void *)(base + p.grads);
    trainer->moment1 = (float *)(void *)(base + p.moment1);
    trainer->moment2 = config->optimizer == OPTIMIZER_SGD ? NULL : (float *)(void *)(base + p.moment2);
    trainer->partials = (double *)(void *)(base + p.partials);
    trainer->inputs = (uint32_t *)(void *)(base + p.inputs);
    trainer->targets = (uint32_t *)(void *)(base + p.targets);
    trainer->update_exec = (Exec){pool, (float *)(void *)(base + p.scratch), (size_t)update_scratch(config), NULL};
    return pass_init(&trainer->pass, model, PASS_TRAIN, (size_t)config->batch_size, pool, base + p.pass, (size_t)p.pass_bytes);
}

static void update(Trainer *t) {
    const Config *c = &t->config;
    double norm = clip_norm(&t->pass.exec, t->grads, layout_floats(c), t->partials);
    Update update = {c, t->model, t->grads, t->moment1, t->moment2, clip_factor(norm, c->grad_clip), t->step};
    update_weights(&t->update_exec, &update);
    double lr = schedule_lr(c, t->step++);
    t->report = (TrainerReport){t->step, t->loss_sum / (double)t->loss_tokens, lr, norm, t->loss_tokens};
}

static void begin_batch(Trainer *t) {
    if (t->micro == 0) {
        memset(t->grads, 0, (size_t)layout_floats(&t->config) * sizeof *t->grads);
        t->loss_sum = 0.0;
        t->loss_tokens = 0;
    }
    uint64_t batch = t->step * (uint64_t)t->config.gradient_accumulation_steps + t->micro;
    size_t rows = dataset_batch(t->dataset, batch, t->inputs, t->targets);
    t->pass.step = batch;
    lap_read(t->pass.exec.lap, LAP_DATA);
    t->loss_tokens += rows * t->dataset->block_size;
    pass_begin(&t->pass, t->inputs, rows, t->dataset->block_size, 0);
}

/* The pieces of a batch in order: begin, L layers up, head, L layers down, embeddings. */
static void batch_piece(Trainer *t, size_t L) {
    size_t piece = t->piece;
    if (piece == 0)
        begin_batch(t);
    else if (piece <= L)
        pass_layer(&t->pass, piece - 1);
    else if (piece == L + 1) {
        pass_end(&t->pass);
        pass_loss(&t->pass, t->targets, &t->loss_sum);
        pass_backward_head(&t->pass, t->grads, t->targets, 1.0 / t->config.gradient_accumulation_steps);
    } else if (piece <= 2 * L + 1)
        pass_backward_layer(&t->pass, t->grads, 2 * L + 1 - piece);
    else
        pass_backward_begin(&t->pass, t->grads);
}

int trainer_advance(Trainer *t) {
    size_t L = (size_t)t->config.n_layer;
    if (t->micro == (size_t)t->config.gradient_accumulation_steps) {
        update(t);
        trainer_restart(t);
        return 1;
    }
    batch_piece(t, L);
    if (t->piece++ == 2 * L + 2) {
        t->piece = 0;
        t->micro++;
    }
    return 0;
}

void trainer_measure(Trainer *trainer, Lap *lap) { trainer->pass.exec.lap = trainer->update_exec.lap = lap; }

void trainer_restart(Trainer *trainer) { trainer->piece = trainer->micro = 0; }

void trainer_step(Trainer *trainer) {
    while (!trainer_advance(trainer)) continue;
}

double trainer_gradients(Trainer *t, const uint32_t *inputs, const uint32_t *targets, size_t B) {
    size_t T = (size_t)t->config.block_size;
    double sum = 0.0;
    trainer_restart(t);
    memset(t->grads, 0, (size_t)layout_floats(&t->config) * sizeof *t->grads);
    t->pass.step = t->step * (uint64_t)t->config.gradient_accumulation_steps;
    pass_forward(&t->pass, inputs, B, T, 0);
    pass_loss(&t->pass, targets, &sum);
    pass_backward(&t->pass, t->grads, targets, 1.0);
    return sum / (double)(B * T);
}
