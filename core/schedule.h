/* schedule.h - the learning rate, and Muon's momentum, as pure functions of the step. */
#ifndef FOLIO_SCHEDULE_H
#define FOLIO_SCHEDULE_H

#include "config.h"

/* The rate for the update after `step` steps are done. Warm-up: learning_rate (step + 1) / (warmup_iters + 1) while step < warmup_iters.
   Then constant; or cosine or linear from learning_rate to min_lr at max_iters; or wsd: constant, and linear to min_lr over the last
   decay_iters steps (a fifth of max_iters where that is 0). Beyond max_iters the rate stays where it ended.
   Source: nanoGPT's get_lr (cosine); Hu et al. 2024, MiniCPM (wsd). */
double schedule_lr(const Config *config, uint64_t step);

/* Muon's momentum for the same update: from muon_momentum_start, linearly, to muon_momentum after muon_momentum_iters steps.
   Source: Jordan et al. 2024, modded-nanogpt. */
double schedule_momentum(const Config *config, uint64_t step);

#endif
