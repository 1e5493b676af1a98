/* abi_tokenizer.c - the tokenizers for JavaScript, by the rules of abi.c. */
#include <stdlib.h>
#include <string.h>

#include "abi.h"
#include "error.h"
#include "tokenizer/bpe.h"
#include "tokenizer/ranks.h"
#include "tokenizer/tokenizer.h"
#include "tokenizer/unicode.h"

/* ---- made from a text or a file ---- */

/* What folio_tokenizer_open makes: a tokenizer, and pieces that it has seen. */
typedef struct {
    Tokenizer tokenizer;
    BpeCached *cache;
} Opened;

/* fault: receives byte offset, character offset, code point (3 words), here and below. */
int folio_tokenizer_train(int kind, const uint8_t *text, size_t n, TokenizerFault *fault, void **out) {
    void *memory;
    Tokenizer *tokenizer = abi_block(sizeof *tokenizer, tokenizer_bytes(kind, n), &memory);
    if (!tokenizer) return FOLIO_ERR_MEMORY;
    return abi_finish(tokenizer_train(tokenizer, kind, text, n, memory, fault), tokenizer, out);
}

int folio_tokenizer_load(int kind, const uint32_t *codepoints, size_t n, void **out) {
    void *memory;
    Tokenizer *tokenizer = abi_block(sizeof *tokenizer, 2 * (uint64_t)n * sizeof *codepoints, &memory); /* and the order */
    if (!tokenizer) return FOLIO_ERR_MEMORY;
    memcpy(memory, codepoints, n * sizeof *codepoints);
    return abi_finish(tokenizer_load(tokenizer, kind, memory, n, (uint32_t *)memory + n), tokenizer, out);
}

/* word, bpe: tokens from a file of RANKS_* form; the names of special tokens from another, packed, ids beside it.
   fault: for RANKS line, id, reason; else what tokenizer_open tells, with the line or id of a token that stands twice. */
int folio_tokenizer_open(int kind, int split, int form, const uint8_t *file, size_t n, const uint8_t *names, size_t names_n,
                         const uint32_t *special_ids, uint32_t special_count, TokenizerFault *fault, void **out) {
    Ranks tokens, special;
    int code = ranks_measure(&tokens, form, file, n);
    if (!code) code = ranks_measure(&special, RANKS_PACKED, names, names_n);
    *fault = (TokenizerFault){tokens.line, tokens.id, (uint32_t)tokens.reason};
    if (code) return code;
    if (special.count != special_count) return FOLIO_ERR_ARGUMENT;
    uint64_t offsets_bytes = ((uint64_t)tokens.count + special.count + 2) * sizeof(uint32_t);
    uint64_t tables = tokenizer_open_bytes(tokens.count, special.count), ids_bytes = (uint64_t)special_count * sizeof(uint32_t);
    uint64_t cache_bytes = kind == TOKENIZER_BPE ? BPE_CACHED * sizeof(BpeCached) : 0;
    void *memory;
    Opened *opened = abi_block(sizeof *opened, cache_bytes + tables + offsets_bytes + ids_bytes + tokens.bytes + special.bytes, &memory);
    if (!opened) return FOLIO_ERR_MEMORY;
    Tokenizer *tokenizer = &opened->tokenizer;
    opened->cache = memory;
    memset(memory, 0, (size_t)cache_bytes);
    memory = (char *)memory + cache_bytes;
    uint32_t *token_offsets = (uint32_t *)(void *)((char *)memory + tables), *name_offsets = token_offsets + tokens.count + 1;
    uint32_t *ids = name_offsets + special.count + 1;
    uint8_t *token_bytes = (uint8_t *)(ids + special_count), *name_bytes = token_bytes + tokens.bytes;
    memcpy(ids, special_ids, (size_t)ids_bytes);
    code = ranks_read(&tokens, form, file, n, token_offsets, token_bytes);
    if (code) *fault = (TokenizerFault){tokens.line, tokens.id, (uint32_t)tokens.reason};
    if (!code) code = ranks_read(&special, RANKS_PACKED, names, names_n, name_offsets, name_bytes);
    if (!code) {
        TokenizerStrings t = {tokens.count, token_offsets, token_bytes}, s = {special.count, name_offsets, name_bytes};
        code = tokenizer_open(tokenizer, kind, split, &t, &s, ids, memory, fault);
        if (code == FOLIO_ERR_VOCABULARY) {
            *fault = (TokenizerFault){ranks_line(form, file, n, fault->codepoint), fault->codepoint, RANKS_SAME_BYTES};
            code = FOLIO_ERR_RANKS;
        }
    }
    return abi_finish(code, opened, out);
}

/* ---- what it is ---- */

