/* sampler_test.c - each filter against its definition, the frequencies against the probabilities, and logits from hell. */
#include "sampler.h"

#include <math.h>
#include <stdlib.h>

#include "error.h"
#include "rng.h"
#include "test.h"

enum { MOST = 600 };

static const double almost_one = 1 - 1.0 / 9007199254740992.0; /* the largest coin */

static SamplerSettings plain(void) {
    SamplerSettings settings = {.temperature = 1, .top_k = 0, .top_p = 1, .min_p = 0, .repetition_penalty = 1};
    return settings;
}

/* Picks with scratch memory of exactly the size asked for, filled with rubbish; the logits must stay as they are. */
static uint32_t pick_with(const SamplerSettings *settings, const float *logits, size_t V, const uint32_t *history, size_t n_history,
                          double coin) {
    float kept[MOST];
    void *scratch = malloc(sampler_bytes(V));
    if (!scratch) abort();
    memset(scratch, 0xFF, sampler_bytes(V));
    memcpy(kept, logits, V * sizeof *kept);
    uint32_t id = sampler_pick(settings, logits, V, history, n_history, coin, scratch);
    CHECK(id < V && memcmp(kept, logits, V * sizeof *kept) == 0);
    free(scratch);
    return id;
}

static uint32_t pick(const SamplerSettings *settings, const float *logits, size_t V, double coin) {
    return pick_with(settings, logits, V, NULL, 0, coin);
}

/* Logits of V tokens in [-6, 6]; with `steps`, multiples of 1 / steps, so that many are equal. */
static void fill(float *logits, size_t V, int steps, uint64_t seed) {
    for (size_t i = 0; i < V; i++) {
        double x = 12 * rng_uniform(seed, 1, i) - 6;
        logits[i] = (float)(steps ? floor(x * steps) / steps : x);
    }
}

/* ---- the definitions, slowly: tokens sorted by insertion, probabilities renormalised after each filter ---- */

static void normalise(double *p, size_t V) {
    double sum = 0;
    for (size_t i = 0; i < V; i++) sum += p[i];
    for (size_t i = 0; i < V; i++) p[i] /= sum;
}

/* Probabilities of all tokens in the order of ids, as transformers' warpers define them. */
static void reference(const SamplerSettings *s, const float *logits, size_t V, const uint32_t *history, size_t n_history, double *p) {
    size_t order[MOST];
    double x[MOST];
    for (size_t i = 0; i < V; i++) {
        int seen = 0;
        for (size_t h = 0; h < n_history; h++) seen |= history[h] == i;
        x[i] = (double)logits[i];
        if (seen) x[i] = x[i] < 0 ? x[i] * s->repetition_penalty : x[i] / s->repetition_penalty;
        size_t at = i;
        for (; at > 0 && x[order[at - 1]] < x[i]; at--) order[at] = order[at - 1];
        order[at] = i;
    }
    for (size_t i = 0; i < V; i++) p[i] = exp((x[i] - x[order[0]]) / s->temperature);
    for (size_t rank = s->top_k ? s->top_k : V; rank < V; rank++) p[order[rank]] = 0;
    normalise(p, V);
    double sum = 0;
    for (size_t rank = 0; rank < V; rank++) {
        double share = p[order[rank]];
        if (s->top_p < 1 && sum >= s->top_p) p[order[rank]] = 0;
        sum += share;
    }
    normalise(p, V);
    for (size_t rank = V; rank-- > 0;)
        if (p[order[rank]] < s->min_p * p[order[0]]) p[order[rank]] = 0;
    normalise(p, V);
}

/* Tosses 500 coins; those within 1e-9 of the border between two tokens may fall either way. */
static void check_against_reference(const SamplerSettings *s, const float *logits, size_t V, const uint32_t *history, size_t n_history) {
    double p[MOST];
    reference(s, logits, V, history, n_history, p);
    for (uint64_t toss = 0; toss < 500; toss++) {
        double coin = toss == 0 ? 0 : toss == 1 ? almost_one : rng_uniform(77, 2, toss), sum = 0;
        uint32_t id = pick_with(s, logits, V, history, n_history, coin);
        for (size_t i = 0; i < id; i++) sum += p[i];
        CHECK(p[id] > 0 && coin >= sum - 1e-9 && coin <= sum + p[id] + 1e-9);
    }
}

