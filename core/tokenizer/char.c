/* char.c - one token a Unicode character. Training marks each code point in a set of bits and reads it off in order, which is
   sorted(set(text)); a vocabulary that has grown has further characters after those. Encoding finds ASCII in a table and the rest by
   bisection. */
#include <string.h>

#include "error.h"
#include "tokenizer/kinds.h"
#include "tokenizer/utf8.h"

enum { SET_WORDS = UTF8_CODEPOINTS / 32 };

/* Most different characters that n bytes can hold: those of one and two bytes number 2048, the others take three or four. */
static size_t most_characters(size_t n) {
    size_t most = 2048 + n / 3;
    if (most > n) most = n;
    return most < UTF8_CODEPOINTS ? most : UTF8_CODEPOINTS;
}

/* The vocabulary, then the set. */
size_t char_bytes(size_t n) { return (most_characters(n) + SET_WORDS) * sizeof(uint32_t); }

int char_train(Tokenizer *tokenizer, const uint8_t *text, size_t n, void *memory, TokenizerFault *fault) {
    if (n == 0) return kinds_stop(FOLIO_ERR_EMPTY, fault, 0, 0, 0);
    uint32_t *vocabulary = memory, *set = vocabulary + most_characters(n), codepoint = 0;
    memset(set, 0, SET_WORDS * sizeof *set);
    for (size_t at = 0, chars = 0, length; at < n; at += length, chars++) {
        length = utf8_decode(text + at, n - at, &codepoint);
        if (length == 0) return kinds_stop(FOLIO_ERR_UTF8, fault, at, chars, text[at]);
        set[codepoint / 32] |= (uint32_t)1 << codepoint % 32;
    }
    size_t count = 0;
    for (uint32_t word = 0; word < SET_WORDS; word++) {
        codepoint = word * 32;
        for (uint32_t bits = set[word]; bits; bits >>= 1, codepoint++)
            if (bits & 1) vocabulary[count++] = codepoint;
    }
    return char_load(tokenizer, vocabulary, count, NULL);
}

/* Lets order[at] sink among order[0..n), a heap with the greatest code point at its top. */
static void sink(const uint32_t *codepoints, uint32_t *order, size_t at, size_t n) {
    uint32_t id = order[at];
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && codepoints[order[child]] < codepoints[order[child + 1]]) child++;
        if (codepoints[order[child]] <= codepoints[id]) break;
        order[at] = order[child];
    }
    order[at] = id;
}

/* The ids by code point: heapsort, which needs no memory and takes n log n steps whatever the file. */
static void sort(const uint32_t *codepoints, uint32_t *order, size_t count) {
    for (size_t i = 0; i < count; i++) order[i] = (uint32_t)i;
    for (size_t i = count / 2; i-- > 0;) sink(codepoints, order, i, count);
    for (size_t end = count; end-- > 1;) {
        uint32_t greatest = order[0];
        order[0] = order[end];
        order[end] = greatest;
        sink(codepoints, order, 0, end);
    }
}

int char_load(Tokenizer *tokenizer, const uint32_t *codepoints, size_t count, uint32_t *order) {
    int ascending = 1;
    if (count == 0) return FOLIO_ERR_VOCABULARY;
    for (size_t i = 0; i < count; i++) {
        if (!utf8_valid(codepoints[i])) return FOLIO_ERR_VOCABULARY;
        if (i > 0 && codepoints[i] <= codepoints[i - 1]) ascending = 0;
    }
    if (ascending)
        order = NULL;
    else if (!order)
        return FOLIO_ERR_VOCABULARY;
    else
        sort(codepoints, order, count);
    for (size_t i = 1; order && i < count; i++)
        if (codepoints[order[i]] == codepoints[order[i - 1]]) return FOLIO_ERR_VOCABULARY;
    *tokenizer = (Tokenizer){.kind = TOKENIZER_CHAR, .vocab_size = (uint32_t)count, .codepoints = codepoints, .order = order};
    for (uint32_t c = 0; c < TOKENIZER_ASCII; c++) tokenizer->ascii[c] = TOKENIZER_ABSENT;
    for (uint32_t id = 0; id < tokenizer->vocab_size; id++)
        if (codepoints[id] < TOKENIZER_ASCII) tokenizer->ascii[codepoints[id]] = id;
    return FOLIO_OK;
}

/* The id that stands at a place of the vocabulary by code point. */
static uint32_t id_at(const Tokenizer *tokenizer, uint32_t place) { return tokenizer->order ? tokenizer->order[place] : place; }

static uint32_t find(const Tokenizer *tokenizer, uint32_t codepoint) {
    if (codepoint < TOKENIZER_ASCII) return tokenizer->ascii[codepoint];
    uint32_t low = 0, high = tokenizer->vocab_size;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (tokenizer->codepoints[id_at(tokenizer, middle)] < codepoint)
            low = middle + 1;
        else
            high = middle;
    }
    uint32_t id = low < tokenizer->vocab_size ? id_at(tokenizer, low) : TOKENIZER_ABSENT;
    return id != TOKENIZER_ABSENT && tokenizer->codepoints[id] == codepoint ? id : TOKENIZER_ABSENT;
}

int char_encode(const Tokenizer *tokenizer, const TokenizerHow *how, const uint8_t *text, size_t n, uint32_t *ids, size_t *count,
                TokenizerFault *fault) {
    (void)how;
    size_t chars = 0;
    uint32_t codepoint = 0;
    for (size_t at = 0, length; at < n; at += length, chars++) {
        length = utf8_decode(text + at, n - at, &codepoint);
        if (length == 0) return kinds_stop(FOLIO_ERR_UTF8, fault, at, chars, text[at]);
        ids[chars] = find(tokenizer, codepoint);
        if (ids[chars] == TOKENIZER_ABSENT) return kinds_stop(FOLIO_ERR_UNKNOWN_CHAR, fault, at, chars, codepoint);
    }
    *count = chars;
    return FOLIO_OK;
}

int char_decode(const Tokenizer *tokenizer, const uint32_t *ids, size_t n, uint8_t *bytes, size_t capacity, size_t *written) {
    size_t total = 0;
    for (size_t i = 0; i < n; i++) {
        if (ids[i] >= tokenizer->vocab_size) return FOLIO_ERR_TOKEN;
        total += utf8_length(tokenizer->codepoints[ids[i]]);
    }
    if (total > capacity) return *written = total, FOLIO_ERR_CAPACITY;
    for (size_t i = 0; i < n; i++) bytes += utf8_encode(tokenizer->codepoints[ids[i]], bytes);
    *written = total;
    return FOLIO_OK;
}

size_t char_cut(const Tokenizer *tokenizer, const uint8_t *text, size_t n) {
    (void)tokenizer;
    size_t at = n;
    while (at > 0 && n - at < 4 && (text[at - 1] & 0xC0) == 0x80) at--;
    return at > 0 && text[at - 1] >= 0xC0 ? at - 1 : n; /* before a last character beyond ASCII, which may be cut off */
}
