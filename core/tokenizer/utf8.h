/* utf8.h - one character of UTF-8 (RFC 3629), strictly. */
#ifndef FOLIO_TOKENIZER_UTF8_H
#define FOLIO_TOKENIZER_UTF8_H

#include <stddef.h>
#include <stdint.h>

enum { UTF8_CODEPOINTS = 0x110000 };

/* True for U+0000 .. U+10FFFF without the surrogates U+D800 .. U+DFFF. */
int utf8_valid(uint32_t codepoint);

/* Reads the character at the start of bytes[0..n). Returns its length, 1 to 4, or 0 for what is no character: n = 0, a truncated
   sequence, a stray continuation byte, an overlong form, a surrogate, a value above U+10FFFF; *codepoint is then untouched. */
size_t utf8_decode(const uint8_t *bytes, size_t n, uint32_t *codepoint);

/* Bytes of a valid code point, 1 to 4. */
size_t utf8_length(uint32_t codepoint);

/* Writes a valid code point as utf8_length(codepoint) bytes, which is what it returns. */
size_t utf8_encode(uint32_t codepoint, uint8_t *bytes);

#endif
