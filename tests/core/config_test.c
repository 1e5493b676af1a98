/* config_test.c - the table of settings: what it says of itself, and what it refuses. */
#include "config.h"

#include <math.h>

#include "error.h"
#include "test.h"

static size_t choices_of(const ConfigWords *words) {
    size_t count = 1;
    for (const char *c = words->choices; *c; c++) count += *c == '|';
    return count;
}

TEST(every_row_has_a_name_of_its_own_and_a_line_of_explanation) {
    for (size_t i = 0; i < CONFIG_COUNT; i++) {
        const ConfigSetting *row = config_setting(i);
        const ConfigWords *words = config_words(i);
        test_note("%s", words->name);
        CHECK(words->name[0] && row->min <= row->def && row->def <= row->max);
        for (size_t j = 0; j < i; j++) CHECK(strcmp(words->name, config_words(j)->name) != 0);
        if (row->kind == CONFIG_BOOL) CHECK(row->min == 0 && row->max == 1);
        if (row->kind == CONFIG_ENUM)
            CHECK_INT(choices_of(words), row->max - row->min + 1);
        else
            CHECK_TEXT(words->choices, "");
    }
    CHECK(config_setting(CONFIG_COUNT) == NULL && config_words(CONFIG_COUNT) == NULL);
    CHECK_TEXT(config_words(CONFIG_n_layer)->name, "n_layer");
    CHECK_TEXT(config_words(CONFIG_eval_interval)->name, "eval_interval");
}

TEST(the_defaults_are_a_config_that_passes) {
    Config config = config_default();
    size_t which = 999;
    CHECK_INT(config_check(&config, &which), FOLIO_OK);
    CHECK_INT(config_check(&config, NULL), FOLIO_OK);
    CHECK_INT(which, 999);
    for (size_t i = 0; i < CONFIG_COUNT; i++) {
        double value = -1;
        CHECK_INT(config_get(&config, i, &value), FOLIO_OK);
        CHECK_NEAR(value, config_setting(i)->def, 0, 0);
    }
}

TEST(what_is_set_is_what_is_got_and_nothing_else_moves) {
    for (size_t i = 0; i < CONFIG_COUNT; i++) {
        const ConfigSetting *row = config_setting(i);
        double wanted = row->def == row->max ? row->min : row->max;
        Config config = config_default();
        test_note("%s", config_words(i)->name);
        CHECK_INT(config_set(&config, i, wanted), FOLIO_OK);
        for (size_t j = 0; j < CONFIG_COUNT; j++) {
            double value = -1;
            CHECK_INT(config_get(&config, j, &value), FOLIO_OK);
            CHECK_NEAR(value, j == i ? wanted : config_setting(j)->def, 0, 0);
        }
    }
    Config config = config_default();
    CHECK_INT(config_set(&config, CONFIG_position, POSITION_ROPE), FOLIO_OK);
    CHECK_INT(config.position, POSITION_ROPE);
}

TEST(values_outside_their_range_are_refused_and_change_nothing) {
    for (size_t i = 0; i < CONFIG_COUNT; i++) {
        const ConfigSetting *row = config_setting(i);
        const double bad[] = {row->min - 1, row->max + 1, -1e300, 1e300, -HUGE_VAL, HUGE_VAL, HUGE_VAL - HUGE_VAL};
        Config config = config_default();
        test_note("%s", config_words(i)->name);
        for (size_t j = 0; j < sizeof bad / sizeof *bad; j++) CHECK_INT(config_set(&config, i, bad[j]), FOLIO_ERR_RANGE);
        if (row->kind != CONFIG_REAL) CHECK_INT(config_set(&config, i, row->min + 0.5), FOLIO_ERR_RANGE);
        double value = -1;
        CHECK_INT(config_get(&config, i, &value), FOLIO_OK);
        CHECK_NEAR(value, row->def, 0, 0);
        CHECK_INT(config_set(&config, i, row->min), FOLIO_OK);
        CHECK_INT(config_set(&config, i, row->max), FOLIO_OK);
    }
}

