/* bench.c - what `folio bench` measures, natively: bench [threads=N] [key=value ...]. Medians of repeated runs, GFLOP/s and percent of the peak. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../core/settings.h"
#include "../core/threads.h"
#include "bench.h"
#include "folio.h"

enum { REPEATS = 9 };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

typedef struct {
    double median, least, most;
} Spread;

/* Units of work a second: run(context, n) does n of them, n growing until a measurement lasts `least` seconds. */
static Spread rate(void (*run)(void *context, uint64_t times), void *context, double least) {
    uint64_t times = 1;
    double values[REPEATS];
    for (double took = 0; took < least; times *= took < least ? 2 : 1) {
        double start = now();
        run(context, times);
        took = now() - start;
    }
    for (int i = 0; i < REPEATS; i++) {
        double start = now();
        run(context, times);
        values[i] = (double)times / (now() - start);
    }
    qsort(values, REPEATS, sizeof *values, by_size);
    return (Spread){values[REPEATS / 2], values[0], values[REPEATS - 1]};
}

static void *memory(uint64_t bytes) {
    void *block = bytes > SIZE_MAX ? NULL : malloc((size_t)bytes);
    if (block) return block;
    fprintf(stderr, "bench: no memory for %llu bytes\n", (unsigned long long)bytes);
    exit(1);
}

enum { ROUNDS = 20000 };

static void run_peak(void *context, uint64_t times) { (void)bench_peak(*(int *)context, times * ROUNDS); }

static double peak(int fused) { return rate(run_peak, &fused, 0.02).median * bench_peak(fused, 1) * ROUNDS * 1e-9; }

typedef struct {
    Pool *pool;
    BenchShape shape;
    float *memory;
} Product;

static void run_gemm(void *context, uint64_t times) {
    const Product *p = context;
    bench_gemm(p->pool, &p->shape, times, p->memory);
}

static void gemms(const Config *config, Pool *pool) {
    const char *const kinds[] = {"forward", "d-input", "d-weight"};
    Product p = {.pool = pool};
    printf("matrix product              m x n x k    GFLOP/s (least - most)     of peak\n");
    for (size_t i = 0; bench_shape(config, i, &p.shape); i++) {
        uint64_t floats = bench_floats(&p.shape, pool_threads(pool));
        p.memory = memory(floats * sizeof(float));
        for (uint64_t k = 0; k < floats; k++) p.memory[k] = (float)(k % 17) * 0.125f - 1.0f;
        double flops = 2e-9 * (double)p.shape.M * (double)p.shape.N * (double)p.shape.K;
        Spread s = rate(run_gemm, &p, 0.02);
        char name[40], size[40];
        snprintf(name, sizeof name, "%s, %s", p.shape.layer, kinds[p.shape.kind]);
        snprintf(size, sizeof size, "%zu x %zu x %zu", p.shape.M, p.shape.N, p.shape.K);
        printf("%-24s %16s  %6.1f (%5.1f - %5.1f)  %8.1f%%\n", name, size, s.median * flops, s.least * flops, s.most * flops,
               100 * s.median * flops / (peak(1) * (double)pool_threads(pool)));
        free(p.memory);
    }
}

static void run_steps(void *context, uint64_t times) {
    for (uint64_t i = 0; i < times; i++) trainer_step(context);
}

static void steps(const Config *config, Trainer *trainer, Pool *pool) {
    static const char *const names[] = {
#define LAP_NAME(name, text) text,
        LAP_PARTS(LAP_NAME)
#undef LAP_NAME
    };
    double tokens = (double)config->batch_size * config->block_size * config->gradient_accumulation_steps, all = 0;
    Spread s = rate(run_steps, trainer, 0.4);
    double gflops = s.median * tokens * bench_flops(config, NULL) * 1e-9;
    printf("\na training step: %.0f tokens/s (%.0f - %.0f), %.1f useful GFLOP/s, %.1f%% of peak\n", s.median * tokens, s.least * tokens,
           s.most * tokens, gflops, 100 * gflops / (peak(1) * (double)pool_threads(pool)));
    Lap lap = {.now = now};
    trainer_measure(trainer, &lap);
    lap_start(&lap);
    for (int i = 0; i < REPEATS; i++) trainer_step(trainer);
    trainer_measure(trainer, NULL);
    for (int i = 0; i < LAP_COUNT; i++) all += lap.seconds[i];
    for (int i = 0; i < LAP_COUNT; i++)
        printf("  %-24s %8.2f ms %6.1f%%\n", names[i], 1000 * lap.seconds[i] / REPEATS, 100 * lap.seconds[i] / all);
}

typedef struct {
    Pass *pass;
    const uint32_t *ids;
    float *logits;
    size_t T, at;
} Decoding;

static void run_decode(void *context, uint64_t times) {
    Decoding *d = context;
    for (uint64_t i = 0; i < times; i++, d->at = (d->at + 1) % d->T) {
        pass_forward(d->pass, d->ids, 1, 1, d->at);
        pass_logits(d->pass, d->logits, 0, 1);
    }
}

int main(int argc, char **argv) {
    Config config = config_default();
    size_t threads = 1;
    for (int i = 1; i < argc; i++) {
        char *equals = strchr(argv[i], '=');
        if (!equals) {
            fprintf(stderr, "use: bench [threads=N] [key=value ...]\n");
            return 2;
        }
        *equals = 0;
        if (!strcmp(argv[i], "threads"))
            threads = strtoul(equals + 1, NULL, 10);
        else if (settings_set(&config, "bench", argv[i], equals + 1))
            return 1;
    }
    Pool *pool = threads_start(threads);
    size_t T = (size_t)config.block_size, n = 20 * T > 20000 ? 20 * T : 20000;
    uint32_t *ids = memory(n * sizeof *ids);
    for (size_t i = 0; i < n; i++) ids[i] = (uint32_t)((i * 7919 + (i >> 3)) % (size_t)config.vocab_size);
    Dataset dataset;
    Model model;
    Trainer trainer;
    Pass pass;
    uint64_t weights = model_bytes(&config), rest = trainer_bytes(&config, threads), cache = pass_bytes(&config, PASS_DECODE, 1, threads);
    if (config_check(&config, NULL) || dataset_init(&dataset, &config, ids, n) ||
        model_init(&model, &config, memory(weights), (size_t)weights) ||
        trainer_init(&trainer, &config, &model, &dataset, pool, memory(rest), (size_t)rest) ||
        pass_init(&pass, &model, PASS_DECODE, 1, pool, memory(cache), (size_t)cache)) {
        fprintf(stderr, "bench: these settings do not go together\n");
        return 1;
    }
    printf("native, %zu thread%s; %llu parameters, %d x %d tokens a step\n\n", threads, threads > 1 ? "s" : "",
           (unsigned long long)layout_parameters(&config), config.batch_size, config.block_size);
    gemms(&config, pool);
    steps(&config, &trainer, pool);
    Decoding decoding = {&pass, ids, memory((uint64_t)config.vocab_size * sizeof(float)), T, 0};
    Spread s = rate(run_decode, &decoding, 0.1);
    printf(
        "\ndecoding    %.0f tokens/s (%.0f - %.0f)\npeak        %.1f GFLOP/s by this build's f32x4_madd, %.1f product and sum, one thread\n",
        s.median, s.least, s.most, peak(1), peak(0));
    printf("memory      %.1f MB\n", 1e-6 * (double)(weights + rest + cache));
    return 0;
}
