#include "tokenizer/chunks.h"

#include <string.h>

#include "error.h"
#include "tokenizer/split.h"
#include "tokenizer/vocabulary.h"

#define EMPTY UINT32_MAX

static uint32_t slots_for(uint32_t room) {
    uint32_t slots = 4;
    while (slots < 2 * (uint64_t)room && slots < 1u << 31) slots *= 2;
    return slots;
}

uint64_t chunks_bytes(uint32_t room, uint32_t bytes_room) {
    return ((uint64_t)2 * room + 1) * sizeof(uint32_t) + (uint64_t)slots_for(room) * sizeof(ChunksSlot) + bytes_room;
}

static uint32_t hash_of(const Chunks *c, const uint8_t *piece, size_t n, uint32_t *tag) {
    uint64_t hash = vocabulary_hash(piece, n);
    *tag = (uint32_t)(hash >> 32);
    return (uint32_t)hash & c->mask;
}

/* The slot of a piece: its own, or the empty one where it belongs. */
static ChunksSlot *slot_of(const Chunks *c, const uint8_t *piece, size_t n, uint32_t *tag) {
    for (uint32_t at = hash_of(c, piece, n, tag);; at = (at + 1) & c->mask) {
        ChunksSlot *slot = &c->slots[at];
        if (slot->chunk == EMPTY) return slot;
        if (slot->tag != *tag) continue;
        uint32_t start = c->offsets[slot->chunk];
        if (c->offsets[slot->chunk + 1] - start == n && memcmp(c->bytes + start, piece, n) == 0) return slot;
    }
}

/* Lays the arrays out in memory; what stands in them is not touched but for the slots. */
static void place(Chunks *c, uint32_t room, uint32_t bytes_room, void *memory) {
    c->room = room;
    c->bytes_room = bytes_room;
    c->mask = slots_for(room) - 1;
    c->offsets = memory;
    c->counts = c->offsets + room + 1;
    c->slots = (ChunksSlot *)(void *)(c->counts + room);
    c->bytes = (uint8_t *)(c->slots + c->mask + 1);
    memset(c->slots, 0xFF, ((size_t)c->mask + 1) * sizeof *c->slots); /* every chunk EMPTY */
}

void chunks_init(Chunks *chunks, int split, uint32_t room, uint32_t bytes_room, void *memory) {
    *chunks = (Chunks){.split = split};
    place(chunks, room, bytes_room, memory);
    chunks->offsets[0] = 0;
}

int chunks_count(Chunks *chunks, const uint8_t *text, size_t n, size_t *done) {
    Chunks *c = chunks;
    *done = 0;
    if (n > UINT32_MAX - c->total) return FOLIO_ERR_RANGE;
    for (size_t end; *done < n; *done = end) {
        uint32_t tag;
        end = split_next(c->split, text, n, *done);
        size_t length = end - *done;
        ChunksSlot *slot = slot_of(c, text + *done, length, &tag);
        if (slot->chunk == EMPTY) {
            if (c->count == c->room || length > c->bytes_room - c->bytes_used) return FOLIO_ERR_CAPACITY;
            memcpy(c->bytes + c->bytes_used, text + *done, length);
            c->bytes_used += (uint32_t)length;
            c->counts[c->count] = 0;
            c->offsets[c->count + 1] = c->bytes_used;
            *slot = (ChunksSlot){tag, c->count++};
        }
        c->counts[slot->chunk]++;
        c->total += length;
    }
    return FOLIO_OK;
}

int chunks_append(Chunks *chunks, const uint8_t *text, size_t n) {
    Chunks *c = chunks;
    if (n > c->bytes_room - c->bytes_used) return FOLIO_ERR_CAPACITY;
    memcpy(c->bytes + c->bytes_used, text, n);
    c->bytes_used += (uint32_t)n;
    c->total += n;
    c->count = c->counts[0] = 1;
    c->offsets[1] = c->bytes_used;
    return FOLIO_OK;
}

void chunks_move(Chunks *chunks, uint32_t room, uint32_t bytes_room, void *memory) {
    Chunks old = *chunks;
    place(chunks, room, bytes_room, memory);
    memcpy(chunks->offsets, old.offsets, (old.count + (size_t)1) * sizeof *old.offsets);
    memcpy(chunks->counts, old.counts, old.count * sizeof *old.counts);
    memcpy(chunks->bytes, old.bytes, old.bytes_used);
    for (uint32_t i = 0; i < old.count; i++) {
        uint32_t tag;
        ChunksSlot *slot = slot_of(chunks, chunks->bytes + chunks->offsets[i], chunks->offsets[i + 1] - chunks->offsets[i], &tag);
        *slot = (ChunksSlot){tag, i};
    }
}

/* True where chunk a comes before chunk b. */
static int before(const Chunks *c, uint32_t a, uint32_t b) {
    if (c->counts[a] != c->counts[b]) return c->counts[a] > c->counts[b];
    size_t n = c->offsets[a + 1] - c->offsets[a], m = c->offsets[b + 1] - c->offsets[b];
    int difference = memcmp(c->bytes + c->offsets[a], c->bytes + c->offsets[b], n < m ? n : m);
    return difference ? difference < 0 : n < m;
}

static void sift_down(const Chunks *c, uint32_t *order, size_t count, size_t at) {
    uint32_t chunk = order[at];
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && before(c, order[child], order[child + 1])) child++;
        if (!before(c, chunk, order[child])) break;
        order[at] = order[child];
    }
    order[at] = chunk;
}

/* Heapsort: the last in order stands on top of the heap. */
void chunks_order(const Chunks *chunks, uint32_t *order) {
    size_t count = chunks->count;
    for (uint32_t i = 0; i < count; i++) order[i] = i;
    for (size_t at = count / 2; at-- > 0;) sift_down(chunks, order, count, at);
    while (count > 1) {
        uint32_t last = order[0];
        order[0] = order[--count];
        sift_down(chunks, order, count, 0);
        order[count] = last;
    }
}

uint32_t chunks_tokens(const Chunks *chunks, const uint32_t *order, uint32_t limit, uint32_t min_count, uint32_t *offsets, uint8_t *bytes) {
    uint32_t count = 0, at = 0;
    for (; count < chunks->count && count < limit && chunks->counts[order[count]] >= min_count; count++) {
        uint32_t start = chunks->offsets[order[count]], n = chunks->offsets[order[count] + 1] - start;
        if (offsets) offsets[count] = at;
        if (bytes) memcpy(bytes + at, chunks->bytes + start, n);
        at += n;
    }
    if (offsets) offsets[count] = at;
    return count;
}
