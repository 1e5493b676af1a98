/* bpe_test.c - joining pairs against the slowest way to do it, short pieces and long; encoding and decoding with special tokens. */
#include "tokenizer/bpe.h"

#include <stdlib.h>

#include "error.h"
#include "rng.h"
#include "test.h"
#include "tokenizer/tokenizer.h"

enum { MOST_TOKENS = 600, LONGEST_PIECE = 3000 };

/* 256 single bytes in an order of their own, and strings of the letters a to c (some of them never made by joining). */
typedef struct {
    uint32_t count, offsets[MOST_TOKENS + 1], ids[LONGEST_PIECE], expected[LONGEST_PIECE];
    uint8_t bytes[MOST_TOKENS * 8];
    void *slots, *scratch;
    BpeCached *cache;
    Vocabulary vocabulary;
} Bench;

static int known(const Bench *b, const uint8_t *string, uint32_t n) {
    for (uint32_t id = 0; id < b->count; id++)
        if (b->offsets[id + 1] - b->offsets[id] == n && memcmp(b->bytes + b->offsets[id], string, n) == 0) return 1;
    return 0;
}

static void add(Bench *b, const uint8_t *string, uint32_t n) {
    if (b->count == MOST_TOKENS || known(b, string, n)) return;
    memcpy(b->bytes + b->offsets[b->count], string, n);
    b->offsets[b->count + 1] = b->offsets[b->count] + n;
    b->count++;
}

static Bench *bench_open(uint64_t seed, uint32_t tokens) {
    Bench *b = calloc(1, sizeof *b);
    if (!b) abort();
    for (uint32_t i = 0; i < 256; i++) add(b, &(uint8_t){(uint8_t)(i ^ (seed & 0xFF))}, 1);
    for (uint32_t i = 0; b->count < 256 + tokens && i < 10000; i++) {
        uint8_t string[8];
        uint32_t n = 2 + (uint32_t)rng_below(seed, 1, i, 5);
        for (uint32_t k = 0; k < n; k++) string[k] = (uint8_t)('a' + rng_below(seed, 2 + k, i, 3));
        add(b, string, n);
    }
    b->slots = malloc(vocabulary_bytes(b->count));
    CHECK_INT(vocabulary_init(&b->vocabulary, b->count, b->offsets, b->bytes, b->slots, NULL), FOLIO_OK);
    b->scratch = malloc((size_t)bpe_scratch(LONGEST_PIECE));
    b->cache = calloc(BPE_CACHED, sizeof *b->cache);
    return b;
}

static void bench_close(Bench *b) {
    free(b->slots);
    free(b->scratch);
    free(b->cache);
    free(b);
}

/* Looks at all pairs before each join. */
static size_t slowly(const Bench *b, const uint8_t *piece, size_t n, uint32_t *ids) {
    static size_t starts[LONGEST_PIECE + 2];
    size_t parts = n;
    for (size_t i = 0; i <= n; i++) starts[i] = i;
    for (;;) {
        uint32_t rank = VOCABULARY_ABSENT;
        size_t best = 0;
        for (size_t i = 0; i + 1 < parts; i++) {
            uint32_t id = vocabulary_find(&b->vocabulary, piece + starts[i], starts[i + 2] - starts[i]);
            if (id < rank) rank = id, best = i;
        }
        if (rank == VOCABULARY_ABSENT) break;
        memmove(starts + best + 1, starts + best + 2, (parts - best - 1) * sizeof *starts);
        parts--;
    }
    for (size_t i = 0; i < parts; i++) ids[i] = vocabulary_find(&b->vocabulary, piece + starts[i], starts[i + 1] - starts[i]);
    return parts;
}

static void check_piece(Bench *b, const uint8_t *piece, size_t n) {
    uint32_t whole = vocabulary_find(&b->vocabulary, piece, n);
    size_t count = bpe_piece(&b->vocabulary, piece, n, b->ids, b->scratch, LONGEST_PIECE, b->cache), wanted = 1;
    uint32_t without[16];
    if (n <= 16) CHECK_INT(bpe_piece(&b->vocabulary, piece, n, without, NULL, 0, NULL), count);
    b->expected[0] = whole;
    if (whole == VOCABULARY_ABSENT) wanted = slowly(b, piece, n, b->expected);
    CHECK_INT(count, wanted);
    CHECK(memcmp(b->ids, b->expected, wanted * sizeof *b->ids) == 0);
}

