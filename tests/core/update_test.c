/* update_test.c - which rule, rate and decay each tensor gets; adamw, muon and sgd have tests of their own. */
#include "update.h"

#include <math.h>

#include "adamw.h"
#include "muon.h"
#include "ops_check.h"
#include "schedule.h"
#include "test.h"

/* A model, its gradients and moments, all random but for the moments, which are 0. */
typedef struct {
    Config config;
    Model model;
    size_t n;
    float *memory, *before, *grads, *moment1, *moment2;
} Bench;

static Config muon_config(void) {
    Config config = config_default();
    config.n_layer = 2;
    config.n_head = 4;
    config.n_kv_head = 2;
    config.n_embd = 20;
    config.n_inner = 27;
    config.activation = ACTIVATION_SWIGLU;
    config.bias = 1;
    config.optimizer = OPTIMIZER_MUON;
    config.schedule = SCHEDULE_LINEAR;
    config.learning_rate = 0.02;
    config.warmup_iters = 9;
    config.weight_decay = 0.3;
    return config;
}

static Bench bench_open(Config config) {
    Bench b = {.config = config, .n = (size_t)layout_floats(&config)};
    b.memory = ops_check_floats((size_t)model_bytes(&config) / sizeof(float));
    CHECK_INT(model_init(&b.model, &config, b.memory, (size_t)model_bytes(&config)), 0);
    b.before = ops_check_floats(b.n);
    b.grads = ops_check_floats(b.n);
    b.moment1 = ops_check_floats(b.n);
    b.moment2 = ops_check_floats(b.n);
    memcpy(b.before, b.model.params, b.n * sizeof(float));
    ops_check_fill(b.grads, b.n, 1e-2, 7);
    return b;
}

static void bench_close(Bench *b) {
    free(b->memory);
    free(b->before);
    free(b->grads);
    free(b->moment1);
    free(b->moment2);
}

static void step(Bench *b, uint64_t at) {
    Exec exec = ops_check_exec((size_t)update_scratch(&b->config));
    Update update = {&b->config, &b->model, b->grads, b->moment1, b->moment2, 0.5, at};
    update_weights(&exec, &update);
}

/* Whether (in, out) from `first` on, rows `stride` apart, moved as Muon moves it by itself in the first step: the momentum begins at 0, so
   that the update is a multiple of the gradient, of which only the direction counts. */
static int moved_as_one(const Bench *b, const float *tensor, size_t first, size_t in, size_t out, size_t stride, double scale) {
    size_t at = (size_t)(tensor - b->model.params) + first;
    float *want = ops_check_floats(in * out), *update = ops_check_floats(in * out);
    for (size_t i = 0; i < in * out; i++) {
        want[i] = b->before[at + i / out * stride + i % out];
        update[i] = b->moment2[at + i / out * stride + i % out];
    }
    Exec exec = ops_check_exec((size_t)muon_scratch(in, out));
    Muon muon = {.lr = schedule_lr(&b->config, 0), .weight_decay = b->config.weight_decay, .steps = (size_t)b->config.muon_steps};
    muon_update(muon, (MuonMatrix){in, out, out, scale}, want, update, exec.scratch);
    size_t wrong = 0;
    for (size_t i = 0; i < in * out; i++) wrong += want[i] != b->model.params[at + i / out * stride + i % out];
    free(want);
    free(update);
    return wrong == 0;
}

static const float *tensor_of(const Bench *b, LayoutRole role, size_t block) {
    return model_tensor(&b->model, b->model.params, role, block);
}

TEST(queries_keys_values_gate_and_up_are_made_orthogonal_apart) {
    Bench b = bench_open(muon_config());
    step(&b, 0);
    for (size_t block = 0; block < 2; block++) {
        const float *attn = tensor_of(&b, LAYOUT_ATTN_WEIGHT, block), *fc = tensor_of(&b, LAYOUT_FC_WEIGHT, block);
        CHECK(moved_as_one(&b, attn, 0, 20, 20, 40, 1));
        CHECK(moved_as_one(&b, attn, 20, 20, 10, 40, 1));
        CHECK(moved_as_one(&b, attn, 30, 20, 10, 40, 1));
        CHECK(moved_as_one(&b, tensor_of(&b, LAYOUT_ATTN_PROJ_WEIGHT, block), 0, 20, 20, 20, 1));
        CHECK(moved_as_one(&b, fc, 0, 20, 27, 54, sqrt(27.0 / 20)));
        CHECK(moved_as_one(&b, fc, 27, 20, 27, 54, sqrt(27.0 / 20)));
        CHECK(moved_as_one(&b, tensor_of(&b, LAYOUT_MLP_PROJ_WEIGHT, block), 0, 27, 20, 20, 1));
        CHECK(!moved_as_one(&b, attn, 0, 20, 40, 40, 1)); /* as a whole, or by another share, is seen */
        CHECK(!moved_as_one(&b, attn, 20, 20, 20, 40, 1));
        CHECK(!moved_as_one(&b, fc, 0, 20, 54, 54, sqrt(54.0 / 20)));
        CHECK(!moved_as_one(&b, fc, 0, 20, 27, 54, 1));
    }
    bench_close(&b);
}

