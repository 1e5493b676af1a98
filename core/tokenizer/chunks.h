/* chunks.h - the different pieces of a text and how often each stands in it: what training counts. A text comes in parts of any size, each cut
   at a place where a piece ends for sure (split_cut). */
#ifndef FOLIO_TOKENIZER_CHUNKS_H
#define FOLIO_TOKENIZER_CHUNKS_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint32_t tag, chunk;
} ChunksSlot;

typedef struct {
    int split;
    uint32_t count, room;            /* chunks, and how many there can be */
    uint32_t bytes_used, bytes_room; /* of their bytes */
    uint64_t total;                  /* bytes of text counted: below 2^32 */
    uint32_t *offsets;               /* (room + 1): chunk i is bytes[offsets[i] .. offsets[i + 1]) */
    uint32_t *counts;                /* (room) */
    ChunksSlot *slots;
    uint32_t mask;
    uint8_t *bytes;
} Chunks;

/* Bytes of memory, 4-aligned, for so many chunks with so many bytes together. */
uint64_t chunks_bytes(uint32_t room, uint32_t bytes_room);

void chunks_init(Chunks *chunks, int split, uint32_t room, uint32_t bytes_room, void *memory);

/* Counts the pieces of text[0..n); *done receives the bytes counted. Fails with CAPACITY where there is no room for one more (then move and go on
   from *done), RANGE where the text would pass 4 GiB. Cost: O(n). */
int chunks_count(Chunks *chunks, const uint8_t *text, size_t n, size_t *done);

/* Goes on with the only chunk, or begins it: a text that is not split, in parts, of which there are no others. Fails with CAPACITY where there is no
   room for the part. Cost: O(n). */
int chunks_append(Chunks *chunks, const uint8_t *text, size_t n);

/* The same chunks in other memory, of at least their size; the old memory is free then. Cost: O(bytes). */
void chunks_move(Chunks *chunks, uint32_t room, uint32_t bytes_room, void *memory);

/* Chunk indices by count, the greatest first, those of equal count by their bytes, into order (count). Cost: O(count log count). */
void chunks_order(const Chunks *chunks, uint32_t *order);

/* The first chunks in that order as strings, what word learns: at most `limit` of them, each at least min_count times in the text. Returns how many;
   offsets (as many + 1) and bytes (at most bytes_used) may be NULL, to count only. Cost: O(bytes). */
uint32_t chunks_tokens(const Chunks *chunks, const uint32_t *order, uint32_t limit, uint32_t min_count, uint32_t *offsets, uint8_t *bytes);

#endif
