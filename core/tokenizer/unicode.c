#include "tokenizer/unicode.h"

#include "tokenizer/utf8.h"
#include "unicode_table.h"

const char *unicode_version(void) { return UNICODE_VERSION; }

static unsigned beyond_ascii(const uint8_t *text, size_t n, size_t *length) {
    uint32_t codepoint = 0;
    *length = utf8_decode(text, n, &codepoint);
    if (*length)
        return UNICODE_CLASS[(size_t)UNICODE_BLOCK[codepoint >> UNICODE_SHIFT] << UNICODE_SHIFT |
                             (codepoint & ((1u << UNICODE_SHIFT) - 1))];
    *length = 1;
    return UNICODE_OTHER;
}

unsigned unicode_class(const uint8_t *text, size_t n, size_t at, size_t *length) {
    *length = at < n;
    if (at >= n) return 0;
    return text[at] < 0x80 ? UNICODE_CLASS[text[at]] : beyond_ascii(text + at, n - at, length);
}

size_t unicode_run(const uint8_t *text, size_t n, size_t at, unsigned classes) {
    for (;;) {
        while (at < n && text[at] < 0x80 && UNICODE_CLASS[text[at]] & classes) at++;
        size_t length;
        if (at >= n || text[at] < 0x80 || !(beyond_ascii(text + at, n - at, &length) & classes)) return at;
        at += length;
    }
}
