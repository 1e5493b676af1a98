/* ranks_test.c - files of tokens in both forms, and damage to them. */
#include "tokenizer/ranks.h"

#include <stdlib.h>

#include "error.h"
#include "rng.h"
#include "test.h"

#define FILE_OF(literal) (const uint8_t *)(literal), sizeof(literal) - 1

TEST(a_text_file_is_read_in_any_order_with_holes) {
    Ranks r;
    uint32_t offsets[8];
    uint8_t bytes[16];
    CHECK_INT(ranks_measure(&r, RANKS_TEXT, FILE_OF("YQ== 0\r\nYmM= 3\nIA== 1")), FOLIO_OK);
    CHECK(r.count == 4 && r.bytes == 4);
    CHECK_INT(ranks_read(&r, RANKS_TEXT, FILE_OF("YQ== 0\r\nYmM= 3\nIA== 1"), offsets, bytes), FOLIO_OK);
    CHECK(offsets[1] == 1 && offsets[2] == 2 && offsets[3] == 2 && offsets[4] == 4);
    CHECK(memcmp(bytes, "a bc", 4) == 0);
    CHECK_INT(ranks_line(RANKS_TEXT, FILE_OF("YQ== 0\nYmM= 3\nIA== 1"), 3), 2);
    CHECK_INT(ranks_measure(&r, RANKS_TEXT, NULL, 0), FOLIO_OK);
    CHECK(r.count == 0 && r.bytes == 0);
}

TEST(damage_is_named_by_line_and_reason) {
    static const struct {
        const char *file;
        int reason;
    } damaged[] = {{"YQ== 0\nYg=", RANKS_BASE64},
                   {"YQ== 0\nYg==1", RANKS_BASE64},
                   {"YQ== 0\n\nYg== 1", RANKS_BLANK},
                   {"YQ== 0\r\n\r\nYg== 1", RANKS_BLANK},
                   {"YQ== 0\n\n", RANKS_BLANK},
                   {"YQ== 0\nYg==", RANKS_NO_ID},
                   {"YQ== 0\nYg==\r\nYw== 2", RANKS_NO_ID},
                   {"YQ== 0\nYmNk\nYw== 2", RANKS_NO_ID},
                   {"YQ== 0\nY* 1", RANKS_BASE64},
                   {"YQ== 0\nYh== 1", RANKS_BASE64},
                   {"YQ== 0\nYg== ", RANKS_NUMBER},
                   {"YQ== 0\nYg== x", RANKS_NUMBER},
                   {"YQ== 0\nYg== 1 2", RANKS_NUMBER},
                   {"YQ== 0\nYg== 1048576", RANKS_TOO_LARGE},
                   {"YQ== 0\n 1", RANKS_EMPTY},
                   {"YQ== 0\nYg== 99999999999", RANKS_TOO_LARGE},
                   {"YQ== 0\nY 1", RANKS_BASE64}};
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        Ranks r;
        test_note("%s", damaged[i].file);
        CHECK_INT(ranks_measure(&r, RANKS_TEXT, (const uint8_t *)damaged[i].file, strlen(damaged[i].file)), FOLIO_ERR_RANKS);
        CHECK_INT(r.line, 2);
        CHECK_INT(r.reason, damaged[i].reason);
    }
}

TEST(an_id_that_stands_twice_is_named) {
    Ranks r;
    uint32_t offsets[8];
    uint8_t bytes[16];
    CHECK_INT(ranks_measure(&r, RANKS_TEXT, FILE_OF("YQ== 0\nYg== 1\nYw== 1\n")), FOLIO_OK);
    CHECK_INT(ranks_read(&r, RANKS_TEXT, FILE_OF("YQ== 0\nYg== 1\nYw== 1\n"), offsets, bytes), FOLIO_ERR_RANKS);
    CHECK(r.line == 3 && r.id == 1 && r.reason == RANKS_TWICE);
}

TEST(what_is_written_is_read_again_in_both_forms) {
    enum { COUNT = 500 };
    static uint32_t offsets[COUNT + 1], again[COUNT + 1];
    static uint8_t bytes[COUNT * 300], back[COUNT * 300];
    for (uint32_t id = 0; id < COUNT; id++) {
        uint32_t n = id % 7 == 3 && id + 1 < COUNT ? 0 : 1 + (uint32_t)rng_below(1, 0, id, id % 50 ? 9 : 299);
        for (uint32_t i = 0; i < n; i++) bytes[offsets[id] + i] = (uint8_t)rng_bits(2, id, i);
        offsets[id + 1] = offsets[id] + n;
    }
    for (int form = RANKS_TEXT; form <= RANKS_PACKED; form++) {
        size_t n = ranks_size(form, COUNT, offsets, bytes);
        uint8_t *file = malloc(n);
        Ranks r;
        if (!file) abort();
        ranks_write(form, COUNT, offsets, bytes, file);
        CHECK_INT(ranks_measure(&r, form, file, n), FOLIO_OK);
        CHECK(r.count == COUNT && r.bytes == offsets[COUNT]);
        CHECK_INT(ranks_read(&r, form, file, n, again, back), FOLIO_OK);
        CHECK(memcmp(again, offsets, sizeof offsets) == 0 && memcmp(back, bytes, r.bytes) == 0);
        for (size_t cut = 0; cut < n; cut += 1 + n / 97) {
            int code = ranks_measure(&r, form, file, cut);
            CHECK(code == FOLIO_ERR_RANKS || form == RANKS_TEXT);
        }
        for (uint64_t seed = 0; seed < 300; seed++) {
            size_t at = (size_t)rng_below(seed, 3, 0, n);
            uint8_t old = file[at];
            file[at] = (uint8_t)rng_bits(seed, 4, 0);
            if (ranks_measure(&r, form, file, n) == FOLIO_OK && r.count <= COUNT && r.bytes <= sizeof back)
                ranks_read(&r, form, file, n, again, back);
            file[at] = old;
        }
        free(file);
    }
}
