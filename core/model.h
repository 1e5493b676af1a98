/* model.h - the GPT's parameters: settings, weights, and where each tensor stands. What is done with them is in pass.h. */
#ifndef FOLIO_MODEL_H
#define FOLIO_MODEL_H

#include "layout.h"

typedef struct {
    Config config;
    float *params;                  /* layout_floats(config), in layout order */
    uint64_t offsets[LAYOUT_ROLES]; /* of each tensor in `params`, for block 0; MODEL_ABSENT where the settings leave it out */
    uint64_t block_stride;          /* floats from a block to the next */
} Model;

#define MODEL_ABSENT UINT64_MAX

/* The tensor of a role and block in `base`, an array in layout order (params, gradients, moments); NULL where absent. */
float *model_tensor(const Model *model, float *base, LayoutRole role, size_t block);

/* Bytes of parameter memory (64-bit: it may exceed what this machine can address). */
uint64_t model_bytes(const Config *config);

/* Carves the parameters from memory (16-aligned, at least model_bytes), which keeps what it holds. Fails as config_check does, or with MEMORY. */
int model_place(Model *model, const Config *config, void *memory, size_t bytes);

/* The same, and fills them with the initial weights that follow from config->seed. */
int model_init(Model *model, const Config *config, void *memory, size_t bytes);

#endif
