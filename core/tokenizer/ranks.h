/* ranks.h - tokens in a file. Two forms:

   text    tiktoken's: a line a token, its bytes in base64 (RFC 4648), a space, its id. Lines end with \n or \r\n; the last may lack it.
           Ids in any order, each once; those left out are holes.
   packed  Folio's, for the wire: "FOLIORK1", the number of ids in four bytes, the lowest first, then for each id from 0 on the number of its
           bytes (seven bits a byte, the lowest first, the high bit set on all but the last; 0: a hole) and the bytes. */
#ifndef FOLIO_TOKENIZER_RANKS_H
#define FOLIO_TOKENIZER_RANKS_H

#include <stddef.h>
#include <stdint.h>

enum { RANKS_TEXT, RANKS_PACKED };
enum { RANKS_MOST = 1 << 20 }; /* ids; config.h allows as many */

/* Why a file was refused. */
enum {
    RANKS_BASE64,
    RANKS_NUMBER,
    RANKS_TOO_LARGE,
    RANKS_TWICE,
    RANKS_EMPTY,
    RANKS_CUT_OFF,
    RANKS_MAGIC,
    RANKS_SAME_BYTES,
    RANKS_BLANK,
    RANKS_NO_ID
};

typedef struct {
    uint32_t count;    /* the greatest id + 1 */
    uint32_t bytes;    /* of all tokens together */
    uint32_t line, id; /* where it failed: the line from 1 (text) or the place in the file (packed), and the id if it was read */
    int reason;        /* RANKS_* */
} Ranks;

/* Reads a whole file without keeping anything: fills count and bytes. Fails with RANKS, and fills line, id and reason. Cost: O(n). */
int ranks_measure(Ranks *ranks, int form, const uint8_t *file, size_t n);

/* The tokens of a file that was measured: offsets (count + 1), bytes (ranks->bytes). Fails with RANKS where an id stands twice. Cost: O(n). */
int ranks_read(Ranks *ranks, int form, const uint8_t *file, size_t n, uint32_t *offsets, uint8_t *bytes);

/* The line or place of an id in a file that was read. Cost: O(n). */
uint32_t ranks_line(int form, const uint8_t *file, size_t n, uint32_t id);

/* Bytes of a file of these tokens, and the file itself into out. Cost: O(bytes). */
size_t ranks_size(int form, uint32_t count, const uint32_t *offsets, const uint8_t *bytes);
void ranks_write(int form, uint32_t count, const uint32_t *offsets, const uint8_t *bytes, uint8_t *out);

#endif
