/* inspect_test.c - looks into models of every kind, beside a training pass, which keeps what each block computed. */
#include "inspect.h"

#include <math.h>
#include <string.h>

#include "error.h"
#include "ops_check.h"
#include "test.h"

enum { T = 9, MOST_KEYS = 16 };

static const uint32_t IDS[T] = {3, 1, 4, 1, 5, 9, 2, 6, 0};

static Config small_config(void) {
    Config config = config_default();
    config.n_layer = 3;
    config.n_head = 4;
    config.n_embd = 24;
    config.n_inner = 37;
    config.block_size = 11;
    config.vocab_size = 13;
    config.batch_size = 1;
    return config;
}

/* A model with weights large enough for its heads to choose, a look into it, and a training pass over the same text. */
typedef struct {
    Model model;
    Inspect inspect;
    Pass pass;
    size_t L, H, C, V;
    void *weights, *look, *train;
    float *attention, *norms;
} Bench;

/* b stays where it is: the pass points to its model. */
static void bench_open(Bench *b, Config config) {
    *b = (Bench){.L = (size_t)config.n_layer, .H = (size_t)config.n_head, .C = (size_t)config.n_embd, .V = (size_t)config.vocab_size};
    size_t weights = (size_t)model_bytes(&config), look = (size_t)inspect_bytes(&config),
           train = (size_t)pass_bytes(&config, PASS_TRAIN, 1, 1);
    b->weights = ops_check_floats(weights / sizeof(float));
    b->look = ops_check_floats(look / sizeof(float));
    b->train = ops_check_floats(train / sizeof(float));
    CHECK_INT(model_init(&b->model, &config, b->weights, weights), 0);
    for (size_t i = 0; i < weights / sizeof(float); i++) b->model.params[i] += (float)(rng_uniform(5, 99, i) - 0.5);
    memset(b->look, 0xff, look);
    CHECK_INT(inspect_init(&b->inspect, &b->model, b->look, look), 0);
    CHECK_INT(pass_init(&b->pass, &b->model, PASS_TRAIN, 1, NULL, b->train, train), 0);
    b->attention = ops_check_floats(b->L * b->H * T * T + T);
    b->norms = ops_check_floats(b->L * INSPECT_NORMS * T);
    inspect_begin(&b->inspect, IDS, T);
    for (size_t l = 0; l < b->L; l++) {
        inspect_layer(&b->inspect, b->attention + l * b->H * T * T, b->norms + l * INSPECT_NORMS * T);
        inspect_lens(&b->inspect, l, 0, 1, b->attention + b->L * b->H * T * T); /* between two blocks: it must not disturb the next */
    }
    pass_forward(&b->pass, IDS, 1, T, 0);
}

static void bench_close(Bench *b) {
    free(b->weights);
    free(b->look);
    free(b->train);
    free(b->attention);
    free(b->norms);
}

/* Press et al. 2022, for numbers of heads that are powers of two. */
static double slope(size_t h, size_t H) { return pow(2, -8 * (double)(h + 1) / (double)H); }

/* Softmax of one query in double, from the queries and keys that the training pass has kept. */
static void reference(const Bench *b, size_t layer, size_t h, size_t t, double *p) {
    const Config *c = &b->model.config;
    size_t hs = config_head_size(c), G = config_kv_heads(c), stride = (b->H + 2 * G) * hs;
    const float *qkv = b->pass.layers[layer].qkv, *q = qkv + t * stride + h * hs;
    double sum = 0;
    for (size_t j = 0; j < T; j++) {
        const float *k = qkv + j * stride + (b->H + h / (b->H / G)) * hs;
        double dot = 0;
        for (size_t i = 0; i < hs; i++) dot += (double)q[i] * (double)k[i];
        double score = dot * (c->attn_scale > 0 ? c->attn_scale : 1 / sqrt((double)hs));
        if (c->position == POSITION_ALIBI) score -= slope(h, b->H) * fabs((double)t - (double)j);
        p[j] = c->causal && j > t ? 0 : exp(score);
        sum += p[j];
    }
    for (size_t j = 0; j < T; j++) p[j] /= sum;
}

static void check_attention(const Bench *b) {
    double p[MOST_KEYS];
    for (size_t row = 0; row < b->L * b->H * T; row++) {
        reference(b, row / T / b->H, row / T % b->H, row % T, p);
        for (size_t j = 0; j < T; j++) CHECK_NEAR(b->attention[row * T + j], p[j], 1e-7, 1e-5);
    }
}

static const float *stream_of(const Bench *b, size_t layer) { return layer < b->L ? b->pass.layers[layer].x : b->pass.out; }

static double root_mean_square(const float *x, const float *y, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += pow((double)x[i] - (y ? (double)y[i] : 0), 2);
    return sqrt(sum / (double)n);
}

static void check_stream(const Bench *b) {
    for (size_t l = 0; l <= b->L; l++) CHECK(!memcmp(b->inspect.stream + l * T * b->C, stream_of(b, l), T * b->C * sizeof(float)));
    for (size_t row = 0; row < b->L * T; row++) {
        size_t l = row / T, t = row % T, at = t * b->C;
        const float *mid = b->pass.layers[l].mid + at, *after = stream_of(b, l + 1) + at, *norms = b->norms + l * INSPECT_NORMS * T + t;
        CHECK_NEAR(norms[INSPECT_ATTENTION * T], root_mean_square(mid, stream_of(b, l) + at, b->C), 0, 1e-6);
        CHECK_NEAR(norms[INSPECT_MLP * T], root_mean_square(after, mid, b->C), 0, 1e-6);
        CHECK_NEAR(norms[INSPECT_STREAM * T], root_mean_square(after, NULL, b->C), 0, 1e-6);
    }
}

