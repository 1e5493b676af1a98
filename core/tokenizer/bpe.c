#include "tokenizer/bpe.h"

#include <string.h>

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

/* ---- longer ones: parts in a list linked both ways, pairs on a heap ---- */

/* Memory for a window of w bytes. An entry of the heap, rank << 32 | place, is stale once its part has another rank. A join puts two entries in and
   takes one out, so there are never more than 2 w. */
typedef struct {
    uint64_t *heap;
    size_t count;
    uint32_t *next, *previous, *ranks; /* (w) of the part at a place */
    uint32_t *ids[2], *pair;           /* (w) tokens of this window and the next; of two tokens that meet */
} Window;

uint64_t bpe_scratch(size_t window) { return (uint64_t)window * (2 * sizeof(uint64_t) + 6 * sizeof(uint32_t)); }

static Window window_in(void *scratch, size_t w) {
    Window m = {.heap = scratch};
    m.next = (uint32_t *)(void *)(m.heap + 2 * w);
    m.previous = m.next + w;
    m.ranks = m.previous + w;
    m.ids[0] = m.ranks + w;
    m.ids[1] = m.ids[0] + w;
    m.pair = m.ids[1] + w;
    return m;
}

static void sift_down(Window *m, size_t at) {
    uint64_t entry = m->heap[at];
    for (size_t child; (child = 2 * at + 1) < m->count; at = child) {
        if (child + 1 < m->count && m->heap[child + 1] < m->heap[child]) child++;
        if (entry <= m->heap[child]) break;
        m->heap[at] = m->heap[child];
    }
    m->heap[at] = entry;
}

static void push(Window *m, uint64_t entry) {
    size_t at = m->count++;
    for (; at > 0 && m->heap[(at - 1) / 2] > entry; at = (at - 1) / 2) m->heap[at] = m->heap[(at - 1) / 2];
    m->heap[at] = entry;
}

/* Ranks the part at `at` anew, after it or the next has grown. */
static void rank_again(Window *m, const Vocabulary *v, const uint8_t *text, size_t n, uint32_t at, uint32_t limit) {
    size_t second = m->next[at];
    m->ranks[at] = second < n ? rank_of(v, text, at, m->next[second], limit) : VOCABULARY_ABSENT;
    if (m->ranks[at] != VOCABULARY_ABSENT) push(m, (uint64_t)m->ranks[at] << 32 | at);
}

static size_t merge_window(const Vocabulary *v, const uint8_t *text, size_t n, uint32_t limit, uint32_t *ids, Window *m) {
    m->count = 0;
    for (uint32_t at = 0; at < n; at++) {
        m->next[at] = at + 1;
        m->previous[at] = at - 1;
        m->ranks[at] = at + 1 < n ? rank_of(v, text, at, at + 2, limit) : VOCABULARY_ABSENT;
        if (m->ranks[at] != VOCABULARY_ABSENT) m->heap[m->count++] = (uint64_t)m->ranks[at] << 32 | at;
    }
    for (size_t at = m->count / 2; at-- > 0;) sift_down(m, at);
    while (m->count) {
        uint64_t entry = m->heap[0];
        m->heap[0] = m->heap[--m->count];
        if (m->count) sift_down(m, 0);
        uint32_t at = (uint32_t)entry, second = m->next[at];
        if (m->ranks[at] != (uint32_t)(entry >> 32)) continue;
        m->next[at] = m->next[second];
        if (m->next[at] < n) m->previous[m->next[at]] = at;
        m->ranks[second] = VOCABULARY_ABSENT;
        rank_again(m, v, text, n, at, limit);
        if (at > 0) rank_again(m, v, text, n, m->previous[at], limit);
    }
    size_t count = 0;
    for (size_t at = 0; at < n; at = m->next[at]) ids[count++] = vocabulary_find(v, text + at, m->next[at] - at);
    return count;
}

/* ---- longer than a window ----

   Where two encodings meet: let E(A) end with token a and E(B) begin with token b. If E(ab) is a, b, then E(AB) is E(A), E(B). For until some join
   crosses the place where A ends, A and B are joined as if alone, and so are the spans of a and b within them, in the same order as in ab alone
   (the order is by rank and place); so the first join to cross it would cross it in ab too. No join of E(A) crosses where its tokens begin and end,
   so its first tokens are E of their text, and its last tokens too. This holds for any vocabulary.

   So a long piece is encoded window by window, each beginning with a token of the one before, in memory that a cache holds; they are put together
   at the first place, from there on, where both have a token's end and the tokens that meet stay apart. */

static size_t length_of(const Vocabulary *v, uint32_t id) { return v->offsets[id + 1] - v->offsets[id]; }

/* Whether E(ab) is a, b; text: that of ab, n bytes of it a's. */
static int apart(const Vocabulary *v, const uint8_t *text, size_t n, uint32_t a, uint32_t b, Window *m) {
    return merge_window(v, text, n + length_of(v, b), UINT32_MAX, m->pair, m) == 2 && m->pair[0] == a && m->pair[1] == b;
}

typedef struct {
    const uint32_t *ids;
    size_t count, start, end; /* of its text in the piece */
} Span;

