/* byte.c - ids are bytes: 256 of them, nothing to learn, no text that cannot be encoded. */
#include "error.h"
#include "tokenizer/kinds.h"

size_t byte_bytes(size_t n) {
    (void)n;
    return 0;
}

int byte_train(Tokenizer *tokenizer, const uint8_t *text, size_t n, void *memory, TokenizerFault *fault) {
    (void)text;
    (void)n;
    (void)memory;
    (void)fault;
    return byte_load(tokenizer, NULL, 0, NULL);
}

int byte_load(Tokenizer *tokenizer, const uint32_t *codepoints, size_t count, uint32_t *order) {
    (void)codepoints, (void)order;
    if (count) return FOLIO_ERR_VOCABULARY;
    *tokenizer = (Tokenizer){.kind = TOKENIZER_BYTE, .vocab_size = 256};
    return FOLIO_OK;
}

int byte_encode(const Tokenizer *tokenizer, const TokenizerHow *how, const uint8_t *text, size_t n, uint32_t *ids, size_t *count,
                TokenizerFault *fault) {
    (void)how;
    (void)tokenizer;
    (void)fault;
    for (size_t i = 0; i < n; i++) ids[i] = text[i];
    *count = n;
    return FOLIO_OK;
}

int byte_decode(const Tokenizer *tokenizer, const uint32_t *ids, size_t n, uint8_t *bytes, size_t capacity, size_t *written) {
    for (size_t i = 0; i < n; i++)
        if (ids[i] >= tokenizer->vocab_size) return FOLIO_ERR_TOKEN;
    if (n > capacity) return *written = n, FOLIO_ERR_CAPACITY;
    for (size_t i = 0; i < n; i++) bytes[i] = (uint8_t)ids[i];
    *written = n;
    return FOLIO_OK;
}

size_t byte_cut(const Tokenizer *tokenizer, const uint8_t *text, size_t n) {
    (void)tokenizer;
    (void)text;
    return n;
}
