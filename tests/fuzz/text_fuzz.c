/* text_fuzz.c - any bytes as text, to every kind of tokenizer: what is encoded comes back, the places where a text can be cut hold.
   The first byte chooses kind and split. */
#include "error.h"
#include "fuzz.h"
#include "tokenizer/bpe.h"
#include "tokenizer/tokenizer.h"

enum { STRINGS = 400, WINDOW = 1024 }; /* the least window: that it suffices is part of what is looked for */

/* 256 bytes, and strings of letters, spaces, capitals and parts of an emoji. */
static uint32_t make_tokens(uint32_t *offsets, uint8_t *bytes) {
    static const char letters[] = "ab A's\xF0\x9F\x8E\x89\n";
    uint32_t count = 0;
    offsets[0] = 0;
    for (; count < 256; count++) {
        bytes[count] = (uint8_t)count;
        offsets[count + 1] = count + 1;
    }
    for (uint32_t i = 0; count < STRINGS; i++) {
        uint32_t n = 2 + i % 5, state = i * 2654435761u, twice = 0;
        for (uint32_t k = 0; k < n; k++, state = state * 1664525 + 1013904223)
            bytes[offsets[count] + k] = (uint8_t)letters[(state >> 16) % (sizeof letters - 1)];
        for (uint32_t id = 0; id < count && !twice; id++)
            twice = offsets[id + 1] - offsets[id] == n && memcmp(bytes + offsets[id], bytes + offsets[count], n) == 0;
        if (!twice) offsets[count + 1] = offsets[count] + n, count++;
    }
    return count;
}

static size_t encode(const Tokenizer *t, const TokenizerHow *how, const uint8_t *text, size_t n, uint32_t *ids) {
    size_t count = 0;
    TokenizerFault fault;
    int code = tokenizer_encode_with(t, how, text, n, ids, &count, &fault);
    must(code == FOLIO_OK || (t->kind == TOKENIZER_CHAR && (code == FOLIO_ERR_UTF8 || code == FOLIO_ERR_UNKNOWN_CHAR)));
    return code ? SIZE_MAX : count;
}

static void check(const Tokenizer *t, const uint8_t *text, size_t n) {
    static uint64_t scratch[WINDOW * 40 / 8];
    static const uint8_t allowed[] = {SPECIAL_ALLOWED, SPECIAL_ALLOWED};
    static BpeCached cache[BPE_CACHED]; /* of the one vocabulary there is */
    TokenizerHow how = {.scratch = scratch, .window = WINDOW, .cache = cache};
    uint32_t *ids = exactly(n * sizeof *ids), *parts = exactly(n * sizeof *parts), *offsets = exactly(n * sizeof *offsets);
    uint8_t *back = exactly(n);
    size_t count = encode(t, &how, text, n, ids), written = 0, cut = tokenizer_cut(t, text, n);
    if (count != SIZE_MAX) {
        int lossless = t->kind != TOKENIZER_WORD;
        int code = tokenizer_decode(t, ids, count, back, n, &written);
        must(!lossless || (code == FOLIO_OK && written == n && memcmp(back, text, n) == 0));
        must(tokenizer_offsets(t, text, n, ids, count, offsets) == FOLIO_OK);
        size_t first = encode(t, &how, text, cut, parts), second = encode(t, &how, text + cut, n - cut, parts + first);
        must(first + second == count && memcmp(parts, ids, count * sizeof *ids) == 0);
        how.special = t->kind == TOKENIZER_CHAR ? NULL : allowed;
        count = encode(t, &how, text, n, ids);
        must(!lossless || (tokenizer_decode(t, ids, count, back, n, &written) == FOLIO_OK && memcmp(back, text, n) == 0));
    }
    free(ids);
    free(parts);
    free(offsets);
    free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    static const uint32_t special_offsets[] = {0, 5, 12}, special_ids[] = {STRINGS, STRINGS + 5};
    if (n == 0) return 0;
    static uint32_t offsets[STRINGS + 1];
    static uint8_t bytes[STRINGS * 8];
    static uint32_t made;
    if (!made) made = make_tokens(offsets, bytes);
    TokenizerStrings tokens = {made, offsets, bytes}, special = {2, special_offsets, (const uint8_t *)"<|a|><|unk|>"};
    uint8_t *text = exactly(n - 1);
    void *memory = exactly(tokenizer_open_bytes(tokens.count, 2));
    int kind = data[0] % 4, split = data[0] / 4 % SPLIT_COUNT;
    Tokenizer t;
    memcpy(text, data + 1, n - 1);
    if (kind == TOKENIZER_CHAR || kind == TOKENIZER_BYTE) {
        void *vocabulary = exactly(tokenizer_bytes(kind, n - 1));
        if (tokenizer_train(&t, kind, text, (n - 1) / 2, vocabulary, NULL) == FOLIO_OK) check(&t, text, n - 1);
        free(vocabulary);
    } else {
        must(tokenizer_open(&t, kind, split, &tokens, &special, special_ids, memory, NULL) == FOLIO_OK);
        check(&t, text, n - 1);
    }
    free(memory);
    free(text);
    return 0;
}
