/* unicode_test.c - classes of characters, ends of runs, bytes that are no text. */
#include "tokenizer/unicode.h"

#include "test.h"
#include "tokenizer/utf8.h"

#define TEXT(literal) (const uint8_t *)(literal), sizeof(literal) - 1

static unsigned class_of(uint32_t codepoint) {
    uint8_t bytes[4];
    size_t n = utf8_encode(codepoint, bytes), length;
    unsigned class = unicode_class(bytes, n, 0, &length);
    return length == n ? class : 0;
}

TEST(characters_have_the_class_that_unicode_gives_them) {
    static const struct {
        uint32_t codepoint;
        unsigned class;
    } known[] = {
        {'a', UNICODE_LOWER},     {'Z', UNICODE_UPPER},      {'0', UNICODE_NUMBER},   {' ', UNICODE_SPACE},     {'\t', UNICODE_SPACE},
        {'\v', UNICODE_SPACE},    {'\n', UNICODE_NEWLINE},   {'\r', UNICODE_NEWLINE}, {'_', UNICODE_OTHER},     {0, UNICODE_OTHER},
        {0x85, UNICODE_SPACE},    {0xA0, UNICODE_SPACE},     {0xAA, UNICODE_LETTER},  {0xB5, UNICODE_LOWER},    {0xBD, UNICODE_NUMBER},
        {0xC9, UNICODE_UPPER},    {0x17F, UNICODE_LOWER},    {0x1C5, UNICODE_UPPER},  {0x2B0, UNICODE_LETTER},  {0x301, UNICODE_MARK},
        {0x663, UNICODE_NUMBER},  {0x200D, UNICODE_OTHER},   {0x2028, UNICODE_SPACE}, {0x2167, UNICODE_NUMBER}, {0x3000, UNICODE_SPACE},
        {0x4E00, UNICODE_LETTER}, {0xAC00, UNICODE_LETTER},  {0xFE0F, UNICODE_MARK},  {0xFEFF, UNICODE_OTHER},  {0x10400, UNICODE_UPPER},
        {0x1F600, UNICODE_OTHER}, {0x20000, UNICODE_LETTER}, {0xE0100, UNICODE_MARK}, {0x10FFFF, UNICODE_OTHER}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        test_note("U+%04X", (unsigned)known[i].codepoint);
        CHECK_INT(class_of(known[i].codepoint), known[i].class);
    }
}

TEST(every_character_has_exactly_one_class) {
    for (uint32_t codepoint = 0; codepoint < UTF8_CODEPOINTS; codepoint++) {
        unsigned class = utf8_valid(codepoint) ? class_of(codepoint) : 1;
        if (class == 0 || (class & (class - 1)) || class > 128) CHECK_INT(codepoint, -1);
    }
    CHECK(unicode_version()[0] >= '1');
}

TEST(a_byte_that_is_no_text_is_a_character_by_itself) {
    size_t length;
    CHECK_INT(unicode_class(TEXT("\xFF"), 0, &length), UNICODE_OTHER);
    CHECK_INT(length, 1);
    CHECK_INT(unicode_class(TEXT("\xE2\x82"), 0, &length), UNICODE_OTHER);
    CHECK_INT(length, 1);
    CHECK_INT(unicode_class(TEXT("a"), 1, &length), 0);
    CHECK_INT(length, 0);
}

TEST(a_run_ends_where_another_class_begins) {
    CHECK_INT(unicode_run(TEXT("ab\xC3\xA4\xC3\x84!"), 0, UNICODE_LETTERS), 6);
    CHECK_INT(unicode_run(TEXT("ab\xC3\xA4\xC3\x84!"), 0, UNICODE_LOWER), 4);
    CHECK_INT(unicode_run(TEXT("!a"), 0, UNICODE_LETTERS), 0);
    CHECK_INT(unicode_run(TEXT("aa"), 0, UNICODE_LETTERS), 2);
    CHECK_INT(unicode_run(TEXT("\xFF\x80z"), 0, UNICODE_SYMBOLS), 2);
}
