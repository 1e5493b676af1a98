/* layout.h - the one list of a model's tensors, computed from its settings. Parameter pointers, checkpoints, optimizer
   groups, initial weights and what the page shows all derive from it. */
#ifndef FOLIO_LAYOUT_H
#define FOLIO_LAYOUT_H

#include "config.h"

/* Optimizer groups, each with its own decay. */
typedef enum {
    GROUP_MATRIX,    /* the blocks' matrices: weight_decay */
    GROUP_EMBEDDING, /* token and position embeddings, head: embd_weight_decay */
    GROUP_VECTOR     /* biases, normalisation weights and convolutions: vector_weight_decay */
} LayoutGroup;

/* What a tensor is for; LAYOUT_LN_1_WEIGHT .. LAYOUT_MLP_PROJ_BIAS stand once in every block. */
typedef enum {
    LAYOUT_WTE,
    LAYOUT_WPE,
    LAYOUT_LN_1_WEIGHT,
    LAYOUT_LN_1_BIAS,
    LAYOUT_ATTN_CONV,
    LAYOUT_ATTN_WEIGHT,
    LAYOUT_ATTN_BIAS,
    LAYOUT_ATTN_PROJ_WEIGHT,
    LAYOUT_ATTN_PROJ_BIAS,
    LAYOUT_LN_2_WEIGHT,
    LAYOUT_LN_2_BIAS,
    LAYOUT_MLP_CONV,
    LAYOUT_FC_WEIGHT,
    LAYOUT_FC_BIAS,
    LAYOUT_MLP_PROJ_WEIGHT,
    LAYOUT_MLP_PROJ_BIAS,
    LAYOUT_LN_F_WEIGHT,
    LAYOUT_LN_F_BIAS,
    LAYOUT_LM_HEAD,
    LAYOUT_ROLES
} LayoutRole;

typedef struct {
    LayoutRole role;
    uint32_t block;    /* 0 where the tensor stands in no block */
    char name[40];     /* Hugging Face GPT-2's: "h.0.attn.c_attn.weight" */
    uint32_t rank;     /* 1 or 2 */
    uint32_t shape[2]; /* row-major; linear layers are (in, out), as GPT-2's Conv1D; embeddings and head (rows, n_embd);
                          convolutions (taps, n_embd), the nearest token first */
    uint64_t offset;   /* first element, counted from the first parameter; 4-aligned, so gaps of up to 3 zeros exist */
    uint64_t size;     /* elements */
    LayoutGroup group;
    double mean, std; /* initial weights: mean where std is 0, else normal */
} LayoutTensor;

/* Number of tensors. The config must have passed config_check, here and below. */
size_t layout_count(const Config *config);

/* Tensor `index` in layout order. Order: wte, wpe, then for each block ln_1, attn.conv, c_attn, attn.c_proj, ln_2, mlp.conv, c_fc, mlp.c_proj
   (weight before bias), ln_f, lm_head; those that the settings leave out are left out. */
void layout_tensor(const Config *config, size_t index, LayoutTensor *tensor);

/* Floats from the first parameter to the end of the last, gaps included. */
uint64_t layout_floats(const Config *config);

/* Parameters, gaps left out. */
uint64_t layout_parameters(const Config *config);

#endif
