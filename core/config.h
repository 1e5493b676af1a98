/* config.h - the one table of settings: the struct, the checks and the schema that JavaScript sees all come from it. */
#ifndef FOLIO_CONFIG_H
#define FOLIO_CONFIG_H

#include <stddef.h>
#include <stdint.h>

/* Rows: X(kind, name, default, min, max, choices, doc).
   kind: INT (int32_t), REAL (double), BOOL (int32_t 0 or 1), ENUM (int32_t, index into choices).
   choices: names separated by '|' for ENUM, "" otherwise. A new setting is one new row. */
#define CONFIG_SETTINGS(X) \
    /* the model */ \
    X(INT, n_layer, 4, 1, 256, "", "transformer blocks") \
    X(INT, n_head, 4, 1, 256, "", "attention heads in each block; divides n_embd") \
    X(INT, n_kv_head, 0, 0, 256, "", "key/value heads shared by groups of query heads; divides n_head; 0: n_head") \
    X(INT, n_embd, 128, 1, 16384, "", "channels of the residual stream") \
    X(INT, n_inner, 0, 0, 65536, "", "channels inside the MLP; 0: 4 n_embd") \
    X(INT, block_size, 64, 1, 65536, "", "context: the most tokens the model looks back at") \
    X(INT, vocab_size, 65, 1, 1048576, "", "tokens in the vocabulary, which word and bpe learn at most; the tokenizer's, if not set") \
    X(ENUM, position, POSITION_LEARNED, 0, 4, "learned|sinusoidal|rope|alibi|none", "how the model knows where a token stands") \
    X(ENUM, norm, NORM_LAYERNORM, 0, 1, "layernorm|rmsnorm", "normalisation before attention, MLP and head") \
    X(REAL, norm_eps, 1e-5, 1e-12, 0.1, "", "added to the variance in every normalisation") \
    X(BOOL, norm_affine, 1, 0, 1, "", "normalisations have a learned weight (and bias, where bias is on)") \
    X(ENUM, activation, ACTIVATION_GELU, 0, 3, "gelu|relu|relu2|swiglu", "non-linearity of the MLP") \
    X(BOOL, causal, 1, 0, 1, "", "a token sees only itself and earlier tokens; off: all of the window") \
    X(BOOL, qk_norm, 0, 0, 1, "", "normalise each query and key to unit mean square before attention") \
    X(REAL, attn_scale, 0, 0, 100, "", "factor on query-key products; 0: 1/sqrt(head size)") \
    X(REAL, rope_theta, 10000, 1, 1e9, "", "base of the rotary position frequencies") \
    X(INT, conv_size, 0, 0, 16, "", "tokens, itself included, that each channel mixes before attention and before the MLP; 0 or 1: none") \
    X(BOOL, embd_norm, 0, 0, 1, "", "normalise the embeddings before the first block") \
    X(BOOL, tie_weights, 1, 0, 1, "", "the head uses the token embedding's weights") \
    X(BOOL, bias, 0, 0, 1, "", "linear layers and layernorms have a bias; rmsnorm has none") \
    X(REAL, dropout, 0, 0, 0.95, "", "share of activations dropped while training") \
    X(ENUM, init, INIT_SCHEME_GPT2, 0, 1, "gpt2|zero_proj", "gpt2: normal 0.02; zero_proj: unit embeddings, zero output projections") \
    /* the optimizer */ \
    X(ENUM, optimizer, OPTIMIZER_ADAMW, 0, 2, "adamw|sgd|muon", "update rule; muon: of the blocks' matrices, with adamw for the rest") \
    X(REAL, learning_rate, 1e-3, 0, 10, "", "peak learning rate") \
    X(REAL, min_lr, 1e-4, 0, 10, "", "learning rate at the end of the schedule") \
    X(ENUM, schedule, SCHEDULE_COSINE, 0, 3, "constant|cosine|linear|wsd", "course of the learning rate after warm-up") \
    X(INT, warmup_iters, 100, 0, 1000000000, "", "steps in which the learning rate rises to its peak") \
    X(INT, decay_iters, 0, 0, 1000000000, "", "wsd: steps in which it falls at the end; 0: a fifth of max_iters") \
    X(INT, max_iters, 2000, 0, 1000000000, "", "training steps; the schedule ends here") \
    X(REAL, beta1, 0.9, 0, 0.9999, "", "adamw: decay of the mean of gradients; sgd: momentum") \
    X(REAL, beta2, 0.99, 0, 0.999999, "", "adamw: decay of the mean of squared gradients") \
    X(REAL, adam_eps, 1e-8, 1e-16, 1, "", "adamw: added to the root of the second moment") \
    X(REAL, adam_lr, 3e-3, 0, 10, "", "muon: peak learning rate of all but the blocks' matrices; its course is learning_rate's") \
    X(REAL, vector_lr, 0, 0, 10, "", "muon: the same of biases, normalisation weights and convolutions; 0: adam_lr") \
    X(REAL, muon_momentum, 0.95, 0, 0.9999, "", "muon: decay of the mean of gradients") \
    X(REAL, muon_momentum_start, 0.85, 0, 0.9999, "", "muon: the same in the first step") \
    X(INT, muon_momentum_iters, 300, 0, 1000000000, "", "muon: steps from one to the other") \
    X(ENUM, muon_method, MUON_NEWTON_SCHULZ, 0, 1, "newton_schulz|polar_express", "muon: the way to an orthogonal update") \
    X(INT, muon_steps, 5, 1, 5, "", "muon: steps of that way; polar_express needs four") \
    X(BOOL, muon_heads, 0, 0, 1, "", "muon: the part of each attention head by itself; off: queries, keys, values and projection whole") \
    X(REAL, weight_decay, 0.1, 0, 100, "", "decay of the blocks' matrices") \
    X(REAL, embd_weight_decay, 0.1, 0, 100, "", "decay of the embeddings and the head") \
    X(REAL, vector_weight_decay, 0, 0, 100, "", "decay of biases, normalisation weights and convolutions") \
    X(REAL, grad_clip, 1, 0, 1e9, "", "largest global norm of the gradient; 0: no clipping") \
    X(ENUM, linear_dtype, LINEAR_FLOAT32, 0, 1, "float32|int8", "numbers that the blocks' linear layers train with; int8 is faster") \
    X(INT, batch_size, 12, 1, 65536, "", "windows in a batch") \
    X(INT, gradient_accumulation_steps, 1, 1, 65536, "", "batches whose gradients are averaged in a step") \
    X(INT, seed, 1337, 0, 2147483647, "", "everything random in a run follows from this number") \
    /* the data */ \
    X(ENUM, tokenizer, TOKENIZER_CHAR, 0, 3, "char|byte|word|bpe", "what a token is") \
    X(ENUM, batching, BATCHING_RANDOM, 0, 1, "random|epoch", "random: windows from anywhere; epoch: every window once, then again") \
    X(INT, stride, 0, 0, 65536, "", "epoch: tokens between the starts of windows; 0: block_size") \
    X(BOOL, shuffle, 1, 0, 1, "", "epoch: windows in random order, another in each epoch") \
    X(BOOL, drop_last, 1, 0, 1, "", "epoch: leave out the last batch if it is not full") \
    X(REAL, val_fraction, 0.1, 0, 0.9, "", "share of the text, at its end, kept for validation") \
    X(INT, eval_interval, 250, 0, 1000000000, "", "steps between evaluations; 0: only at the end")

