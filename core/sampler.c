#include "sampler.h"

#include <math.h>

#include "dmath.h"
#include "error.h"

/* What the scratch memory holds, each V long. */
typedef struct {
    double *values;  /* logits after the penalty: they rank the tokens */
    double *weights; /* probabilities, up to a factor; 0 where left out */
    uint32_t *heap;  /* ids, the most likely on top */
} Scratch;

static Scratch scratch_of(void *memory, size_t V) {
    double *values = memory;
    return (Scratch){values, values + V, (uint32_t *)(void *)(values + 2 * V)};
}

size_t sampler_bytes(size_t V) { return V * (2 * sizeof(double) + sizeof(uint32_t)); }

static int within(double x, double low, double high) { return x >= low && x <= high; } /* false for NaN */

int sampler_check(const SamplerSettings *settings) {
    const double most = 1.7976931348623157e308;
    int fits = within(settings->temperature, 0, most) && within(settings->top_p, 0, 1) && settings->top_p > 0 &&
               within(settings->min_p, 0, 1) && within(settings->repetition_penalty, 0, most) && settings->repetition_penalty > 0;
    return fits ? FOLIO_OK : FOLIO_ERR_RANGE;
}

/* Divides or multiplies each token of the history once, however often it stands there. `done` (V) is overwritten. */
static void penalise(double *values, size_t V, const uint32_t *history, size_t n_history, double penalty, uint32_t *done) {
    for (size_t id = 0; id < V; id++) done[id] = 0;
    for (size_t i = 0; i < n_history; i++) {
        uint32_t id = history[i];
        if (id >= V || done[id]) continue;
        done[id] = 1;
        values[id] = values[id] > 0 ? values[id] / penalty : values[id] * penalty;
    }
}

/* Is token a more likely than token b? */
static int before(const double *values, uint32_t a, uint32_t b) { return values[a] > values[b] || (values[a] == values[b] && a < b); }

static void sift_down(const double *values, uint32_t *heap, size_t n, size_t at) {
    uint32_t id = heap[at];
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && before(values, heap[child + 1], heap[child])) child++;
        if (!before(values, heap[child], id)) break;
        heap[at] = heap[child];
    }
    heap[at] = id;
}

/* Takes the most likely of n ids off the heap and puts it behind the others, at heap[n - 1]. */
static uint32_t pop(const double *values, uint32_t *heap, size_t n) {
    uint32_t top = heap[0];
    heap[0] = heap[n - 1];
    if (n > 1) sift_down(values, heap, n - 1, 0);
    heap[n - 1] = top;
    return top;
}

static void heap_all(Scratch s, size_t V) {
    for (size_t id = 0; id < V; id++) s.heap[id] = (uint32_t)id;
    for (size_t at = V / 2; at-- > 0;) sift_down(s.values, s.heap, V, at);
}

static void leave_out(Scratch s, size_t n) {
    for (size_t at = 0; at < n; at++) s.weights[s.heap[at]] = 0.0;
}

/* Keeps the k most likely. */
static void keep_top_k(Scratch s, size_t V, size_t k) {
    heap_all(s, V);
    for (size_t kept = 0; kept < k; kept++) pop(s.values, s.heap, V - kept);
    leave_out(s, V - k);
}

/* Keeps the fewest most likely whose weights reach p of the sum. */
static void keep_top_p(Scratch s, size_t V, double p) {
    double total = 0.0, sum = 0.0;
    size_t kept = 0;
    for (size_t id = 0; id < V; id++) total += s.weights[id];
    heap_all(s, V);
    while (kept < V && sum < p * total) sum += s.weights[pop(s.values, s.heap, V - kept++)];
    leave_out(s, V - kept);
}

/* Keeps those at least min_p times as likely as the most likely, whose weight is 1. */
static void keep_min_p(Scratch s, size_t V, double min_p) {
    for (size_t id = 0; id < V; id++)
        if (s.weights[id] < min_p) s.weights[id] = 0.0;
}

/* The token in whose share of the total the coin falls, shares in the order of ids. */
static uint32_t draw(const double *weights, size_t V, double coin) {
    double total = 0.0, sum = 0.0;
    for (size_t id = 0; id < V; id++) total += weights[id];
    uint32_t last = 0;
    double target = coin * total;
    for (size_t id = 0; id < V; id++) {
        if (weights[id] <= 0) continue;
        last = (uint32_t)id;
        sum += weights[id];
        if (sum > target) break;
    }
    return last;
}

uint32_t sampler_pick(const SamplerSettings *settings, const float *logits, size_t V, const uint32_t *history, size_t n_history,
                      double coin, void *scratch) {
    Scratch s = scratch_of(scratch, V);
    for (size_t id = 0; id < V; id++) s.values[id] = logits[id] == logits[id] ? (double)logits[id] : -HUGE_VAL;
    if (settings->repetition_penalty != 1) penalise(s.values, V, history, n_history, settings->repetition_penalty, s.heap);
    uint32_t best = 0;
    for (uint32_t id = 1; id < V; id++)
        if (s.values[id] > s.values[best]) best = id;
    if (settings->temperature == 0) return best;
    double most = s.values[best];
    for (size_t id = 0; id < V; id++) /* not by subtraction where equal: both may be infinite */
        s.weights[id] = s.values[id] == most ? 1.0 : dmath_exp((s.values[id] - most) / settings->temperature);
    if (settings->top_k && settings->top_k < V) keep_top_k(s, V, settings->top_k);
    if (settings->top_p < 1) keep_top_p(s, V, settings->top_p);
    if (settings->min_p > 0) keep_min_p(s, V, settings->min_p);
    return draw(s.weights, V, coin);
}
