#include "tokenizer/ranks.h"

#include <string.h>

#include "error.h"

static const char MAGIC[8] = {'F', 'O', 'L', 'I', 'O', 'R', 'K', '1'};
enum { HEADER = 12, NOT_BASE64 = 64 };

/* A file, read token by token. */
typedef struct {
    const uint8_t *file;
    size_t n, at;
    uint32_t line, id;
    const uint8_t *token; /* packed: its bytes; text: its base64, without the signs = at its end */
    size_t length;        /* of what token points at */
    size_t bytes;         /* of the token */
    int form, reason;
} Reader;

static int stop(Reader *r, int reason) {
    r->reason = reason;
    return -1;
}

static unsigned sextet(uint8_t c) {
    if (c >= 'A' && c <= 'Z') return c - 'A' + 0u;
    if (c >= 'a' && c <= 'z') return c - 'a' + 26u;
    if (c >= '0' && c <= '9') return c - '0' + 52u;
    return c == '+' ? 62 : c == '/' ? 63 : NOT_BASE64;
}

/* Whether the line, or the file, ends at r->at. */
static int at_end(const Reader *r) { return r->at >= r->n || r->file[r->at] == '\n' || r->file[r->at] == '\r'; }

/* A decimal number at r->at, up to RANKS_MOST - 1. */
static int read_number(Reader *r, uint32_t *value) {
    size_t start = r->at;
    for (*value = 0; r->at < r->n && r->file[r->at] >= '0' && r->file[r->at] <= '9'; r->at++) {
        *value = *value * 10 + r->file[r->at] - '0';
        if (*value >= RANKS_MOST) return stop(r, RANKS_TOO_LARGE);
    }
    return r->at > start ? 0 : stop(r, RANKS_NUMBER);
}

/* 1: a token was read; 0: the file is at its end; -1: refused. */
static int next_line(Reader *r) {
    if (r->at >= r->n) return 0;
    r->line++;
    r->token = r->file + r->at;
    while (r->at < r->n && sextet(r->file[r->at]) != NOT_BASE64) r->at++;
    r->length = (size_t)(r->file + r->at - r->token);
    if (!r->length && at_end(r)) return stop(r, RANKS_BLANK);
    size_t padding = (4 - r->length % 4) % 4;
    for (size_t i = 0; i < padding; i++, r->at++)
        if (r->at >= r->n || r->file[r->at] != '=') return stop(r, RANKS_BASE64);
    if (padding != 3 && at_end(r)) return stop(r, RANKS_NO_ID);
    if (padding == 3 || r->file[r->at] != ' ') return stop(r, RANKS_BASE64);
    /* the bits that padding leaves over must be zero, or two lines could say the same */
    if (padding && sextet(r->token[r->length - 1]) & (padding == 1 ? 0x3u : 0xFu)) return stop(r, RANKS_BASE64);
    r->bytes = r->length * 3 / 4;
    if (!r->bytes) return stop(r, RANKS_EMPTY);
    r->at++;
    if (read_number(r, &r->id)) return -1;
    if (r->at < r->n && r->file[r->at] == '\r') r->at++;
    if (r->at < r->n && r->file[r->at++] != '\n') return stop(r, RANKS_NUMBER);
    return 1;
}

static int next_packed(Reader *r, uint32_t count) {
    if (r->id + 1 == count) return r->at == r->n ? 0 : stop(r, RANKS_CUT_OFF);
    r->line = (uint32_t)r->at;
    r->id++;
    size_t length = 0;
    for (unsigned shift = 0;; shift += 7) {
        if (r->at >= r->n || shift > 28) return stop(r, RANKS_CUT_OFF);
        length |= (size_t)(r->file[r->at] & 0x7F) << shift;
        if (!(r->file[r->at++] & 0x80)) break;
    }
    if (length > r->n - r->at) return stop(r, RANKS_CUT_OFF);
    r->token = r->file + r->at;
    r->length = r->bytes = length;
    r->at += length;
    return 1;
}

static int open_packed(Reader *r, uint32_t *count) {
    if (r->n < HEADER || memcmp(r->file, MAGIC, sizeof MAGIC) != 0) return stop(r, RANKS_MAGIC);
    *count = (uint32_t)r->file[8] | (uint32_t)r->file[9] << 8 | (uint32_t)r->file[10] << 16 | (uint32_t)r->file[11] << 24;
    r->at = HEADER;
    r->id = UINT32_MAX; /* the one before 0 */
    return *count > RANKS_MOST ? stop(r, RANKS_TOO_LARGE) : 0;
}

static int refuse(Ranks *ranks, const Reader *r) {
    *ranks = (Ranks){.line = r->line, .id = r->id, .reason = r->reason};
    return FOLIO_ERR_RANKS;
}

