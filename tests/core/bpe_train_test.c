/* bpe_train_test.c - the merges that counting all pairs anew gives, with the tie rule of bpe_train.h; and how a text is counted. */
#include "tokenizer/bpe_train.h"

#include <stdlib.h>

#include "error.h"
#include "rng.h"
#include "test.h"
#include "tokenizer/bpe.h"
#include "tokenizer/split.h"

enum { MOST_TEXT = 3000, MOST_TOKENS = 400 };

static void *exactly(uint64_t bytes) {
    void *memory = malloc(bytes ? (size_t)bytes : 1);
    if (!memory) abort();
    return memory;
}

/* Counts in parts of memory that grow by one chunk at a time, so that every way to run out of room is taken. */
static Chunks count_all(int split, const uint8_t *text, size_t n, void **memory) {
    Chunks c;
    uint32_t room = 1, bytes_room = 1;
    *memory = exactly(chunks_bytes(room, bytes_room));
    chunks_init(&c, split, room, bytes_room, *memory);
    for (size_t at = 0, done;;) {
        int code = chunks_count(&c, text + at, n - at, &done);
        at += done;
        if (code == FOLIO_OK) return c;
        CHECK_INT(code, FOLIO_ERR_CAPACITY);
        size_t piece = split_next(split, text + at, n - at, 0);
        void *larger = exactly(chunks_bytes(++room, bytes_room += (uint32_t)piece));
        chunks_move(&c, room, bytes_room, larger);
        free(*memory);
        *memory = larger;
    }
}

/* ---- the slowest way ---- */

typedef struct {
    uint32_t ids[MOST_TEXT], ends[MOST_TEXT], n, pieces; /* ends of pieces, in ids */
} Slow;

static void slow_open(Slow *s, int split, const uint8_t *text, size_t n) {
    s->n = (uint32_t)n;
    s->pieces = 0;
    for (uint32_t i = 0; i < n; i++) s->ids[i] = text[i];
    for (size_t at = 0; at < n;) s->ends[s->pieces++] = (uint32_t)(at = split_next(split, text, n, at));
}

/* The most frequent pair, of equals the lowest; its count. */
static uint32_t slow_best(const Slow *s, uint32_t vocab, uint32_t *left, uint32_t *right) {
    static uint32_t counts[MOST_TOKENS][MOST_TOKENS];
    uint32_t best = 0;
    memset(counts, 0, sizeof counts);
    for (uint32_t i = 0, piece = 0; i + 1 < s->n; i++) {
        if (i + 1 == s->ends[piece])
            piece++;
        else
            counts[s->ids[i]][s->ids[i + 1]]++;
    }
    for (uint32_t a = 0; a < vocab; a++)
        for (uint32_t b = 0; b < vocab; b++)
            if (counts[a][b] > best) best = counts[a][b], *left = a, *right = b;
    return best;
}

static void slow_join(Slow *s, uint32_t left, uint32_t right, uint32_t id) {
    uint32_t out = 0, at = 0;
    for (uint32_t piece = 0; piece < s->pieces; piece++) {
        for (; at < s->ends[piece]; out++) {
            int pair = at + 1 < s->ends[piece] && s->ids[at] == left && s->ids[at + 1] == right;
            s->ids[out] = pair ? id : s->ids[at];
            at += pair ? 2 : 1;
        }
        s->ends[piece] = out;
    }
    s->n = out;
}

static void check_training(int split, const uint8_t *text, size_t n, uint32_t target, uint32_t min_count, uint32_t work) {
    static Slow slow;
    BpeTrain t;
    void *chunk_memory, *pairs = exactly(bpe_train_pair_bytes(70000));
    uint32_t room = 70000, left = 0, right = 0;
    Chunks chunks = count_all(split, text, n, &chunk_memory);
    void *memory = exactly(bpe_train_bytes(&chunks, target));
    bpe_train_init(&t, &chunks, target, min_count, memory, room, pairs);
    for (int code; (code = bpe_train_advance(&t, work)) != 1;) {
        if (code != FOLIO_ERR_CAPACITY) continue;
        void *larger = exactly(bpe_train_pair_bytes(room += 1000));
        bpe_train_grow(&t, room, larger);
        free(pairs);
        pairs = larger;
    }
    slow_open(&slow, split, text, n);
    uint32_t vocab = 256;
    for (; vocab < target && slow_best(&slow, vocab, &left, &right) >= min_count; vocab++) {
        if (vocab >= t.vocab_size) break;
        if (t.lefts[vocab] != left || t.rights[vocab] != right) {
            CHECK_INT(t.lefts[vocab], left);
            CHECK_INT(t.rights[vocab], right);
            break;
        }
        slow_join(&slow, left, right, vocab);
    }
    CHECK_INT(t.vocab_size, vocab);
    free(pairs);
    free(memory);
    free(chunk_memory);
}

