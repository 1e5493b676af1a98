/* vocabulary_test.c - bytes to ids and back; special names in a text. */
#include "tokenizer/vocabulary.h"

#include <stdlib.h>

#include "error.h"
#include "rng.h"
#include "test.h"
#include "tokenizer/special.h"

enum { MOST = 3000 };
static uint32_t offsets[MOST + 1];
static uint8_t bytes[MOST * 40];
static VocabularySlot slots[4 * MOST];

/* Different strings of 1 to 40 bytes, some of them zeros only. */
static uint32_t make_strings(void) {
    for (uint32_t id = 0; id < MOST; id++) {
        uint32_t n = id < 30 ? id + 1 : 4 + (uint32_t)rng_below(1, 0, id, 37);
        uint8_t *string = bytes + offsets[id];
        memset(string, 0, n);
        for (uint32_t i = 4; id >= 30 && i < n; i++) string[i] = (uint8_t)rng_bits(1, id, i);
        if (id >= 30) memcpy(string, &id, 4);
        offsets[id + 1] = offsets[id] + n;
    }
    return MOST;
}

TEST(every_string_is_found_and_nothing_else) {
    Vocabulary v;
    uint32_t count = make_strings();
    CHECK(vocabulary_bytes(count) <= sizeof slots);
    CHECK_INT(vocabulary_init(&v, count, offsets, bytes, slots, NULL), FOLIO_OK);
    CHECK_INT(v.longest, 40);
    for (uint32_t id = 0; id < count; id++) {
        size_t n;
        const uint8_t *token = vocabulary_token(&v, id, &n);
        CHECK_INT(vocabulary_find(&v, token, n), id);
        if (id >= 30) CHECK(vocabulary_find(&v, token, n - 1) == VOCABULARY_ABSENT || n == 4);
    }
    CHECK_INT(vocabulary_find(&v, bytes, 0), VOCABULARY_ABSENT);
    CHECK_INT(vocabulary_find(&v, bytes, 41), VOCABULARY_ABSENT);
}

TEST(holes_are_never_found_and_a_string_that_stands_twice_is_named) {
    static const uint32_t at[] = {0, 1, 1, 2, 3};
    Vocabulary v;
    uint32_t twice = 0;
    CHECK_INT(vocabulary_init(&v, 3, at, (const uint8_t *)"ab", slots, &twice), FOLIO_OK);
    CHECK_INT(vocabulary_find(&v, (const uint8_t *)"b", 1), 2);
    CHECK_INT(vocabulary_init(&v, 4, at, (const uint8_t *)"aba", slots, &twice), FOLIO_ERR_VOCABULARY);
    CHECK_INT(twice, 3);
    CHECK_INT(vocabulary_init(&v, 0, at, NULL, slots, &twice), FOLIO_OK);
    CHECK_INT(vocabulary_find(&v, (const uint8_t *)"a", 1), VOCABULARY_ABSENT);
}

static const char NAMES[] = "<|end|><|endoftext|>!";
static const uint32_t NAME_OFFSETS[] = {0, 7, 20, 21}, NAME_IDS[] = {5, 9, 9};

TEST(the_next_special_name_is_the_leftmost_and_of_those_the_longest) {
    static const uint8_t text[] = "a <| <|end|> <|endoftext|>!";
    uint8_t all[] = {1, 1, 1}, second[] = {0, 1, 0}, none[] = {0, 0, 0};
    Special s;
    uint32_t which = 7, n = sizeof text - 1;
    CHECK_INT(special_init(&s, 3, NAME_IDS, NAME_OFFSETS, (const uint8_t *)NAMES, slots, &which), FOLIO_OK);
    CHECK_INT(special_next(&s, text, n, 0, all, SPECIAL_ALLOWED, &which), 5);
    CHECK_INT(which, 0);
    CHECK_INT(special_next(&s, text, n, 6, all, SPECIAL_ALLOWED, &which), 13);
    CHECK_INT(which, 1);
    CHECK_INT(special_next(&s, text, n, 0, second, SPECIAL_ALLOWED, &which), 13);
    CHECK_INT(special_next(&s, text, n, 14, all, SPECIAL_ALLOWED, &which), 26);
    CHECK_INT(special_next(&s, text, n, 0, none, SPECIAL_ALLOWED, &which), n);
    CHECK_INT(special_next(&s, text, n - 2, 13, second, SPECIAL_ALLOWED, &which), n - 2);
    CHECK_INT(special_index(&s, 5), 0);
    CHECK_INT(special_index(&s, 9), 1);
    CHECK_INT(special_index(&s, 6), VOCABULARY_ABSENT);
}

TEST(special_tokens_without_a_name_or_out_of_order_are_refused) {
    static const uint32_t empty[] = {0, 0, 7, 20}, falling[] = {9, 5, 9};
    static char long_name[SPECIAL_LONGEST + 1];
    static const uint32_t too_long[] = {0, SPECIAL_LONGEST + 1};
    Special s;
    uint32_t which = 7;
    CHECK_INT(special_init(&s, 3, NAME_IDS, empty, (const uint8_t *)NAMES, slots, &which), FOLIO_ERR_SPECIAL);
    CHECK_INT(which, 0);
    CHECK_INT(special_init(&s, 3, falling, NAME_OFFSETS, (const uint8_t *)NAMES, slots, &which), FOLIO_ERR_SPECIAL);
    CHECK_INT(which, 1);
    CHECK_INT(special_init(&s, 1, NAME_IDS, too_long, (const uint8_t *)long_name, slots, &which), FOLIO_ERR_SPECIAL);
}
