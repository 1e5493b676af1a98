/* threads.c - a pool of threads. A loop is published as one 64-bit ticket, the number of its pieces above the number of those taken, so that who
   takes a piece knows that it is one of the loop under way; what the loop does stands beside it and is not touched until all its pieces have ended.
   Nobody waits for a particular worker: one that is late, absent or gone just takes no piece. */
#include "pool/threads.h"

#include <assert.h>

#include "pool.h"

/* Looks at memory before sleeping: a few ten microseconds, longer than most ops leave their workers idle. Tried: 2,000 costs 4% of a step (sleeps
   between ops), 100,000 gains nothing. */
enum { SPINS = 20000 };

struct Pool {
    uint32_t threads, stop, present;
    uint32_t round;    /* of loops: workers sleep on it */
    uint32_t sleepers; /* workers that sleep, or are about to */
    uint32_t ended;    /* pieces of the loop that have ended: the caller sleeps on it */
    uint32_t waiting;  /* whether the caller does, or is about to */
    uint64_t ticket;   /* pieces << 32 | pieces taken */
    PoolTask *task;
    void *context;
    float *scratch;
    size_t scratch_floats;
};

static uint32_t load(const uint32_t *word) { return __atomic_load_n(word, __ATOMIC_SEQ_CST); }

static void store(uint32_t *word, uint32_t value) { __atomic_store_n(word, value, __ATOMIC_SEQ_CST); }

static void add(uint32_t *word, uint32_t value) { __atomic_fetch_add(word, value, __ATOMIC_SEQ_CST); }

size_t pool_bytes(void) { return sizeof(Pool); }

Pool *pool_init(void *memory, size_t threads) {
    Pool *pool = memory;
    *pool = (Pool){.threads = (uint32_t)(threads < 1 ? 1 : threads > POOL_MOST ? POOL_MOST : threads)};
    return pool;
}

size_t pool_threads(const Pool *pool) { return pool ? pool->threads : 1; }

size_t pool_present(const Pool *pool) { return pool ? load(&pool->present) : 0; }

/* Takes pieces until none is left. */
static void work(Pool *pool, size_t index) {
    for (;;) {
        uint64_t ticket = __atomic_fetch_add(&pool->ticket, 1, __ATOMIC_SEQ_CST);
        uint32_t piece = (uint32_t)ticket, pieces = (uint32_t)(ticket >> 32);
        if (piece >= pieces) return;
        pool->task(pool->context, piece, pool->scratch + index * pool->scratch_floats);
        if (__atomic_add_fetch(&pool->ended, 1, __ATOMIC_SEQ_CST) == pieces && load(&pool->waiting)) pool_wake(&pool->ended);
    }
}

void pool_enter(Pool *pool, size_t index) {
    add(&pool->present, 1);
    while (!load(&pool->stop)) {
        uint32_t round = load(&pool->round);
        work(pool, index);
        for (uint32_t spin = 0; spin < SPINS && load(&pool->round) == round; spin++) continue;
        if (load(&pool->round) != round) continue;
        add(&pool->sleepers, 1);
        if (!load(&pool->stop)) pool_sleep(&pool->round, round, 0);
        add(&pool->sleepers, (uint32_t)-1);
    }
    add(&pool->present, (uint32_t)-1);
}

static void next_round(Pool *pool) {
    add(&pool->round, 1);
    if (load(&pool->sleepers)) pool_wake(&pool->round);
}

void pool_stop(Pool *pool) {
    store(&pool->stop, 1);
    next_round(pool);
}

/* Until `pieces` have ended. */
static void wait(Pool *pool, uint32_t pieces) {
    for (uint32_t spin = 0; spin < SPINS; spin++)
        if (load(&pool->ended) == pieces) return;
    store(&pool->waiting, 1);
    for (uint32_t ended = load(&pool->ended), idle = 0; ended != pieces;) {
        int passed = pool_sleep(&pool->ended, ended, 1);
        uint32_t now = load(&pool->ended);
        idle = now == ended ? idle + (uint32_t)passed : 0;
        ended = now;
        if (idle >= POOL_PATIENCE) __builtin_trap();
    }
    store(&pool->waiting, 0);
}

void parallel_for(const Exec *exec, size_t count, PoolTask *task, void *context) {
    Pool *pool = exec->pool;
    assert(count <= UINT32_MAX);
    if (!pool || count < 2 || !load(&pool->present)) {
        for (size_t i = 0; i < count; i++) task(context, i, exec->scratch);
        return;
    }
    pool->task = task;
    pool->context = context;
    pool->scratch = exec->scratch;
    pool->scratch_floats = exec->scratch_floats;
    store(&pool->ended, 0);
    __atomic_store_n(&pool->ticket, (uint64_t)count << 32, __ATOMIC_SEQ_CST);
    next_round(pool);
    work(pool, 0);
    wait(pool, (uint32_t)count);
}

enum { WORTH = 1 << 15 }; /* about five microseconds of one thread */

Exec exec_for(const Exec *exec, uint64_t work) {
    return work < WORTH ? (Exec){NULL, exec->scratch, exec->scratch_floats, exec->lap} : *exec;
}
