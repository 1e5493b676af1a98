/* special.h - special tokens: names that stand for one id wherever they are allowed, as <|endoftext|> does, and never come out of the split. */
#ifndef FOLIO_TOKENIZER_SPECIAL_H
#define FOLIO_TOKENIZER_SPECIAL_H

#include "tokenizer/vocabulary.h"

enum { SPECIAL_LONGEST = 255 }; /* bytes of a name */

/* What to do with a special token's name in a text. */
enum { SPECIAL_ORDINARY, SPECIAL_ALLOWED, SPECIAL_DISALLOWED };

typedef struct {
    Vocabulary names;    /* the index-th name */
    const uint32_t *ids; /* its id; ascending, and two names may have the same: the first is what it decodes to */
    uint32_t first[8];   /* set of 256: the bytes that names begin with */
    uint32_t lengths[8]; /* set of 256: the lengths that names have */
} Special;

/* Names as a vocabulary has its tokens (offsets, bytes), ids, memory vocabulary_bytes(count); all must outlive it.
   Fails with SPECIAL (ids that descend, a name empty or too long), VOCABULARY (a name twice); *which receives the index at fault. */
int special_init(Special *special, uint32_t count, const uint32_t *ids, const uint32_t *offsets, const uint8_t *bytes, void *memory,
                 uint32_t *which);

/* The index of the token with this id, VOCABULARY_ABSENT for none. Cost: O(log count). */
uint32_t special_index(const Special *special, uint32_t id);

/* Where the next name in text[from .. n) stands whose policies[index] (count of them) is `policy`; n for none. *index receives which: of those at
   the same place the longest. Cost: O(n - from), times the number of different lengths at each place that begins like a name. */
size_t special_next(const Special *special, const uint8_t *text, size_t n, size_t from, const uint8_t *policies, int policy,
                    uint32_t *index);

#endif
