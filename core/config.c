#include "config.h"

#include <string.h>

#include "error.h"

static const ConfigSetting SETTINGS[CONFIG_COUNT] = {
#define CONFIG_ROW(kind, name, def, min, max, choices, doc) {CONFIG_##kind, def, min, max},
    CONFIG_SETTINGS(CONFIG_ROW)
#undef CONFIG_ROW
};

static const ConfigWords WORDS[CONFIG_COUNT] = {
#define CONFIG_ROW(kind, name, def, min, max, choices, doc) {#name, choices},
    CONFIG_SETTINGS(CONFIG_ROW)
#undef CONFIG_ROW
};

const ConfigSetting *config_setting(size_t index) { return index < CONFIG_COUNT ? &SETTINGS[index] : NULL; }

const ConfigWords *config_words(size_t index) { return index < CONFIG_COUNT ? &WORDS[index] : NULL; }

Config config_default(void) {
    Config config;
#define CONFIG_DEFAULT(kind, name, def, min, max, choices, doc) config.name = (CONFIG_TYPE_##kind)(def);
    CONFIG_SETTINGS(CONFIG_DEFAULT)
#undef CONFIG_DEFAULT
    return config;
}

/* Where each setting stands in the struct. */
static const uint16_t OFFSETS[CONFIG_COUNT] = {
#define CONFIG_OFFSET(kind, name, def, min, max, choices, doc) (uint16_t) offsetof(Config, name),
    CONFIG_SETTINGS(CONFIG_OFFSET)
#undef CONFIG_OFFSET
};

int config_get(const Config *config, size_t index, double *value) {
    if (index >= CONFIG_COUNT) return FOLIO_ERR_ARGUMENT;
    const char *at = (const char *)config + OFFSETS[index];
    int32_t whole;
    memcpy(&whole, at, sizeof whole);
    *value = (double)whole;
    if (SETTINGS[index].kind == CONFIG_REAL) memcpy(value, at, sizeof *value);
    return FOLIO_OK;
}

/* A NaN fails both comparisons, so it is outside every range. */
static int fits(const ConfigSetting *setting, double value) {
    if (!(value >= setting->min && value <= setting->max)) return 0;
    return setting->kind == CONFIG_REAL || value == (double)(int32_t)value;
}

int config_set(Config *config, size_t index, double value) {
    if (index >= CONFIG_COUNT) return FOLIO_ERR_ARGUMENT;
    if (!fits(&SETTINGS[index], value)) return FOLIO_ERR_RANGE;
    char *at = (char *)config + OFFSETS[index];
    if (SETTINGS[index].kind == CONFIG_REAL) {
        memcpy(at, &value, sizeof value);
    } else {
        const int32_t whole = (int32_t)value;
        memcpy(at, &whole, sizeof whole);
    }
    return FOLIO_OK;
}

static int fault(size_t *which, size_t index, int code) {
    if (which) *which = index;
    return code;
}

int config_check(const Config *config, size_t *which) {
    for (size_t i = 0; i < CONFIG_COUNT; i++) {
        double value = 0;
        config_get(config, i, &value);
        if (!fits(&SETTINGS[i], value)) return fault(which, i, FOLIO_ERR_RANGE);
    }
    if (config->n_embd % config->n_head) return fault(which, CONFIG_n_embd, FOLIO_ERR_HEADS);
    if (config->n_kv_head && config->n_head % config->n_kv_head) return fault(which, CONFIG_n_kv_head, FOLIO_ERR_KV_HEADS);
    if (config->position == POSITION_ROPE && config_head_size(config) % 2) return fault(which, CONFIG_n_embd, FOLIO_ERR_ROPE_HEAD);
    if (config->schedule == SCHEDULE_WSD && config->decay_iters > config->max_iters)
        return fault(which, CONFIG_decay_iters, FOLIO_ERR_SCHEDULE);
    return FOLIO_OK;
}

size_t config_head_size(const Config *config) { return (size_t)config->n_embd / (size_t)config->n_head; }

size_t config_kv_heads(const Config *config) { return (size_t)(config->n_kv_head ? config->n_kv_head : config->n_head); }

size_t config_inner(const Config *config) { return config->n_inner ? (size_t)config->n_inner : 4 * (size_t)config->n_embd; }

size_t config_fc(const Config *config) { return (config->activation == ACTIVATION_SWIGLU ? 2 : 1) * config_inner(config); }

size_t config_qkv(const Config *config) { return ((size_t)config->n_head + 2 * config_kv_heads(config)) * config_head_size(config); }

size_t config_taps(const Config *config) { return config->conv_size > 1 ? (size_t)config->conv_size - 1 : 0; }
