#include "tokenizer/vocabulary.h"

#include <string.h>

#include "error.h"

static uint64_t eight(const uint8_t *bytes) {
    uint64_t value;
    memcpy(&value, bytes, 8);
    return value;
}

/* The last bytes of a string, 0 to 7 of them, as a number: by two loads that overlap where there are four or more. */
static uint64_t rest(const uint8_t *bytes, size_t n) {
    if (n >= 4) {
        uint32_t first, last;
        memcpy(&first, bytes, 4);
        memcpy(&last, bytes + n - 4, 4);
        return (uint64_t)first << 32 | last;
    }
    return n == 0 ? 0 : (uint64_t)bytes[0] << 16 | (uint64_t)bytes[n / 2] << 8 | bytes[n - 1];
}

/* Multiply and fold, eight bytes a round; the length goes in first, so that strings that end in zeros differ. The factor is 2^64 divided by
   the golden ratio. */
uint64_t vocabulary_hash(const uint8_t *bytes, size_t n) {
    const uint64_t factor = 0x9E3779B97F4A7C15u;
    uint64_t hash = (uint64_t)n * factor;
    for (; n >= 8; n -= 8, bytes += 8) {
        hash = (hash ^ eight(bytes)) * factor;
        hash ^= hash >> 32;
    }
    hash = (hash ^ rest(bytes, n)) * factor;
    hash = (hash ^ hash >> 29) * factor;
    return hash ^ hash >> 32;
}

static uint32_t slots_for(uint32_t count) {
    uint32_t slots = 4;
    while (slots < 2 * (uint64_t)count) slots *= 2;
    return slots;
}

size_t vocabulary_bytes(uint32_t count) { return slots_for(count) * sizeof(VocabularySlot); }

/* The slot of these bytes: theirs, or the empty one where they belong. */
static VocabularySlot *slot_of(const Vocabulary *v, const uint8_t *bytes, size_t n, uint32_t *tag) {
    uint64_t hash = vocabulary_hash(bytes, n);
    *tag = (uint32_t)(hash >> 32);
    for (uint32_t at = (uint32_t)hash & v->mask;; at = (at + 1) & v->mask) {
        VocabularySlot *slot = &v->slots[at];
        if (slot->id == VOCABULARY_ABSENT) return slot;
        if (slot->tag != *tag) continue;
        uint32_t start = v->offsets[slot->id];
        if (v->offsets[slot->id + 1] - start == n && memcmp(v->bytes + start, bytes, n) == 0) return slot;
    }
}

int vocabulary_init(Vocabulary *vocabulary, uint32_t count, const uint32_t *offsets, const uint8_t *bytes, void *memory, uint32_t *twice) {
    Vocabulary v = {count, 0, slots_for(count) - 1, offsets, bytes, memory};
    memset(memory, 0xFF, vocabulary_bytes(count)); /* every id VOCABULARY_ABSENT */
    for (uint32_t id = 0; id < count; id++) {
        uint32_t n = offsets[id + 1] - offsets[id], tag;
        if (n == 0) continue;
        VocabularySlot *slot = slot_of(&v, bytes + offsets[id], n, &tag);
        if (slot->id != VOCABULARY_ABSENT) {
            if (twice) *twice = id;
            return FOLIO_ERR_VOCABULARY;
        }
        *slot = (VocabularySlot){tag, id};
        if (n > v.longest) v.longest = n;
    }
    *vocabulary = v;
    return FOLIO_OK;
}

uint32_t vocabulary_find(const Vocabulary *vocabulary, const uint8_t *bytes, size_t n) {
    uint32_t tag;
    return n == 0 || n > vocabulary->longest ? VOCABULARY_ABSENT : slot_of(vocabulary, bytes, n, &tag)->id;
}

const uint8_t *vocabulary_token(const Vocabulary *vocabulary, uint32_t id, size_t *n) {
    *n = vocabulary->offsets[id + 1] - vocabulary->offsets[id];
    return vocabulary->bytes + vocabulary->offsets[id];
}