int ranks_measure(Ranks *ranks, int form, const uint8_t *file, size_t n) {
    Reader r = {.file = file, .n = n, .form = form};
    uint32_t count = 0, given = 0;
    uint64_t bytes = 0;
    int more = form == RANKS_PACKED && open_packed(&r, &given) ? -1 : 1;
    while (more > 0 && (more = form == RANKS_PACKED ? next_packed(&r, given) : next_line(&r)) > 0) {
        if (r.id >= count) count = r.id + 1;
        bytes += r.bytes; /* below n, which fits memory */
    }
    if (more == 0 && bytes > UINT32_MAX / 2) more = stop(&r, RANKS_TOO_LARGE);
    if (more < 0) return refuse(ranks, &r);
    *ranks = (Ranks){.count = count, .bytes = (uint32_t)bytes};
    return FOLIO_OK;
}

static void decode(const Reader *r, uint8_t *out) {
    if (r->form == RANKS_PACKED) {
        memcpy(out, r->token, r->length);
        return;
    }
    uint32_t bits = 0;
    for (size_t i = 0, written = 0; i < r->length; i++) {
        bits = bits << 6 | sextet(r->token[i]);
        if (i % 4) out[written++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
    }
}

int ranks_read(Ranks *ranks, int form, const uint8_t *file, size_t n, uint32_t *offsets, uint8_t *bytes) {
    uint32_t count = 0;
    /* first the length of each token, then where it begins, then the bytes */
    memset(offsets, 0, (ranks->count + (size_t)1) * sizeof *offsets);
    for (int pass = 0; pass < 2; pass++) {
        Reader r = {.file = file, .n = n, .form = form};
        if (form == RANKS_PACKED) open_packed(&r, &count);
        while ((form == RANKS_PACKED ? next_packed(&r, count) : next_line(&r)) > 0) {
            if (pass) {
                decode(&r, bytes + offsets[r.id]);
                continue;
            }
            if (offsets[r.id + 1]) return stop(&r, RANKS_TWICE), refuse(ranks, &r);
            offsets[r.id + 1] = (uint32_t)r.bytes;
        }
        for (uint32_t id = 0; !pass && id < ranks->count; id++) offsets[id + 1] += offsets[id];
    }
    return FOLIO_OK;
}

uint32_t ranks_line(int form, const uint8_t *file, size_t n, uint32_t id) {
    Reader r = {.file = file, .n = n, .form = form};
    uint32_t count = 0;
    if (form == RANKS_PACKED) open_packed(&r, &count);
    while ((form == RANKS_PACKED ? next_packed(&r, count) : next_line(&r)) > 0)
        if (r.id == id) return r.line;
    return 0;
}

/* ---- the way out: a writer that counts where `out` is NULL ---- */

static size_t put(uint8_t *out, size_t at, uint8_t byte) {
    if (out) out[at] = byte;
    return at + 1;
}

static size_t put_packed(uint8_t *out, size_t at, const uint8_t *token, size_t n) {
    size_t length = n;
    for (; length > 0x7F; length >>= 7) at = put(out, at, (uint8_t)(0x80 | (length & 0x7F)));
    at = put(out, at, (uint8_t)length);
    if (out && n) memcpy(out + at, token, n);
    return at + n;
}

static size_t put_line(uint8_t *out, size_t at, const uint8_t *token, size_t n, uint32_t id) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        uint32_t bits = (uint32_t)token[i] << 16 | (i + 1 < n ? (uint32_t)token[i + 1] << 8 : 0) | (i + 2 < n ? token[i + 2] : 0u);
        at = put(out, at, (uint8_t)digits[bits >> 18]);
        at = put(out, at, (uint8_t)digits[bits >> 12 & 63]);
        at = put(out, at, i + 1 < n ? (uint8_t)digits[bits >> 6 & 63] : '=');
        at = put(out, at, i + 2 < n ? (uint8_t)digits[bits & 63] : '=');
    }
    at = put(out, at, ' ');
    uint32_t power = 1;
    while (id / power >= 10) power *= 10;
    for (; power; power /= 10) at = put(out, at, (uint8_t)('0' + id / power % 10));
    return put(out, at, '\n');
}

static size_t write(int form, uint32_t count, const uint32_t *offsets, const uint8_t *bytes, uint8_t *out) {
    size_t at = 0;
    if (form == RANKS_PACKED) {
        for (size_t i = 0; i < sizeof MAGIC; i++) at = put(out, at, (uint8_t)MAGIC[i]);
        for (unsigned shift = 0; shift < 32; shift += 8) at = put(out, at, (uint8_t)(count >> shift));
    }
    for (uint32_t id = 0; id < count; id++) {
        const uint8_t *token = bytes + offsets[id];
        size_t n = offsets[id + 1] - offsets[id];
        if (form == RANKS_PACKED)
            at = put_packed(out, at, token, n);
        else if (n)
            at = put_line(out, at, token, n, id);
    }
    return at;
}

size_t ranks_size(int form, uint32_t count, const uint32_t *offsets, const uint8_t *bytes) {
    return write(form, count, offsets, bytes, NULL);
}

void ranks_write(int form, uint32_t count, const uint32_t *offsets, const uint8_t *bytes, uint8_t *out) {
    write(form, count, offsets, bytes, out);
}
