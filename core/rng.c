#include "rng.h"

#include <math.h>

#include "dmath.h"

uint64_t rng_stream(uint32_t purpose, uint64_t minor) { return ((uint64_t)purpose << 56) | minor; }

void rng_block(uint64_t seed, uint64_t stream, uint64_t index, uint32_t out[4]) {
    uint32_t key0 = (uint32_t)seed, key1 = (uint32_t)(seed >> 32);
    uint32_t c0 = (uint32_t)index, c1 = (uint32_t)(index >> 32), c2 = (uint32_t)stream, c3 = (uint32_t)(stream >> 32);
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)c0 * 0xD2511F53u, p1 = (uint64_t)c2 * 0xCD9E8D57u;
        uint32_t next0 = (uint32_t)(p1 >> 32) ^ c1 ^ key0, next2 = (uint32_t)(p0 >> 32) ^ c3 ^ key1;
        c0 = next0;
        c1 = (uint32_t)p1;
        c2 = next2;
        c3 = (uint32_t)p0;
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

uint64_t rng_bits(uint64_t seed, uint64_t stream, uint64_t index) {
    uint32_t words[4];
    rng_block(seed, stream, index, words);
    return ((uint64_t)words[1] << 32) | words[0];
}

double rng_uniform(uint64_t seed, uint64_t stream, uint64_t index) {
    return (double)(rng_bits(seed, stream, index) >> 11) * (1.0 / 9007199254740992.0);
}

uint64_t rng_below(uint64_t seed, uint64_t stream, uint64_t index, uint64_t bound) {
    uint64_t bits = rng_bits(seed, stream, index);
    uint64_t low = (bits & 0xFFFFFFFFu) * (bound & 0xFFFFFFFFu), a = (bits >> 32) * (bound & 0xFFFFFFFFu);
    uint64_t b = (bits & 0xFFFFFFFFu) * (bound >> 32), high = (bits >> 32) * (bound >> 32);
    uint64_t middle = (low >> 32) + (a & 0xFFFFFFFFu) + (b & 0xFFFFFFFFu);
    return high + (a >> 32) + (b >> 32) + (middle >> 32);
}

void rng_fill_normal(float *out, uint64_t n, double std, uint64_t seed, uint64_t stream) {
    const double two_pi = 6.283185307179586476925, unit = 1.0 / 9007199254740992.0;
    for (uint64_t i = 0; i < n; i += 2) {
        uint32_t w[4];
        rng_block(seed, stream, i / 2, w);
        /* radius from (0, 1], so the logarithm is finite */
        double u = (double)((((((uint64_t)w[1] << 32) | w[0]) >> 11) + 1)) * unit;
        double angle = two_pi * ((double)((((uint64_t)w[3] << 32) | w[2]) >> 11) * unit);
        double radius = std * sqrt(-2.0 * dmath_log(u)), sin, cos;
        dmath_sincos(angle, &sin, &cos);
        out[i] = (float)(radius * cos);
        if (i + 1 < n) out[i + 1] = (float)(radius * sin);
    }
}
