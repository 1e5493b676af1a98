/* pthread.c - sleeping and waking natively, with one lock and one condition for all words: who wakes looks whether it was meant. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "pool/threads.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

int pool_sleep(const uint32_t *word, uint32_t seen, uint32_t seconds) {
    struct timespec until;
    int code = 0;
    if (seconds) {
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += (time_t)seconds;
    }
    pthread_mutex_lock(&lock);
    if (__atomic_load_n(word, __ATOMIC_SEQ_CST) == seen) {
        if (seconds)
            code = pthread_cond_timedwait(&changed, &lock, &until);
        else
            pthread_cond_wait(&changed, &lock);
    }
    pthread_mutex_unlock(&lock);
    return code == ETIMEDOUT;
}

void pool_wake(const uint32_t *word) {
    (void)word;
    pthread_mutex_lock(&lock);
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}
