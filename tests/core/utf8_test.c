/* utf8_test.c - strict UTF-8, one character at a time. */
#include "tokenizer/utf8.h"

#include "test.h"

/* Decodes a string literal, its NUL left out, and checks the length that comes back. */
#define CHECK_LENGTH(literal, expected) \
    do { \
        uint32_t codepoint_ = 0; \
        CHECK_INT(utf8_decode((const uint8_t *)(literal), sizeof(literal) - 1, &codepoint_), expected); \
    } while (0)

TEST(every_code_point_survives_the_way_there_and_back) {
    for (uint32_t c = 0; c < UTF8_CODEPOINTS; c++) {
        uint8_t bytes[4];
        uint32_t back = 0;
        if (!utf8_valid(c)) continue;
        size_t length = utf8_encode(c, bytes);
        CHECK(length == utf8_length(c) && utf8_decode(bytes, length, &back) == length);
        CHECK_INT(back, c);
        CHECK_INT(utf8_decode(bytes, length - 1, &back), 0);
    }
}

/* The independent judge is the table of well-formed sequences of the Unicode standard (3-7). */
static size_t table_3_7(const uint8_t b[4]) {
    static const uint8_t rows[][6] = {
        /* first byte, second byte, each from .. to; length */
        {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3}, {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3},
        {0xEE, 0xEF, 0x80, 0xBF, 3}, {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
    };
    if (b[0] < 0x80) return 1;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (b[0] < rows[i][0] || b[0] > rows[i][1] || b[1] < rows[i][2] || b[1] > rows[i][3]) continue;
        for (size_t at = 2; at < rows[i][4]; at++)
            if (b[at] < 0x80 || b[at] > 0xBF) return 0;
        return rows[i][4];
    }
    return 0;
}

TEST(four_bytes_are_judged_as_the_unicode_standard_judges_them) {
    static const uint8_t later[] = {0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0xBF, 0xC0, 0xFF};
    for (unsigned first = 0; first < 0x10000; first++)
        for (size_t i = 0; i < sizeof later * sizeof later; i++) {
            uint8_t b[4] = {(uint8_t)(first >> 8), (uint8_t)first, later[i / sizeof later], later[i % sizeof later]};
            uint32_t codepoint = 0;
            size_t length = utf8_decode(b, 4, &codepoint), expected = table_3_7(b);
            if (length != expected) test_note("%02X %02X %02X %02X", b[0], b[1], b[2], b[3]);
            CHECK_INT(length, expected);
        }
}

TEST(overlong_forms_are_refused) {
    CHECK_LENGTH("\xC0\x80", 0);
    CHECK_LENGTH("\xC1\xBF", 0);
    CHECK_LENGTH("\xE0\x80\x80", 0);
    CHECK_LENGTH("\xE0\x9F\xBF", 0);
    CHECK_LENGTH("\xF0\x80\x80\x80", 0);
    CHECK_LENGTH("\xF0\x8F\xBF\xBF", 0);
    CHECK_LENGTH("\xC2\x80", 2);
    CHECK_LENGTH("\xE0\xA0\x80", 3);
    CHECK_LENGTH("\xF0\x90\x80\x80", 4);
}

TEST(surrogates_are_refused) {
    CHECK_LENGTH("\xED\x9F\xBF", 3); /* U+D7FF */
    CHECK_LENGTH("\xED\xA0\x80", 0); /* U+D800 */
    CHECK_LENGTH("\xED\xBF\xBF", 0); /* U+DFFF */
    CHECK_LENGTH("\xEE\x80\x80", 3); /* U+E000 */
    CHECK(!utf8_valid(0xD800) && !utf8_valid(0xDFFF) && utf8_valid(0xD7FF) && utf8_valid(0xE000));
}

TEST(values_beyond_the_last_code_point_are_refused) {
    CHECK_LENGTH("\xF4\x8F\xBF\xBF", 4); /* U+10FFFF */
    CHECK_LENGTH("\xF4\x90\x80\x80", 0); /* U+110000 */
    CHECK_LENGTH("\xF7\xBF\xBF\xBF", 0);
    CHECK_LENGTH("\xF8\x88\x80\x80\x80", 0); /* five bytes, as before RFC 3629 */
    CHECK_LENGTH("\xFC\x84\x80\x80\x80\x80", 0);
    CHECK_LENGTH("\xFE", 0);
    CHECK_LENGTH("\xFF", 0);
    CHECK(!utf8_valid(0x110000) && !utf8_valid(UINT32_MAX) && utf8_valid(0x10FFFF));
}

TEST(nothing_is_read_beyond_the_end) {
    uint32_t codepoint = 7;
    CHECK_INT(utf8_decode(NULL, 0, &codepoint), 0);
    CHECK_INT(codepoint, 7);
    CHECK_LENGTH("\xC3", 0);
    CHECK_LENGTH("\xE2\x82", 0);
    CHECK_LENGTH("\xF0\x9F\x98", 0);
    CHECK_LENGTH("\x80", 0);
    CHECK_LENGTH("\0", 1);
}
