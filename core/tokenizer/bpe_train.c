#include "tokenizer/bpe_train.h"

#include <string.h>

#include "error.h"

#define NONE UINT32_MAX
enum { COUNTING, CHOOSING, JOINING, DONE };

static size_t symbol_bytes(uint32_t target) { return target <= 1u << 16 ? sizeof(uint16_t) : sizeof(uint32_t); }

uint64_t bpe_train_bytes(const Chunks *chunks, uint32_t target) {
    return (2 * sizeof(uint32_t) + symbol_bytes(target)) * (uint64_t)chunks->bytes_used + 3 * sizeof(uint32_t) * (uint64_t)target;
}

static uint32_t slots_for(uint32_t room) {
    uint32_t slots = 4;
    while (slots < 3 * (uint64_t)room / 2 && slots < 1u << 31) slots *= 2;
    return slots;
}

uint64_t bpe_train_pair_bytes(uint32_t room) {
    return (uint64_t)room * (sizeof(BpePair) + sizeof(uint32_t)) + (uint64_t)slots_for(room) * sizeof(uint32_t);
}

static void place_pairs(BpeTrain *t, uint32_t room, void *memory) {
    t->room = room;
    t->mask = slots_for(room) - 1;
    t->pairs = memory;
    t->heap = (uint32_t *)(void *)(t->pairs + room);
    t->slots = t->heap + room;
    memset(t->slots, 0xFF, ((size_t)t->mask + 1) * sizeof *t->slots); /* every slot NONE */
}

void bpe_train_init(BpeTrain *train, const Chunks *chunks, uint32_t target, uint32_t min_count, void *memory, uint32_t room,
                    void *pair_memory) {
    size_t n = chunks->bytes_used;
    *train = (BpeTrain){.chunks = chunks, .target = target, .min_count = min_count ? min_count : 1, .vocab_size = 256, .free = NONE};
    train->joining = train->fresh = NONE;
    train->after = memory;
    train->before = train->after + n;
    train->lengths = train->before + n;
    train->lefts = train->lengths + target;
    train->rights = train->lefts + target;
    void *symbols = train->rights + target;
    if (symbol_bytes(target) == sizeof(uint16_t))
        train->symbols16 = symbols;
    else
        train->symbols = symbols;
    for (uint32_t id = 0; id < 256; id++) {
        train->lengths[id] = 1;
        train->lefts[id] = train->rights[id] = id;
    }
    place_pairs(train, room, pair_memory);
}

/* ---- ids at places ---- */

static uint32_t symbol_at(const BpeTrain *t, uint32_t place) { return t->symbols16 ? t->symbols16[place] : t->symbols[place]; }

static void set_symbol(BpeTrain *t, uint32_t place, uint32_t id) {
    if (t->symbols16)
        t->symbols16[place] = (uint16_t)id;
    else
        t->symbols[place] = id;
}

/* ---- pairs by (left, right) ---- */

static uint32_t home_of(const BpeTrain *t, uint32_t left, uint32_t right) {
    uint64_t hash = ((uint64_t)left << 32 | right) * 0x9E3779B97F4A7C15u;
    return (uint32_t)(hash >> 32 ^ hash >> 15) & t->mask;
}

/* The slot of a pair: its own, or the empty one where it belongs. */
static uint32_t slot_of(const BpeTrain *t, uint32_t left, uint32_t right) {
    uint32_t at = home_of(t, left, right);
    while (t->slots[at] != NONE && (t->pairs[t->slots[at]].left != left || t->pairs[t->slots[at]].right != right)) at = (at + 1) & t->mask;
    return at;
}

/* The pair, made where there is none. */
static uint32_t pair_of(BpeTrain *t, uint32_t left, uint32_t right) {
    uint32_t slot = slot_of(t, left, right), pair = t->slots[slot];
    if (pair != NONE) return pair;
    if (t->free == NONE) {
        pair = t->used++;
    } else {
        pair = t->free;
        t->free = t->pairs[pair].key;
        t->free_count--;
    }
    t->pairs[pair] = (BpePair){left, right, 0, t->fresh, NONE, NONE};
    return t->slots[slot] = t->fresh = pair;
}

