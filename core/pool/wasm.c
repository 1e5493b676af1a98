/* wasm.c - sleeping and waking in WebAssembly with shared memory. A page's own thread must not sleep; there Folio runs one thread. */
#include "pool/threads.h"

int pool_sleep(const uint32_t *word, uint32_t seen, uint32_t seconds) {
    const int timed_out = 2;
    int64_t nanoseconds = seconds ? (int64_t)seconds * 1000000000 : -1;
    return timed_out == __builtin_wasm_memory_atomic_wait32((int *)(uintptr_t)word, (int)seen, nanoseconds);
}

void pool_wake(const uint32_t *word) { __builtin_wasm_memory_atomic_notify((int *)(uintptr_t)word, UINT32_MAX); }
