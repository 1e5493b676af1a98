#include "tokenizer/special.h"

#include "error.h"

static void include(uint32_t *set, size_t member) { set[member / 32] |= (uint32_t)1 << member % 32; }
static int has(const uint32_t *set, size_t member) { return set[member / 32] >> member % 32 & 1; }

int special_init(Special *special, uint32_t count, const uint32_t *ids, const uint32_t *offsets, const uint8_t *bytes, void *memory,
                 uint32_t *which) {
    Special s = {.ids = ids};
    for (uint32_t i = 0; i < count; i++) {
        size_t n = offsets[i + 1] - offsets[i];
        *which = i;
        if (n == 0 || n > SPECIAL_LONGEST || (i > 0 && ids[i] < ids[i - 1])) return FOLIO_ERR_SPECIAL;
        include(s.first, bytes[offsets[i]]);
        include(s.lengths, n);
    }
    int code = vocabulary_init(&s.names, count, offsets, bytes, memory, which);
    if (!code) *special = s;
    return code;
}

uint32_t special_index(const Special *special, uint32_t id) {
    uint32_t low = 0, high = special->names.count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (special->ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < special->names.count && special->ids[low] == id ? low : VOCABULARY_ABSENT;
}

size_t special_next(const Special *special, const uint8_t *text, size_t n, size_t from, const uint8_t *policies, int policy,
                    uint32_t *index) {
    for (size_t at = from; at < n && special->names.count; at++) {
        if (!has(special->first, text[at])) continue;
        size_t length = special->names.longest < n - at ? special->names.longest : n - at;
        for (; length > 0; length--) {
            if (!has(special->lengths, length)) continue;
            *index = vocabulary_find(&special->names, text + at, length);
            if (*index != VOCABULARY_ABSENT && policies[*index] == policy) return at;
        }
    }
    return n;
}
