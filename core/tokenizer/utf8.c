#include "tokenizer/utf8.h"

int utf8_valid(uint32_t codepoint) { return codepoint < UTF8_CODEPOINTS && (codepoint < 0xD800 || codepoint > 0xDFFF); }

size_t utf8_length(uint32_t codepoint) { return codepoint < 0x80 ? 1 : codepoint < 0x800 ? 2 : codepoint < 0x10000 ? 3 : 4; }

size_t utf8_decode(const uint8_t *bytes, size_t n, uint32_t *codepoint) {
    if (n == 0) return 0;
    uint32_t value = bytes[0];
    if (value < 0x80) {
        *codepoint = value;
        return 1;
    }
    size_t length = value >= 0xF0 ? 4 : value >= 0xE0 ? 3 : 2;
    if (value < 0xC0 || value > 0xF7 || length > n) return 0;
    value &= 0x7Fu >> length; /* the payload of the first byte: 5, 4 or 3 bits */
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xC0) != 0x80) return 0;
        value = value << 6 | (bytes[i] & 0x3F);
    }
    if (!utf8_valid(value) || utf8_length(value) != length) return 0;
    *codepoint = value;
    return length;
}

size_t utf8_encode(uint32_t codepoint, uint8_t *bytes) {
    static const uint8_t marks[5] = {0, 0, 0xC0, 0xE0, 0xF0};
    size_t length = utf8_length(codepoint);
    for (size_t i = length; i-- > 1; codepoint >>= 6) bytes[i] = (uint8_t)(0x80 | (codepoint & 0x3F));
    bytes[0] = (uint8_t)(marks[length] | codepoint);
    return length;
}
