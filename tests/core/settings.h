/* settings.h - settings written as text, for native programs: key=value. */
#ifndef FOLIO_SETTINGS_H
#define FOLIO_SETTINGS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "error.h"

/* The number that `text` stands for: a choice of the setting of that row by name, true or false, or a number. NaN: none of them. */
static inline double settings_value(size_t row, const char *text) {
    const ConfigSetting *setting = config_setting(row);
    size_t n = strlen(text), index = 0;
    if (setting->kind == CONFIG_BOOL && !strcmp(text, "true")) return 1;
    if (setting->kind == CONFIG_BOOL && !strcmp(text, "false")) return 0;
    for (const char *choice = config_words(row)->choices; setting->kind == CONFIG_ENUM && *choice; index++) {
        size_t length = strcspn(choice, "|");
        if (length == n && !strncmp(choice, text, n)) return (double)index;
        choice += length + (choice[length] == '|');
    }
    char *end;
    double value = strtod(text, &end);
    return setting->kind == CONFIG_ENUM || end == text || *end ? strtod("nan", NULL) : value;
}

/* Sets one; what cannot be is told in the name of `program`, and gives its code. */
static inline int settings_set(Config *config, const char *program, const char *key, const char *text) {
    for (size_t i = 0; i < CONFIG_COUNT; i++) {
        if (strcmp(config_words(i)->name, key)) continue;
        int code = config_set(config, i, settings_value(i, text));
        if (code) fprintf(stderr, "%s: %s=%s: %s\n", program, key, text, error_text(code));
        return code;
    }
    fprintf(stderr, "%s: there is no setting '%s'\n", program, key);
    return FOLIO_ERR_ARGUMENT;
}

#endif
