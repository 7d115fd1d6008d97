// Vectors of sixteen floats on every instruction set: clang splits them into the registers there are, so one body
// serves all, sums have the same order everywhere, and narrow registers get their instruction-level parallelism free.
#ifndef APUS_VECTOR_TYPES_PRIVATE_H
#define APUS_VECTOR_TYPES_PRIVATE_H

#include <stdint.h>

#define LANES 16
typedef float f32x16 __attribute__((ext_vector_type(LANES), aligned(4)));
typedef float f32x8 __attribute__((ext_vector_type(8), aligned(4)));
typedef float f32x4 __attribute__((ext_vector_type(4), aligned(4)));
typedef int32_t i32x16 __attribute__((ext_vector_type(LANES), aligned(4)));
typedef int32_t i32x8 __attribute__((ext_vector_type(8), aligned(4)));
typedef uint32_t u32x16 __attribute__((ext_vector_type(LANES), aligned(4)));

#define INLINE static inline __attribute__((always_inline, unused))

// Loops that call the C library stay scalar, and so do all under a sanitizer: no news.
#pragma clang diagnostic ignored "-Wpass-failed"

// Element-by-element loops: `d` may be one of the operands, which is no dependency between iterations.
#define ELEMENTWISE_LOOP _Pragma("clang loop vectorize(assume_safety)")

#endif
