#include <string.h>

#include "convolution_groups_private.h"

// The gradient of the weights of a kernel of one tap is a product over all pixels. With steps, the pixels that are met
// are brought together first: otherwise sums would be broken off at the end of each short row.

// Pixels copied by one task.
#define TASK_PIXELS 64

typedef struct {
  const apus_convolution_shape *shape;
  const float *x;
  float *copied;
} pointwise_copy;

static bool has_steps(const apus_convolution_shape *s) { return s->stride_h != 1 || s->stride_w != 1; }

bool apus_is_pointwise(const apus_convolution_shape *s) {
  const bool one_tap = s->kernel_h == 1 && s->kernel_w == 1 && s->pad_top == 0 && s->pad_left == 0;
  const bool is_inside = (s->out_h - 1) * s->stride_h < s->in_h && (s->out_w - 1) * s->stride_w < s->in_w;
  const bool all = has_steps(s) || (s->in_h == s->out_h && s->in_w == s->out_w);
  return one_tap && is_inside && all && s->w_input == s->out_channels && s->w_output == 1;
}

static apus_matmul_shape product_of(const apus_convolution_shape *s) {
  return (apus_matmul_shape){.batch = 1,
                             .rows = s->in_channels,
                             .columns = s->out_channels,
                             .inner = s->batch * s->out_h * s->out_w,
                             .a_row = 1,
                             .a_column = has_steps(s) ? s->in_channels : s->x_pixel,
                             .b_row = s->y_pixel,
                             .b_column = 1};
}

static size_t copied_bytes(const apus_convolution_shape *s) {
  return has_steps(s) ? apus_aligned((size_t)(s->batch * s->out_h * s->out_w * s->in_channels) * sizeof(float)) : 0;
}

size_t apus_pointwise_weight_gradient_scratch(const apus_convolution_shape *s) {
  const apus_matmul_shape product = product_of(s);
  return copied_bytes(s) + apus_matmul_f32_scratch(&product);
}

static void copy_task(void *context, long index) {
  const pointwise_copy *c = context;
  const apus_convolution_shape *s = c->shape;
  const long end = apus_smaller(s->batch * s->out_h * s->out_w, (index + 1) * TASK_PIXELS);
  for (long pixel = index * TASK_PIXELS; pixel < end; pixel++) {
    const long column = pixel % s->out_w * s->stride_w, row = pixel / s->out_w % s->out_h * s->stride_h;
    const long image = pixel / s->out_w / s->out_h;
    memcpy(c->copied + pixel * s->in_channels, c->x + ((image * s->in_h + row) * s->in_w + column) * s->x_pixel,
           (size_t)s->in_channels * sizeof(float));
  }
}

void apus_pointwise_weight_gradient(const apus_convolution_shape *s, const float *x, const float *dy, float *dw,
                                    void *scratch) {
  const apus_matmul_shape product = product_of(s);
  if (has_steps(s)) {
    pointwise_copy c = {s, x, scratch};
    apus_parallel(apus_ceiling_divide(product.inner, TASK_PIXELS), copy_task, &c);
    x = scratch;
  }
  apus_matmul_f32(&product, x, dy, dw, NULL, (char *)scratch + copied_bytes(s));
}
