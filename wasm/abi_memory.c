/* abi_memory.c - what every module has: memory. */
#include <stdlib.h>

#include "abi.h"

/* ---- memory: what a 32-bit memory can never hold is refused before it is asked for ---- */

static const uint64_t LARGEST = 0xFFFF0000u;

void *abi_block(size_t head, uint64_t bytes, void **memory) {
    uint64_t total = bytes > LARGEST ? bytes : head + 15 + bytes;
    char *base = total > LARGEST || total > SIZE_MAX ? NULL : malloc((size_t)total);
    if (base) *memory = base + head + (16 - ((uintptr_t)base + head) % 16) % 16;
    return base;
}

int abi_finish(int code, void *object, void **out) {
    if (code)
        free(object);
    else
        *out = object;
    return code;
}

void *folio_alloc(size_t bytes) { return malloc(bytes); }
void folio_free(void *pointer) { free(pointer); }