TEST(rows_that_are_not_there_are_refused) {
    Config config = config_default();
    double value = 5;
    CHECK_INT(config_get(&config, CONFIG_COUNT, &value), FOLIO_ERR_ARGUMENT);
    CHECK_INT(config_set(&config, CONFIG_COUNT, 1), FOLIO_ERR_ARGUMENT);
    CHECK_INT(config_set(&config, (size_t)-1, 1), FOLIO_ERR_ARGUMENT);
    CHECK_NEAR(value, 5.0, 0, 0);
}

static void check_refused(const Config *config, int code, size_t row) {
    size_t which = 999;
    CHECK_INT(config_check(config, &which), code);
    CHECK_INT(which, row);
    CHECK_INT(config_check(config, NULL), code);
}

TEST(a_check_names_the_setting_at_fault) {
    Config config = config_default();
    config.n_layer = 0;
    check_refused(&config, FOLIO_ERR_RANGE, CONFIG_n_layer);
    config = config_default();
    config.dropout = HUGE_VAL - HUGE_VAL;
    check_refused(&config, FOLIO_ERR_RANGE, CONFIG_dropout);
    config = config_default();
    config.activation = 77;
    check_refused(&config, FOLIO_ERR_RANGE, CONFIG_activation);
    config = config_default();
    config.bias = -1;
    check_refused(&config, FOLIO_ERR_RANGE, CONFIG_bias);
}

TEST(settings_that_do_not_go_together_are_refused) {
    Config config = config_default();
    config.n_embd = 130;
    check_refused(&config, FOLIO_ERR_HEADS, CONFIG_n_embd);
    config = config_default();
    config.n_kv_head = 3;
    check_refused(&config, FOLIO_ERR_KV_HEADS, CONFIG_n_kv_head);
    config = config_default();
    config.n_kv_head = 8; /* more than there are queries */
    check_refused(&config, FOLIO_ERR_KV_HEADS, CONFIG_n_kv_head);
    config = config_default();
    config.n_embd = 12;
    CHECK_INT(config_check(&config, NULL), FOLIO_OK);
    config.position = POSITION_ROPE; /* head size 3 */
    check_refused(&config, FOLIO_ERR_ROPE_HEAD, CONFIG_n_embd);
    config = config_default();
    config.schedule = SCHEDULE_WSD;
    config.decay_iters = config.max_iters + 1;
    check_refused(&config, FOLIO_ERR_SCHEDULE, CONFIG_decay_iters);
}

TEST(sizes_follow_from_the_settings) {
    Config config = config_default();
    config.n_embd = 24;
    config.n_head = 4;
    CHECK_INT(config_head_size(&config), 6);
    CHECK_INT(config_kv_heads(&config), 4);
    CHECK_INT(config_inner(&config), 96);
    CHECK_INT(config_qkv(&config), 72);
    config.n_kv_head = 2;
    config.n_inner = 50;
    CHECK_INT(config_kv_heads(&config), 2);
    CHECK_INT(config_inner(&config), 50);
    CHECK_INT(config_qkv(&config), 48);
}

TEST(every_error_has_a_name_and_a_sentence) {
    CHECK_TEXT(error_name(FOLIO_OK), "OK");
    CHECK_TEXT(error_name(FOLIO_ERR_UNKNOWN_CHAR), "UNKNOWN_CHAR");
#define CHECK_ERROR(code, name, text) \
    CHECK_INT(FOLIO_ERR_##name, code); \
    CHECK_TEXT(error_name(code), #name); \
    CHECK_TEXT(error_text(code), text);
    FOLIO_ERRORS(CHECK_ERROR)
#undef CHECK_ERROR
    CHECK_TEXT(error_name(1), "UNKNOWN");
    CHECK_TEXT(error_name(-1000), "UNKNOWN");
    CHECK(error_text(-1000)[0]);
}
