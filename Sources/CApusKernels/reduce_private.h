// The kernels behind the reductions, one set per instruction set and type.
#ifndef APUS_REDUCE_PRIVATE_H
#define APUS_REDUCE_PRIVATE_H

#include "apus_reduce.h"

// Only sum, product, max and min: "and" and "or" of bools are their min and max.
typedef struct {
  // y[r] = reduction of x[r * length ..< (r + 1) * length].
  void (*rows)(apus_reduction reduction, long rows, long length, const void *x, void *y);
  // y[c] = reduction over r of x[r * stride + c], for at most REDUCE_COLUMNS_MOST columns.
  void (*columns)(apus_reduction reduction, long rows, long stride, long columns, const void *x, void *y);
  // For each row the index of its first largest (smallest) element.
  void (*arg_rows)(bool maximum, long rows, long length, const void *x, int32_t *y);
} reduce_kernels;

enum { REDUCE_COLUMNS_MOST = 512 };

// The kernels of a type; with `wraps`, those for sums and products of integers, which are done unsigned.
const reduce_kernels *reduce_kernels_of(apus_dtype dtype, bool wraps);
const reduce_kernels *reduce_integer_kernels(apus_dtype dtype, bool wraps);

// The sum, product, maximum or minimum that a reduction is on a type. Stops where it makes no sense.
apus_reduction reduce_plain(apus_reduction reduction, apus_dtype dtype);

// Element by element; neither unrolled nor interleaved, to keep the many copies small.
#define REDUCE_LOOP _Pragma("clang loop vectorize(assume_safety) interleave_count(1)")

#endif
