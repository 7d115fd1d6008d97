// Pooling windows.
#ifndef APUS_WINDOW_H
#define APUS_WINDOW_H

#include "apus_reduce.h"
#include "apus_types.h"

// A window over a dense array of any rank. The value outside the array is the reduction's neutral element.
// out[k] = (in[k] + pad_low[k] + pad_high[k] - ((window[k] - 1) * window_dilation[k] + 1)) / stride[k] + 1.
typedef struct {
  int rank;
  long in[APUS_MAX_RANK], out[APUS_MAX_RANK];
  long window[APUS_MAX_RANK], stride[APUS_MAX_RANK], pad_low[APUS_MAX_RANK];
  long window_dilation[APUS_MAX_RANK], base_dilation[APUS_MAX_RANK];
} apus_window_shape;

// Sum, max or min (any dtype) over each window; NaN wins in max and min.
void apus_reduce_window(apus_reduction reduction, apus_dtype dtype, const apus_window_shape *shape, const void *x,
                        void *y);

// The gradient of max (min) pooling: dx is zero but for source[w] added at the first (row-major) largest element of
// each window w of x. Base dilations are 1. Each dx element is written once, in an order of additions that does not
// depend on the number of threads.
void apus_select_and_scatter(bool maximum, apus_dtype dtype, const apus_window_shape *shape, const void *x,
                             const void *source, void *dx);

#endif
