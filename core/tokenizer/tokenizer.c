#include "tokenizer/tokenizer.h"

#include <string.h>

#include "error.h"
#include "tokenizer/kinds.h"

typedef struct {
    size_t (*bytes)(size_t n);
    int (*train)(Tokenizer *, const uint8_t *text, size_t n, void *memory, TokenizerFault *);
    int (*load)(Tokenizer *, const uint32_t *codepoints, size_t count, uint32_t *order);
    int (*open)(Tokenizer *, TokenizerFault *);
    int (*encode)(const Tokenizer *, const TokenizerHow *, const uint8_t *text, size_t n, uint32_t *ids, size_t *count, TokenizerFault *);
    int (*decode)(const Tokenizer *, const uint32_t *ids, size_t n, uint8_t *bytes, size_t capacity, size_t *written);
    size_t (*cut)(const Tokenizer *, const uint8_t *text, size_t n);
} Kind;

/* In the order of TOKENIZER_*: a new kind is a new row. */
static const Kind KINDS[] = {
    {char_bytes, char_train, char_load, NULL, char_encode, char_decode, char_cut},
    {byte_bytes, byte_train, byte_load, NULL, byte_encode, byte_decode, byte_cut},
    {NULL, NULL, NULL, word_open, word_encode, strings_decode, strings_cut},
    {NULL, NULL, NULL, bpe_open, bpe_encode, strings_decode, strings_cut},
};

static const Kind *kind_of(int kind) { return kind >= 0 && kind < (int)(sizeof KINDS / sizeof *KINDS) ? &KINDS[kind] : NULL; }

int kinds_stop(int code, TokenizerFault *fault, size_t byte_offset, size_t char_offset, uint32_t codepoint) {
    if (fault) *fault = (TokenizerFault){byte_offset, char_offset, codepoint};
    return code;
}

size_t tokenizer_bytes(int kind, size_t n) {
    const Kind *k = kind_of(kind);
    return k && k->bytes ? k->bytes(n) : 0;
}

int tokenizer_train(Tokenizer *tokenizer, int kind, const uint8_t *text, size_t n, void *memory, TokenizerFault *fault) {
    const Kind *k = kind_of(kind);
    return k && k->train ? k->train(tokenizer, text, n, memory, fault) : FOLIO_ERR_ARGUMENT;
}

int tokenizer_load(Tokenizer *tokenizer, int kind, const uint32_t *codepoints, size_t count, uint32_t *order) {
    const Kind *k = kind_of(kind);
    return k && k->load ? k->load(tokenizer, codepoints, count, order) : FOLIO_ERR_ARGUMENT;
}

size_t tokenizer_open_bytes(uint32_t tokens, uint32_t special) { return vocabulary_bytes(tokens) + vocabulary_bytes(special); }

int tokenizer_open(Tokenizer *tokenizer, int kind, int split, const TokenizerStrings *tokens, const TokenizerStrings *special,
                   const uint32_t *special_ids, void *memory, TokenizerFault *fault) {
    const Kind *k = kind_of(kind);
    if (!k || !k->open || split < 0 || split >= SPLIT_COUNT) return FOLIO_ERR_ARGUMENT;
    Tokenizer t = {.kind = kind, .split = split, .unknown = TOKENIZER_ABSENT};
    int code = strings_open(&t, tokens, special, special_ids, memory, fault);
    if (!code) code = k->open(&t, fault);
    if (!code) *tokenizer = t;
    return code;
}

int tokenizer_encode_with(const Tokenizer *tokenizer, const TokenizerHow *how, const uint8_t *text, size_t n, uint32_t *ids, size_t *count,
                          TokenizerFault *fault) {
    const Special *special = &tokenizer->special;
    const uint8_t *policies = how ? how->special : NULL;
    uint32_t index = 0;
    size_t tokens = 0, at = 0, written = 0;
    if (!policies || !special->names.count) return KINDS[tokenizer->kind].encode(tokenizer, how, text, n, ids, count, fault);
    size_t disallowed = special_next(special, text, n, 0, policies, SPECIAL_DISALLOWED, &index);
    if (disallowed < n) return kinds_stop(FOLIO_ERR_NOT_ALLOWED, fault, disallowed, 0, index);
    for (;;) {
        size_t end = special_next(special, text, n, at, policies, SPECIAL_ALLOWED, &index), length;
        int code = KINDS[tokenizer->kind].encode(tokenizer, how, text + at, end - at, ids + tokens, &written, fault);
        if (code && fault) fault->byte_offset += at;
        if (code) return code;
        tokens += written;
        if (end == n) break;
        ids[tokens++] = special->ids[index];
        vocabulary_token(&special->names, index, &length);
        at = end + length;
    }
    *count = tokens;
    return FOLIO_OK;
}

int tokenizer_encode(const Tokenizer *tokenizer, const uint8_t *text, size_t n, uint32_t *ids, size_t *count, TokenizerFault *fault) {
    return tokenizer_encode_with(tokenizer, NULL, text, n, ids, count, fault);
}

size_t tokenizer_cut(const Tokenizer *tokenizer, const uint8_t *text, size_t n) { return KINDS[tokenizer->kind].cut(tokenizer, text, n); }

int tokenizer_decode(const Tokenizer *tokenizer, const uint32_t *ids, size_t n, uint8_t *bytes, size_t capacity, size_t *written) {
    return KINDS[tokenizer->kind].decode(tokenizer, ids, n, bytes, capacity, written);
}

int tokenizer_offsets(const Tokenizer *tokenizer, const uint8_t *text, size_t n, const uint32_t *ids, size_t count, uint32_t *offsets) {
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        size_t length = 0;
        int unknown = tokenizer->kind == TOKENIZER_WORD && ids[i] == tokenizer->unknown;
        offsets[i] = (uint32_t)at;
        int code = tokenizer_decode(tokenizer, &ids[i], 1, NULL, 0, &length);
        if (code && code != FOLIO_ERR_CAPACITY) return code;
        if (at >= n) return FOLIO_ERR_ARGUMENT;
        at = unknown ? split_next(SPLIT_WORD, text, n, at) : at + length;
    }
    return at == n ? FOLIO_OK : FOLIO_ERR_ARGUMENT;
}
