/* abi_training.c - learning the tokens of word and bpe for JavaScript, by the rules of abi.c: create, count the text part by part, start, advance
   until done, take the file of tokens, close. The only object with blocks of memory of its own: they grow with what is found in the text. */
#include <stdlib.h>
#include <string.h>

#include "abi.h"
#include "config.h"
#include "error.h"
#include "tokenizer/bpe_train.h"
#include "tokenizer/ranks.h"
#include "tokenizer/split.h"

typedef struct {
    int kind, started;
    Chunks chunks;
    BpeTrain bpe;
    void *chunk_memory, *memory, *pair_memory; /* NULL or blocks of malloc */
    uint32_t limit, min_count;
    uint32_t count, *offsets; /* of the tokens, once they are known; they stand in `tokens` */
    uint8_t *bytes;
    void *tokens;
} Training;

static void *block_of(uint64_t bytes) {
    void *memory = NULL;
    return abi_block(0, bytes, &memory); /* malloc gives what is aligned for any number */
}

int folio_training_create(int kind, int split, void **out) {
    void *unused;
    if ((kind != TOKENIZER_WORD && kind != TOKENIZER_BPE) || split < 0 || split >= SPLIT_COUNT) return FOLIO_ERR_ARGUMENT;
    Training *t = abi_block(sizeof *t, 0, &unused);
    if (!t) return FOLIO_ERR_MEMORY;
    *t = (Training){.kind = kind};
    const uint32_t room = 1 << 12, bytes_room = 1 << 16;
    t->chunk_memory = block_of(chunks_bytes(room, bytes_room));
    if (!t->chunk_memory) return abi_finish(FOLIO_ERR_MEMORY, t, out);
    chunks_init(&t->chunks, kind == TOKENIZER_WORD ? SPLIT_WORD : split, room, bytes_room, t->chunk_memory);
    return abi_finish(FOLIO_OK, t, out);
}

/* Gives back the blocks; the object itself goes with folio_free. */
void folio_training_close(Training *t) {
    free(t->chunk_memory);
    free(t->memory);
    free(t->pair_memory);
    free(t->tokens);
    t->chunk_memory = t->memory = t->pair_memory = t->tokens = NULL;
}

/* Half as much room again, and at least for what did not fit. */
static int grow_chunks(Training *t, size_t wanted) {
    Chunks *c = &t->chunks;
    uint64_t room = c->room, bytes_room = c->bytes_room;
    if (c->count == c->room) room += room / 2;
    if (wanted > c->bytes_room - c->bytes_used) bytes_room += bytes_room / 2 > wanted ? bytes_room / 2 : wanted;
    if (room > UINT32_MAX / 4) return FOLIO_ERR_MEMORY;
    if (bytes_room > UINT32_MAX) bytes_room = UINT32_MAX;
    void *memory = block_of(chunks_bytes((uint32_t)room, (uint32_t)bytes_room));
    if (!memory) return FOLIO_ERR_MEMORY;
    chunks_move(c, (uint32_t)room, (uint32_t)bytes_room, memory);
    free(t->chunk_memory);
    t->chunk_memory = memory;
    return FOLIO_OK;
}

/* A part of the text, cut where a piece ends for sure (folio_split_cut). */
int folio_training_count(Training *t, const uint8_t *text, size_t n) {
    if (t->started) return FOLIO_ERR_ARGUMENT;
    for (size_t at = 0, done;;) {
        int code = chunks_count(&t->chunks, text + at, n - at, &done);
        if (code != FOLIO_ERR_CAPACITY) return code;
        at += done;
        size_t piece = split_next(t->chunks.split, text + at, n - at, 0);
        if ((code = grow_chunks(t, piece))) return code;
    }
}

/* A part of a text that is not split, with `total` bytes in all its parts, for which room is made at once. */
int folio_training_append(Training *t, const uint8_t *text, size_t n, uint32_t total) {
    if (t->started || !n) return FOLIO_ERR_ARGUMENT;
    if (total > t->chunks.bytes_room) {
        int code = grow_chunks(t, total);
        if (code) return code;
    }
    return chunks_append(&t->chunks, text, n);
}

double folio_split_cut(int pattern, const uint8_t *text, size_t n) { return (double)split_cut(pattern, text, n); }

