/* ranks_fuzz.c - any file of tokens is refused, or makes a tokenizer that gives bytes back, and is written as it was understood.
   The first byte chooses the form. */
#include "error.h"
#include "fuzz.h"
#include "tokenizer/bpe.h"
#include "tokenizer/ranks.h"
#include "tokenizer/tokenizer.h"

static void use(const Ranks *r, const uint32_t *offsets, const uint8_t *bytes, int form) {
    static const uint32_t none[] = {0};
    static const uint8_t text[] = "It's 12 o'clock,\r\n\xF0\x9F\x8E\x89 \xFF";
    TokenizerStrings tokens = {r->count, offsets, bytes}, special = {0, none, NULL};
    void *memory = exactly(tokenizer_open_bytes(r->count, 0));
    Tokenizer t;
    if (tokenizer_open(&t, TOKENIZER_BPE, SPLIT_O200K, &tokens, &special, NULL, memory, NULL) == FOLIO_OK) {
        uint32_t ids[sizeof text];
        uint8_t back[sizeof text];
        size_t count = 0, written = 0;
        must(tokenizer_encode(&t, text, sizeof text, ids, &count, NULL) == FOLIO_OK);
        must(tokenizer_decode(&t, ids, count, back, sizeof back, &written) == FOLIO_OK);
        must(written == sizeof text && memcmp(back, text, written) == 0);
    }
    size_t n = ranks_size(form, r->count, offsets, bytes);
    uint8_t *file = exactly(n);
    Ranks again;
    ranks_write(form, r->count, offsets, bytes, file);
    must(ranks_measure(&again, form, file, n) == FOLIO_OK && again.count == r->count && again.bytes == r->bytes);
    free(file);
    free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    if (n == 0) return 0;
    int form = data[0] % 2 ? RANKS_PACKED : RANKS_TEXT;
    uint8_t *file = exactly(n - 1);
    memcpy(file, data + 1, n - 1);
    Ranks r;
    if (ranks_measure(&r, form, file, n - 1) == FOLIO_OK) {
        uint32_t *offsets = exactly((r.count + (uint64_t)1) * sizeof *offsets);
        uint8_t *bytes = exactly(r.bytes);
        if (ranks_read(&r, form, file, n - 1, offsets, bytes) == FOLIO_OK) use(&r, offsets, bytes, form);
        free(offsets);
        free(bytes);
    }
    free(file);
    return 0;
}