/* Forgets a pair that no heap and no list of fresh ones holds; those that were pushed out of their place by it move up. */
static void forget(BpeTrain *t, uint32_t pair) {
    uint32_t hole = slot_of(t, t->pairs[pair].left, t->pairs[pair].right);
    for (uint32_t at = (hole + 1) & t->mask; t->slots[at] != NONE; at = (at + 1) & t->mask) {
        uint32_t home = home_of(t, t->pairs[t->slots[at]].left, t->pairs[t->slots[at]].right);
        if (((at - home) & t->mask) < ((at - hole) & t->mask)) continue;
        t->slots[hole] = t->slots[at];
        hole = at;
    }
    t->slots[hole] = NONE;
    t->pairs[pair].key = t->free;
    t->free = pair;
    t->free_count++;
}

void bpe_train_grow(BpeTrain *train, uint32_t room, void *pair_memory) {
    BpeTrain old = *train;
    place_pairs(train, room, pair_memory);
    memcpy(train->pairs, old.pairs, old.used * sizeof *old.pairs);
    memcpy(train->heap, old.heap, old.heap_count * sizeof *old.heap);
    for (size_t at = 0; at <= old.mask; at++) {
        uint32_t pair = old.slots[at];
        if (pair != NONE) train->slots[slot_of(train, train->pairs[pair].left, train->pairs[pair].right)] = pair;
    }
}

/* ---- the places of a pair ---- */

static void link_place(BpeTrain *t, uint32_t left, uint32_t right, uint32_t place, uint32_t weight) {
    BpePair *pair = &t->pairs[pair_of(t, left, right)];
    t->before[place] = pair->tail;
    t->after[place] = NONE;
    if (pair->tail == NONE)
        pair->head = place;
    else
        t->after[pair->tail] = place;
    pair->tail = place;
    pair->count += weight; /* at most the bytes of the text */
}

static void unlink_place(BpeTrain *t, uint32_t left, uint32_t right, uint32_t place, uint32_t weight) {
    uint32_t index = t->slots[slot_of(t, left, right)];
    if (index == NONE) return; /* too rare: forgotten */
    BpePair *pair = &t->pairs[index];
    uint32_t after = t->after[place], before = t->before[place];
    if (before == NONE)
        pair->head = after;
    else
        t->after[before] = after;
    if (after == NONE)
        pair->tail = before;
    else
        t->before[after] = before;
    pair->count -= weight;
}

/* ---- the heap: the greatest key, of equals the lowest left, then the lowest right ---- */

static int first_of(const BpeTrain *t, uint32_t a, uint32_t b) {
    const BpePair *p = &t->pairs[a], *q = &t->pairs[b];
    if (p->key != q->key) return p->key > q->key;
    return p->left != q->left ? p->left < q->left : p->right < q->right;
}

static void push(BpeTrain *t, uint32_t pair) {
    size_t at = t->heap_count++;
    t->pairs[pair].key = t->pairs[pair].count;
    for (; at > 0 && first_of(t, pair, t->heap[(at - 1) / 2]); at = (at - 1) / 2) t->heap[at] = t->heap[(at - 1) / 2];
    t->heap[at] = pair;
}

static uint32_t pop(BpeTrain *t) {
    uint32_t top = t->heap[0], pair = t->heap[--t->heap_count];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < t->heap_count; at = child) {
        if (child + 1 < t->heap_count && first_of(t, t->heap[child + 1], t->heap[child])) child++;
        if (!first_of(t, t->heap[child], pair)) break;
        t->heap[at] = t->heap[child];
    }
    t->heap[at] = pair;
    return top;
}

/* The pairs that were made since the last time go to the heap, or are forgotten where they are too rare to be joined ever. */
static void take_in(BpeTrain *t) {
    while (t->fresh != NONE) {
        uint32_t pair = t->fresh;
        t->fresh = t->pairs[pair].key;
        if (t->pairs[pair].count >= t->min_count)
            push(t, pair);
        else
            forget(t, pair);
    }
}

/* ---- the work ---- */

/* Counts the pairs that begin at places from t->place on. */
static void count_pairs(BpeTrain *t, uint32_t work) {
    const Chunks *c = t->chunks;
    for (; work && t->place < c->bytes_used; t->place++, work--) {
        uint32_t place = t->place;
        while (c->offsets[t->chunk + 1] <= place) t->chunk++;
        set_symbol(t, place, c->bytes[place]);
        if (place + 1 < c->offsets[t->chunk + 1]) link_place(t, c->bytes[place], c->bytes[place + 1], place, c->counts[t->chunk]);
    }
    if (t->place < c->bytes_used) return;
    take_in(t);
    t->chunk = 0;
    t->state = CHOOSING;
}