static int start_bpe(Training *t) {
    const uint32_t room = 1 << 17;
    t->memory = block_of(bpe_train_bytes(&t->chunks, t->limit));
    t->pair_memory = block_of(bpe_train_pair_bytes(room));
    if (!t->memory || !t->pair_memory) return FOLIO_ERR_MEMORY;
    bpe_train_init(&t->bpe, &t->chunks, t->limit, t->min_count, t->memory, room, t->pair_memory);
    return FOLIO_OK;
}

/* limit: most tokens to learn, for bpe the 256 bytes included; min_count: how often a word or pair must stand in the text. */
int folio_training_start(Training *t, uint32_t limit, uint32_t min_count) {
    if (t->started || limit > RANKS_MOST || (t->kind == TOKENIZER_BPE && limit < 256)) return FOLIO_ERR_ARGUMENT;
    if (!t->chunks.count) return FOLIO_ERR_EMPTY;
    t->limit = limit;
    t->min_count = min_count ? min_count : 1;
    int code = t->kind == TOKENIZER_BPE ? start_bpe(t) : FOLIO_OK;
    t->started = !code;
    return code;
}

static int take_bpe(Training *t) {
    uint32_t size = bpe_train_size(&t->bpe);
    t->count = t->bpe.vocab_size;
    t->tokens = size < UINT32_MAX / 2 ? block_of((t->count + (uint64_t)1) * sizeof(uint32_t) + size) : NULL;
    if (!t->tokens) return FOLIO_ERR_MEMORY;
    t->offsets = t->tokens;
    t->bytes = (uint8_t *)(t->offsets + t->count + 1);
    bpe_train_tokens(&t->bpe, t->offsets, t->bytes);
    return 1;
}

static int take_words(Training *t) {
    uint32_t *order = block_of((uint64_t)t->chunks.count * sizeof *order);
    if (!order) return FOLIO_ERR_MEMORY;
    chunks_order(&t->chunks, order);
    t->count = chunks_tokens(&t->chunks, order, t->limit, t->min_count, NULL, NULL);
    t->tokens = block_of((t->count + (uint64_t)1) * sizeof(uint32_t) + t->chunks.bytes_used);
    if (t->tokens) {
        t->offsets = t->tokens;
        t->bytes = (uint8_t *)(t->offsets + t->count + 1);
        chunks_tokens(&t->chunks, order, t->limit, t->min_count, t->offsets, t->bytes);
    }
    free(order);
    return t->tokens ? 1 : FOLIO_ERR_MEMORY;
}

/* About `work` places of the text's pairs. 1: done; 0: call again. *known receives the tokens so far. */
int folio_training_advance(Training *t, uint32_t work, uint32_t *known) {
    if (!t->started) return FOLIO_ERR_ARGUMENT;
    if (t->tokens) return 1;
    if (t->kind == TOKENIZER_WORD) {
        int done = take_words(t);
        *known = t->count;
        return done;
    }
    int code = bpe_train_advance(&t->bpe, work);
    *known = t->bpe.vocab_size;
    if (code == FOLIO_ERR_CAPACITY) {
        uint64_t room = (uint64_t)t->bpe.room + t->bpe.room / 2 + 2 * (uint64_t)t->bpe.vocab_size;
        void *memory = room > UINT32_MAX / 4 ? NULL : block_of(bpe_train_pair_bytes((uint32_t)room));
        if (!memory) return FOLIO_ERR_MEMORY;
        bpe_train_grow(&t->bpe, (uint32_t)room, memory);
        free(t->pair_memory);
        t->pair_memory = memory;
        return 0;
    }
    return code == 1 ? take_bpe(t) : code;
}

/* The tokens as a packed file (ranks.h): its size, then the file into bytes. 0 where training is not done. */
uint32_t folio_training_file_size(const Training *t) {
    return t->tokens ? (uint32_t)ranks_size(RANKS_PACKED, t->count, t->offsets, t->bytes) : 0;
}

int folio_training_file(const Training *t, uint8_t *bytes) {
    if (!t->tokens) return FOLIO_ERR_ARGUMENT;
    ranks_write(RANKS_PACKED, t->count, t->offsets, t->bytes, bytes);
    return FOLIO_OK;
}
