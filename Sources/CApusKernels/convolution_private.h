// What the forward convolution and the gradient of the weights share: where an output pixel finds its input.
#ifndef APUS_CONVOLUTION_PRIVATE_H
#define APUS_CONVOLUTION_PRIVATE_H

#include "apus_convolution.h"
#include "matmul_private.h"
#include "scratch_private.h"

// The rows of one image that a task reads, with zeros to the left and right where the kernel hangs over. Pixel (row,
// column, channel) lies at pixels[((row - first_row) * columns + column - first_column) * in_channels + channel].
typedef struct {
  const float *pixels;
  long first_row, first_column, columns;
} apus_source_rows;

// Input columns begin ..< end that some output column reads through some tap: taps that fall between the pixels of a
// dilated x are not counted, nor read.
typedef struct {
  long begin, end;
  bool inside; // within x, so that no copy is needed
} apus_source_columns;

typedef struct {
  long begin, end;
} apus_range;

apus_source_columns apus_convolution_columns(const apus_convolution_shape *shape);
// Input rows that the output rows begin ..< end read; may be empty.
apus_range apus_convolution_rows(const apus_convolution_shape *shape, long begin, long end);
// Floats of buffer that apus_convolution_source needs for `rows` output rows.
size_t apus_convolution_source_floats(const apus_convolution_shape *shape, const apus_source_columns *columns,
                                      long rows);
apus_source_rows apus_convolution_source(const apus_convolution_shape *shape, const apus_source_columns *columns,
                                         const float *image, apus_range rows, float *buffer);

// The input row or column that an output position reads through a tap, if it hits a pixel of a dilated x.
static inline bool apus_source_position(long out, long stride, long tap, long dilation, long pad, long base_dilation,
                                        long *position) {
  const long dilated = out * stride + tap * dilation - pad;
  // Division is slow, and seldom needed.
  if (base_dilation == 1) {
    *position = dilated;
    return true;
  }
  if (dilated % base_dilation != 0) return false;
  *position = dilated / base_dilation;
  return true;
}

// Kernel rows and columns whose taps lie side by side in x are read as one run.
static inline bool apus_taps_adjoin(const apus_convolution_shape *shape) {
  return shape->dilation_w == 1 && shape->base_dilation_w == 1;
}

#endif
