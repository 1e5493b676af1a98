/* train.c - trains natively: train TEXT_FILE [steps=N] [resume=K] [threads=N] [key=value ...]
   Prints one line of JSON: the steps done, the last loss and the SHA-256 of the weights, as the command line of the package gives them.
   resume=K carries weights, moments and step number to new objects after step K, as a checkpoint would. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "folio.h"
#include "settings.h"
#include "sha256.h"
#include "threads.h"

static void *memory(uint64_t bytes) {
    void *block = bytes > SIZE_MAX ? NULL : malloc((size_t)bytes);
    if (block) return block;
    fprintf(stderr, "train: no memory for %llu bytes\n", (unsigned long long)bytes);
    exit(1);
}

static void check(int code, const char *what) {
    if (code == FOLIO_OK) return;
    fprintf(stderr, "train: %s: %s: %s\n", what, error_name(code), error_text(code));
    exit(1);
}

static uint8_t *read_file(const char *path, size_t *n) {
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END)) {
        perror(path);
        exit(1);
    }
    *n = (size_t)ftell(file);
    rewind(file);
    uint8_t *text = memory(*n + 1);
    if (fread(text, 1, *n, file) != *n) {
        perror(path);
        exit(1);
    }
    fclose(file);
    return text;
}

/* Weights as little-endian f32, tensor by tensor, without the gaps between them. */
static void digest(const Model *model, char hex[65]) {
    Sha256 hash = sha256_begin();
    for (size_t i = 0; i < layout_count(&model->config); i++) {
        LayoutTensor tensor;
        layout_tensor(&model->config, i, &tensor);
        for (uint64_t k = 0; k < tensor.size; k++) {
            uint32_t bits;
            memcpy(&bits, model->params + tensor.offset + k, sizeof bits);
            uint8_t bytes[4] = {(uint8_t)bits, (uint8_t)(bits >> 8), (uint8_t)(bits >> 16), (uint8_t)(bits >> 24)};
            sha256_add(&hash, bytes, sizeof bytes);
        }
    }
    sha256_end(&hash, hex);
}

typedef struct {
    Model model;
    Trainer trainer;
} Run;

/* A run from its start, on memory of its own. */
static Run *run_create(const Config *config, const Dataset *dataset, Pool *pool) {
    Run *run = memory(sizeof *run);
    uint64_t weights = model_bytes(config), rest = trainer_bytes(config, pool_threads(pool));
    check(model_init(&run->model, config, memory(weights), (size_t)weights), "model");
    check(trainer_init(&run->trainer, config, &run->model, dataset, pool, memory(rest), (size_t)rest), "trainer");
    return run;
}

static Run *run_copy(const Run *from, const Dataset *dataset) {
    Run *run = run_create(&from->model.config, dataset, from->trainer.pass.exec.pool);
    size_t bytes = (size_t)layout_floats(&run->model.config) * sizeof(float);
    memcpy(run->model.params, from->model.params, bytes);
    memcpy(run->trainer.moment1, from->trainer.moment1, bytes);
    if (run->trainer.moment2) memcpy(run->trainer.moment2, from->trainer.moment2, bytes);
    run->trainer.step = from->trainer.step;
    return run;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "use: train TEXT_FILE [steps=N] [resume=K] [threads=N] [key=value ...]\n");
        return 2;
    }
    Config config = config_default();
    unsigned long resume = 0, threads = 1;
    for (int i = 2; i < argc; i++) {
        char *equals = strchr(argv[i], '=');
        if (!equals) {
            fprintf(stderr, "train: '%s' is not key=value\n", argv[i]);
            return 2;
        }
        *equals = 0;
        if (!strcmp(argv[i], "resume"))
            resume = strtoul(equals + 1, NULL, 10);
        else if (!strcmp(argv[i], "threads"))
            threads = strtoul(equals + 1, NULL, 10);
        else if (settings_set(&config, "train", strcmp(argv[i], "steps") ? argv[i] : "max_iters", equals + 1))
            return 1;
    }

    size_t n, count;
    uint8_t *text = read_file(argv[1], &n);
    Tokenizer tokenizer;
    check(tokenizer_train(&tokenizer, config.tokenizer, text, n, memory(tokenizer_bytes(config.tokenizer, n) + 1), NULL), argv[1]);
    uint32_t *ids = memory((n + 1) * sizeof *ids);
    check(tokenizer_encode(&tokenizer, text, n, ids, &count, NULL), argv[1]);
    config.vocab_size = (int32_t)tokenizer.vocab_size;
    size_t which = 0;
    int code = config_check(&config, &which);
    check(code, code == FOLIO_OK ? "settings" : config_words(which)->name);

    Dataset dataset;
    check(dataset_init(&dataset, &config, ids, count), argv[1]);
    Run *run = run_create(&config, &dataset, threads_start(threads));
    while (run->trainer.step < (uint64_t)config.max_iters) {
        if (resume && run->trainer.step == resume) run = run_copy(run, &dataset);
        trainer_step(&run->trainer);
    }
    char hex[65];
    digest(&run->model, hex);
    printf("{\"steps\":%llu,\"loss\":%.17g,\"digest\":\"%s\"}\n", (unsigned long long)run->trainer.step, run->trainer.report.loss, hex);
    return 0;
}
