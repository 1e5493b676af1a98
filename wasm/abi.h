/* abi.h - what the files of the C ABI share: memory for objects, as abi.c has it. */
#ifndef FOLIO_ABI_H
#define FOLIO_ABI_H

#include <stddef.h>
#include <stdint.h>

/* A block of `head` bytes for an object's struct, and `bytes` more, 16-aligned, at *memory. NULL where there is no room. */
void *abi_block(size_t head, uint64_t bytes, void **memory);

/* The end of every create: hands the object out, or gives its memory back. */
int abi_finish(int code, void *object, void **out);

#endif
