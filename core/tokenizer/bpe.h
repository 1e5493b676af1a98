/* bpe.h - byte-level BPE: a piece's bytes are joined pair by pair, always the pair whose joined bytes have the lowest id, the leftmost of equals,
   until no two neighbours make a token. A piece that is a token as a whole is that token. Ids are ranks: the order in which tokens were learnt.
   Source: Sennrich, Haddow and Birch, "Neural Machine Translation of Rare Words with Subword Units" (ACL 2016), over bytes as in GPT-2. */
#ifndef FOLIO_TOKENIZER_BPE_H
#define FOLIO_TOKENIZER_BPE_H

#include "tokenizer/vocabulary.h"

enum { BPE_SHORT = 128 }; /* bytes of a piece that is merged without scratch memory */

/* Bytes of scratch memory, 8-aligned, for a window of so many bytes: 40 each. */
uint64_t bpe_scratch(size_t window);

/* The window that a piece of n bytes asks for: 0 up to BPE_SHORT, 1024 or 8 times the longest token beyond. */
size_t bpe_window(const Vocabulary *vocabulary, size_t n);

/* What pieces of a few bytes became, so that words that come again are not merged again. All zero at first; belongs to one vocabulary. */
enum { BPE_CACHED = 4096, BPE_CACHED_BYTES = 15, BPE_CACHED_IDS = 7 };
typedef struct BpeCached {
    uint8_t n, bytes[BPE_CACHED_BYTES]; /* 0: empty */
    uint32_t count, ids[BPE_CACHED_IDS];
} BpeCached;

/* piece[0..n), n > 0, to ids; at most n of them are written. Every single byte must be a token. Returns how many; 0 where the window is too small:
   below bpe_window, or, which nothing that was tried has done, because the piece's windows have no token's end in common; then try twice as much.
   cache: BPE_CACHED of them, or NULL; tiny Shakespeare in o200k_base, of whose pieces a tenth are no tokens, takes three quarters of the time with it.
   Cost: O(n), times the longest token up to BPE_SHORT and the logarithm of the window beyond. */
size_t bpe_piece(const Vocabulary *vocabulary, const uint8_t *piece, size_t n, uint32_t *ids, void *scratch, size_t window,
                 BpeCached *cache);

/* The two tokens that were joined into `id`: what its bytes make with the lower ids alone. True if they are two; a single byte has none.
   scratch: bpe_scratch(longest token). */
int bpe_pair(const Vocabulary *vocabulary, uint32_t id, uint32_t *left, uint32_t *right, void *scratch);

#endif
