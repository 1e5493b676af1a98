/* tokenizer_test.c - text to ids and back, and what is answered to text that cannot be. */
#include "tokenizer/tokenizer.h"

#include <stdlib.h>

#include "error.h"
#include "rng.h"
#include "test.h"
#include "tokenizer/utf8.h"

#define TEXT(literal) (const uint8_t *)(literal), sizeof(literal) - 1

/* A text, a tokenizer trained on it, the text's ids and what they decode to; every block is of exact size, so that a sanitizer sees a step beyond. */
typedef struct {
    uint8_t *text, *back;
    uint32_t *ids;
    void *memory;
    size_t n, count, written;
    int code;
    Tokenizer tokenizer;
    TokenizerFault fault;
} Bench;

static void *exactly(size_t bytes) {
    void *memory = malloc(bytes ? bytes : 1);
    if (!memory) abort();
    return memory;
}

static Bench bench_open(int kind, const uint8_t *text, size_t n) {
    Bench b = {exactly(n), NULL, exactly(n * sizeof(uint32_t)), exactly(tokenizer_bytes(kind, n)), n, 0, 0, 0, {0}, {0}};
    memcpy(b.text, text, n);
    b.code = tokenizer_train(&b.tokenizer, kind, b.text, n, b.memory, &b.fault);
    if (b.code == FOLIO_OK) b.code = tokenizer_encode(&b.tokenizer, b.text, n, b.ids, &b.count, &b.fault);
    if (b.code == FOLIO_OK) {
        b.back = exactly(n);
        b.code = tokenizer_decode(&b.tokenizer, b.ids, b.count, b.back, n, &b.written);
    }
    return b;
}

static void bench_close(Bench *b) {
    free(b->text);
    free(b->back);
    free(b->ids);
    free(b->memory);
}

static int comes_back(const Bench *b) { return b->code == FOLIO_OK && b->written == b->n && memcmp(b->back, b->text, b->n) == 0; }

TEST(char_learns_the_characters_of_the_text_in_the_order_of_code_points) {
    /* sorted(set("hällo, wörld! 😀€\n")) */
    static const uint32_t expected[] = {'\n', ' ', '!', ',', 'd', 'h', 'l', 'o', 'r', 'w', 0xE4, 0xF6, 0x20AC, 0x1F600};
    static const uint32_t ids[] = {5, 10, 6, 6, 7, 3, 1, 9, 11, 8, 6, 4, 2, 1, 13, 12, 0};
    Bench b = bench_open(TOKENIZER_CHAR, TEXT("h\xC3\xA4llo, w\xC3\xB6rld! \xF0\x9F\x98\x80\xE2\x82\xAC\n"));
    CHECK(comes_back(&b));
    CHECK_INT(b.tokenizer.vocab_size, 14);
    CHECK_INT(b.count, 17);
    for (size_t i = 0; i < 14 && b.tokenizer.vocab_size == 14; i++) CHECK_INT(b.tokenizer.codepoints[i], expected[i]);
    for (size_t i = 0; i < 17 && b.count == 17; i++) CHECK_INT(b.ids[i], ids[i]);
    bench_close(&b);
}

/* Characters of one to four bytes, each length often. */
static uint32_t random_codepoint(uint64_t seed, uint64_t index) {
    static const uint32_t ranges[] = {0x80, 0x800, 0x10000, UTF8_CODEPOINTS};
    uint32_t range = ranges[rng_below(seed, 1, index, 4)];
    for (uint64_t attempt = 2;; attempt++) {
        uint32_t codepoint = (uint32_t)rng_below(seed, attempt, index, range);
        if (utf8_valid(codepoint)) return codepoint;
    }
}

TEST(random_unicode_comes_back_as_it_was) {
    for (uint64_t seed = 0; seed < 300; seed++) {
        uint8_t text[4 * 200];
        size_t chars = 1 + rng_below(seed, 0, 0, 200), n = 0;
        for (size_t i = 0; i < chars; i++) n += utf8_encode(random_codepoint(seed, i), text + n);
        test_note("seed %d, %d characters", (int)seed, (int)chars);
        Bench b = bench_open(TOKENIZER_CHAR, text, n), bytes = bench_open(TOKENIZER_BYTE, text, n);
        CHECK(comes_back(&b));
        CHECK_INT(b.count, chars);
        CHECK(comes_back(&bytes));
        CHECK_INT(bytes.count, n);
        for (uint32_t id = 1; id < b.tokenizer.vocab_size; id++) CHECK(b.tokenizer.codepoints[id - 1] < b.tokenizer.codepoints[id]);
        bench_close(&b);
        bench_close(&bytes);
    }
}

