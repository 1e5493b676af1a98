#include "model.h"

#include "error.h"
#include "rng.h"

float *model_tensor(const Model *model, float *base, LayoutRole role, size_t block) {
    uint64_t offset = model->offsets[role];
    return offset == MODEL_ABSENT ? NULL : base + offset + block * model->block_stride;
}

uint64_t model_bytes(const Config *config) { return layout_floats(config) * sizeof(float); }

static void fill(float *to, uint64_t n, float value) {
    for (uint64_t i = 0; i < n; i++) to[i] = value;
}

/* begin: with initial weights. One loop for both of the functions below: a second one takes 71 bytes in modules that are nearly full. */
static inline int make(Model *model, const Config *config, void *memory, size_t bytes, int begin) {
    int code = config_check(config, NULL);
    if (code) return code;
    if (!memory || bytes < model_bytes(config)) return FOLIO_ERR_MEMORY;
    model->config = *config;
    model->params = memory;
    model->block_stride = 0;
    for (size_t role = 0; role < LAYOUT_ROLES; role++) model->offsets[role] = MODEL_ABSENT;
    if (begin) fill(model->params, layout_floats(config), 0.0f);
    uint64_t first_block[LAYOUT_ROLES];
    for (size_t i = 0, count = layout_count(config); i < count; i++) {
        LayoutTensor tensor;
        layout_tensor(config, i, &tensor);
        if (tensor.block == 0) first_block[tensor.role] = model->offsets[tensor.role] = tensor.offset;
        if (tensor.block == 1) model->block_stride = tensor.offset - first_block[tensor.role];
        float *to = model->params + tensor.offset;
        if (!begin) continue;
        if (tensor.std > 0)
            rng_fill_normal(to, tensor.size, tensor.std, (uint64_t)config->seed, rng_stream(RNG_INIT, i));
        else
            fill(to, tensor.size, (float)tensor.mean);
    }
    return FOLIO_OK;
}

int model_place(Model *model, const Config *config, void *memory, size_t bytes) { return make(model, config, memory, bytes, 0); }

int model_init(Model *model, const Config *config, void *memory, size_t bytes) { return make(model, config, memory, bytes, 1); }
