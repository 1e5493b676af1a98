/* threads.h - a pool of pthreads for native programs: threads_start gives the pool, which lasts as long as the program. */
#ifndef FOLIO_THREADS_H
#define FOLIO_THREADS_H

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "pool.h"

typedef struct {
    Pool *pool;
    size_t index;
} ThreadsWorker;

static inline void *threads_enter(void *context) {
    const ThreadsWorker *worker = context;
    pool_enter(worker->pool, worker->index);
    return NULL;
}

/* A pool of `threads`, all of them present; NULL for one. */
static inline Pool *threads_start(size_t threads) {
    if (threads < 2) return NULL;
    void *memory = malloc(pool_bytes());
    ThreadsWorker *workers = malloc(threads * sizeof *workers);
    Pool *pool = memory ? pool_init(memory, threads) : NULL;
    for (size_t i = 1; pool && workers && i < threads; i++) {
        pthread_t thread;
        workers[i] = (ThreadsWorker){pool, i};
        if (pthread_create(&thread, NULL, threads_enter, &workers[i])) {
            fprintf(stderr, "thread %zu does not start\n", i);
            exit(1);
        }
    }
    while (pool && pool_present(pool) + 1 < threads) continue;
    return pool;
}

#endif
