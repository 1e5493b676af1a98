/* split_test.c - pieces as the patterns' regular expressions give them. The oracles' ids say the same in tests/node/oracle.test.js. */
#include "tokenizer/split.h"

#include "rng.h"
#include "test.h"

/* The pieces with bars between them. */
static const char *pieces(int pattern, const char *text) {
    static char out[4096];
    size_t n = strlen(text), written = 0;
    for (size_t at = 0, end; at < n; at = end) {
        end = split_next(pattern, (const uint8_t *)text, n, at);
        if (end <= at || end > n) return "no progress";
        if (at) out[written++] = '|';
        memcpy(out + written, text + at, end - at);
        written += end - at;
    }
    out[written] = 0;
    return out;
}

TEST(gpt2_joins_a_space_with_what_follows) {
    CHECK_TEXT(pieces(SPLIT_GPT2, "Hello world's  end, 12 345!?"), "Hello| world|'s| | end|,| 12| 345|!?");
    CHECK_TEXT(pieces(SPLIT_GPT2, "I'm they'RE we'll'd"), "I|'m| they|'|RE| we|'ll|'d");
    CHECK_TEXT(pieces(SPLIT_GPT2, "a\n\n b   \n"), "a|\n\n| b|   \n");
    CHECK_TEXT(pieces(SPLIT_GPT2, "a \n b"), "a| \n| b");
    CHECK_TEXT(pieces(SPLIT_GPT2, "e\xCC\x81 \xE6\xBC\xA2"), "e|\xCC\x81| \xE6\xBC\xA2");
}

TEST(cl100k_takes_three_digits_and_line_ends) {
    CHECK_TEXT(pieces(SPLIT_CL100K, "12345 abc"), "123|45| abc");
    CHECK_TEXT(pieces(SPLIT_CL100K, "they'RE 'super'S"), "they|'RE| '|super|'S");
    CHECK_TEXT(pieces(SPLIT_CL100K, "x;\r\n  y"), "x|;\r\n| | y");
    CHECK_TEXT(pieces(SPLIT_CL100K, "a \n \n b"), "a| \n \n| b");
    CHECK_TEXT(pieces(SPLIT_CL100K, "(foo)\tbar\t\tbaz"), "(foo|)|\tbar|\t|\tbaz");
    CHECK_TEXT(pieces(SPLIT_CL100K, "'\xC5\xBFo"), "'\xC5\xBF|o");
}

TEST(o200k_parts_words_where_capitals_begin) {
    CHECK_TEXT(pieces(SPLIT_O200K, "HelloWorld HELLOworld's"), "Hello|World| HELLOworld's");
    CHECK_TEXT(pieces(SPLIT_O200K, "ABC don'T x'ABC"), "ABC| don'T| x|'ABC");
    CHECK_TEXT(pieces(SPLIT_O200K, "a/b//\n/c"), "a|/b|//\n/|c");
    CHECK_TEXT(pieces(SPLIT_O200K, "\xE6\xBC\xA2"
                                   "AB"),
               "\xE6\xBC\xA2|AB");
    CHECK_TEXT(pieces(SPLIT_O200K, "\xCC\x81"
                                   "AB"),
               "\xCC\x81|AB");
    CHECK_TEXT(pieces(SPLIT_O200K, "\xCC\x81"
                                   "ABc"),
               "\xCC\x81"
               "ABc");
    CHECK_TEXT(pieces(SPLIT_O200K, "\xF0\x9F\x8E\x89\xEF\xB8\x8F!"), "\xF0\x9F\x8E\x89\xEF\xB8\x8F|!");
    CHECK_TEXT(pieces(SPLIT_O200K, "\xCC\x81's"), "\xCC\x81's");
}

TEST(word_takes_words_and_leaves_every_other_character_alone) {
    CHECK_TEXT(pieces(SPLIT_WORD, "It's  e\xCC\x81t\xC3\xA9 3x!"), "It|'|s| | |e\xCC\x81t\xC3\xA9| |3x|!");
}

TEST(none_is_the_whole_text) { CHECK_TEXT(pieces(SPLIT_NONE, "a b\nc"), "a b\nc"); }

TEST(bytes_that_are_no_text_are_symbols) {
    CHECK_TEXT(pieces(SPLIT_GPT2, "a\xFF\x80 \xFE"
                                  "b"),
               "a|\xFF\x80| \xFE|b");
    CHECK_TEXT(pieces(SPLIT_CL100K, "\xFF"
                                    "b"),
               "\xFF"
               "b");
    CHECK_TEXT(pieces(SPLIT_WORD, "\xFF\xE2\x82"), "\xFF|\xE2|\x82");
}

/* A text of what the patterns tell apart. */
static size_t random_text(uint64_t seed, uint8_t *text, size_t most) {
    static const char *const parts[] = {
        "a", "B", "'", "s",        "re",           "12",       " ",    "  ",       "\n",       "\r\n", "\t",
        ".", "/", "!", "\xCC\x81", "\xE6\xBC\xA2", "\xC3\x89", "\xFF", "\xC2\x85", "\xC5\xBF", "the",  "\xF0\x9F\x8E\x89"};
    size_t n = 0;
    for (uint64_t i = 0; i < 30; i++) {
        const char *part = parts[rng_below(seed, 1, i, sizeof parts / sizeof *parts)];
        if (n + strlen(part) > most) break;
        memcpy(text + n, part, strlen(part));
        n += strlen(part);
    }
    return n;
}

TEST(a_text_cut_at_a_sure_place_has_the_same_pieces) {
    int cuts = 0;
    for (uint64_t seed = 0; seed < 20000; seed++) {
        uint8_t text[256];
        size_t n = random_text(seed, text, sizeof text);
        for (int pattern = SPLIT_NONE; pattern < SPLIT_COUNT; pattern++) {
            size_t given = (size_t)rng_below(seed, 2, (uint64_t)pattern, n + 1), cut = split_cut(pattern, text, given), at = 0, left = 0;
            test_note("seed %d, pattern %d, cut %d of %d", (int)seed, pattern, (int)cut, (int)n);
            while (at < cut) {
                at = split_next(pattern, text, n, at);
                left = split_next(pattern, text, cut, left);
                if (at != left) break;
            }
            CHECK(at == left && at == cut);
            if (pattern == SPLIT_NONE) CHECK_INT(cut, 0);
            for (size_t right = cut; at < n && right < n;) {
                at = split_next(pattern, text, n, at);
                right = cut + split_next(pattern, text + cut, n - cut, right - cut);
                if (at != right) CHECK_INT(right, at);
            }
            cuts += cut > 0 && cut < n;
        }
    }
    CHECK(cuts > 20000);
}
