#include "schedule.h"

#include "dmath.h"

/* How far `step` is from `begin` to `end`, from 0 to 1. */
static double progress(double step, double begin, double end) {
    if (step >= end) return 1.0;
    return step <= begin ? 0.0 : (step - begin) / (end - begin);
}

double schedule_lr(const Config *config, uint64_t step) {
    const double at = (double)step, warmup = config->warmup_iters, end = config->max_iters;
    const double peak = config->learning_rate, low = config->min_lr;
    if (at < warmup) return peak * (at + 1.0) / (warmup + 1.0);
    switch (config->schedule) {
    case SCHEDULE_COSINE: return low + 0.5 * (1.0 + dmath_cos(3.14159265358979323846 * progress(at, warmup, end))) * (peak - low);
    case SCHEDULE_LINEAR: return peak + (low - peak) * progress(at, warmup, end);
    case SCHEDULE_WSD: {
        int32_t decay = config->decay_iters ? config->decay_iters : config->max_iters / 5;
        return peak + (low - peak) * progress(at, end - decay, end);
    }
    default: return peak;
    }
}

double schedule_momentum(const Config *config, uint64_t step) {
    double start = config->muon_momentum_start;
    return start + (config->muon_momentum - start) * progress((double)step, 0.0, config->muon_momentum_iters);
}
