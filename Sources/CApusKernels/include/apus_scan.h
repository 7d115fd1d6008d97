// Running sums, products, maxima and minima.
#ifndef APUS_SCAN_H
#define APUS_SCAN_H

#include "apus_types.h"

typedef enum {
  APUS_CUMULATIVE_SUM,
  APUS_CUMULATIVE_PRODUCT,
  APUS_CUMULATIVE_MAX, // NaN once met stays
  APUS_CUMULATIVE_MIN
} apus_cumulative;

// y[o, k, i] = x[o, 0, i] ⊕ ... ⊕ x[o, k, i] along the middle of a dense [outer, length, inner] array or, reversed,
// x[o, length - 1, i] ⊕ ... ⊕ x[o, k, i], one after the other. Types: U8, I32, U32, I64, U64 (which wrap), F32, F64;
// maximum and minimum also of bools. y may be x.
void apus_cumulative_run(apus_cumulative kind, apus_dtype dtype, long outer, long length, long inner, bool reversed,
                         const void *x, void *y);

#endif
