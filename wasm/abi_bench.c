/* abi_bench.c - the ABI's part for measuring: bench.h, and the stopwatch of a trainer. */
#include <string.h>

#include "abi.h"
#include "bench.h"

/* The host's clock, in seconds; asked for only while a step is measured. */
__attribute__((import_module("env"), import_name("folio_now"))) double folio_now(void);

double folio_bench_peak(int fused, double rounds) { return bench_peak(fused, (uint64_t)rounds); }

double folio_bench_flops(const double *values, double *attention) {
    Config config;
    return abi_config(values, &config, NULL) ? 0 : bench_flops(&config, attention);
}

/* name (16 bytes, ends with 0); facts: kind, M, N, K (4 doubles). Returns 0 beyond the last product. */
int folio_bench_shape(const double *values, uint32_t index, char *name, double *facts) {
    Config config;
    BenchShape shape;
    if (abi_config(values, &config, NULL) || !bench_shape(&config, index, &shape)) return 0;
    strncpy(name, shape.layer, 15);
    facts[0] = (double)shape.kind;
    facts[1] = (double)shape.M;
    facts[2] = (double)shape.N;
    facts[3] = (double)shape.K;
    return 1;
}

typedef struct {
    BenchShape shape;
    float *memory;
} BenchProduct;

int folio_bench_create(const double *values, uint32_t index, void **out) {
    Config config;
    BenchShape shape;
    void *memory;
    int code = abi_config(values, &config, NULL);
    if (code) return code;
    if (!bench_shape(&config, index, &shape)) return FOLIO_ERR_ARGUMENT;
    uint64_t floats = bench_floats(&shape, pool_threads(abi_pool()));
    BenchProduct *product = abi_block(sizeof *product, floats * sizeof(float), &memory);
    if (!product) return FOLIO_ERR_MEMORY;
    *product = (BenchProduct){shape, memory};
    for (uint64_t i = 0; i < floats; i++) product->memory[i] = (float)(i % 17) * 0.125f - 1.0f;
    return abi_finish(FOLIO_OK, product, out);
}

int folio_bench_run(const BenchProduct *product, double times) {
    bench_gemm(abi_pool(), &product->shape, (uint64_t)times, product->memory);
    return FOLIO_OK;
}

const char *folio_lap_name(uint32_t part) {
    static const char *const names[] = {
#define LAP_NAME(name, text) text,
        LAP_PARTS(LAP_NAME)
#undef LAP_NAME
    };
    return part < LAP_COUNT ? names[part] : "";
}

/* Steps of the trainer, measured: seconds receives the time of each part (LAP_COUNT doubles). */
int folio_trainer_lap(Trainer *trainer, uint32_t steps, double *seconds) {
    Lap lap = {.now = folio_now};
    trainer_measure(trainer, &lap);
    lap_start(&lap);
    for (uint32_t i = 0; i < steps; i++) trainer_step(trainer);
    trainer_measure(trainer, NULL);
    memcpy(seconds, lap.seconds, sizeof lap.seconds);
    return FOLIO_OK;
}
