/* fuzz.h - what the fuzz targets share: memory of exact size, so that a step beyond is seen, and a check that stops the program. */
#ifndef FOLIO_FUZZ_H
#define FOLIO_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static inline void *exactly(uint64_t bytes) {
    void *memory = malloc(bytes ? (size_t)bytes : 1);
    if (!memory) abort();
    return memory;
}

static inline void must(int condition) {
    if (!condition) abort();
}

#endif
