/* single.c - the pool of one: the calling thread. */
#include "pool.h"

size_t pool_threads(const Pool *pool) {
    (void)pool;
    return 1;
}

void parallel_for(const Exec *exec, size_t count, PoolTask *task, void *context) {
    for (size_t i = 0; i < count; i++) task(context, i, exec->scratch);
}
