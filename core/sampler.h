/* sampler.h - logits -> one token. Pure: the random number is an argument. */
#ifndef FOLIO_SAMPLER_H
#define FOLIO_SAMPLER_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    double temperature;        /* 0: greedy (the first of the largest logits) */
    uint32_t top_k;            /* keep the k most likely; 0: all */
    double top_p;              /* keep the fewest most likely whose probabilities reach p; 1: all */
    double min_p;              /* keep those at least min_p times as likely as the most likely; 0: all */
    double repetition_penalty; /* logits of tokens in the history: divided by it where positive, multiplied where negative; 1: none */
} SamplerSettings;

/* Bytes of scratch for a vocabulary of V. */
size_t sampler_bytes(size_t V);

/* Checks ranges: temperature >= 0, 0 < top_p <= 1, 0 <= min_p <= 1, repetition_penalty > 0, all finite. RANGE otherwise. */
int sampler_check(const SamplerSettings *settings);

/* Picks one token. Filters act in the order penalty, temperature, top-k, top-p, min-p, as in Hugging Face transformers; the most likely
   token always stays. Equal logits are ranked by id, the smaller first.
   settings: those that sampler_check passes. logits (V, at least 1): read; infinities may stand among them, a NaN counts as minus infinity.
   history: n_history ids, each below V penalised once however often it stands there. coin: uniform in [0, 1), the place in the sum of the
   probabilities in the order of ids, so filters that keep every token change nothing. scratch: sampler_bytes(V), 8-aligned, overwritten.
   Cost: O(V) and, for top-k and top-p, O(log V) more for each token kept.
   Source: Holtzman et al. 2020 (top-p), Fan et al. 2018 (top-k), Nguyen et al. 2024 (min-p), Keskar et al. 2019 (penalty). */
uint32_t sampler_pick(const SamplerSettings *settings, const float *logits, size_t V, const uint32_t *history, size_t n_history,
                      double coin, void *scratch);

#endif
