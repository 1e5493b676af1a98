#include "inspect.h"

#include <math.h>
#include <string.h>

#include "error.h"
#include "pass_parts.h"

/* Where each part stands, in floats. */
typedef struct {
    uint64_t qkv, out, lse, stream, end;
} Plan;

static uint64_t take(uint64_t *end, uint64_t floats) {
    uint64_t at = *end;
    *end += (floats + 3) / 4 * 4;
    return at;
}

static Plan plan_of(const Config *c) {
    uint64_t T = (uint64_t)c->block_size, C = (uint64_t)c->n_embd;
    Plan p = {0};
    p.qkv = take(&p.end, T * config_qkv(c));
    p.out = take(&p.end, T * C);
    p.lse = take(&p.end, T * (uint64_t)c->n_head);
    p.stream = take(&p.end, ((uint64_t)c->n_layer + 1) * T * C);
    return p;
}

uint64_t inspect_bytes(const Config *config) {
    return plan_of(config).end * sizeof(float) + pass_bytes(config, PASS_EVAL, 1, pool_threads(NULL));
}

int inspect_init(Inspect *inspect, const Model *model, void *memory, size_t bytes) {
    const Config *c = &model->config;
    if (!memory || bytes < inspect_bytes(c)) return FOLIO_ERR_MEMORY;
    Plan p = plan_of(c);
    float *base = memory;
    *inspect = (Inspect){.qkv = base + p.qkv, .out = base + p.out, .lse = base + p.lse, .stream = base + p.stream};
    return pass_init(&inspect->pass, model, PASS_EVAL, 1, NULL, base + p.end, bytes - (size_t)p.end * sizeof(float));
}

/* p (H, T, start + T) of queries and keys in inspect->qkv. Attention keeps no probabilities, but with the identity as values its output is them:
   hs keys at a time, every other product being 0. */
static void probabilities(Inspect *inspect, float *p, AttentionShape s) {
    size_t stride = (s.H + 2 * s.G) * s.hs, keys = s.start + s.T;
    float *values = inspect->qkv + (s.H + s.G) * s.hs;
    for (size_t first = 0; first < keys; first += s.hs) {
        size_t count = keys - first < s.hs ? keys - first : s.hs;
        for (size_t j = 0; j < keys; j++) {
            memset(values + j * stride, 0, s.G * s.hs * sizeof(float));
            if (j < first || j >= first + count) continue;
            for (size_t g = 0; g < s.G; g++) values[j * stride + g * s.hs + j - first] = 1.0f;
        }
        attention_forward(&inspect->pass.exec, inspect->out, inspect->lse, inspect->qkv, s);
        for (size_t row = 0; row < s.H * s.T; row++)
            memcpy(p + row * keys + first, inspect->out + (row % s.T * s.H + row / s.T) * s.hs, count * sizeof(float));
    }
}

/* Root mean square of x (n) less y (n); y NULL: of x. */
static float root_mean_square(const float *x, const float *y, size_t n) {
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        double value = y ? (double)x[i] - (double)y[i] : (double)x[i];
        sum += value * value;
    }
    return (float)sqrt(sum / (double)n);
}

void inspect_begin(Inspect *inspect, const uint32_t *ids, size_t T) {
    Pass *pass = &inspect->pass;
    inspect->T = T;
    inspect->layers = 0;
    pass_begin(pass, ids, 1, T, 0);
    memcpy(inspect->stream, pass->layers[0].x, T * (size_t)pass->model->config.n_embd * sizeof(float));
}

