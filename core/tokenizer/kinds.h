/* kinds.h - what each kind of tokenizer brings: the functions behind tokenizer.h, under the same contracts. */
#ifndef FOLIO_TOKENIZER_KINDS_H
#define FOLIO_TOKENIZER_KINDS_H

#include "tokenizer/tokenizer.h"

size_t char_bytes(size_t n);
int char_train(Tokenizer *tokenizer, const uint8_t *text, size_t n, void *memory, TokenizerFault *fault);
int char_load(Tokenizer *tokenizer, const uint32_t *codepoints, size_t count);
int char_encode(const Tokenizer *tokenizer, const uint8_t *text, size_t n, uint32_t *ids, size_t *count, TokenizerFault *fault);
int char_decode(const Tokenizer *tokenizer, const uint32_t *ids, size_t n, uint8_t *bytes, size_t capacity, size_t *written);

size_t byte_bytes(size_t n);
int byte_train(Tokenizer *tokenizer, const uint8_t *text, size_t n, void *memory, TokenizerFault *fault);
int byte_load(Tokenizer *tokenizer, const uint32_t *codepoints, size_t count);
int byte_encode(const Tokenizer *tokenizer, const uint8_t *text, size_t n, uint32_t *ids, size_t *count, TokenizerFault *fault);
int byte_decode(const Tokenizer *tokenizer, const uint32_t *ids, size_t n, uint8_t *bytes, size_t capacity, size_t *written);

#endif
