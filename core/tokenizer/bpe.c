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

/* ---- long pieces: parts in a list linked both ways, in buckets by rank ---- */

typedef struct {
    uint32_t next, previous; /* where the next and the previous part begin */
    uint32_t rank;           /* of this part joined with the next */
    uint32_t after, before;  /* the parts of the same rank to the right and to the left: 1 + where they begin, 0 for none */
} Part;

/* Buckets, one a rank, each a list of parts from left to right; above them bits, so that the lowest bucket in use is found at once: a bit a bucket,
   a bit a word of those, a bit a word of these. All zero when no piece is under way. */
typedef struct {
    uint32_t *heads, *tails; /* (V): 1 + where the first and the last part of a rank begin */
    uint32_t *bits[3];
    Part *parts; /* (n), by where they begin */
} Buckets;

static size_t words_for(size_t bits) { return (bits + 31) / 32; }

static size_t bits_words(size_t V) { return words_for(V) + words_for(words_for(V)) + words_for(words_for(words_for(V))); }

uint64_t bpe_scratch(const Vocabulary *vocabulary, size_t n) {
    size_t V = vocabulary->count;
    return n <= BPE_SHORT ? 0 : (uint64_t)(2 * V + bits_words(V)) * sizeof(uint32_t) + (uint64_t)n * sizeof(Part);
}

static Buckets buckets_in(void *scratch, size_t V) {
    Buckets b = {.heads = scratch};
    b.tails = b.heads + V;
    b.bits[0] = b.tails + V;
    b.bits[1] = b.bits[0] + words_for(V);
    b.bits[2] = b.bits[1] + words_for(words_for(V));
    b.parts = (Part *)(void *)(b.bits[0] + bits_words(V));
    return b;
}

static uint32_t lowest_bit(uint32_t word) {
    uint32_t at = 0;
    for (uint32_t half = 16; half; half /= 2) {
        if (word << (32 - half)) continue; /* it is among the lower half */
        at += half;
        word >>= half;
    }
    return at;
}

/* The lowest rank that a part has; VOCABULARY_ABSENT for none. */
static uint32_t lowest(const Buckets *b, size_t V) {
    size_t words = words_for(words_for(words_for(V)));
    for (size_t i = 0; i < words; i++) {
        if (!b->bits[2][i]) continue;
        size_t at = i * 32 + lowest_bit(b->bits[2][i]);
        at = at * 32 + lowest_bit(b->bits[1][at]);
        return (uint32_t)(at * 32 + lowest_bit(b->bits[0][at]));
    }
    return VOCABULARY_ABSENT;
}

/* Takes a part out of its bucket, if it is in one. */
static void take_out(Buckets *b, uint32_t at) {
    Part *part = &b->parts[at];
    uint32_t rank = part->rank;
    if (rank == VOCABULARY_ABSENT) return;
    part->rank = VOCABULARY_ABSENT;
    if (part->after)
        b->parts[part->after - 1].before = part->before;
    else
        b->tails[rank] = part->before;
    if (part->before) {
        b->parts[part->before - 1].after = part->after;
        return;
    }
    b->heads[rank] = part->after;
    size_t bit = rank;
    for (int level = 0; level < 3 && (level ? !b->bits[level - 1][bit] : !part->after); level++, bit /= 32)
        b->bits[level][bit / 32] &= ~((uint32_t)1 << bit % 32);
}

/* Puts a part into the bucket of its rank. With ranks in the order in which tokens were learnt it comes last there always. */
static void put_in(Buckets *b, uint32_t at, uint32_t rank) {
    Part *part = &b->parts[at];
    part->rank = rank;
    if (rank == VOCABULARY_ABSENT) return;
    uint32_t before = b->tails[rank];
    if (!b->heads[rank]) {
        before = 0;
        size_t bit = rank;
        for (int level = 0; level < 3; level++, bit /= 32) b->bits[level][bit / 32] |= (uint32_t)1 << bit % 32;
    }
    while (before > at + 1) before = b->parts[before - 1].before;
    part->before = before;
    part->after = before ? b->parts[before - 1].after : b->heads[rank];
    *(before ? &b->parts[before - 1].after : &b->heads[rank]) = at + 1;
    *(part->after ? &b->parts[part->after - 1].before : &b->tails[rank]) = at + 1;
}

static size_t merge_long(const Vocabulary *v, const uint8_t *piece, size_t n, uint32_t limit, uint32_t *ids, void *scratch) {
    Buckets b = buckets_in(scratch, v->count);
    Part *parts = b.parts;
    for (uint32_t at = 0; at < n; at++) {
        parts[at].next = at + 1;
        parts[at].previous = at - 1;
        put_in(&b, at, at + 1 < n ? rank_of(v, piece, at, at + 2, limit) : VOCABULARY_ABSENT);
    }
    for (uint32_t rank; (rank = lowest(&b, v->count)) != VOCABULARY_ABSENT;) {
        uint32_t at = b.heads[rank] - 1, second = parts[at].next, third = parts[second].next;
        take_out(&b, at);
        take_out(&b, second);
        parts[at].next = third;
        if (third < n) {
            parts[third].previous = at;
            put_in(&b, at, rank_of(v, piece, at, parts[third].next, limit));
        }
        if (at == 0) continue;
        uint32_t first = parts[at].previous;
        take_out(&b, first);
        put_in(&b, first, rank_of(v, piece, first, third, limit));
    }
    size_t count = 0;
    for (size_t at = 0; at < n; at = parts[at].next) ids[count++] = vocabulary_find(v, piece + at, parts[at].next - at);
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
    return (size_t)bpe_scratch(vocabulary, vocabulary->longest) + vocabulary->longest * sizeof(uint32_t);
}

int bpe_pair(const Vocabulary *vocabulary, uint32_t id, uint32_t *left, uint32_t *right, void *scratch) {
    size_t n;
    const uint8_t *token = vocabulary_token(vocabulary, id, &n);
    uint32_t *ids = (uint32_t *)(void *)((char *)scratch + bpe_scratch(vocabulary, vocabulary->longest));
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
        if (bpe_scratch(&tokenizer->vocabulary, end - at) > (how ? how->scratch_bytes : 0))
            return kinds_stop(FOLIO_ERR_SCRATCH, fault, at, end - at, 0);
        tokens += bpe_piece(&tokenizer->vocabulary, text + at, end - at, UINT32_MAX, ids + tokens, how ? how->scratch : NULL);
    }
    *count = tokens;
    return FOLIO_OK;
}
