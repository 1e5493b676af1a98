/* threads.h - what a platform brings to pool/threads.c: sleeping on a word of memory, and waking who sleeps. */
#ifndef FOLIO_POOL_THREADS_H
#define FOLIO_POOL_THREADS_H

#include <stdint.h>

/* Sleeps while *word == seen, for at most `seconds` (0: without end); may return for no reason. True where the time has passed. */
int pool_sleep(const uint32_t *word, uint32_t seen, uint32_t seconds);

/* Wakes all who sleep on `word`, which has changed before. */
void pool_wake(const uint32_t *word);

#endif