TEST(the_lowest_pair_is_joined_first_and_the_leftmost_of_equals) {
    static const uint32_t lengths[] = {1, 2, 3, 7, 30, BPE_SHORT, BPE_SHORT + 1, 200, 700, 1100, LONGEST_PIECE};
    for (uint64_t seed = 0; seed < 60; seed++) {
        Bench *b = bench_open(seed, 10 + 5 * (uint32_t)seed);
        for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
            static uint8_t piece[LONGEST_PIECE];
            test_note("seed %d, %d bytes", (int)seed, (int)lengths[k]);
            for (uint32_t i = 0; i < lengths[k]; i++) piece[i] = (uint8_t)('a' + rng_below(seed, 100 + k, i, seed % 2 ? 3 : 1 + seed % 3));
            check_piece(b, piece, lengths[k]);
            for (uint32_t at = 0; at + 15 < lengths[k] && at < 200; at++)
                check_piece(b, piece + at, 2 + at % 14); /* some are in the cache by now */
        }
        bench_close(b);
    }
}

TEST(any_bytes_at_all_come_back) {
    Bench *b = bench_open(3, 300);
    uint8_t piece[LONGEST_PIECE];
    for (size_t i = 0; i < sizeof piece; i++) piece[i] = (uint8_t)rng_bits(9, 0, i);
    size_t count = bpe_piece(&b->vocabulary, piece, sizeof piece, b->ids, b->scratch, LONGEST_PIECE, b->cache), at = 0;
    for (size_t i = 0; i < count; i++) {
        size_t n;
        const uint8_t *token = vocabulary_token(&b->vocabulary, b->ids[i], &n);
        CHECK(n <= sizeof piece - at && memcmp(token, piece + at, n) == 0);
        at += n;
    }
    CHECK_INT(at, sizeof piece);
    bench_close(b);
}

/* ---- a tokenizer of it ---- */

#define TEXT(literal) (const uint8_t *)(literal), sizeof(literal) - 1

static int open_bpe(Tokenizer *tokenizer, Bench *b, int split, void **memory) {
    static const char names[] = "<|a|><|b c|>";
    static const uint32_t offsets[] = {0, 5, 12};
    static uint32_t ids[2];
    ids[0] = b->count;
    ids[1] = b->count + 7;
    TokenizerStrings tokens = {b->count, b->offsets, b->bytes}, special = {2, offsets, (const uint8_t *)names};
    *memory = malloc(tokenizer_open_bytes(b->count, 2));
    return tokenizer_open(tokenizer, TOKENIZER_BPE, split, &tokens, &special, ids, *memory, NULL);
}

