/* tokenizer.h - text (UTF-8 bytes) <-> token ids. The same verbs for every kind: train or load, encode, decode.
   char: one token a Unicode character; a text's vocabulary is sorted by code point, as sorted(set(text)) gives. byte: ids are bytes.
   word: words, spaces and punctuation marks, by frequency. bpe: byte-level BPE over a split pattern, trained here or elsewhere. */
#ifndef FOLIO_TOKENIZER_H
#define FOLIO_TOKENIZER_H

#include <stddef.h>
#include <stdint.h>

#include "config.h" /* TOKENIZER_CHAR, TOKENIZER_BYTE, TOKENIZER_WORD, TOKENIZER_BPE */
#include "tokenizer/special.h"
#include "tokenizer/split.h" /* SPLIT_* */
#include "tokenizer/vocabulary.h"

enum { TOKENIZER_ASCII = 128 };
#define TOKENIZER_ABSENT UINT32_MAX

typedef struct {
    int kind;                        /* TOKENIZER_* */
    int split;                       /* word: SPLIT_WORD; bpe: SPLIT_* */
    uint32_t vocab_size;             /* ids, those of special tokens included, are below it; some may be holes */
    const uint32_t *codepoints;      /* char: vocab_size of them, by id; else NULL */
    const uint32_t *order;           /* char: the ids by ascending code point; NULL where the ids ascend with them */
    uint32_t ascii[TOKENIZER_ASCII]; /* char: ids of the ASCII characters, TOKENIZER_ABSENT for those not in the vocabulary */
    uint32_t unknown;                /* word: the id of the special token <|unk|>, TOKENIZER_ABSENT for none */
    Vocabulary vocabulary;           /* word, bpe */
    Special special;                 /* word, bpe */
} Tokenizer;

/* Where and on what an encode, a train or an open stopped. */
typedef struct {
    size_t byte_offset, char_offset; /* counted from 0 */
    uint32_t codepoint;              /* the unknown character; for UTF8, the byte; what else a function says */
} TokenizerFault;

/* ---- char and byte: a vocabulary of code points ---- */

/* Bytes of memory that tokenizer_train needs for n bytes of text: at most 4/3 n + 150 KB for char, 0 for byte and for no such kind. */
size_t tokenizer_bytes(int kind, size_t n);

/* Learns the vocabulary of text[0..n) into memory (tokenizer_bytes of it, 4-aligned, which must outlive the tokenizer). The
   vocabulary stands at its start, so a caller may copy 4 vocab_size bytes, tokenizer_load the copy and let the rest go.
   Fails with ARGUMENT (not char or byte; word and bpe learn with chunks.h and bpe_train.h), EMPTY (char, n = 0), UTF8 (overlong forms, surrogates and values
   above U+10FFFF included). `fault`, here and below, may be NULL. Cost: O(n). */
int tokenizer_train(Tokenizer *tokenizer, int kind, const uint8_t *text, size_t n, void *memory, TokenizerFault *fault);

/* Takes a vocabulary from a file, by id: no duplicates, no surrogates. codepoints stay the caller's, as does order: room for count ids, of use
   where code points do not ascend; it may be NULL where they do. byte: count 0.
   Fails with ARGUMENT (not char or byte), VOCABULARY (none for char included). Cost: O(count), O(count log count) where they do not ascend. */
int tokenizer_load(Tokenizer *tokenizer, int kind, const uint32_t *codepoints, size_t count, uint32_t *order);

/* ---- word and bpe: a vocabulary of strings ---- */

/* Strings one after the other; string i is bytes[offsets[i] .. offsets[i + 1]), and may be empty: a hole. */
typedef struct {
    uint32_t count;
    const uint32_t *offsets; /* (count + 1), ascending from 0 */
    const uint8_t *bytes;
} TokenizerStrings;

/* Bytes of memory that tokenizer_open needs for so many tokens and special tokens. */
size_t tokenizer_open_bytes(uint32_t tokens, uint32_t special);

/* A tokenizer of these tokens, in the order of their ids, and special tokens (names, ids: ascending, none of them a token's). All stay the
   caller's and must outlive it, as must memory (tokenizer_open_bytes, 4-aligned). split: SPLIT_*, for bpe; word has its own.
   Fails with ARGUMENT (not word or bpe, no such split), VOCABULARY (bytes that stand twice; fault: the id), BYTES (bpe: a single byte that is no
   token; fault: the byte), SPECIAL (a special token's name or id; fault: its index). Cost: O(bytes). */
int tokenizer_open(Tokenizer *tokenizer, int kind, int split, const TokenizerStrings *tokens, const TokenizerStrings *special,
                   const uint32_t *special_ids, void *memory, TokenizerFault *fault);

/* ---- every kind ---- */

/* How to encode; NULL for the ordinary: no special tokens, no scratch memory. */
typedef struct {
    const uint8_t *special; /* SPECIAL_* for each special token by index; NULL: all are ordinary text */
    void *scratch;          /* bpe: bpe_scratch(window) for pieces above BPE_SHORT bytes (bpe.h) */
    size_t window;
    struct BpeCached *cache; /* bpe: BPE_CACHED pieces of this tokenizer, zero at first (bpe.h); NULL: none */
} TokenizerHow;

/* text -> ids; at most n of them are written, *count receives how many. Fails and fills fault; what stands in ids is then undefined:
   UTF8, UNKNOWN_CHAR (char), UNKNOWN_WORD (word without <|unk|>; fault: place, length), NOT_ALLOWED (a disallowed special token; fault: place,
   index), SCRATCH (bpe: a piece above BPE_SHORT bytes; fault: place, the window it needs).
   Cost: O(n), with a bisection for each character beyond ASCII (char), a logarithm of at most 1024 (bpe). */
int tokenizer_encode_with(const Tokenizer *tokenizer, const TokenizerHow *how, const uint8_t *text, size_t n, uint32_t *ids, size_t *count,
                          TokenizerFault *fault);

/* The same, the ordinary way. */
int tokenizer_encode(const Tokenizer *tokenizer, const uint8_t *text, size_t n, uint32_t *ids, size_t *count, TokenizerFault *fault);

/* A place in the text, as far as can be towards its end, where it can be cut so that the ordinary ids of both parts are those of the whole.
   0 where there is none, n where the text may be cut at its end. */
size_t tokenizer_cut(const Tokenizer *tokenizer, const uint8_t *text, size_t n);

/* ids -> bytes; *written receives how many. Fails with TOKEN (an id >= vocab_size or a hole) or CAPACITY, and then nothing is written;
   *written receives the bytes needed for CAPACITY. 4 n bytes always suffice for char and byte. bytes may be NULL where capacity is 0.
   Cost: O(n + bytes). */
int tokenizer_decode(const Tokenizer *tokenizer, const uint32_t *ids, size_t n, uint8_t *bytes, size_t capacity, size_t *written);

/* Where each of the ids begins in the text they came from: count offsets in bytes. Fails with TOKEN as decode does, and with ARGUMENT where the
   ids are not those of this text. Cost: O(n). */
int tokenizer_offsets(const Tokenizer *tokenizer, const uint8_t *text, size_t n, const uint32_t *ids, size_t count, uint32_t *offsets);

#endif