/* Where span b, which begins at a token of a, can take over: *kept tokens of a stay, *left ones of b go. False where there is no such place. */
static int meet(const Vocabulary *v, const uint8_t *piece, const Span *a, size_t first, const Span *b, size_t *kept, size_t *left,
                Window *m) {
    size_t i = first, k = 0, at = b->start, other = b->start; /* where tokens i of a and k of b begin */
    while (i < a->count && k < b->count) {
        if (at < other) {
            at += length_of(v, a->ids[i++]);
        } else if (other < at) {
            other += length_of(v, b->ids[k++]);
        } else {
            size_t n = length_of(v, a->ids[i - 1]);
            *kept = i;
            *left = k;
            if (a->ids[i] == b->ids[k] || apart(v, piece + at - n, n, a->ids[i - 1], b->ids[k], m)) return 1;
            at += length_of(v, a->ids[i++]);
        }
    }
    return 0;
}

size_t bpe_window(const Vocabulary *vocabulary, size_t n) {
    const size_t least = 1024; /* bytes: 40 KB of memory; 256 to 4096 take the same time, 16384 a fifth more */
    size_t window = vocabulary->longest > least / 8 ? 8 * (size_t)vocabulary->longest : least;
    return n <= BPE_SHORT ? 0 : n < window ? n : window;
}

static size_t merge_long(const Vocabulary *v, const uint8_t *piece, size_t n, uint32_t *ids, void *scratch, size_t most) {
    size_t w = bpe_window(v, n), count = 0, which = 0;
    Window m = window_in(scratch, w);
    Span a = {m.ids[0], merge_window(v, piece, w, UINT32_MAX, m.ids[0], &m), 0, w};
    while (a.end < n) {
        size_t first = 0, at = a.start, kept = 0, left = 0;
        while (first < a.count && at + length_of(v, a.ids[first]) <= a.start + (a.end - a.start) / 4 * 3)
            at += length_of(v, a.ids[first++]);
        Span b = {m.ids[!which], 0, at, n - at < w ? n : at + w};
        if (first) b.count = merge_window(v, piece + b.start, b.end - b.start, UINT32_MAX, m.ids[!which], &m);
        if (first && meet(v, piece, &a, first, &b, &kept, &left, &m)) {
            for (size_t i = 0; i < kept; i++) a.start += length_of(v, ids[count++] = a.ids[i]);
            which = !which;
            a = (Span){b.ids + left, b.count - left, a.start, b.end};
            continue;
        }
        if (w > most / 2) return 0;
        w *= 2; /* the windows have no end in common: longer ones, from where a begins */
        m = window_in(scratch, w);
        which = 0;
        a.end = n - a.start < w ? n : a.start + w;
        a.count = merge_window(v, piece + a.start, a.end - a.start, UINT32_MAX, m.ids[0], &m);
        a.ids = m.ids[0];
    }
    memcpy(ids + count, a.ids, a.count * sizeof *ids);
    return count + a.count;
}

/* A piece of at most BPE_CACHED_BYTES by way of its place in the cache, where what was there before makes room. */
static size_t merge_cached(const Vocabulary *v, const uint8_t *piece, size_t n, uint32_t *ids, BpeCached *cache) {
    BpeCached *cached = &cache[vocabulary_hash(piece, n) % BPE_CACHED];
    if (cached->n != n || memcmp(cached->bytes, piece, n) != 0) {
        size_t count = merge_short(v, piece, n, UINT32_MAX, ids);
        if (count > BPE_CACHED_IDS) return count;
        cached->n = (uint8_t)n;
        cached->count = (uint32_t)count;
        memcpy(cached->bytes, piece, n);
        memcpy(cached->ids, ids, count * sizeof *ids);
    }
    for (size_t i = 0; i < cached->count; i++) ids[i] = cached->ids[i];
    return cached->count;
}

size_t bpe_piece(const Vocabulary *vocabulary, const uint8_t *piece, size_t n, uint32_t *ids, void *scratch, size_t window,
                 BpeCached *cache) {
    *ids = vocabulary_find(vocabulary, piece, n);
    if (*ids != VOCABULARY_ABSENT) return 1;
    if (cache && n <= BPE_CACHED_BYTES) return merge_cached(vocabulary, piece, n, ids, cache);
    if (n <= BPE_SHORT) return merge_short(vocabulary, piece, n, UINT32_MAX, ids);
    return window < bpe_window(vocabulary, n) ? 0 : merge_long(vocabulary, piece, n, ids, scratch, window);
}

/* ---- back to pairs ---- */

int bpe_pair(const Vocabulary *vocabulary, uint32_t id, uint32_t *left, uint32_t *right, void *scratch) {
    size_t n;
    const uint8_t *token = vocabulary_token(vocabulary, id, &n);
    if (n < 2) return 0;
    Window m = window_in(scratch, vocabulary->longest);
    if (merge_window(vocabulary, token, n, id, m.pair, &m) != 2) return 0;
    *left = m.pair[0];
    *right = m.pair[1];
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
        size_t window = how ? how->window : 0, needed = bpe_window(&tokenizer->vocabulary, end - at);
        size_t made = bpe_piece(&tokenizer->vocabulary, text + at, end - at, ids + tokens, how ? how->scratch : NULL, window,
                                how ? how->cache : NULL);
        if (!made) return kinds_stop(FOLIO_ERR_SCRATCH, fault, at, needed > window ? needed : 2 * window, 0);
        tokens += made;
    }
    *count = tokens;
    return FOLIO_OK;
}
