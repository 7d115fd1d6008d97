#if defined(__x86_64__)
#include <immintrin.h>

#include "winograd_private.h"

// Vectors wider than a register are passed between inlined functions only.
#pragma clang diagnostic ignored "-Wpsabi"

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define ISA(name) name##_avx2
#define VLEN 8
#include "winograd_kernels.inc"
#pragma clang attribute pop

#endif
