#if defined(__x86_64__)
#include <immintrin.h>

#include "winograd_private.h"

// Vectors wider than a register are passed between inlined functions only.
#pragma clang diagnostic ignored "-Wpsabi"

#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f,avx512vl,avx512dq,avx512bw"))),                   \
                             apply_to = function)
#define ISA(name) name##_avx512
#define VLEN 16
#include "winograd_kernels.inc"
#pragma clang attribute pop

#endif
