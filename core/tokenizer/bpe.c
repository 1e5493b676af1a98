#include "tokenizer/bpe.h"

#include "error.h"
#include "tokenizer/kinds.h"
#include "tokenizer/split.h"

/* The id that text[start .. end) has as a token, if below limit: what joining its two parts costs. */
static inline uint32_t rank_of(const Vocabulary *v, const uint8_t *piece, size_t start, size_t end, uint32_t limit) {
    uint32_t id = vocabulary_find(v, piece + start, end - start);
    return id < limit ? id : VOCABULARY_ABSENT;
}

/* Parts in an array that closes up at each join; the lowest rank is found by looking at all of them.
   starts[i]: where part i begins, starts[parts] = n; ranks[i]: of part i joined with the next. */
static size_t merge_short(const Vocabulary *v, const uint8_t *piece, size_t n, uint32_t limit, uint32_t *ids) {
    uint32_t ranks[BPE_SHORT + 1];
    uint8_t starts[BPE_SHORT + 2];
    size_t parts = n;
    for (size_t i = 0; i <= n; i++) starts[i] = (uint8_t)i;
    for (size_t i = 0; i + 1 < n; i++) ranks[i] = rank_of(v, piece, i, i + 2, limit);
    for (;;) {
        size_t best = 0;
        uint32_t rank = VOCABULARY_ABSENT;
        for (size_t i = 0; i + 1 < parts; i++)
            if (ranks[i] < rank) rank = ranks[best = i];
        if (rank == VOCABULARY_ABSENT) break;
        parts--;
        for (size_t i = best + 1; i <= parts; i++) starts[i] = starts[i + 1];
        for (size_t i = best + 1; i + 1 < parts; i++) ranks[i] = ranks[i + 1];
        if (best + 1 < parts) ranks[best] = rank_of(v, piece, starts[best], starts[best + 2], limit);
        if (best > 0) ranks[best - 1] = rank_of(v, piece, starts[best - 1], starts[best + 1], limit);
    }
    for (size_t i = 0; i < parts; i++) ids[i] = vocabulary_find(v, piece + starts[i], (size_t)starts[i + 1] - starts[i]);
    return parts;
}

/* A heap of rank << 32 | place, lowest first: the lowest rank, and the leftmost of equals. */
typedef struct {
    uint64_t *entries;
    size_t count;
} Heap;

static void sift_down(Heap *heap, size_t at) {
    uint64_t entry = heap->entries[at];
    for (size_t child; (child = 2 * at + 1) < heap->count; at = child) {
        if (child + 1 < heap->count && heap->entries[child + 1] < heap->entries[child]) child++;
        if (entry <= heap->entries[child]) break;
        heap->entries[at] = heap->entries[child];
    }
    heap->entries[at] = entry;
}

static void push(Heap *heap, uint64_t entry) {
    size_t at = heap->count++;
    for (; at > 0 && heap->entries[(at - 1) / 2] > entry; at = (at - 1) / 2) heap->entries[at] = heap->entries[(at - 1) / 2];
    heap->entries[at] = entry;
}

static uint64_t pop(Heap *heap) {
    uint64_t entry = heap->entries[0];
    heap->entries[0] = heap->entries[--heap->count];
    if (heap->count) sift_down(heap, 0);
    return entry;
}

/* Parts in a list linked both ways, known by where they begin; an entry of the heap is stale once its part has another rank. A join puts two
   entries in and takes one out, so there are never more than 2 n. */
typedef struct {
    Heap heap;
    uint32_t *next, *previous, *ranks; /* of the part at a place */
} Merge;

uint64_t bpe_scratch(size_t n) { return n <= BPE_SHORT ? 0 : (uint64_t)n * (2 * sizeof(uint64_t) + 3 * sizeof(uint32_t)); }

/* Ranks the part at `at` anew, after it or the next has grown. */
static void rank_again(Merge *m, const Vocabulary *v, const uint8_t *piece, size_t n, uint32_t at, uint32_t limit) {
    size_t second = m->next[at];
    m->ranks[at] = second < n ? rank_of(v, piece, at, m->next[second], limit) : VOCABULARY_ABSENT;
    if (m->ranks[at] != VOCABULARY_ABSENT) push(&m->heap, (uint64_t)m->ranks[at] << 32 | at);
}

