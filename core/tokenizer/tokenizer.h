/* tokenizer.h - text (UTF-8 bytes) <-> token ids. The same verbs for every kind: train, encode, decode.
   char: one token a Unicode character, vocabulary sorted by code point, as sorted(set(text)) gives. byte: ids are bytes. */
#ifndef FOLIO_TOKENIZER_H
#define FOLIO_TOKENIZER_H

#include <stddef.h>
#include <stdint.h>

#include "config.h" /* TOKENIZER_CHAR, TOKENIZER_BYTE */

enum { TOKENIZER_ASCII = 128 };
#define TOKENIZER_ABSENT UINT32_MAX

typedef struct {
    int kind; /* TOKENIZER_* */
    uint32_t vocab_size;
    const uint32_t *codepoints;      /* char: vocab_size of them, ascending; byte: NULL */
    uint32_t ascii[TOKENIZER_ASCII]; /* char: ids of the ASCII characters, TOKENIZER_ABSENT for those not in the vocabulary */
} Tokenizer;

/* Where and on what an encode or a train stopped. */
typedef struct {
    size_t byte_offset, char_offset; /* counted from 0 */
    uint32_t codepoint;              /* the unknown character; for UTF8, the byte */
} TokenizerFault;

/* Bytes of memory that tokenizer_train needs for n bytes of text: at most 4/3 n + 150 KB for char, 0 for byte and for no kind. */
size_t tokenizer_bytes(int kind, size_t n);

/* Learns the vocabulary of text[0..n) into memory (tokenizer_bytes of it, 4-aligned, which must outlive the tokenizer). The
   vocabulary stands at its start, so a caller may copy 4 vocab_size bytes, tokenizer_load the copy and let the rest go.
   Fails with ARGUMENT (no such kind), EMPTY (char, n = 0), UTF8 (overlong forms, surrogates and values above U+10FFFF included).
   `fault`, here and below, may be NULL. Cost: O(n). */
int tokenizer_train(Tokenizer *tokenizer, int kind, const uint8_t *text, size_t n, void *memory, TokenizerFault *fault);

/* Takes a vocabulary from a file: ascending, no duplicates, no surrogates. codepoints stay the caller's. byte: count 0.
   Fails with ARGUMENT (no such kind), VOCABULARY (none for char included). */
int tokenizer_load(Tokenizer *tokenizer, int kind, const uint32_t *codepoints, size_t count);

/* text -> ids; at most n of them are written, *count receives how many. Fails with UTF8 or UNKNOWN_CHAR (char) and fills fault; what
   stands in ids is then undefined. Cost: O(n), with a bisection for each character beyond ASCII. */
int tokenizer_encode(const Tokenizer *tokenizer, const uint8_t *text, size_t n, uint32_t *ids, size_t *count, TokenizerFault *fault);

/* ids -> bytes; *written receives how many. Fails with TOKEN (an id >= vocab_size) or CAPACITY; 4 n bytes always suffice. Cost: O(n). */
int tokenizer_decode(const Tokenizer *tokenizer, const uint32_t *ids, size_t n, uint8_t *bytes, size_t capacity, size_t *written);

#endif