/* The next pair to join; NONE at the end. */
static uint32_t choose(BpeTrain *t) {
    while (t->vocab_size < t->target && t->heap_count) {
        uint32_t pair = pop(t);
        if (t->pairs[pair].count == t->pairs[pair].key) return pair;
        if (t->pairs[pair].count >= t->min_count)
            push(t, pair);
        else
            forget(t, pair);
    }
    return NONE;
}

/* The chunk of a place. Places of a pair ascend, so the next is often in the same. */
static uint32_t chunk_of(const BpeTrain *t, uint32_t place) {
    const uint32_t *offsets = t->chunks->offsets;
    uint32_t low = t->chunk, high = t->chunks->count;
    if (place < offsets[low]) low = 0;
    for (uint32_t step = 1; low + step < high; step *= 2) {
        if (offsets[low + step] > place) {
            high = low + step;
            break;
        }
        low += step;
    }
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (offsets[middle] <= place)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Joins the first place of the pair under way. */
static void join(BpeTrain *t) {
    const Chunks *c = t->chunks;
    uint32_t left = t->pairs[t->joining].left, right = t->pairs[t->joining].right, id = t->vocab_size - 1;
    uint32_t place = t->pairs[t->joining].head, second = place + t->lengths[left], end = second + t->lengths[right];
    t->chunk = chunk_of(t, place);
    uint32_t weight = c->counts[t->chunk], start = c->offsets[t->chunk], stop = c->offsets[t->chunk + 1];
    uint32_t left_of = place > start ? symbol_at(t, place - 1) : NONE, right_of = end < stop ? symbol_at(t, end) : NONE;
    unlink_place(t, left, right, place, weight);
    if (left_of != NONE) unlink_place(t, left_of, left, place - t->lengths[left_of], weight);
    if (right_of != NONE) unlink_place(t, right, right_of, second, weight);
    set_symbol(t, place, id);
    set_symbol(t, end - 1, id);
    if (left_of != NONE) link_place(t, left_of, id, place - t->lengths[left_of], weight);
    if (right_of != NONE) link_place(t, id, right_of, place, weight);
}

/* Most pairs that joining one can make: with each token on either side, but no more than its places. */
static uint32_t most_fresh(const BpeTrain *t, uint32_t count) { return 2 * (count < t->vocab_size ? count : t->vocab_size) + 2; }

int bpe_train_advance(BpeTrain *train, uint32_t work) {
    BpeTrain *t = train;
    if (t->state == COUNTING) {
        if (t->room < 65536) return FOLIO_ERR_CAPACITY;
        count_pairs(t, work);
        return 0;
    }
    for (; t->state != DONE && work; work--) {
        if (t->state == CHOOSING) {
            uint32_t pair = choose(t);
            if (pair == NONE) {
                t->state = DONE;
                break;
            }
            if (most_fresh(t, t->pairs[pair].count) > t->room - t->used + t->free_count) {
                push(t, pair);
                return FOLIO_ERR_CAPACITY;
            }
            t->joining = pair;
            t->lefts[t->vocab_size] = t->pairs[pair].left;
            t->rights[t->vocab_size] = t->pairs[pair].right;
            t->lengths[t->vocab_size] = t->lengths[t->pairs[pair].left] + t->lengths[t->pairs[pair].right];
            t->vocab_size++;
            t->state = JOINING;
        }
        join(t);
        if (t->pairs[t->joining].head != NONE) continue;
        forget(t, t->joining);
        take_in(t);
        t->state = CHOOSING;
    }
    return t->state == DONE;
}

uint32_t bpe_train_size(const BpeTrain *train) {
    uint64_t bytes = 0;
    for (uint32_t id = 0; id < train->vocab_size; id++) bytes += train->lengths[id];
    return bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX;
}

void bpe_train_tokens(const BpeTrain *train, uint32_t *offsets, uint8_t *bytes) {
    offsets[0] = 0;
    for (uint32_t id = 0; id < train->vocab_size; id++) {
        uint8_t *token = bytes + offsets[id];
        uint32_t left = train->lefts[id], right = train->rights[id];
        offsets[id + 1] = offsets[id] + train->lengths[id];
        if (id < 256) {
            *token = (uint8_t)id;
            continue;
        }
        memcpy(token, bytes + offsets[left], train->lengths[left]);
        memcpy(token + train->lengths[left], bytes + offsets[right], train->lengths[right]);
    }
}
