/* word_test.c - words, spaces and punctuation as tokens. */
#include <stdlib.h>

#include "error.h"
#include "test.h"
#include "tokenizer/tokenizer.h"

#define TEXT(literal) (const uint8_t *)(literal), sizeof(literal) - 1

static const uint32_t OFFSETS[] = {0, 1, 3, 4, 9}, NO_OFFSETS[] = {0}, UNK_OFFSETS[] = {0, 7}, UNK_ID[] = {4};
static uint64_t memory[64];

static int open_words(Tokenizer *t, int with_unknown) {
    TokenizerStrings tokens = {4, OFFSETS, (const uint8_t *)" to,where"}, none = {0, NO_OFFSETS, NULL},
                     unknown = {1, UNK_OFFSETS, (const uint8_t *)"<|unk|>"};
    CHECK(tokenizer_open_bytes(4, 1) <= sizeof memory);
    return tokenizer_open(t, TOKENIZER_WORD, 0, &tokens, with_unknown ? &unknown : &none, UNK_ID, memory, NULL);
}

TEST(words_come_back_and_what_is_unknown_is_one_token) {
    Tokenizer t;
    uint32_t ids[32], offsets[32];
    uint8_t back[64];
    size_t count = 0, written = 0;
    CHECK_INT(open_words(&t, 1), FOLIO_OK);
    CHECK_INT(t.vocab_size, 5);
    CHECK_INT(tokenizer_encode(&t, TEXT("to where, to"), ids, &count, NULL), FOLIO_OK);
    CHECK(count == 6 && ids[0] == 1 && ids[1] == 0 && ids[2] == 3 && ids[3] == 2);
    CHECK_INT(tokenizer_decode(&t, ids, count, back, sizeof back, &written), FOLIO_OK);
    CHECK(written == 12 && memcmp(back, "to where, to", 12) == 0);
    CHECK_INT(tokenizer_encode(&t, TEXT("to whence?"), ids, &count, NULL), FOLIO_OK);
    CHECK(count == 4 && ids[2] == 4 && ids[3] == 4);
    CHECK_INT(tokenizer_offsets(&t, TEXT("to whence?"), ids, count, offsets), FOLIO_OK);
    CHECK(offsets[2] == 3 && offsets[3] == 9);
}

TEST(without_a_token_for_them_unknown_words_are_named) {
    Tokenizer t;
    TokenizerFault fault = {0, 0, 0};
    uint32_t ids[32];
    size_t count = 0;
    CHECK_INT(open_words(&t, 0), FOLIO_OK);
    CHECK_INT(tokenizer_encode(&t, TEXT("to whence"), ids, &count, &fault), FOLIO_ERR_UNKNOWN_WORD);
    CHECK(fault.byte_offset == 3 && fault.char_offset == 6);
}

TEST(a_text_is_cut_between_words) {
    Tokenizer t;
    CHECK_INT(open_words(&t, 1), FOLIO_OK);
    CHECK_INT(tokenizer_cut(&t, TEXT("to where to wh")), 11);
    CHECK_INT(tokenizer_cut(&t, TEXT("where")), 0);
}
