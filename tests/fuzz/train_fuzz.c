/* train_fuzz.c - any bytes train; what is learnt has no token twice and is made of its own pairs. The first two bytes choose split, size of the
   work and minimal count. */
#include "error.h"
#include "fuzz.h"
#include "tokenizer/bpe.h"
#include "tokenizer/bpe_train.h"
#include "tokenizer/split.h"

enum { TARGET = 300 };

static void check(const BpeTrain *t) {
    uint32_t *offsets = exactly((t->vocab_size + (uint64_t)1) * sizeof *offsets), left, right;
    uint8_t *bytes = exactly(bpe_train_size(t));
    void *slots = exactly(vocabulary_bytes(t->vocab_size));
    Vocabulary v;
    bpe_train_tokens(t, offsets, bytes);
    must(vocabulary_init(&v, t->vocab_size, offsets, bytes, slots, NULL) == FOLIO_OK);
    void *scratch = exactly(bpe_scratch(v.longest));
    for (uint32_t id = 256; id < t->vocab_size; id++)
        must(bpe_pair(&v, id, &left, &right, scratch) && left == t->lefts[id] && right == t->rights[id]);
    free(scratch);
    free(slots);
    free(bytes);
    free(offsets);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    if (n < 3) return 0;
    int split = data[0] % SPLIT_COUNT;
    const uint8_t *text = data + 2;
    n -= 2;
    void *chunk_memory = exactly(chunks_bytes((uint32_t)n, (uint32_t)n));
    Chunks c;
    size_t done;
    chunks_init(&c, split, (uint32_t)n, (uint32_t)n, chunk_memory);
    must(chunks_count(&c, text, n, &done) == FOLIO_OK && done == n);
    uint32_t room = 66000;
    void *memory = exactly(bpe_train_bytes(&c, TARGET)), *pairs = NULL;
    static void *first_pairs; /* kept from text to text: it is large */
    if (!first_pairs) first_pairs = exactly(bpe_train_pair_bytes(room));
    BpeTrain t;
    bpe_train_init(&t, &c, TARGET, 1 + data[1] % 4, memory, room, first_pairs);
    for (int code; (code = bpe_train_advance(&t, 1 + data[1])) != 1;) {
        if (code == 0) continue;
        void *larger = exactly(bpe_train_pair_bytes(room += 777));
        bpe_train_grow(&t, room, larger);
        free(pairs);
        pairs = larger;
    }
    check(&t);
    free(pairs);
    free(memory);
    free(chunk_memory);
    return 0;
}