TEST(a_text_of_all_characters_has_them_all_in_its_vocabulary) {
    uint8_t *text = exactly(4 * (size_t)UTF8_CODEPOINTS);
    size_t n = 0;
    for (uint32_t c = UTF8_CODEPOINTS; c-- > 0;)
        if (utf8_valid(c)) n += utf8_encode(c, text + n);
    Bench b = bench_open(TOKENIZER_CHAR, text, n);
    CHECK(comes_back(&b));
    CHECK_INT(b.tokenizer.vocab_size, 0x110000 - 0x800);
    bench_close(&b);
    free(text);
}

TEST(a_null_character_is_a_character) {
    Bench b = bench_open(TOKENIZER_CHAR, TEXT("a\0b\0"));
    CHECK(comes_back(&b));
    CHECK_INT(b.tokenizer.vocab_size, 3);
    CHECK(b.count == 4 && b.ids[1] == 0 && b.ids[3] == 0);
    bench_close(&b);
}

TEST(bytes_are_their_own_ids_whatever_they_are) {
    uint8_t text[256];
    for (size_t i = 0; i < 256; i++) text[i] = (uint8_t)(255 - i);
    Bench b = bench_open(TOKENIZER_BYTE, text, 256), empty = bench_open(TOKENIZER_BYTE, text, 0);
    CHECK(comes_back(&b));
    CHECK_INT(b.tokenizer.vocab_size, 256);
    CHECK(b.tokenizer.codepoints == NULL);
    for (size_t i = 0; i < 256; i++) CHECK_INT(b.ids[i], 255 - i);
    CHECK(comes_back(&empty) && empty.count == 0);
    bench_close(&b);
    bench_close(&empty);
}

TEST(an_unknown_character_is_named_with_its_place) {
    Bench b = bench_open(TOKENIZER_CHAR, TEXT("ab\xC3\xA4\xE2\x82\xAC"));
    uint32_t ids[16];
    size_t count = 99;
    TokenizerFault fault = {0, 0, 0};
    CHECK_INT(tokenizer_encode(&b.tokenizer,
                               TEXT("a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"
                                    "b"),
                               ids, &count, &fault),
              FOLIO_ERR_UNKNOWN_CHAR);
    CHECK_INT(fault.byte_offset, 6);
    CHECK_INT(fault.char_offset, 3);
    CHECK_INT(fault.codepoint, 0x1F600);
    CHECK_INT(tokenizer_encode(&b.tokenizer, TEXT("ba?"), ids, &count, &fault), FOLIO_ERR_UNKNOWN_CHAR);
    CHECK(fault.byte_offset == 2 && fault.char_offset == 2 && fault.codepoint == '?');
    CHECK_INT(tokenizer_encode(&b.tokenizer, TEXT("?"), ids, &count, NULL), FOLIO_ERR_UNKNOWN_CHAR);
    CHECK_INT(count, 99);
    bench_close(&b);
}

TEST(broken_utf8_is_refused_with_its_place) {
    static const char *const broken[] = {"\xC0\x80",         "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\x80", "\xFF",
                                         "\xF8\x88\x80\x80", "\xC3",         "\xE2\x82",     "\xF0\x9F\x98",     "\xC3("};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        uint8_t text[16] = {'a', 0xC3, 0xA4};
        size_t n = strlen(broken[i]), count = 0;
        uint32_t ids[16];
        memcpy(text + 3, broken[i], n);
        test_note("broken text %d", (int)i);
        Bench b = bench_open(TOKENIZER_CHAR, text, 3 + n), good = bench_open(TOKENIZER_CHAR, TEXT("a\xC3\xA4("));
        TokenizerFault fault = {0, 0, 0};
        CHECK_INT(b.code, FOLIO_ERR_UTF8);
        CHECK(b.fault.byte_offset == 3 && b.fault.char_offset == 2 && b.fault.codepoint == (uint8_t)broken[i][0]);
        CHECK_INT(tokenizer_encode(&good.tokenizer, text, 3 + n, ids, &count, &fault), FOLIO_ERR_UTF8);
        CHECK(fault.byte_offset == 3 && fault.char_offset == 2 && fault.codepoint == (uint8_t)broken[i][0]);
        bench_close(&b);
        bench_close(&good);
    }
}

