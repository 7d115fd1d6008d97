#include "apus_convolution.h"
#include "apus_pool.h"

// Any convolution by plain loops. A task computes one output feature of one output batch; each element is one sum in
// row-major order of the kernel, innermost over the input features.

typedef struct {
  const apus_convolution_any_shape *shape;
  long in_size[3], out_size[3], kernel_size[3]; // 1 beyond the spatial rank
  const void *x, *w;
  void *y;
} convolution;

// Where the kernel's tap meets x in one dimension, or false where it meets padding or a gap.
static bool find_source(const convolution *c, int dimension, long out, long tap, long *source) {
  const apus_convolution_any_shape *s = c->shape;
  if (dimension >= s->spatial_rank) {
    *source = 0;
    return true;
  }
  const long position = out * s->stride[dimension] + tap * s->kernel_dilation[dimension] - s->pad_low[dimension];
  if (position < 0 || position % s->base_dilation[dimension] != 0) return false;
  *source = position / s->base_dilation[dimension];
  return *source < c->in_size[dimension];
}

static long stride_of(const convolution *c, const long *strides, int dimension) {
  return dimension < c->shape->spatial_rank ? strides[2 + dimension] : 0;
}

static long flipped(const convolution *c, int dimension, long tap) {
  const bool flip = dimension < c->shape->spatial_rank && c->shape->flip[dimension];
  return flip ? c->kernel_size[dimension] - 1 - tap : tap;
}

// Offsets into x and w of the tap (t0, t1, t2) for the output pixel `out`, or false where it reads a zero.
static bool find_tap(const convolution *c, const long out[3], const long tap[3], long *x_offset, long *w_offset) {
  *x_offset = *w_offset = 0;
  for (int d = 0; d < 3; d++) {
    long source;
    if (!find_source(c, d, out[d], tap[d], &source)) return false;
    *x_offset += source * stride_of(c, c->shape->x_stride, d);
    *w_offset += flipped(c, d, tap[d]) * stride_of(c, c->shape->w_stride, d);
  }
  return true;
}

#define PLANE_FUNCTION(name, type)                                                                                     \
  static void name(void *context, long index) {                                                                        \
    const convolution *c = context;                                                                                    \
    const apus_convolution_any_shape *s = c->shape;                                                                    \
    const long feature = index % s->out_features, batch = index / s->out_features;                                     \
    const long inputs = s->in_features / s->feature_groups;                                                            \
    /* At most one of the two kinds of groups is more than 1. */                                                       \
    const long first_input = feature / (s->out_features / s->feature_groups) * inputs;                                 \
    const long batch_group = feature / (s->out_features / s->batch_groups);                                            \
    const long x_batch = batch_group * (s->batch / s->batch_groups) + batch;                                           \
    const type *x = (const type *)c->x + x_batch * s->x_stride[0] + first_input * s->x_stride[1];                      \
    const type *w = (const type *)c->w + feature * s->w_stride[0];                                                     \
    type *y = (type *)c->y + batch * s->y_stride[0] + feature * s->y_stride[1];                                        \
    long out[3], tap[3];                                                                                               \
    for (out[0] = 0; out[0] < c->out_size[0]; out[0]++)                                                                \
      for (out[1] = 0; out[1] < c->out_size[1]; out[1]++)                                                              \
        for (out[2] = 0; out[2] < c->out_size[2]; out[2]++) {                                                          \
          type sum = 0;                                                                                                \
          for (tap[0] = 0; tap[0] < c->kernel_size[0]; tap[0]++)                                                       \
            for (tap[1] = 0; tap[1] < c->kernel_size[1]; tap[1]++)                                                     \
              for (tap[2] = 0; tap[2] < c->kernel_size[2]; tap[2]++) {                                                 \
                long x_offset, w_offset;                                                                               \
                if (!find_tap(c, out, tap, &x_offset, &w_offset)) continue;                                            \
                for (long i = 0; i < inputs; i++)                                                                      \
                  sum = (type)(sum + x[x_offset + i * s->x_stride[1]] * w[w_offset + i * s->w_stride[1]]);             \
              }                                                                                                        \
          long y_offset = 0;                                                                                           \
          for (int d = 0; d < 3; d++) y_offset += out[d] * stride_of(c, s->y_stride, d);                               \
          y[y_offset] = sum;                                                                                           \
        }                                                                                                              \
  }

// Signed integers are computed as unsigned ones of their width, which wrap.
PLANE_FUNCTION(plane_u8, uint8_t)
PLANE_FUNCTION(plane_u32, uint32_t)
PLANE_FUNCTION(plane_u64, uint64_t)
PLANE_FUNCTION(plane_f32, float)
PLANE_FUNCTION(plane_f64, double)

void apus_convolution_any(apus_dtype dtype, const apus_convolution_any_shape *shape, const void *x, const void *w,
                          void *y) {
  convolution c = {.shape = shape, .x = x, .w = w, .y = y};
  for (int d = 0; d < 3; d++) {
    const bool spatial = d < shape->spatial_rank;
    c.in_size[d] = spatial ? shape->in_size[d] : 1;
    c.out_size[d] = spatial ? shape->out_size[d] : 1;
    c.kernel_size[d] = spatial ? shape->kernel_size[d] : 1;
  }
  apus_task plane = NULL;
  switch (dtype) {
  case APUS_BOOL:
    return; // no arithmetic: the caller never asks
  case APUS_U8:
    plane = plane_u8;
    break;
  case APUS_I32:
  case APUS_U32:
    plane = plane_u32;
    break;
  case APUS_I64:
  case APUS_U64:
    plane = plane_u64;
    break;
  case APUS_F32:
    plane = plane_f32;
    break;
  case APUS_F64:
    plane = plane_f64;
    break;
  default:
    return; // the caller widens the small types
  }
  apus_parallel(shape->batch / shape->batch_groups * shape->out_features, plane, &c);
}
