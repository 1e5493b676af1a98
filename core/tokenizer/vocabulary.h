/* vocabulary.h - tokens as strings of bytes: id -> bytes by offset, bytes -> id by a hash table. What word, bpe and special tokens stand on. */
#ifndef FOLIO_TOKENIZER_VOCABULARY_H
#define FOLIO_TOKENIZER_VOCABULARY_H

#include <stddef.h>
#include <stdint.h>

#define VOCABULARY_ABSENT UINT32_MAX

typedef struct {
    uint32_t tag, id; /* other bits of the hash; VOCABULARY_ABSENT: empty */
} VocabularySlot;

typedef struct {
    uint32_t count;          /* ids are below it; an id without bytes is a hole that no text gives */
    uint32_t longest;        /* bytes of the longest token */
    uint32_t mask;           /* slots - 1 */
    const uint32_t *offsets; /* (count + 1): token id is bytes[offsets[id] .. offsets[id + 1]) */
    const uint8_t *bytes;
    VocabularySlot *slots;
} Vocabulary;

/* Bytes of the hash table for `count` ids: at most 32 an id. */
size_t vocabulary_bytes(uint32_t count);

/* offsets (count + 1, ascending) and bytes stay the caller's and must outlive the vocabulary, as must memory (vocabulary_bytes, 4-aligned).
   Fails with VOCABULARY where two ids have the same bytes; *twice (may be NULL) receives the greater. Cost: O(bytes). */
int vocabulary_init(Vocabulary *vocabulary, uint32_t count, const uint32_t *offsets, const uint8_t *bytes, void *memory, uint32_t *twice);

/* The id of these bytes, VOCABULARY_ABSENT for none. Cost: O(n), at once where n is 0 or above `longest`. */
uint32_t vocabulary_find(const Vocabulary *vocabulary, const uint8_t *bytes, size_t n);

/* The bytes of an id below count, *n of them. */
const uint8_t *vocabulary_token(const Vocabulary *vocabulary, uint32_t id, size_t *n);

/* A number that differs for different bytes as good as always. Cost: O(n), eight bytes at a time. */
uint64_t vocabulary_hash(const uint8_t *bytes, size_t n);

#endif