TEST(random_bytes_are_text_or_refused_and_never_change) {
    int texts = 0, refused = 0;
    for (uint64_t seed = 0; seed < 3000; seed++) {
        uint8_t text[8];
        size_t n = 1 + rng_below(seed, 0, 0, sizeof text);
        for (size_t i = 0; i < n; i++) text[i] = (uint8_t)(rng_bits(seed, 1, i) & (i % 2 ? 0xBF : 0xFF));
        Bench b = bench_open(TOKENIZER_CHAR, text, n);
        CHECK(comes_back(&b) || b.code == FOLIO_ERR_UTF8);
        *(b.code ? &refused : &texts) += 1;
        bench_close(&b);
    }
    CHECK(texts > 100 && refused > 100);
}

TEST(an_empty_text_has_no_characters_to_learn) {
    TokenizerFault fault = {1, 1, 1};
    Tokenizer tokenizer;
    CHECK_INT(tokenizer_train(&tokenizer, TOKENIZER_CHAR, NULL, 0, NULL, &fault), FOLIO_ERR_EMPTY);
    CHECK_INT(tokenizer_train(&tokenizer, TOKENIZER_CHAR, NULL, 0, NULL, NULL), FOLIO_ERR_EMPTY);
    CHECK(fault.byte_offset == 0 && fault.char_offset == 0);
}

TEST(an_empty_text_is_no_tokens) {
    Bench b = bench_open(TOKENIZER_CHAR, TEXT("a"));
    size_t count = 9, written = 9;
    CHECK_INT(tokenizer_encode(&b.tokenizer, NULL, 0, NULL, &count, NULL), FOLIO_OK);
    CHECK_INT(count, 0);
    CHECK_INT(tokenizer_decode(&b.tokenizer, NULL, 0, NULL, 0, &written), FOLIO_OK);
    CHECK_INT(written, 0);
    bench_close(&b);
}

TEST(a_vocabulary_from_a_file_encodes_as_the_one_it_came_from) {
    static const uint32_t codepoints[] = {'a', 'c', 0xE4, 0x1F600};
    Tokenizer tokenizer;
    uint32_t ids[8];
    size_t count = 0;
    CHECK_INT(tokenizer_load(&tokenizer, TOKENIZER_CHAR, codepoints, 4, NULL), FOLIO_OK);
    CHECK_INT(tokenizer_encode(&tokenizer,
                               TEXT("\xF0\x9F\x98\x80"
                                    "ca\xC3\xA4"),
                               ids, &count, NULL),
              FOLIO_OK);
    CHECK(count == 4 && ids[0] == 3 && ids[1] == 1 && ids[2] == 0 && ids[3] == 2);
    CHECK_INT(tokenizer_load(&tokenizer, TOKENIZER_BYTE, NULL, 0, NULL), FOLIO_OK);
    CHECK_INT(tokenizer.vocab_size, 256);
}

TEST(ids_need_not_ascend_with_code_points) {
    static const uint32_t grown[] = {'b', 'd', 0x20AC, 0xE4, 'a', 0x1F600, 'c', 0xDF};
    Tokenizer tokenizer;
    uint32_t order[8], ids[16];
    uint8_t text[64], back[64];
    size_t n = 0, count = 0, written = 0;
    CHECK_INT(tokenizer_load(&tokenizer, TOKENIZER_CHAR, grown, 8, order), FOLIO_OK);
    for (uint32_t id = 0; id < 8; id++) n += utf8_encode(grown[id], text + n);
    CHECK_INT(tokenizer_encode(&tokenizer, text, n, ids, &count, NULL), FOLIO_OK);
    CHECK_INT(count, 8);
    for (uint32_t id = 0; id < 8; id++) CHECK_INT(ids[id], id);
    CHECK_INT(tokenizer_decode(&tokenizer, ids, count, back, sizeof back, &written), FOLIO_OK);
    CHECK(written == n && memcmp(back, text, n) == 0);
    CHECK_INT(tokenizer_encode(&tokenizer, TEXT("\xE2\x82\xAD"), ids, &count, NULL), FOLIO_ERR_UNKNOWN_CHAR);
    CHECK_INT(tokenizer_encode(&tokenizer, TEXT("e"), ids, &count, NULL), FOLIO_ERR_UNKNOWN_CHAR);
}