/* In PASS_EVAL all blocks share their memory, and each leaves its output where the next one has its input. The lens goes there too. */
void inspect_layer(Inspect *inspect, float *attention, float *norms) {
    Pass *pass = &inspect->pass;
    const Config *c = &pass->model->config;
    size_t T = inspect->T, C = (size_t)c->n_embd, l = inspect->layers++;
    const PassLayer *layer = &pass->layers[l];
    float *before = inspect->stream + l * T * C, *after = before + T * C;
    memcpy(layer->x, before, T * C * sizeof(float));
    pass_layer(pass, l);
    memcpy(after, pass->out, T * C * sizeof(float));
    memcpy(inspect->qkv, layer->qkv, T * config_qkv(c) * sizeof(float));
    probabilities(inspect, attention, pass_attention(pass, l));
    for (size_t t = 0; t < T; t++, before += C, after += C) {
        norms[INSPECT_ATTENTION * T + t] = root_mean_square(layer->mid + t * C, before, C);
        norms[INSPECT_MLP * T + t] = root_mean_square(after, layer->mid + t * C, C);
        norms[INSPECT_STREAM * T + t] = root_mean_square(after, NULL, C);
    }
}

void inspect_lens(Inspect *inspect, size_t layer, size_t first, size_t count, float *logits) {
    Pass *pass = &inspect->pass;
    size_t T = inspect->T, C = (size_t)pass->model->config.n_embd;
    memcpy(pass->out, inspect->stream + layer * T * C, T * C * sizeof(float));
    pass_end(pass);
    head_forward(&pass->exec, logits, pass->normf, pass_param(pass, pass_head_role(pass), 0) + first * C, T, C, count);
}

/* The last query among keys that are all equal: their weights differ by alibi alone. */
static void alibi_near(Inspect *inspect, float *near) {
    const Config *c = &inspect->pass.model->config;
    size_t n = (size_t)c->block_size, H = (size_t)c->n_head;
    memset(inspect->qkv, 0, n * config_qkv(c) * sizeof(float));
    AttentionShape shape = pass_attention(&inspect->pass, 0);
    shape.B = shape.T = 1;
    shape.start = n - 1;
    probabilities(inspect, near, shape);
    for (size_t h = 0; h < H; h++) {
        float *row = near + h * n, own = row[n - 1];
        for (size_t d = 0; d < n - 1 - d; d++) {
            float swap = row[d];
            row[d] = row[n - 1 - d];
            row[n - 1 - d] = swap;
        }
        for (size_t d = 0; d < n; d++) row[d] /= own;
    }
}

/* A rotation turns each pair of channels by its angle, so equal vectors with equal pairs have the mean of the cosines between them. */
static float rope_near(const Inspect *inspect, size_t d) {
    size_t half = config_head_size(&inspect->pass.model->config) / 2;
    double sum = 0.0;
    for (size_t i = 0; i < half; i++) sum += (double)inspect->pass.table_cos[d * half + i];
    return (float)(sum / (double)half);
}

static float sinusoidal_near(const Inspect *inspect, size_t d) {
    size_t C = (size_t)inspect->pass.model->config.n_embd;
    const float *here = inspect->pass.table_sin, *there = here + d * C;
    double dot = 0.0, ours = 0.0, theirs = 0.0;
    for (size_t i = 0; i < C; i++) {
        dot += (double)here[i] * (double)there[i];
        ours += (double)here[i] * (double)here[i];
        theirs += (double)there[i] * (double)there[i];
    }
    return ours > 0 && theirs > 0 ? (float)(dot / sqrt(ours * theirs)) : 0.0f;
}

void inspect_positions(Inspect *inspect, float *near) {
    const Config *c = &inspect->pass.model->config;
    size_t n = (size_t)c->block_size, H = (size_t)c->n_head;
    inspect->T = 0;
    if (c->position == POSITION_ALIBI) {
        alibi_near(inspect, near);
        return;
    }
    for (size_t h = 0; h < H; h++)
        for (size_t d = 0; d < n; d++)
            near[h * n + d] = c->position == POSITION_ROPE         ? rope_near(inspect, d)
                              : c->position == POSITION_SINUSOIDAL ? sinusoidal_near(inspect, d)
                                                                   : 1.0f;
}