TEST(special_tokens_are_found_ignored_or_refused_as_asked) {
    static const uint8_t allowed[] = {1, 1}, mixed[] = {1, 2}, ordinary[] = {0, 0};
    Bench *b = bench_open(1, 50);
    Tokenizer t;
    TokenizerFault fault = {0, 0, 0};
    void *memory;
    uint32_t ids[32], offsets[32];
    uint8_t back[64];
    size_t count = 0, written = 0;
    CHECK_INT(open_bpe(&t, b, SPLIT_GPT2, &memory), FOLIO_OK);
    CHECK_INT(t.vocab_size, b->count + 8);
    TokenizerHow how = {.special = allowed};
    CHECK_INT(tokenizer_encode_with(&t, &how, TEXT("x<|a|>y<|b c|>"), ids, &count, &fault), FOLIO_OK);
    CHECK(count == 4 && ids[1] == b->count && ids[3] == b->count + 7);
    CHECK_INT(tokenizer_offsets(&t, TEXT("x<|a|>y<|b c|>"), ids, count, offsets), FOLIO_OK);
    CHECK(offsets[0] == 0 && offsets[1] == 1 && offsets[2] == 6 && offsets[3] == 7);
    CHECK_INT(tokenizer_decode(&t, ids, count, back, sizeof back, &written), FOLIO_OK);
    CHECK(written == 14 && memcmp(back, "x<|a|>y<|b c|>", 14) == 0);
    how.special = mixed;
    CHECK_INT(tokenizer_encode_with(&t, &how, TEXT("x<|a|>y<|b c|>"), ids, &count, &fault), FOLIO_ERR_NOT_ALLOWED);
    CHECK(fault.byte_offset == 7 && fault.codepoint == 1);
    how.special = ordinary;
    CHECK_INT(tokenizer_encode_with(&t, &how, TEXT("x<|a|>"), ids, &count, &fault), FOLIO_OK);
    CHECK_INT(tokenizer_decode(&t, &(uint32_t){b->count + 1}, 1, back, sizeof back, &written), FOLIO_ERR_TOKEN);
    CHECK_INT(tokenizer_decode(&t, &(uint32_t){b->count}, 1, back, 4, &written), FOLIO_ERR_CAPACITY);
    CHECK_INT(written, 5);
    CHECK_INT(tokenizer_offsets(&t, TEXT("xy"), ids, 1, offsets), FOLIO_ERR_ARGUMENT);
    free(memory);
    bench_close(b);
}

TEST(a_long_piece_asks_for_memory_and_then_goes_through) {
    Bench *b = bench_open(5, 200);
    Tokenizer t;
    TokenizerFault fault = {0, 0, 0};
    void *memory;
    uint8_t text[1000];
    uint32_t ids[1000];
    size_t count = 0;
    for (size_t i = 0; i < sizeof text; i++) text[i] = (uint8_t)('a' + rng_below(4, 0, i, 3));
    text[1] = ' ';
    CHECK_INT(open_bpe(&t, b, SPLIT_CL100K, &memory), FOLIO_OK);
    CHECK_INT(tokenizer_encode(&t, text, sizeof text, ids, &count, &fault), FOLIO_ERR_SCRATCH);
    CHECK(fault.byte_offset == 1 && fault.char_offset == 999);
    TokenizerHow how = {.scratch = b->scratch, .window = fault.char_offset};
    CHECK_INT(tokenizer_encode_with(&t, &how, text, sizeof text, ids, &count, &fault), FOLIO_OK);
    CHECK(count > 100 && count < 999);
    free(memory);
    bench_close(b);
}

TEST(a_vocabulary_without_a_byte_and_ids_that_are_taken_are_refused) {
    Bench *b = bench_open(0, 5);
    static const uint32_t offsets[] = {0, 1};
    Tokenizer t;
    TokenizerFault fault = {0, 0, 0};
    void *memory = malloc(tokenizer_open_bytes(b->count, 1));
    TokenizerStrings tokens = {255, b->offsets, b->bytes}, special = {1, offsets, (const uint8_t *)"!"}, none = {0, offsets, NULL};
    CHECK_INT(tokenizer_open(&t, TOKENIZER_BPE, SPLIT_NONE, &tokens, &none, NULL, memory, &fault), FOLIO_ERR_BYTES);
    CHECK_INT(fault.codepoint, 255);
    tokens.count = b->count;
    CHECK_INT(tokenizer_open(&t, TOKENIZER_BPE, SPLIT_NONE, &tokens, &special, &(uint32_t){3}, memory, &fault), FOLIO_ERR_SPECIAL);
    CHECK_INT(tokenizer_open(&t, TOKENIZER_BPE, SPLIT_COUNT, &tokens, &none, NULL, memory, &fault), FOLIO_ERR_ARGUMENT);
    CHECK_INT(tokenizer_open(&t, TOKENIZER_CHAR, SPLIT_NONE, &tokens, &none, NULL, memory, &fault), FOLIO_ERR_ARGUMENT);
    CHECK_INT(tokenizer_open(&t, TOKENIZER_BPE, SPLIT_NONE, &tokens, &none, NULL, memory, &fault), FOLIO_OK);
    free(memory);
    bench_close(b);
}
