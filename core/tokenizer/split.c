#include "tokenizer/split.h"

#include "tokenizer/unicode.h"

enum {
    HEAD = UNICODE_UPPER | UNICODE_LETTER | UNICODE_MARK,   /* o200k: [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}] */
    TAIL = UNICODE_LOWER | UNICODE_LETTER | UNICODE_MARK,   /* o200k: [\p{Ll}\p{Lm}\p{Lo}\p{M}] */
    COMMON = HEAD & TAIL,                                   /* what both hold */
    PREFIX = UNICODE_SPACE | UNICODE_SYMBOLS,               /* [^\r\n\p{L}\p{N}] */
    WORD = UNICODE_LETTERS | UNICODE_MARK | UNICODE_NUMBER, /* word: [\p{L}\p{M}\p{N}] */
    SURE = UNICODE_LETTERS | UNICODE_NUMBER                 /* what no pattern joins with white space after it */
};

typedef struct {
    const uint8_t *text;
    size_t n;
} Text;

static inline unsigned class_at(const Text *t, size_t at, size_t *length) { return unicode_class(t->text, t->n, at, length); }
static inline size_t run(const Text *t, size_t at, unsigned classes) { return unicode_run(t->text, t->n, at, classes); }

/* Length of 's 't 're 've 'm 'll 'd at `at`, which holds the apostrophe or is the end; 0 for none. fold: in capitals too. */
static size_t contraction(const Text *t, size_t at, int fold) {
    if (at >= t->n || t->text[at] != '\'' || t->n - at < 2) return 0;
    unsigned a = t->text[at + 1], b = t->n - at > 2 ? t->text[at + 2] : 0, lower = fold ? 0x20 : 0;
    if (fold && a == 0xC5 && b == 0xBF) return 3; /* U+017F, which folds to s */
    a |= lower;
    b |= lower;
    if (a == 's' || a == 't' || a == 'm' || a == 'd') return 2;
    return (a == 'r' && b == 'e') || (a == 'v' && b == 'e') || (a == 'l' && b == 'l') ? 3 : 0;
}

/* \s+(?!\S)|\s+, where white space begins at `at`: the run without its last character, unless the text ends with it or it is but one. With
   `lines`, \s*[\r\n]+ before that: to the run's last line end. */
static size_t white(const Text *t, size_t at, int lines) {
    size_t last = at, end = at, after_line = 0, length;
    for (unsigned class; (class = class_at(t, end, &length)) & UNICODE_WHITE; end += length) {
        last = end;
        if (class & UNICODE_NEWLINE) after_line = end + 1;
    }
    if (lines && after_line) return after_line;
    return end == t->n || last == at ? end : last;
}

static size_t gpt2_next(const Text *t, size_t at) {
    size_t length = contraction(t, at, 0), start = at;
    if (length) return at + length;
    if (t->text[at] == ' ') start++;
    unsigned class = class_at(t, start, &length);
    if (class & UNICODE_LETTERS) return run(t, start + length, UNICODE_LETTERS);
    if (class & UNICODE_NUMBER) return run(t, start + length, UNICODE_NUMBER);
    if (class & UNICODE_SYMBOLS) return run(t, start + length, UNICODE_SYMBOLS);
    return white(t, at, 0);
}

/* \p{N}{1,3}, after its first character. */
static size_t three_numbers(const Text *t, size_t at) {
    size_t length;
    for (int more = 0; more < 2 && class_at(t, at, &length) & UNICODE_NUMBER; more++) at += length;
    return at;
}

/* [\r\n]*, with `slash` [\r\n/]*. */
static size_t line_ends(const Text *t, size_t at, int slash) {
    while (at < t->n && (t->text[at] == '\r' || t->text[at] == '\n' || (slash && t->text[at] == '/'))) at++;
    return at;
}