static size_t random_text(uint64_t seed, uint8_t *text, uint32_t letters) {
    size_t n = 1 + (size_t)rng_below(seed, 0, 0, MOST_TEXT);
    for (size_t i = 0; i < n; i++) text[i] = (uint8_t)(rng_below(seed, 1, i, 6) ? 'a' + rng_below(seed, 2, i, letters) : ' ');
    return n;
}

TEST(the_merges_are_those_of_counting_anew) {
    static uint8_t text[MOST_TEXT];
    for (uint64_t seed = 0; seed < 40; seed++) {
        size_t n = random_text(seed, text, 1 + (uint32_t)seed % 5);
        test_note("seed %d, %d bytes", (int)seed, (int)n);
        check_training(seed % 3 ? SPLIT_GPT2 : SPLIT_NONE, text, n, 257 + (uint32_t)seed * 3, 1 + (uint32_t)seed % 4,
                       1 + (uint32_t)seed * 50);
    }
}

TEST(ids_of_more_than_16_bits_give_the_same_merges) {
    static uint8_t text[MOST_TEXT];
    for (uint64_t seed = 0; seed < 8; seed++) {
        size_t n = random_text(seed, text, 3);
        test_note("seed %d, %d bytes", (int)seed, (int)n);
        for (uint32_t target = 65536; target <= 65537; target++) check_training(SPLIT_GPT2, text, n, target, 5, 100);
    }
}

TEST(a_text_that_is_not_split_can_come_in_parts) {
    static uint8_t text[MOST_TEXT];
    size_t n = random_text(5, text, 4);
    void *memory = exactly(chunks_bytes(4, (uint32_t)n));
    Chunks c;
    chunks_init(&c, SPLIT_NONE, 4, (uint32_t)n, memory);
    for (size_t at = 0; at < n; at += 100) CHECK_INT(chunks_append(&c, text + at, n - at < 100 ? n - at : 100), FOLIO_OK);
    CHECK(c.count == 1 && c.counts[0] == 1 && c.total == n && c.offsets[1] == n && memcmp(c.bytes, text, n) == 0);
    CHECK_INT(chunks_append(&c, text, 1), FOLIO_ERR_CAPACITY);
    free(memory);
}

TEST(runs_of_one_letter_are_joined_from_the_left) {
    static uint8_t text[1000];
    for (size_t n = 1; n < sizeof text; n += 37) {
        memset(text, 'a', n);
        test_note("%d bytes", (int)n);
        check_training(SPLIT_NONE, text, n, 300, 1, 7);
    }
}

TEST(a_trained_vocabulary_encodes_by_its_own_merges) {
    static uint8_t text[MOST_TEXT], token_bytes[1 << 16];
    static uint32_t offsets[MOST_TOKENS + 1];
    size_t n = random_text(77, text, 4);
    void *chunk_memory, *pair_memory = exactly(bpe_train_pair_bytes(70000)), *slots = exactly(vocabulary_bytes(MOST_TOKENS));
    Chunks chunks = count_all(SPLIT_GPT2, text, n, &chunk_memory);
    void *memory = exactly(bpe_train_bytes(&chunks, MOST_TOKENS));
    BpeTrain t;
    Vocabulary v;
    bpe_train_init(&t, &chunks, MOST_TOKENS, 2, memory, 70000, pair_memory);
    while (!bpe_train_advance(&t, 1000)) {}
    CHECK(t.vocab_size > 300 && bpe_train_size(&t) < sizeof token_bytes);
    bpe_train_tokens(&t, offsets, token_bytes);
    CHECK_INT(vocabulary_init(&v, t.vocab_size, offsets, token_bytes, slots, NULL), FOLIO_OK);
    void *scratch = malloc((size_t)bpe_scratch(v.longest));
    for (uint32_t id = 256; id < t.vocab_size; id++) {
        uint32_t left = 0, right = 0;
        CHECK(bpe_pair(&v, id, &left, &right, scratch));
        CHECK(left == t.lefts[id] && right == t.rights[id]);
    }
    CHECK(!bpe_pair(&v, 'a', &offsets[0], &offsets[1], scratch));
    free(scratch);
    free(slots);
    free(memory);
    free(pair_memory);
    free(chunk_memory);
}

TEST(chunks_are_counted_and_ordered_by_count_then_bytes) {
    static const uint8_t text[] = "b a b a c b zz";
    uint32_t order[16], offsets[8];
    uint8_t bytes[16];
    void *memory;
    Chunks c = count_all(SPLIT_WORD, text, sizeof text - 1, &memory);
    CHECK_INT(c.count, 5);
    CHECK_INT(c.total, sizeof text - 1);
    chunks_order(&c, order);
    CHECK_INT(chunks_tokens(&c, order, 100, 1, offsets, bytes), 5);
    CHECK(memcmp(bytes, " baczz", 6) == 0 && offsets[5] == 6);
    CHECK_INT(chunks_tokens(&c, order, 100, 2, NULL, NULL), 3);
    CHECK_INT(chunks_tokens(&c, order, 2, 1, NULL, NULL), 2);
    free(memory);
}