static uint32_t below(uint64_t seed, uint64_t index, uint32_t bound) { return (uint32_t)rng_below(seed, 3, index, bound); }

TEST(any_settings_give_the_probabilities_of_their_definitions) {
    static const double temperatures[] = {1, 0.7, 0.1, 2, 30}, top_ps[] = {1, 0.9, 0.5, 0.123, 1e-6, 0.999},
                        min_ps[] = {0, 0.05, 0.3, 0.9, 1};
    static const double penalties[] = {1, 1.3, 5, 0.8};
    for (uint64_t seed = 0; seed < 400; seed++) {
        float logits[MOST];
        uint32_t history[20];
        size_t V = 1 + below(seed, 0, seed % 4 == 0 ? 300 : 12), n_history = below(seed, 1, 20);
        SamplerSettings s = plain();
        fill(logits, V, seed % 3 == 0 ? 2 : 0, seed);
        for (size_t i = 0; i < n_history; i++) history[i] = below(seed, 10 + i, (uint32_t)V);
        s.temperature = temperatures[below(seed, 2, 5)];
        s.top_k = below(seed, 3, 2) ? below(seed, 4, (uint32_t)V + 3) : 0;
        s.top_p = top_ps[below(seed, 5, 6)];
        s.min_p = min_ps[below(seed, 6, 5)];
        s.repetition_penalty = penalties[below(seed, 7, 4)];
        if (seed % 3 == 0) s.min_p = 0; /* equal logits make min_p's border exact, and rounding decides */
        test_note("seed %d, V %d, temperature %g, top_k %d, top_p %g, min_p %g, penalty %g", (int)seed, (int)V, s.temperature, (int)s.top_k,
                  s.top_p, s.min_p, s.repetition_penalty);
        CHECK_INT(sampler_check(&s), FOLIO_OK);
        check_against_reference(&s, logits, V, history, n_history);
    }
}

TEST(filters_that_keep_every_token_change_nothing) {
    for (uint64_t seed = 0; seed < 500; seed++) {
        float logits[MOST];
        size_t V = 1 + below(seed, 0, MOST);
        double coin = rng_uniform(seed, 2, 0);
        uint32_t history[1] = {0}, id;
        SamplerSettings none = plain(), s = plain();
        fill(logits, V, 0, seed);
        id = pick(&none, logits, V, coin);
        s.top_k = (uint32_t)V;
        CHECK_INT(pick(&s, logits, V, coin), id);
        s.top_k = UINT32_MAX;
        CHECK_INT(pick(&s, logits, V, coin), id);
        s.top_p = almost_one;
        CHECK_INT(pick(&s, logits, V, coin), id);
        s.min_p = 1e-300;
        CHECK_INT(pick_with(&s, logits, V, history, 1, coin), id);
    }
}

TEST(frequencies_are_the_probabilities) {
    enum { N = 60000, V = 9 };
    static const uint32_t history[] = {1, 4, 4};
    float logits[V];
    SamplerSettings all[4] = {plain(), plain(), plain(), plain()};
    all[1].temperature = 0.6;
    all[1].top_k = 5;
    all[2].top_p = 0.8;
    all[3].repetition_penalty = 1.5;
    all[3].min_p = 0.02;
    for (int i = 0; i < V; i++) logits[i] = (float)(2 * rng_uniform(4, 4, (uint64_t)i));
    for (size_t i = 0; i < 4; i++) {
        double p[MOST], chi = 0;
        long counts[V] = {0};
        reference(&all[i], logits, V, history, 3, p);
        for (uint64_t toss = 0; toss < N; toss++)
            counts[pick_with(&all[i], logits, V, history, 3, rng_uniform(1, rng_stream(RNG_SAMPLE, i), toss))]++;
        for (int id = 0; id < V; id++) {
            double expected = N * p[id], error = (double)counts[id] - expected;
            if (p[id] > 0)
                chi += error * error / expected;
            else
                CHECK_INT(counts[id], 0);
        }
        test_note("settings %d, chi square %g", (int)i, chi);
        CHECK(chi < 31.8); /* 8 degrees of freedom at most: exceeded once in 10,000 */
    }
}

