/* unicode.h - what kind of character a code point is: the classes that split patterns speak of. The table behind it is made at build time by
   unicode_table.js from the engine's own \p{...}. */
#ifndef FOLIO_TOKENIZER_UNICODE_H
#define FOLIO_TOKENIZER_UNICODE_H

#include <stddef.h>
#include <stdint.h>

/* One bit each, so that a set of classes is a mask. Every character has exactly one; 0 stands for the end of the text. */
enum {
    UNICODE_UPPER = 1,    /* \p{Lu} \p{Lt} */
    UNICODE_LOWER = 2,    /* \p{Ll} */
    UNICODE_LETTER = 4,   /* \p{Lm} \p{Lo}: letters without case */
    UNICODE_MARK = 8,     /* \p{M} */
    UNICODE_NUMBER = 16,  /* \p{N} */
    UNICODE_SPACE = 32,   /* \p{White_Space} but for */
    UNICODE_NEWLINE = 64, /* \r and \n */
    UNICODE_OTHER = 128,
    UNICODE_LETTERS = UNICODE_UPPER | UNICODE_LOWER | UNICODE_LETTER, /* \p{L} */
    UNICODE_WHITE = UNICODE_SPACE | UNICODE_NEWLINE,                  /* \s */
    UNICODE_SYMBOLS = UNICODE_MARK | UNICODE_OTHER                    /* [^\s\p{L}\p{N}] */
};

/* The version of Unicode in the table, "17.0" say. */
const char *unicode_version(void);

/* The class of the character at text[at], and its length in bytes; 0 and length 0 where at >= n. A byte that is no UTF-8 is a character by
   itself, of class OTHER. Cost: O(1). */
unsigned unicode_class(const uint8_t *text, size_t n, size_t at, size_t *length);

/* Where the run of characters of these classes that begins at `at` has ended: at itself where there is none. Cost: O(run). */
size_t unicode_run(const uint8_t *text, size_t n, size_t at, unsigned classes);

#endif
