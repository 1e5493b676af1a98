/* strings.c - what word and bpe share: tokens that are strings of bytes, and special tokens beside them. */
#include <string.h>

#include "error.h"
#include "tokenizer/kinds.h"

int strings_open(Tokenizer *tokenizer, const TokenizerStrings *tokens, const TokenizerStrings *special, const uint32_t *special_ids,
                 void *memory, TokenizerFault *fault) {
    uint32_t at = 0;
    void *names = (char *)memory + vocabulary_bytes(tokens->count);
    int code = vocabulary_init(&tokenizer->vocabulary, tokens->count, tokens->offsets, tokens->bytes, memory, &at);
    if (code) return kinds_stop(code, fault, 0, 0, at);
    code = special_init(&tokenizer->special, special->count, special_ids, special->offsets, special->bytes, names, &at);
    if (code) return kinds_stop(FOLIO_ERR_SPECIAL, fault, 0, 0, at);
    uint32_t size = tokens->count;
    for (at = 0; at < special->count; at++) {
        uint32_t id = special_ids[at];
        if (id >= UINT32_MAX - 1 || (id < tokens->count && tokens->offsets[id] < tokens->offsets[id + 1]))
            return kinds_stop(FOLIO_ERR_SPECIAL, fault, 0, 0, at);
        if (id >= size) size = id + 1;
    }
    tokenizer->vocab_size = size;
    return FOLIO_OK;
}

/* The bytes of an id, *n of them, n = 0 where it is no token. */
static const uint8_t *token(const Tokenizer *t, uint32_t id, size_t *n) {
    *n = 0;
    const uint8_t *bytes = id < t->vocabulary.count ? vocabulary_token(&t->vocabulary, id, n) : NULL;
    if (*n) return bytes;
    uint32_t index = special_index(&t->special, id);
    return index == VOCABULARY_ABSENT ? NULL : vocabulary_token(&t->special.names, index, n);
}

int strings_decode(const Tokenizer *tokenizer, const uint32_t *ids, size_t n, uint8_t *bytes, size_t capacity, size_t *written) {
    size_t total = 0, length;
    for (size_t i = 0; i < n; i++) {
        if (!token(tokenizer, ids[i], &length)) return FOLIO_ERR_TOKEN;
        if (length > SIZE_MAX - total) return FOLIO_ERR_CAPACITY;
        total += length;
    }
    *written = total;
    if (total > capacity) return FOLIO_ERR_CAPACITY;
    for (size_t i = 0; i < n; i++, bytes += length) {
        const uint8_t *source = token(tokenizer, ids[i], &length);
        memcpy(bytes, source, length);
    }
    return FOLIO_OK;
}

size_t strings_cut(const Tokenizer *tokenizer, const uint8_t *text, size_t n) { return split_cut(tokenizer->split, text, n); }
