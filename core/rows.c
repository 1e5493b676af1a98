#include "rows.h"

f32x4 rows_load_end(const float *p, size_t n) {
    float lanes[4] = {0, 0, 0, 0};
    for (size_t i = 0; i < n && i < 4; i++) lanes[i] = p[i];
    return f32x4_load(lanes);
}

void rows_store_end(float *p, f32x4 x, size_t n) {
    float lanes[4];
    f32x4_store(lanes, x);
    for (size_t i = 0; i < n && i < 4; i++) p[i] = lanes[i];
}

f32x4 rows_first(f32x4 x, size_t n) {
    static const float counted[4] = {1, 2, 3, 4};
    return f32x4_zero_below(f32x4_splat((float)n), f32x4_load(counted), x);
}
