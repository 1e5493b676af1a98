/* bpe_train.h - learns byte-level BPE: the most frequent pair of neighbours becomes a token, again and again.
   Source: Sennrich, Haddow and Birch (ACL 2016); the same merges as counting all pairs anew each time, which minbpe does, but for ties.

   Tokens 0 .. 255 are the single bytes, by value. Of pairs with equal counts the one with the lower left id is joined first, then the one with the
   lower right id; minbpe takes the pair that its text shows first. A pair that overlaps itself, as in "aaa", counts twice and is joined from the
   left, as there. Two tokens never have the same bytes: what stands inside a token was joined by the same rules wherever it stands.

   How: each place of a chunk's bytes where a token begins holds its id, and so does its last byte, so that neighbours are found by the lengths of
   ids; the places of a pair form a list linked both ways. A join visits the places of its pair alone. Counts of older pairs only fall, so a heap of
   counts that may be out of date is corrected when a pair comes up. */
#ifndef FOLIO_TOKENIZER_BPE_TRAIN_H
#define FOLIO_TOKENIZER_BPE_TRAIN_H

#include "tokenizer/chunks.h"

typedef struct {
    uint32_t left, right;
    uint32_t count;      /* over all chunks, times how often each stands in the text */
    uint32_t key;        /* the count that the heap knows; while a join is under way the next of its new pairs */
    uint32_t head, tail; /* its places, ascending */
} BpePair;

typedef struct {
    const Chunks *chunks;
    uint16_t *symbols16;                /* (bytes): the id at a place, where `target` ids need no more bits; else NULL */
    uint32_t *symbols;                  /* (bytes): the same otherwise */
    uint32_t *after, *before;           /* (bytes): the next and last place of its pair */
    uint32_t *lengths, *lefts, *rights; /* (vocab_size): of tokens; what they were joined from */
    uint32_t vocab_size, target, min_count;
    BpePair *pairs;         /* (room) */
    uint32_t *heap, *slots; /* (room): pairs by key; (mask + 1): pairs by (left, right) */
    uint32_t room, used, free, free_count, heap_count, mask;
    uint32_t place, chunk;   /* how far the first count has come; the chunk that was looked at last */
    uint32_t joining, fresh; /* the pair under way, and the first of the pairs it makes */
    int state;
} BpeTrain;

/* Bytes of memory, 4-aligned: 10 for each byte of the chunks, 12 for more than 65,536 tokens, and 12 for each token; and 32 to 40 for each pair. */
uint64_t bpe_train_bytes(const Chunks *chunks, uint32_t target);
uint64_t bpe_train_pair_bytes(uint32_t room);

/* target: tokens to end with, those 256 included; min_count: pairs that are less frequent are not joined (at least 1).
   chunks and both memories must outlive the training. Cost: O(1). */
void bpe_train_init(BpeTrain *train, const Chunks *chunks, uint32_t target, uint32_t min_count, void *memory, uint32_t room,
                    void *pair_memory);

/* Works on about `work` places. 1: done; 0: not yet; CAPACITY: there may be too few pairs for the next join: grow, then go on. */
int bpe_train_advance(BpeTrain *train, uint32_t work);

/* More room for pairs; the old pair memory is free then. Cost: O(room). */
void bpe_train_grow(BpeTrain *train, uint32_t room, void *pair_memory);

/* Bytes of all tokens together, below 2^32 or UINT32_MAX, and the tokens themselves: offsets (vocab_size + 1), bytes. */
uint32_t bpe_train_size(const BpeTrain *train);
void bpe_train_tokens(const BpeTrain *train, uint32_t *offsets, uint8_t *bytes);

#endif
