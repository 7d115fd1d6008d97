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

// The outputs begin ..< end, of `out`, that meet one of the `in` pixels of an undilated x through a tap.
static inline apus_range apus_outputs_inside(long out, long in, long stride, long tap, long dilation, long pad) {
  const long first = pad - tap * dilation; // in steps of x, what position 0 of the outputs lacks to reach x
  apus_range range = {first > 0 ? apus_ceiling_divide(first, stride) : 0,
                      in - 1 + first >= 0 ? apus_smaller(out, (in - 1 + first) / stride + 1) : 0};
  if (range.begin >= range.end) return (apus_range){0, 0};
  return range;
}

// Kernel rows and columns whose taps lie side by side in x are read as one run.
static inline bool apus_taps_adjoin(const apus_convolution_shape *shape) {
  return shape->dilation_w == 1 && shape->base_dilation_w == 1;
}

// Whether the micro-kernel can do all of an epilogue: otherwise all of it is left to `finish`.
static inline bool apus_tile_does(const apus_epilogue *epilogue) {
  return epilogue && !epilogue->scale && !epilogue->residual &&
         (epilogue->activation == APUS_ACTIVATION_NONE || epilogue->activation == APUS_ACTIVATION_RELU);
}

// The epilogue of a part of the result that begins in a column, and at an element of the whole.
static inline apus_epilogue apus_epilogue_at(const apus_epilogue *epilogue, long column, long element) {
  apus_epilogue part = *epilogue;
  if (part.bias) part.bias += column;
  if (part.scale) part.scale += column;
  if (part.residual) part.residual += element;
  return part;
}

// How a forward convolution is divided: by its sizes and the instruction set only.
typedef struct {
  const apus_tile_kernels *kernels;
  const apus_tile_panel *panel;
  long panels, group_panels; // of a group whose weights are used for all rows of a task before the next group's
  long taps;                 // kernel_h * kernel_w * in_channels
  bool across;               // tiles lie across images, see convolution_across.c
  bool copies;               // which are then copied, for they would collide in the cache
  long image_blocks;         // blocks of images that tasks work on: tiles of them, or single images
  long rows, row_blocks;     // of a task; tasks of an image block
  long phases;
  apus_source_columns columns;
  size_t source_bytes, offset_bytes, packed_bytes;
} apus_convolution_plan;

typedef struct {
  const apus_convolution_shape *shape;
  const apus_convolution_plan *plan;
  const float *x, *w;
  float *y;
  const apus_epilogue *epilogue;
  bool in_tile; // the micro-kernel does the epilogue
  float *packed;
  apus_slots slots;
} apus_convolution_job;

apus_convolution_plan apus_convolution_plan_make(const apus_convolution_shape *shape);
void apus_convolution_across_task(void *job, long index);

// The kernels for panel `index`: all alike but the last one, which may be narrow.
static inline const apus_tile_panel *apus_convolution_panel(const apus_convolution_job *job, long index) {
  const long left = job->shape->out_channels - index * job->plan->panel->width;
  return left >= job->plan->panel->width ? job->plan->panel : apus_tile_panel_for(job->plan->kernels, left);
}

static inline float *apus_convolution_packed(const apus_convolution_job *job, long index) {
  return job->packed + index * job->plan->taps * job->plan->panel->width;
}

#endif
