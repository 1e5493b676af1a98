/* abi.h - what the parts of the ABI share. */
#ifndef FOLIO_ABI_H
#define FOLIO_ABI_H

#include "folio.h"

/* A block of `head` bytes for an object's struct, and `bytes` more, 16-aligned, at *memory. NULL where there is no room. */
void *abi_block(size_t head, uint64_t bytes, void **memory);

/* The end of every create: hands the object out, or gives its memory back. */
int abi_finish(int code, void *object, void **out);

/* A config from its values; which, if not NULL, receives the row at fault. */
int abi_config(const double *values, Config *config, int *which);

/* A model from settings, which `make` (model_init, model_place) puts into its memory. */
int abi_model(const double *values, int (*make)(Model *, const Config *, void *, size_t), void **out);

/* The pool of this module; NULL for one thread. */
Pool *abi_pool(void);

#endif
