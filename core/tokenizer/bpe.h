/* bpe.h - byte-level BPE: a piece's bytes are joined pair by pair, always the pair whose joined bytes have the lowest id, the leftmost of equals,
   until no two neighbours make a token. A piece that is a token as a whole is that token. Ids are ranks: the order in which tokens were learnt.
   Source: Sennrich, Haddow and Birch, "Neural Machine Translation of Rare Words with Subword Units" (ACL 2016), over bytes as in GPT-2. */
#ifndef FOLIO_TOKENIZER_BPE_H
#define FOLIO_TOKENIZER_BPE_H

#include "tokenizer/vocabulary.h"

enum { BPE_SHORT = 128 }; /* bytes of a piece that is merged without scratch memory */

/* Bytes of scratch memory, 4-aligned, to merge a piece of n bytes: 0 up to BPE_SHORT, else 20 n and 8 for each token. All of it must be zero at
   first; what a piece leaves behind is fit for the next, if that is not longer. */
uint64_t bpe_scratch(const Vocabulary *vocabulary, size_t n);

/* piece[0..n), n > 0, to ids; at most n of them are written. Every single byte must be a token. Returns how many.
   Pairs below `limit` alone are joined, and no lookup of the whole: UINT32_MAX for all. scratch: bpe_scratch(n).
   Cost: O(n^2) up to BPE_SHORT, O(n) beyond, where ids are in the order in which tokens were learnt. */
size_t bpe_piece(const Vocabulary *vocabulary, const uint8_t *piece, size_t n, uint32_t limit, uint32_t *ids, void *scratch);

/* The two tokens that were joined into `id`: what its bytes make with the lower ids alone. True if they are two; a single byte has none.
   scratch: bpe_pair_scratch, as there. */
size_t bpe_pair_scratch(const Vocabulary *vocabulary);
int bpe_pair(const Vocabulary *vocabulary, uint32_t id, uint32_t *left, uint32_t *right, void *scratch);

#endif