/* logits (T, V), five tokens of the vocabulary at a time. */
static void lens_of(Bench *b, size_t layer, float *logits) {
    float part[5 * T];
    for (size_t first = 0; first < b->V; first += 5) {
        size_t count = b->V - first < 5 ? b->V - first : 5;
        inspect_lens(&b->inspect, layer, first, count, part);
        for (size_t t = 0; t < T; t++) memcpy(logits + t * b->V + first, part + t * count, count * sizeof(float));
    }
}

/* After all blocks the lens is the model; before, it is what a model without the later blocks would say. */
static void check_lens(Bench *b) {
    float *lens = ops_check_floats(T * b->V), *logits = ops_check_floats(T * b->V);
    for (size_t l = b->L + 1; l-- > 0;) {
        lens_of(b, l, lens);
        memcpy(b->pass.out, stream_of(b, l), T * b->C * sizeof(float));
        pass_end(&b->pass);
        pass_logits(&b->pass, logits, 0, T);
        CHECK(!memcmp(lens, logits, T * b->V * sizeof(float)));
    }
    free(lens);
    free(logits);
}

static void check(const char *words, Config config) {
    test_note("%s", words);
    Bench b;
    bench_open(&b, config);
    check_attention(&b);
    check_stream(&b);
    check_lens(&b);
    bench_close(&b);
}

TEST(attention_is_a_slow_softmax_and_the_stream_and_the_lens_are_those_of_a_training_pass) {
    Config config = small_config();
    check("learned", config);
    config.causal = 0;
    check("bidirectional", config);
    config.position = POSITION_ALIBI;
    check("bidirectional alibi", config);
    config = small_config();
    config.position = POSITION_ALIBI;
    config.n_kv_head = 1;
    check("alibi, one head of keys", config);
    config.position = POSITION_ROPE;
    config.n_kv_head = 2;
    config.qk_norm = 1;
    config.norm = NORM_RMSNORM;
    config.activation = ACTIVATION_SWIGLU;
    config.tie_weights = 0;
    check("grouped rope, qk_norm, swiglu, untied", config);
    config = small_config();
    config.position = POSITION_SINUSOIDAL;
    config.conv_size = 4;
    config.embd_norm = 1;
    config.bias = 1;
    check("sinusoidal, conv, embd_norm, bias", config);
    config = small_config();
    config.position = POSITION_NONE;
    config.n_head = 2;
    config.n_embd = 10;
    config.attn_scale = 1.5;
    config.norm_affine = 0;
    check("no position, heads of 5, attn_scale, no affine", config);
    config.n_head = 2;
    config.n_embd = 2;
    config.n_layer = 1;
    check("heads of 1", config);
}

TEST(the_head_after_the_last_block_says_what_the_model_says) {
    Bench b;
    bench_open(&b, small_config());
    float *lens = ops_check_floats(T * b.V), *logits = ops_check_floats(T * b.V);
    lens_of(&b, b.L, lens);
    pass_logits(&b.pass, logits, 0, T);
    CHECK(!memcmp(lens, logits, T * b.V * sizeof(float)));
    lens_of(&b, 0, lens);
    CHECK(memcmp(lens, logits, T * b.V * sizeof(float)) != 0);
    free(lens);
    free(logits);
    bench_close(&b);
}

TEST(what_a_position_does_alone_follows_from_its_kind) {
    enum { N = 11 };
    float near[4 * N];
    Config config = small_config();
    for (int position = POSITION_LEARNED; position <= POSITION_NONE; position++) {
        config.position = position;
        Bench b;
        bench_open(&b, config);
        size_t hs = config_head_size(&config);
        inspect_positions(&b.inspect, near);
        for (size_t i = 0; i < 4 * N; i++) {
            size_t h = i / N, d = i % N;
            double want = 1;
            if (position == POSITION_ALIBI) want = exp(-slope(h, 4) * (double)d);
            if (position == POSITION_ROPE || position == POSITION_SINUSOIDAL) {
                size_t pairs = position == POSITION_ROPE ? hs / 2 : b.C / 2;
                want = 0;
                for (size_t p = 0; p < pairs; p++) want += cos((double)d * pow(10000, -(double)p / (double)pairs)) / (double)pairs;
            }
            test_note("position %d, head %d, distance %d", position, (int)h, (int)d);
            CHECK_NEAR(near[i], want, 1e-6, 1e-5);
        }
        bench_close(&b);
    }
}

TEST(memory_that_is_missing_or_a_byte_too_small_is_refused) {
    Config config = small_config();
    Model model = {.config = config};
    Inspect inspect;
    float *memory = ops_check_floats((size_t)inspect_bytes(&config) / sizeof(float));
    CHECK_INT(inspect_init(&inspect, &model, NULL, (size_t)inspect_bytes(&config)), FOLIO_ERR_MEMORY);
    CHECK_INT(inspect_init(&inspect, &model, memory, (size_t)inspect_bytes(&config) - 1), FOLIO_ERR_MEMORY);
    free(memory);
}
