#include "error.h"

const char *error_name(int code) {
    switch (code) {
    case FOLIO_OK: return "OK";
#define FOLIO_ERROR_NAME(number, name, text) \
    case number: return #name;
        FOLIO_ERRORS(FOLIO_ERROR_NAME)
#undef FOLIO_ERROR_NAME
    default: return "UNKNOWN";
    }
}

const char *error_text(int code) {
    switch (code) {
    case FOLIO_OK: return "fine";
#define FOLIO_ERROR_TEXT(number, name, text) \
    case number: return text;
        FOLIO_ERRORS(FOLIO_ERROR_TEXT)
#undef FOLIO_ERROR_TEXT
    default: return "an unknown error";
    }
}
