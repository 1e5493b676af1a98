/* pool.h - who does the work: a pool of threads, chosen by the build, and one loop over it.
   pool/single.c: the calling thread alone. pool/threads.c: threads that start once, take pieces of every loop, and sleep between loops; how one
   sleeps and wakes is pool/wasm.c's (memory.atomic.wait32) or pool/pthread.c's business. */
#ifndef FOLIO_POOL_H
#define FOLIO_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "lap.h"

typedef struct Pool Pool; /* persistent workers; NULL means the calling thread alone */

/* What every op is given: the workers, scratch memory for each of them, and a stopwatch.
   scratch: pool_threads(pool) pieces of scratch_floats floats, the caller's. */
typedef struct {
    Pool *pool;
    float *scratch;
    size_t scratch_floats;
    Lap *lap; /* measures the ops; NULL for not */
} Exec;

/* One piece of a loop. `scratch` belongs to the worker that runs the piece; its content is undefined. */
typedef void PoolTask(void *context, size_t index, float *scratch);

enum { POOL_MOST = 64 }; /* threads */

/* Bytes of memory a pool needs. */
size_t pool_bytes(void);

/* A pool of up to `threads` (1 to POOL_MOST) in memory (16-aligned, pool_bytes), the caller included. A worker that never enters, or is gone, is no
   harm: the others take its pieces. Where the build has no threads the pool is of one. */
Pool *pool_init(void *memory, size_t threads);

/* The life of worker `index` (1 to threads - 1), on a thread of its own: takes pieces until pool_stop. */
void pool_enter(Pool *pool, size_t index);

/* Sends the workers home; between loops only. The memory may be taken back when every pool_enter has returned. */
void pool_stop(Pool *pool);

/* Workers that are in pool_enter; for information. */
size_t pool_present(const Pool *pool);

/* How many threads take part at most, the caller included; at least 1. */
size_t pool_threads(const Pool *pool);

/* Runs task(context, 0) .. task(context, count - 1), count < 2^32, in any order, on all workers, and returns when all have ended.
   Tasks must write to disjoint places, so that no result depends on the number of workers. One loop at a time.
   A worker that dies within a piece leaves it half done, and nobody tells: after POOL_PATIENCE seconds in which no piece has ended this traps. A piece
   is far shorter: the longest that was seen, attention over 32,768 keys, takes two minutes. */
void parallel_for(const Exec *exec, size_t count, PoolTask *task, void *context);

enum { POOL_PATIENCE = 1800 };

/* exec, or the same for the calling thread alone where the loop's work (in multiply-adds, or moves) is less than waking a thread is worth. */
Exec exec_for(const Exec *exec, uint64_t work);

#endif
