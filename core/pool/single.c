/* single.c - the pool of one: the calling thread. */
#include "pool.h"

struct Pool {
    size_t threads;
};

size_t pool_bytes(void) { return sizeof(Pool); }

Pool *pool_init(void *memory, size_t threads) {
    (void)threads;
    Pool *pool = memory;
    pool->threads = 1;
    return pool;
}

void pool_enter(Pool *pool, size_t index) {
    (void)pool;
    (void)index;
}

void pool_stop(Pool *pool) { (void)pool; }

size_t pool_present(const Pool *pool) {
    (void)pool;
    return 0;
}

size_t pool_threads(const Pool *pool) {
    (void)pool;
    return 1;
}

void parallel_for(const Exec *exec, size_t count, PoolTask *task, void *context) {
    for (size_t i = 0; i < count; i++) task(context, i, exec->scratch);
}

Exec exec_for(const Exec *exec, uint64_t work) {
    (void)work;
    return *exec;
}