TEST(any_order_of_ids_is_found_again) {
    enum { COUNT = 300 };
    for (uint64_t seed = 0; seed < 20; seed++) {
        uint32_t codepoints[COUNT], order[COUNT], id = 0;
        for (uint32_t i = 0; i < COUNT; i++) codepoints[i] = 0x60 + 7 * i;
        for (uint32_t i = COUNT; i-- > 1;) {
            uint32_t other = (uint32_t)rng_below(seed, 2, i, i + 1), kept = codepoints[i];
            codepoints[i] = codepoints[other];
            codepoints[other] = kept;
        }
        Tokenizer tokenizer;
        CHECK_INT(tokenizer_load(&tokenizer, TOKENIZER_CHAR, codepoints, COUNT, order), FOLIO_OK);
        for (uint32_t i = 0; i < COUNT; i++) {
            uint8_t text[4];
            size_t count = 0, n = utf8_encode(codepoints[i], text);
            CHECK_INT(tokenizer_encode(&tokenizer, text, n, &id, &count, NULL), FOLIO_OK);
            CHECK(count == 1 && id == i);
        }
        codepoints[seed] = codepoints[COUNT - 1 - seed];
        CHECK_INT(tokenizer_load(&tokenizer, TOKENIZER_CHAR, codepoints, COUNT, order), FOLIO_ERR_VOCABULARY);
    }
}

TEST(a_vocabulary_that_is_none_is_refused_and_changes_nothing) {
    static const uint32_t unsorted[] = {'b', 'a'}, twice[] = {'a', 'a'}, surrogate[] = {'a', 0xD800}, beyond[] = {'a', 0x110000},
                          all[] = {UINT32_MAX};
    Tokenizer tokenizer = {.vocab_size = 5};
    CHECK_INT(tokenizer_load(&tokenizer, TOKENIZER_CHAR, unsorted, 2, NULL), FOLIO_ERR_VOCABULARY);
    CHECK_INT(tokenizer_load(&tokenizer, TOKENIZER_CHAR, twice, 2, NULL), FOLIO_ERR_VOCABULARY);
    CHECK_INT(tokenizer_load(&tokenizer, TOKENIZER_CHAR, surrogate, 2, NULL), FOLIO_ERR_VOCABULARY);
    CHECK_INT(tokenizer_load(&tokenizer, TOKENIZER_CHAR, beyond, 2, NULL), FOLIO_ERR_VOCABULARY);
    CHECK_INT(tokenizer_load(&tokenizer, TOKENIZER_CHAR, all, 1, NULL), FOLIO_ERR_VOCABULARY);
    CHECK_INT(tokenizer_load(&tokenizer, TOKENIZER_CHAR, NULL, 0, NULL), FOLIO_ERR_VOCABULARY);
    CHECK_INT(tokenizer_load(&tokenizer, TOKENIZER_BYTE, twice, 1, NULL), FOLIO_ERR_VOCABULARY);
    CHECK_INT(tokenizer.vocab_size, 5);
}

TEST(a_kind_that_is_none_is_refused) {
    Tokenizer tokenizer;
    for (int kind = -1; kind <= 2; kind += 3) {
        CHECK_INT(tokenizer_bytes(kind, 100), 0);
        CHECK_INT(tokenizer_train(&tokenizer, kind, TEXT("a"), NULL, NULL), FOLIO_ERR_ARGUMENT);
        CHECK_INT(tokenizer_load(&tokenizer, kind, NULL, 0, NULL), FOLIO_ERR_ARGUMENT);
    }
}

TEST(ids_beyond_the_vocabulary_and_buffers_too_small_are_refused) {
    Bench b = bench_open(TOKENIZER_CHAR, TEXT("a\xE2\x82\xAC")), bytes = bench_open(TOKENIZER_BYTE, TEXT("a"));
    uint32_t euros[2] = {1, 1}, beyond[2] = {0, 2}, all[1] = {UINT32_MAX}, not_a_byte[1] = {256};
    uint8_t out[6] = "......";
    size_t written = 99;
    CHECK_INT(tokenizer_decode(&b.tokenizer, beyond, 2, out, 6, &written), FOLIO_ERR_TOKEN);
    CHECK_INT(tokenizer_decode(&b.tokenizer, all, 1, out, 6, &written), FOLIO_ERR_TOKEN);
    CHECK_INT(tokenizer_decode(&bytes.tokenizer, not_a_byte, 1, out, 6, &written), FOLIO_ERR_TOKEN);
    CHECK_INT(tokenizer_decode(&b.tokenizer, euros, 2, out, 5, &written), FOLIO_ERR_CAPACITY);
    CHECK_INT(tokenizer_decode(&bytes.tokenizer, euros, 2, out, 1, &written), FOLIO_ERR_CAPACITY);
    CHECK(written == 2 && memcmp(out, "......", 6) == 0);
    CHECK_INT(tokenizer_decode(&b.tokenizer, euros, 2, out, 6, &written), FOLIO_OK);
    CHECK_INT(written, 6);
    bench_close(&b);
    bench_close(&bytes);
}