static size_t merge_long(const Vocabulary *v, const uint8_t *piece, size_t n, uint32_t limit, uint32_t *ids, void *scratch) {
    Merge m = {{scratch, 0}, NULL, NULL, NULL};
    m.next = (uint32_t *)(void *)(m.heap.entries + 2 * n);
    m.previous = m.next + n;
    m.ranks = m.previous + n;
    for (uint32_t at = 0; at < n; at++) {
        m.next[at] = at + 1;
        m.previous[at] = at - 1;
    }
    for (uint32_t at = 0; at < n; at++) {
        m.ranks[at] = at + 1 < n ? rank_of(v, piece, at, at + 2, limit) : VOCABULARY_ABSENT;
        if (m.ranks[at] != VOCABULARY_ABSENT) m.heap.entries[m.heap.count++] = (uint64_t)m.ranks[at] << 32 | at;
    }
    for (size_t at = m.heap.count / 2; at-- > 0;) sift_down(&m.heap, at);
    while (m.heap.count) {
        uint64_t entry = pop(&m.heap);
        uint32_t at = (uint32_t)entry, second = m.next[at];
        if (m.ranks[at] != (uint32_t)(entry >> 32)) continue;
        m.next[at] = m.next[second];
        if (m.next[at] < n) m.previous[m.next[at]] = at;
        m.ranks[second] = VOCABULARY_ABSENT;
        rank_again(&m, v, piece, n, at, limit);
        if (at > 0) rank_again(&m, v, piece, n, m.previous[at], limit);
    }
    size_t count = 0;
    for (size_t at = 0; at < n; at = m.next[at]) ids[count++] = vocabulary_find(v, piece + at, m.next[at] - at);
    return count;
}

size_t bpe_piece(const Vocabulary *vocabulary, const uint8_t *piece, size_t n, uint32_t limit, uint32_t *ids, void *scratch) {
    if (limit == UINT32_MAX) {
        *ids = vocabulary_find(vocabulary, piece, n);
        if (*ids != VOCABULARY_ABSENT) return 1;
    }
    return n <= BPE_SHORT ? merge_short(vocabulary, piece, n, limit, ids) : merge_long(vocabulary, piece, n, limit, ids, scratch);
}

size_t bpe_pair_scratch(const Vocabulary *vocabulary) {
    return (size_t)bpe_scratch(vocabulary->longest) + vocabulary->longest * sizeof(uint32_t);
}

int bpe_pair(const Vocabulary *vocabulary, uint32_t id, uint32_t *left, uint32_t *right, void *scratch) {
    size_t n;
    const uint8_t *token = vocabulary_token(vocabulary, id, &n);
    uint32_t *ids = (uint32_t *)(void *)((char *)scratch + bpe_scratch(vocabulary->longest));
    if (n < 2 || bpe_piece(vocabulary, token, n, id, ids, scratch) != 2) return 0;
    *left = ids[0];
    *right = ids[1];
    return 1;
}

int bpe_open(Tokenizer *tokenizer, TokenizerFault *fault) {
    for (uint32_t value = 0; value < 256; value++) {
        uint8_t byte = (uint8_t)value;
        if (vocabulary_find(&tokenizer->vocabulary, &byte, 1) == VOCABULARY_ABSENT) return kinds_stop(FOLIO_ERR_BYTES, fault, 0, 0, value);
    }
    return FOLIO_OK;
}

int bpe_encode(const Tokenizer *tokenizer, const TokenizerHow *how, const uint8_t *text, size_t n, uint32_t *ids, size_t *count,
               TokenizerFault *fault) {
    size_t tokens = 0;
    for (size_t at = 0, end; at < n; at = end) {
        end = split_next(tokenizer->split, text, n, at);
        if (bpe_scratch(end - at) > (how ? how->scratch_bytes : 0)) return kinds_stop(FOLIO_ERR_SCRATCH, fault, at, end - at, 0);
        tokens += bpe_piece(&tokenizer->vocabulary, text + at, end - at, UINT32_MAX, ids + tokens, how ? how->scratch : NULL);
    }
    *count = tokens;
    return FOLIO_OK;
}
