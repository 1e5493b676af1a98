/* f32x4.h, WebAssembly SIMD with the dot product of relaxed SIMD: exact numerics, the bits of simd/simd128, where whole numbers are multiplied faster. */
#ifndef FOLIO_F32X4_H
#define FOLIO_F32X4_H

#include "../dot_wasm.h"
#include "../lanes_wasm.h"
#include "../madd_wasm.h"

#endif