/* The alternatives without letters, which cl100k and o200k share but for the slash. */
static size_t no_word(const Text *t, size_t at, unsigned class, size_t length, int slash) {
    if (class & UNICODE_NUMBER) return three_numbers(t, at + length);
    size_t symbol = t->text[at] == ' ' ? at + 1 : at;
    if (class_at(t, symbol, &length) & UNICODE_SYMBOLS) return line_ends(t, run(t, symbol, UNICODE_SYMBOLS), slash);
    return white(t, at, 1);
}

static size_t cl100k_next(const Text *t, size_t at) {
    size_t length = contraction(t, at, 1), next;
    if (length) return at + length;
    unsigned class = class_at(t, at, &length);
    if (class & UNICODE_LETTERS) return run(t, at + length, UNICODE_LETTERS);
    if (class & PREFIX && class_at(t, at + length, &next) & UNICODE_LETTERS) return run(t, at + length + next, UNICODE_LETTERS);
    return no_word(t, at, class, length, 0);
}

/* HEAD*TAIL+ at `at`: its end, or 0 where it does not match. As a regex engine would find it: HEAD* takes all it can and gives back until TAIL+
   has a character, which is then the last COMMON one of the run. *head receives where the run of HEAD ended. */
static size_t head_tail(const Text *t, size_t at, size_t *head) {
    size_t common = 0, end = at, length;
    for (unsigned class; (class = class_at(t, end, &length)) & HEAD;) {
        end += length;
        if (class & COMMON) common = end;
    }
    *head = end;
    return class_at(t, end, &length) & UNICODE_LOWER ? run(t, end + length, TAIL) : common;
}

static size_t o200k_next(const Text *t, size_t at) {
    size_t length, head, end;
    unsigned class = class_at(t, at, &length);
    if (class & (UNICODE_LETTERS | PREFIX)) {
        size_t start = class & PREFIX ? at + length : at;
        end = head_tail(t, start, &head);
        if (!end && class & UNICODE_MARK)
            end = at + length;                /* the mark is no prefix then: TAIL+ is the mark alone, before capitals or nothing */
        if (!end && head > start) end = head; /* the second alternative, HEAD+TAIL*: capitals, which no TAIL follows */
        if (end) return end + contraction(t, end, 1);
    }
    return no_word(t, at, class, length, 1);
}

static size_t word_next(const Text *t, size_t at) {
    size_t length;
    return class_at(t, at, &length) & WORD ? run(t, at + length, WORD) : at + length;
}

size_t split_next(int pattern, const uint8_t *text, size_t n, size_t at) {
    Text t = {text, n};
    switch (pattern) {
    case SPLIT_GPT2: return gpt2_next(&t, at);
    case SPLIT_CL100K: return cl100k_next(&t, at);
    case SPLIT_O200K: return o200k_next(&t, at);
    case SPLIT_WORD: return word_next(&t, at);
    default: return n;
    }
}

/* Where the character before `at` > 0 begins; a byte that is no UTF-8 is one. */
static size_t before(const Text *t, size_t at) {
    size_t start = at - 1, length;
    while (start > 0 && at - start < 4 && (t->text[start] & 0xC0) == 0x80) start--;
    class_at(t, start, &length);
    return start + length == at ? start : at - 1;
}

size_t split_cut(int pattern, const uint8_t *text, size_t n) {
    Text t = {text, n};
    int lines = pattern != SPLIT_GPT2; /* whose \s+(?!\S) takes a line's end with the spaces before it where the text ends */
    if (pattern == SPLIT_NONE) return 0;
    for (size_t at = n; at > 0 && n - at < SPLIT_CUT_WITHIN;) {
        size_t start = before(&t, at), length;
        unsigned left = class_at(&t, start, &length), right = class_at(&t, at, &length);
        if ((left & SURE && right & UNICODE_WHITE) || (lines && left & UNICODE_NEWLINE && right & SURE)) return at;
        at = start;
    }
    return 0;
}
