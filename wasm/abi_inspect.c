/* abi_inspect.c - looks into a model, for the module that does nothing else. It has the model and its settings from abi.c. */
#include "abi.h"
#include "inspect.h"

/* A model without weights: whoever makes it sets them. */
int folio_inspect_model(const double *values, void **out) { return abi_model(values, model_place, out); }

/* The model must outlive it; its weights may change between runs. */
int folio_inspect_create(const Model *model, void **out) {
    void *memory;
    uint64_t bytes = inspect_bytes(&model->config);
    Inspect *inspect = abi_block(sizeof *inspect, bytes, &memory);
    if (!inspect) return FOLIO_ERR_MEMORY;
    return abi_finish(inspect_init(inspect, model, memory, (size_t)bytes), inspect, out);
}

int folio_inspect_begin(Inspect *inspect, const uint32_t *ids, size_t T) {
    const Config *config = &inspect->pass.model->config;
    if (!T || T > (size_t)config->block_size) return FOLIO_ERR_ARGUMENT;
    for (size_t t = 0; t < T; t++)
        if (ids[t] >= (uint32_t)config->vocab_size) return FOLIO_ERR_TOKEN;
    inspect_begin(inspect, ids, T);
    return FOLIO_OK;
}

/* The next block -> attention (n_head, T, T), norms (3, T). */
int folio_inspect_layer(Inspect *inspect, float *attention, float *norms) {
    if (!inspect->T || inspect->layers == (size_t)inspect->pass.model->config.n_layer) return FOLIO_ERR_ARGUMENT;
    inspect_layer(inspect, attention, norms);
    return FOLIO_OK;
}

/* (layers + 1, T, n_embd) of the run. */
float *folio_inspect_stream(Inspect *inspect) { return inspect->stream; }

/* logits (T, count) of the tokens from `first` after `layer` blocks, of the run. */
int folio_inspect_lens(Inspect *inspect, uint32_t layer, uint32_t first, uint32_t count, float *logits) {
    uint32_t V = (uint32_t)inspect->pass.model->config.vocab_size;
    if (!inspect->T || layer > inspect->layers || first > V || count > V - first) return FOLIO_ERR_ARGUMENT;
    inspect_lens(inspect, layer, first, count, logits);
    return FOLIO_OK;
}

/* near (n_head, block_size). */
int folio_inspect_positions(Inspect *inspect, float *near) {
    inspect_positions(inspect, near);
    return FOLIO_OK;
}