enum { POSITION_LEARNED, POSITION_SINUSOIDAL, POSITION_ROPE, POSITION_ALIBI, POSITION_NONE };
enum { NORM_LAYERNORM, NORM_RMSNORM };
enum { ACTIVATION_GELU, ACTIVATION_RELU, ACTIVATION_RELU2, ACTIVATION_SWIGLU };
enum { INIT_SCHEME_GPT2, INIT_SCHEME_ZERO_PROJ };
enum { OPTIMIZER_ADAMW, OPTIMIZER_SGD, OPTIMIZER_MUON };
enum { MUON_NEWTON_SCHULZ, MUON_POLAR_EXPRESS };
enum { SCHEDULE_CONSTANT, SCHEDULE_COSINE, SCHEDULE_LINEAR, SCHEDULE_WSD };
enum { LINEAR_FLOAT32, LINEAR_INT8 };
enum { TOKENIZER_CHAR, TOKENIZER_BYTE, TOKENIZER_WORD, TOKENIZER_BPE };
enum { BATCHING_RANDOM, BATCHING_EPOCH };

typedef enum { CONFIG_INT, CONFIG_REAL, CONFIG_BOOL, CONFIG_ENUM } ConfigKind;

#define CONFIG_TYPE_INT int32_t
#define CONFIG_TYPE_REAL double
#define CONFIG_TYPE_BOOL int32_t
#define CONFIG_TYPE_ENUM int32_t

typedef struct {
#define CONFIG_FIELD(kind, name, def, min, max, choices, doc) CONFIG_TYPE_##kind name;
    CONFIG_SETTINGS(CONFIG_FIELD)
#undef CONFIG_FIELD
} Config;

enum {
#define CONFIG_INDEX(kind, name, def, min, max, choices, doc) CONFIG_##name,
    CONFIG_SETTINGS(CONFIG_INDEX)
#undef CONFIG_INDEX
        CONFIG_COUNT
};

/* One row of the table, for checks and for JavaScript; and its words, which JavaScript gets by wasm/setting-words.js. */
typedef struct {
    ConfigKind kind;
    double def, min, max;
} ConfigSetting;

typedef struct {
    const char *name, *choices;
} ConfigWords;

/* Row `index` (< CONFIG_COUNT) of the table; NULL beyond it. */
const ConfigSetting *config_setting(size_t index);
const ConfigWords *config_words(size_t index);

/* Every setting at its default. */
Config config_default(void);

/* Reads or writes one setting by its row; enums by index, booleans as 0 or 1.
   Fails with ARGUMENT for a row that is not there, RANGE for a value that is no number of its kind or outside its range. */
int config_get(const Config *config, size_t index, double *value);
int config_set(Config *config, size_t index, double value);

/* Checks every setting and those that depend on each other (heads, rope, schedule).
   `which`, if not NULL, receives the row at fault. */
int config_check(const Config *config, size_t *which);

/* Sizes that follow from the settings. */
size_t config_head_size(const Config *config); /* hs = n_embd / n_head */
size_t config_kv_heads(const Config *config);  /* n_kv_head, or n_head where that is 0 */
size_t config_inner(const Config *config);     /* n_inner, or 4 n_embd where that is 0 */
size_t config_fc(const Config *config);        /* columns of c_fc: inner, twice that for swiglu */
size_t config_qkv(const Config *config);       /* columns of c_attn: (n_head + 2 kv heads) hs */
size_t config_taps(const Config *config);      /* earlier tokens that conv_size reaches: conv_size - 1, or 0 */

#endif