TEST(greedy_takes_the_first_of_the_largest) {
    static const float logits[] = {1, 3, -2, 3, 3};
    SamplerSettings s = plain();
    s.temperature = 0;
    s.top_p = 0.5;
    s.min_p = 1;
    for (double coin = 0; coin < 1; coin += 0.1) CHECK_INT(pick(&s, logits, 5, coin), 1);
}

TEST(the_smallest_filters_leave_the_choice_of_greedy) {
    for (uint64_t seed = 0; seed < 300; seed++) {
        float logits[MOST];
        size_t V = 1 + below(seed, 0, 60);
        double coin = rng_uniform(seed, 2, 0);
        SamplerSettings greedy = plain(), s = plain();
        greedy.temperature = 0;
        fill(logits, V, seed % 2 ? 1 : 0, seed);
        uint32_t id = pick(&greedy, logits, V, almost_one);
        s.top_k = 1;
        CHECK_INT(pick(&s, logits, V, coin), id);
        s.temperature = 1e300; /* equal probabilities, but not equal ranks */
        CHECK_INT(pick(&s, logits, V, coin), id);
        s.top_k = 0;
        s.top_p = 1e-300;
        CHECK_INT(pick(&s, logits, V, coin), id);
        s.top_p = 1;
        s.temperature = 1e-300;
        CHECK(logits[pick(&s, logits, V, coin)] == logits[id]);
        s.temperature = 1;
        s.min_p = 1;
        CHECK(logits[pick(&s, logits, V, coin)] == logits[id]);
    }
}

TEST(equal_logits_are_ranked_by_id) {
    static const float logits[] = {0, 1, 1, 0, 1, 0};
    SamplerSettings k = plain(), p = plain();
    int seen_k = 0, seen_p = 0;
    k.top_k = 4;
    p.temperature = 1e-3; /* 1, 2 and 4 have a third each */
    p.top_p = 0.5;
    for (double coin = 0; coin < 1; coin += 0.001) {
        seen_k |= 1 << pick(&k, logits, 6, coin);
        seen_p |= 1 << pick(&p, logits, 6, coin);
    }
    CHECK_HEX((unsigned)seen_k, 1 << 0 | 1 << 1 | 1 << 2 | 1 << 4);
    CHECK_HEX((unsigned)seen_p, 1 << 1 | 1 << 2);
}

TEST(top_p_keeps_the_fewest_that_reach_it) {
    static const float logits[4] = {0, -HUGE_VALF, -HUGE_VALF, 0}; /* a half each for 0 and 3 */
    SamplerSettings s = plain();
    s.top_p = 0.5;
    CHECK_INT(pick(&s, logits, 4, almost_one), 0);
    s.top_p = 0.5 + 1e-12;
    CHECK_INT(pick(&s, logits, 4, almost_one), 3);
}

TEST(min_p_is_a_share_of_the_most_likely) {
    float logits[3] = {0, (float)log(0.5), (float)log(0.1)};
    SamplerSettings s = plain();
    s.min_p = 0.11;
    CHECK_INT(pick(&s, logits, 3, almost_one), 1);
    s.min_p = 0.09;
    CHECK_INT(pick(&s, logits, 3, almost_one), 2);
    s.min_p = 0.51;
    CHECK_INT(pick(&s, logits, 3, almost_one), 0);
}

TEST(the_penalty_acts_once_on_each_token_of_the_history) {
    static const float logits[] = {2, 1.5F, -1, -1.5F};
    static const uint32_t both[] = {0, 0, 0}, negative[] = {2}, beyond[] = {4, UINT32_MAX};
    SamplerSettings s = plain();
    s.temperature = 0;
    s.repetition_penalty = 1.25;
    CHECK_INT(pick_with(&s, logits, 4, both, 3, 0), 0); /* 2 / 1.25 = 1.6; twice would be 1.28 */
    s.repetition_penalty = 1.5;
    CHECK_INT(pick_with(&s, logits, 4, both, 3, 0), 1);
    s.repetition_penalty = 2;
    CHECK_INT(pick_with(&s, logits + 2, 2, NULL, 0, 0), 0);
    CHECK_INT(pick_with(&s, logits + 1, 3, negative, 1, 0), 0);
    CHECK_INT(pick_with(&s, logits + 2, 2, both, 1, 0), 1); /* -1 becomes -2 */
    CHECK_INT(pick_with(&s, logits, 4, beyond, 2, 0), 0);   /* passed over */
}

