/* threads.c - a pool of threads. A loop's pieces stand in as many runs as there are threads; each takes those of its own run, whose rows are in its cache from
   the loop before, then what others have left of theirs. A run is published as one 64-bit ticket, the number of its pieces above the number of those
   taken, so that who takes a piece knows that it is one of the loop under way; what the loop does stands beside them and is not touched until all its
   pieces have ended. Nobody waits for a particular worker: one that is late, absent or gone just takes no piece. */
#include "pool/threads.h"

#include <assert.h>

#include "pool.h"

/* Looks at memory before sleeping: a few ten microseconds, longer than most ops leave their workers idle. Tried: 2,000 costs 4% of a step (sleeps
   between ops), 100,000 gains nothing. */
enum { SPINS = 20000 };

/* A run of pieces, in a cache line of its own. */
typedef struct {
    uint64_t ticket; /* pieces << 32 | pieces taken */
    uint64_t apart[7];
} Run;

struct Pool {
    uint32_t threads, stop, present;
    uint32_t round;    /* of loops: workers sleep on it */
    uint32_t sleepers; /* workers that sleep, or are about to */
    uint32_t ended;    /* pieces of the loop that have ended: the caller sleeps on it */
    uint32_t waiting;  /* whether the caller does, or is about to */
    uint32_t count;    /* pieces of the loop */
    PoolTask *task;
    void *context;
    float *scratch;
    size_t scratch_floats;
    Run runs[POOL_MOST];
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

/* The first piece of a run; a run ends where the next one begins. */
static uint32_t first_of(const Pool *pool, size_t run) { return (uint32_t)((uint64_t)pool->count * run / pool->threads); }

/* Takes pieces of a run until none is left. */
static void work_on(Pool *pool, size_t run, size_t index) {
    for (;;) {
        uint64_t ticket = __atomic_fetch_add(&pool->runs[run].ticket, 1, __ATOMIC_SEQ_CST);
        uint32_t taken = (uint32_t)ticket;
        if (taken >= (uint32_t)(ticket >> 32)) return;
        const uint32_t pieces = pool->count;
        pool->task(pool->context, first_of(pool, run) + taken, pool->scratch + index * pool->scratch_floats);
        if (__atomic_add_fetch(&pool->ended, 1, __ATOMIC_SEQ_CST) == pieces && load(&pool->waiting)) pool_wake(&pool->ended);
    }
}

/* The worker's own run, then the others'. */
static void work(Pool *pool, size_t index) {
    for (size_t i = 0; i < pool->threads; i++) work_on(pool, (index + i) % pool->threads, index);
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
    pool->count = (uint32_t)count;
    store(&pool->ended, 0);
    for (size_t run = 0; run < pool->threads; run++)
        __atomic_store_n(&pool->runs[run].ticket, (uint64_t)(first_of(pool, run + 1) - first_of(pool, run)) << 32, __ATOMIC_SEQ_CST);
    next_round(pool);
    work(pool, 0);
    wait(pool, (uint32_t)count);
}

enum { WORTH = 1 << 15 }; /* about five microseconds of one thread */

Exec exec_for(const Exec *exec, uint64_t work) {
    return work < WORTH ? (Exec){NULL, exec->scratch, exec->scratch_floats, exec->lap} : *exec;
}
