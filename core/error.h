/* error.h - every status a core function can return, and its text. */
#ifndef FOLIO_ERROR_H
#define FOLIO_ERROR_H

/* Functions that can fail return FOLIO_OK or one of the negative codes; nothing was changed when they fail.
   X-macro rows: code, name, what a person reads. */
#define FOLIO_ERRORS(X) \
    X(-1, ARGUMENT, "an argument is missing or out of place") \
    X(-2, RANGE, "a setting is outside its range") \
    X(-3, HEADS, "n_embd must be divisible by n_head") \
    X(-4, KV_HEADS, "n_head must be divisible by n_kv_head") \
    X(-5, ROPE_HEAD, "position=rope needs an even head size (n_embd / n_head)") \
    X(-6, SCHEDULE, "warmup_iters and decay_iters must fit in max_iters") \
    X(-7, MEMORY, "not enough memory") \
    X(-8, UTF8, "the text is not valid UTF-8") \
    X(-9, UNKNOWN_CHAR, "a character of the text is not in the vocabulary") \
    X(-10, EMPTY, "the text is empty") \
    X(-11, TOO_SHORT, "the text is too short for block_size") \
    X(-12, VAL_TOO_SHORT, "the validation part is too short for block_size") \
    X(-13, TOKEN, "a token id is not below vocab_size") \
    X(-14, NOT_CAUSAL, "only a causal model can write: this one has causal=false") \
    X(-15, FULL, "the context is full") \
    X(-16, VOCABULARY, "a vocabulary must hold valid code points, each of them once") \
    X(-17, CAPACITY, "the output buffer is too small") \
    X(-40, SPECIAL, "special tokens need names of 1 to 255 bytes, each once, and ids of their own") \
    X(-41, NOT_ALLOWED, "the text holds the name of a special token, which is not allowed in it") \
    X(-42, BYTES, "a byte-level vocabulary must hold all 256 single bytes") \
    X(-43, UNKNOWN_WORD, "a word of the text is not in the vocabulary, which has no <|unk|>") \
    X(-44, SCRATCH, "a piece of the text needs more working memory") \
    X(-45, RANKS, "the file of tokens is damaged")

enum {
    FOLIO_OK = 0,
#define FOLIO_ERROR_CODE(code, name, text) FOLIO_ERR_##name = (code),
    FOLIO_ERRORS(FOLIO_ERROR_CODE)
#undef FOLIO_ERROR_CODE
};

/* The name of a code as it stands in FolioError.code ("RANGE"), or "UNKNOWN". */
const char *error_name(int code);

/* One plain sentence for a code; never NULL. */
const char *error_text(int code);

#endif