TEST(the_coin_reaches_from_the_first_token_to_the_last) {
    static const float logits[] = {-HUGE_VALF, 0, 1, 0, -HUGE_VALF}, equal[] = {3, 3};
    SamplerSettings s = plain();
    CHECK_INT(pick(&s, equal, 2, 0.5 - 1e-15), 0);
    CHECK_INT(pick(&s, equal, 2, 0.5), 1);
    CHECK_INT(pick(&s, logits, 5, 0), 1);
    CHECK_INT(pick(&s, logits, 5, almost_one), 3);
    CHECK_INT(pick(&s, logits, 1, 0), 0);
    CHECK_INT(pick(&s, logits, 1, almost_one), 0);
}

TEST(logits_of_any_size_give_a_token_that_is_among_the_likely) {
    volatile float zero = 0;
    const float inf = HUGE_VALF, nan = zero / zero, big = 3.4028234e38F;
    const float cases[][4] = {{-inf, -inf, 5, -inf},    {big, -big, big, 0}, {-big, -big, -big, -big}, {inf, 0, inf, -inf},
                              {-inf, -inf, -inf, -inf}, {nan, 1, nan, -inf}, {nan, nan, nan, nan},     {0, 0, 0, 0},
                              {1e-45F, 0, 0, 0}};
    static const int likely[] = {4, 5, 15, 5, 15, 2, 15, 15, 15};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int settings = 0; settings < 16; settings++)
            for (double coin = 0; coin < 1; coin += 0.0999) {
                static const uint32_t history[] = {0, 1, 2, 3};
                SamplerSettings s = plain();
                s.top_k = settings & 1 ? 3 : 0;
                s.top_p = settings & 2 ? 0.7 : 1;
                s.min_p = settings & 4 ? 0.1 : 0;
                s.repetition_penalty = settings & 8 ? 1e10 : 1;
                test_note("case %d, settings %d, coin %g", (int)i, settings, coin);
                uint32_t id = pick_with(&s, cases[i], 4, history, 4, coin);
                if (!(settings & 8)) CHECK(likely[i] >> id & 1);
                s.temperature = 0;
                CHECK(likely[i] >> pick(&s, cases[i], 4, coin) & 1);
                s.temperature = 1e-300;
                CHECK(likely[i] >> pick(&s, cases[i], 4, coin) & 1);
            }
}

TEST(infinite_logits_share_the_probability) {
    static const float none[] = {-HUGE_VALF, -HUGE_VALF, -HUGE_VALF, -HUGE_VALF}, two[] = {1, HUGE_VALF, -HUGE_VALF, HUGE_VALF};
    SamplerSettings s = plain();
    for (int i = 0; i < 4; i++) CHECK_INT(pick(&s, none, 4, 0.25 * i), i);
    CHECK_INT(pick(&s, two, 4, 0), 1);
    CHECK_INT(pick(&s, two, 4, 0.499), 1);
    CHECK_INT(pick(&s, two, 4, 0.5), 3);
}

TEST(settings_outside_their_range_are_refused) {
    const double nan = HUGE_VAL - HUGE_VAL;
    const SamplerSettings good[] = {{1, 0, 1, 0, 1}, {0, 5, 1e-9, 1, 0.1}, {1e300, UINT32_MAX, 0.5, 0.5, 100}};
    const SamplerSettings bad[] = {{-1e-9, 0, 1, 0, 1},  {nan, 0, 1, 0, 1},     {HUGE_VAL, 0, 1, 0, 1}, {1, 0, 0, 0, 1},
                                   {1, 0, 1.0001, 0, 1}, {1, 0, nan, 0, 1},     {1, 0, -1, 0, 1},       {1, 0, 1, -0.1, 1},
                                   {1, 0, 1, 1.1, 1},    {1, 0, 1, nan, 1},     {1, 0, 1, 0, 0},        {1, 0, 1, 0, -1},
                                   {1, 0, 1, 0, nan},    {1, 0, 1, 0, HUGE_VAL}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) CHECK_INT(sampler_check(&good[i]), FOLIO_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        test_note("bad settings %d", (int)i);
        CHECK_INT(sampler_check(&bad[i]), FOLIO_ERR_RANGE);
    }
}
