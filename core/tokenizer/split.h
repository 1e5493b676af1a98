/* split.h - text -> pieces, before any of them is encoded. Hand-written scanners for the patterns of the field, each one pass without a regex
   engine, over Unicode's classes (unicode.h). Pieces follow each other without a gap and end with the text.

   gpt2    's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
           also r50k_base and p50k_base. Source: OpenAI, gpt-2, src/encoder.py.
   cl100k  (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
   o200k   [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|
           [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|
           \p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+
           Source of both: npm tiktoken 1.0.22, registry.json. As there, \s is White_Space, and (?i:'s) holds for U+017F, the long s, too.
   word    [\p{L}\p{M}\p{N}]+|[^\p{L}\p{M}\p{N}]: words; every space and every punctuation mark by itself
   none    the whole text

   A byte that is no UTF-8 counts as a character of its own, neither letter nor number nor space. */
#ifndef FOLIO_TOKENIZER_SPLIT_H
#define FOLIO_TOKENIZER_SPLIT_H

#include <stddef.h>
#include <stdint.h>

enum { SPLIT_CUT_WITHIN = 1 << 15 };
enum { SPLIT_NONE, SPLIT_GPT2, SPLIT_CL100K, SPLIT_O200K, SPLIT_WORD, SPLIT_COUNT };

/* Where the piece that begins at `at` < n ends: above at, at most n. Cost: O(piece), but for runs of white space and of capitals, which
   are looked at twice at most. */
size_t split_next(int pattern, const uint8_t *text, size_t n, size_t at);

/* The last place, 0 .. n, where a piece is sure to end whatever follows the text and whatever stands before it: after a letter or number that
   white space follows, or, but for gpt2, after a line's end that a letter or number follows. So a long text can be split, and encoded, in parts.
   0 where there is no such place among the last SPLIT_CUT_WITHIN bytes; always 0 for none. Cost: O(n - place). */
size_t split_cut(int pattern, const uint8_t *text, size_t n);

#endif
