#include "tokenizer/tokenizer.h"

#include "error.h"
#include "tokenizer/kinds.h"

typedef struct {
    size_t (*bytes)(size_t n);
    int (*train)(Tokenizer *, const uint8_t *text, size_t n, void *memory, TokenizerFault *);
    int (*load)(Tokenizer *, const uint32_t *codepoints, size_t count);
    int (*encode)(const Tokenizer *, const uint8_t *text, size_t n, uint32_t *ids, size_t *count, TokenizerFault *);
    int (*decode)(const Tokenizer *, const uint32_t *ids, size_t n, uint8_t *bytes, size_t capacity, size_t *written);
} Kind;

/* In the order of TOKENIZER_*: a new kind is a new row. */
static const Kind KINDS[] = {
    {char_bytes, char_train, char_load, char_encode, char_decode},
    {byte_bytes, byte_train, byte_load, byte_encode, byte_decode},
};

static const Kind *kind_of(int kind) { return kind >= 0 && kind < (int)(sizeof KINDS / sizeof *KINDS) ? &KINDS[kind] : NULL; }

size_t tokenizer_bytes(int kind, size_t n) {
    const Kind *k = kind_of(kind);
    return k ? k->bytes(n) : 0;
}

int tokenizer_train(Tokenizer *tokenizer, int kind, const uint8_t *text, size_t n, void *memory, TokenizerFault *fault) {
    const Kind *k = kind_of(kind);
    return k ? k->train(tokenizer, text, n, memory, fault) : FOLIO_ERR_ARGUMENT;
}

int tokenizer_load(Tokenizer *tokenizer, int kind, const uint32_t *codepoints, size_t count) {
    const Kind *k = kind_of(kind);
    return k ? k->load(tokenizer, codepoints, count) : FOLIO_ERR_ARGUMENT;
}

int tokenizer_encode(const Tokenizer *tokenizer, const uint8_t *text, size_t n, uint32_t *ids, size_t *count, TokenizerFault *fault) {
    return KINDS[tokenizer->kind].encode(tokenizer, text, n, ids, count, fault);
}

int tokenizer_decode(const Tokenizer *tokenizer, const uint32_t *ids, size_t n, uint8_t *bytes, size_t capacity, size_t *written) {
    return KINDS[tokenizer->kind].decode(tokenizer, ids, n, bytes, capacity, written);
}
