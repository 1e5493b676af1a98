/* pool.h - who does the work: a pool of threads, chosen by the build (pool/single.c), and one loop over it. */
#ifndef FOLIO_POOL_H
#define FOLIO_POOL_H

#include <stddef.h>

typedef struct Pool Pool; /* persistent workers; NULL means the calling thread alone */

/* What every op is given: the workers, and scratch memory for each of them.
   scratch: pool_threads(pool) pieces of scratch_floats floats, the caller's. */
typedef struct {
    Pool *pool;
    float *scratch;
    size_t scratch_floats;
} Exec;

/* One piece of a loop. `scratch` belongs to the worker that runs the piece; its content is undefined. */
typedef void PoolTask(void *context, size_t index, float *scratch);

/* How many threads take part, the caller included; at least 1. */
size_t pool_threads(const Pool *pool);

/* Runs task(context, 0) .. task(context, count - 1), in any order, on all workers, and returns when all have ended.
   Tasks must write to disjoint places, so that no result depends on the number of workers. */
void parallel_for(const Exec *exec, size_t count, PoolTask *task, void *context);

#endif
