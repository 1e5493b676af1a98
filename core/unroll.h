/* unroll.h - UNROLL stands before a loop of few turns, whose number is a constant: the loop vanishes, and an array that it indexes is registers.
   A compiler that counts bytes would keep both, with every sum in memory: less than half as fast. */
#ifndef FOLIO_UNROLL_H
#define FOLIO_UNROLL_H

#define UNROLL _Pragma("GCC unroll 16")

/* A function that is put where it is called even by such a compiler: it is given constants there, which end its loops. */
#define INLINE static inline __attribute__((always_inline))

#endif
