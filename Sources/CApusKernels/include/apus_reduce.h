// Reductions over the middle of a dense [outer, reduced, inner] array.
#ifndef APUS_REDUCE_H
#define APUS_REDUCE_H

#include "apus_types.h"

typedef enum {
  APUS_REDUCE_SUM,
  APUS_REDUCE_PRODUCT,
  APUS_REDUCE_MAX, // NaN wins; nothing to reduce gives -infinity, or the smallest integer
  APUS_REDUCE_MIN,
  APUS_REDUCE_AND, // bool only
  APUS_REDUCE_OR,
} apus_reduction;

// Bytes of scratch (64-byte aligned).
size_t apus_reduce_scratch(apus_dtype dtype, long outer, long reduced, long inner);
// y[o, i] = x[o, 0, i] ⊕ ... ; float sums are pairwise or blocked, with split points that depend on the sizes only.
void apus_reduce(apus_reduction reduction, apus_dtype dtype, long outer, long reduced, long inner, const void *x,
                 void *y, void *scratch);

// Index (int32) of the first largest (smallest) element; NaN counts as the largest (smallest).
void apus_arg_reduce(bool maximum, apus_dtype dtype, long outer, long reduced, long inner, const void *x, int32_t *y);

#endif
