/* kinds.h - what each kind of tokenizer brings: the functions behind tokenizer.h, under the same contracts. */
#ifndef FOLIO_TOKENIZER_KINDS_H
#define FOLIO_TOKENIZER_KINDS_H

#include "tokenizer/tokenizer.h"

size_t char_bytes(size_t n);
int char_train(Tokenizer *tokenizer, const uint8_t *text, size_t n, void *memory, TokenizerFault *fault);
int char_load(Tokenizer *tokenizer, const uint32_t *codepoints, size_t count, uint32_t *order);
int char_encode(const Tokenizer *tokenizer, const TokenizerHow *how, const uint8_t *text, size_t n, uint32_t *ids, size_t *count,
                TokenizerFault *fault);
int char_decode(const Tokenizer *tokenizer, const uint32_t *ids, size_t n, uint8_t *bytes, size_t capacity, size_t *written);
size_t char_cut(const Tokenizer *tokenizer, const uint8_t *text, size_t n);

size_t byte_bytes(size_t n);
int byte_train(Tokenizer *tokenizer, const uint8_t *text, size_t n, void *memory, TokenizerFault *fault);
int byte_load(Tokenizer *tokenizer, const uint32_t *codepoints, size_t count, uint32_t *order);
int byte_encode(const Tokenizer *tokenizer, const TokenizerHow *how, const uint8_t *text, size_t n, uint32_t *ids, size_t *count,
                TokenizerFault *fault);
int byte_decode(const Tokenizer *tokenizer, const uint32_t *ids, size_t n, uint8_t *bytes, size_t capacity, size_t *written);
size_t byte_cut(const Tokenizer *tokenizer, const uint8_t *text, size_t n);

int word_open(Tokenizer *tokenizer, TokenizerFault *fault);
int word_encode(const Tokenizer *tokenizer, const TokenizerHow *how, const uint8_t *text, size_t n, uint32_t *ids, size_t *count,
                TokenizerFault *fault);

int bpe_open(Tokenizer *tokenizer, TokenizerFault *fault);
int bpe_encode(const Tokenizer *tokenizer, const TokenizerHow *how, const uint8_t *text, size_t n, uint32_t *ids, size_t *count,
               TokenizerFault *fault);

/* Of word and bpe, which both are strings.c. */
int strings_open(Tokenizer *tokenizer, const TokenizerStrings *tokens, const TokenizerStrings *special, const uint32_t *special_ids,
                 void *memory, TokenizerFault *fault);
int strings_decode(const Tokenizer *tokenizer, const uint32_t *ids, size_t n, uint8_t *bytes, size_t capacity, size_t *written);
size_t strings_cut(const Tokenizer *tokenizer, const uint8_t *text, size_t n);

/* Tells a fault, if anybody asks, and gives the code back. */
int kinds_stop(int code, TokenizerFault *fault, size_t byte_offset, size_t char_offset, uint32_t codepoint);

#endif
