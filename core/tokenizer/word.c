/* word.c - a token is a word, one space or one punctuation mark. What the vocabulary does not hold becomes <|unk|>, whole. */
#include <string.h>

#include "error.h"
#include "tokenizer/kinds.h"

int word_open(Tokenizer *tokenizer, TokenizerFault *fault) {
    static const uint8_t name[] = "<|unk|>";
    (void)fault;
    uint32_t index = vocabulary_find(&tokenizer->special.names, name, sizeof name - 1);
    tokenizer->split = SPLIT_WORD;
    tokenizer->unknown = index == VOCABULARY_ABSENT ? TOKENIZER_ABSENT : tokenizer->special.ids[index];
    return FOLIO_OK;
}

int word_encode(const Tokenizer *tokenizer, const TokenizerHow *how, const uint8_t *text, size_t n, uint32_t *ids, size_t *count,
                TokenizerFault *fault) {
    size_t tokens = 0;
    (void)how;
    for (size_t at = 0, end; at < n; at = end) {
        end = split_next(SPLIT_WORD, text, n, at);
        uint32_t id = vocabulary_find(&tokenizer->vocabulary, text + at, end - at);
        if (id == VOCABULARY_ABSENT) id = tokenizer->unknown;
        if (id == TOKENIZER_ABSENT) return kinds_stop(FOLIO_ERR_UNKNOWN_WORD, fault, at, end - at, 0);
        ids[tokens++] = id;
    }
    *count = tokens;
    return FOLIO_OK;
}