uint32_t folio_tokenizer_vocab_size(const Tokenizer *tokenizer) { return tokenizer->vocab_size; }
const uint32_t *folio_tokenizer_codepoints(const Tokenizer *tokenizer) { return tokenizer->codepoints; }
const char *folio_unicode_version(void) { return unicode_version(); }

/* The tokens of word and bpe as a file of RANKS_* form: its size, then the file itself into bytes. */
uint32_t folio_tokenizer_file_size(const Tokenizer *tokenizer, int form) {
    const Vocabulary *v = &tokenizer->vocabulary;
    return (uint32_t)ranks_size(form, v->count, v->offsets, v->bytes);
}

int folio_tokenizer_file(const Tokenizer *tokenizer, int form, uint8_t *bytes) {
    const Vocabulary *v = &tokenizer->vocabulary;
    ranks_write(form, v->count, v->offsets, v->bytes, bytes);
    return FOLIO_OK;
}

/* bpe: for each id below count the two tokens it was joined from, or twice the id itself where there are none. */
int folio_tokenizer_pairs(const Tokenizer *tokenizer, uint32_t *pairs, uint32_t count) {
    const Vocabulary *v = &tokenizer->vocabulary;
    if (count > v->count) return FOLIO_ERR_ARGUMENT;
    void *scratch = malloc((size_t)bpe_scratch(v->longest));
    if (!scratch) return FOLIO_ERR_MEMORY;
    for (uint32_t id = 0; id < count; id++)
        if (!bpe_pair(v, id, &pairs[2 * id], &pairs[2 * id + 1], scratch)) pairs[2 * id] = pairs[2 * id + 1] = id;
    free(scratch);
    return FOLIO_OK;
}

/* ---- what it does ---- */

/* The ids of a text, as an object: *count receives how many, folio_encoding_ids where they are. They stand in room for one a byte, of which only
   what is written is ever touched. policies: SPECIAL_* for each special token, or none (policy_count 0). */
int folio_encoding_create(Tokenizer *tokenizer, const uint8_t *policies, size_t policy_count, const uint8_t *text, size_t n,
                          uint32_t *count, TokenizerFault *fault, void **out) {
    TokenizerHow how = {policy_count ? policies : NULL, NULL, 0, NULL};
    if (tokenizer->kind == TOKENIZER_BPE) how.cache = ((Opened *)(void *)tokenizer)->cache;
    if (policy_count && policy_count != tokenizer->special.names.count) return FOLIO_ERR_ARGUMENT;
    void *memory;
    uint32_t **encoding = abi_block(sizeof *encoding, (uint64_t)n * sizeof(uint32_t), &memory);
    if (!encoding) return FOLIO_ERR_MEMORY;
    *encoding = memory;
    size_t written = 0;
    int code;
    while ((code = tokenizer_encode_with(tokenizer, &how, text, n, *encoding, &written, fault)) == FOLIO_ERR_SCRATCH) {
        free(how.scratch);
        how.window = fault->char_offset;
        how.scratch = bpe_scratch(how.window) > SIZE_MAX / 2 ? NULL : malloc((size_t)bpe_scratch(how.window));
        if (!how.scratch) return abi_finish(FOLIO_ERR_MEMORY, encoding, out);
    }
    free(how.scratch);
    *count = (uint32_t)written;
    return abi_finish(code, encoding, out);
}

const uint32_t *folio_encoding_ids(uint32_t *const *encoding) { return *encoding; }

double folio_tokenizer_cut(const Tokenizer *tokenizer, const uint8_t *text, size_t n) { return (double)tokenizer_cut(tokenizer, text, n); }

/* written: receives how many bytes there are, for CAPACITY how many there would be. */
int folio_tokenizer_decode(const Tokenizer *tokenizer, const uint32_t *ids, size_t n, uint8_t *bytes, size_t capacity, uint32_t *written) {
    size_t count = 0;
    int code = tokenizer_decode(tokenizer, ids, n, bytes, capacity, &count);
    *written = (uint32_t)count;
    return code;
}

int folio_tokenizer_offsets(const Tokenizer *tokenizer, const uint8_t *text, size_t n, const uint32_t *ids, size_t count,
                            uint32_t *offsets) {
    return tokenizer_offsets(tokenizer, text, n, ids, count, offsets);
}

/* The pieces of a text: where each ends; ends has room for n, *count receives how many. */
int folio_split(int pattern, const uint8_t *text, size_t n, uint32_t *ends, uint32_t *count) {
    if (pattern < 0 || pattern >= SPLIT_COUNT) return FOLIO_ERR_ARGUMENT;
    *count = 0;
    for (size_t at = 0; at < n;) ends[(*count)++] = (uint32_t)(at = split_next(pattern, text, n, at));
    return FOLIO_OK;
}