TEST(with_muon_heads_each_head_is_made_orthogonal_by_itself) {
    Config config = muon_config();
    config.muon_heads = 1;
    config.activation = ACTIVATION_RELU2;
    Bench b = bench_open(config);
    step(&b, 0);
    const float *attn = tensor_of(&b, LAYOUT_ATTN_WEIGHT, 1), *proj = tensor_of(&b, LAYOUT_ATTN_PROJ_WEIGHT, 1);
    for (size_t head = 0; head < 8; head++) CHECK(moved_as_one(&b, attn, 5 * head, 20, 5, 40, 1));
    for (size_t head = 0; head < 4; head++) CHECK(moved_as_one(&b, proj, 5 * 20 * head, 5, 20, 20, 1));
    CHECK(moved_as_one(&b, tensor_of(&b, LAYOUT_FC_WEIGHT, 1), 0, 20, 27, 27, sqrt(27.0 / 20)));
    CHECK(!moved_as_one(&b, proj, 0, 20, 20, 20, 1));
    bench_close(&b);
}

TEST(with_muon_all_but_the_matrices_go_by_adamw_at_its_own_rate_on_the_same_course) {
    Bench b = bench_open(muon_config());
    const Config *c = &b.config;
    step(&b, 3);
    Exec exec = ops_check_exec(4);
    for (size_t i = 0; i < layout_count(c); i++) {
        LayoutTensor t;
        layout_tensor(c, i, &t);
        float *want = b.before + t.offset, *m = ops_check_floats(t.size), *v = ops_check_floats(t.size);
        double decay = t.group == GROUP_EMBEDDING ? c->embd_weight_decay : c->vector_weight_decay;
        Adamw adamw = {c->adam_lr * 0.4, c->beta1, c->beta2, c->adam_eps, decay, 0.5, 4}; /* warm-up: four tenths */
        adamw_update(&exec, adamw, want, b.grads + t.offset, m, v, t.size);
        int same = memcmp(want, b.model.params + t.offset, t.size * sizeof(float)) == 0;
        test_note("%s", t.name);
        CHECK_INT(same, t.group != GROUP_MATRIX);
        CHECK_INT(memcmp(m, b.moment1 + t.offset, t.size * sizeof(float)) == 0, t.group != GROUP_MATRIX);
        free(m);
        free(v);
    }
    bench_close(&b);
}

TEST(muons_momentum_rises_from_its_start_to_its_end) {
    Config config = config_default();
    CHECK_NEAR(schedule_momentum(&config, 0), 0.85, 0, 1e-15);
    CHECK_NEAR(schedule_momentum(&config, 150), 0.9, 0, 1e-15);
    CHECK_NEAR(schedule_momentum(&config, 300), 0.95, 0, 1e-15);
    CHECK_NEAR(schedule_momentum(&config, 1000000), 0.95, 0, 1e-15);
    config.muon_momentum_iters = 0;
    CHECK_NEAR(schedule_momentum(&config, 0), 0.95, 0, 1e-15);
}

TEST(a_rate_of_zero_changes_nothing) {
    Config config = muon_config();
    config.learning_rate = config.min_lr = 0;
    Bench b = bench_open(config);
    step(&b, 0);
    CHECK(memcmp(b.before, b.model.params, b.n * sizeof(float)) == 0);
    bench_close(&b);
}

TEST(only_muon_asks_for_scratch) {
    Config config = config_default();
    CHECK_INT(update_scratch(&config), 0);
    config.optimizer = OPTIMIZER_SGD;
    CHECK_INT(update_scratch(&config), 0);
    config.optimizer = OPTIMIZER_MUON;
    CHECK_INT(update_scratch(&config), muon_scratch(128, 128));
    config.n_embd = 8;
    config.n_inner = 3;
    CHECK_INT(update_scratch(&config), muon_scratch(8, 8));
}
