#include <string.h>

#include "convolution_groups_private.h"
#include "vector_types_private.h"

// Each channel convolved by itself: vectors lie along the channels, and there is nothing to pack but the weights, as
// [taps, channels]. Memory is the limit, so that output rows are gone through as they lie.

// Multiply-adds of a task, about, and chunks whose gradients of the weights are added up at the end.
#define TASK_WORK 400000
#define MOST_CHUNKS 16
#define CHUNK_WORK 200000
// Output columns of a sweep.
#define SWEEP 16

typedef struct {
  const apus_convolution_shape *shape;
  const apus_tile_kernels *kernels;
  const float *x, *dy;
  const float *w; // packed
  float *y;
  float *partial;
  const apus_epilogue *epilogue;
  long rows, tasks; // output rows of all images, and tasks or chunks of them
} depthwise_job;

#define APUS_ISA_BODY "convolution_depthwise.inc"
#include "each_isa.inc"

static size_t weight_floats(const apus_convolution_shape *s) {
  return (size_t)(s->kernel_h * s->kernel_w * s->out_channels);
}

size_t apus_depthwise_scratch(const apus_convolution_shape *s) { return weight_floats(s) * sizeof(float); }

static double row_work(const apus_convolution_shape *s) {
  return (double)(s->out_w * s->out_channels) * (double)(s->kernel_h * s->kernel_w) + 1;
}

// A sweep's weights and sums take more registers than the other instruction sets have for vectors of this width.
static bool can_sweep(const apus_convolution_shape *s) {
  return apus_isa_current() == APUS_ISA_AVX512 && s->kernel_h == 3 && s->kernel_w == 3 && s->stride_h == 1 &&
         s->stride_w == 1 && s->dilation_h == 1 && s->dilation_w == 1 && s->base_dilation_h == 1 &&
         s->base_dilation_w == 1;
}

static void forward_task(void *context, long index) {
  const depthwise_job *j = context;
  const apus_convolution_shape *s = j->shape;
  const bool sweeps = can_sweep(s);
  const long end = apus_piece_begin(j->rows, j->tasks, index + 1);
  for (long row = apus_piece_begin(j->rows, j->tasks, index), done; row < end; row += done) {
    const long out_row = row % s->out_h;
    float *y = j->y + row * s->out_w * s->y_pixel;
    const float *image = j->x + row / s->out_h * s->in_h * s->in_w * s->x_pixel;
    done = sweeps && row + 1 < end && out_row + 1 < s->out_h ? 2 : 1;
    if (sweeps) {
      ISA_SELECT(depthwise_sweep)(s, image, j->w, out_row, done, y);
    } else {
      ISA_SELECT(depthwise_row)(s, image, j->w, out_row, y);
    }
    if (!j->epilogue) continue;
    const apus_epilogue epilogue = apus_epilogue_at(j->epilogue, 0, y - j->y);
    j->kernels->finish(done * s->out_w, s->out_channels, s->y_pixel, y, &epilogue);
  }
}

void apus_depthwise(const apus_convolution_shape *s, const float *x, const float *w, float *y,
                    const apus_epilogue *epilogue, void *scratch) {
  float *packed = scratch;
  const long taps = s->kernel_h * s->kernel_w;
  for (long tap = 0; tap < taps; tap++) {
    const long from = s->flip ? taps - 1 - tap : tap;
    const float *source = w + from / s->kernel_w * s->w_row + from % s->kernel_w * s->w_column;
    for (long c = 0; c < s->out_channels; c++) packed[tap * s->out_channels + c] = source[c * s->w_output];
  }
  depthwise_job j = {.shape = s,
                     .kernels = apus_tile_kernels_current(),
                     .x = x,
                     .w = packed,
                     .y = y,
                     .epilogue = epilogue,
                     .rows = s->batch * s->out_h};
  j.tasks = apus_smaller(j.rows, 1 + (long)((double)j.rows * row_work(s) / TASK_WORK));
  apus_parallel(j.tasks, forward_task, &j);
}

static long chunks_of(const apus_convolution_shape *s) {
  const long rows = s->batch * s->out_h;
  const double by_work = (double)rows * row_work(s) / CHUNK_WORK;
  return apus_smaller(rows, 1 + (by_work < MOST_CHUNKS - 1 ? (long)by_work : MOST_CHUNKS - 1));
}

size_t apus_depthwise_weight_gradient_scratch(const apus_convolution_shape *s) {
  return (size_t)chunks_of(s) * weight_floats(s) * sizeof(float);
}

static void gradient_task(void *context, long chunk) {
  const depthwise_job *j = context;
  const apus_convolution_shape *s = j->shape;
  float *partial = j->partial + chunk * (long)weight_floats(s);
  memset(partial, 0, weight_floats(s) * sizeof(float));
  const long end = apus_piece_begin(j->rows, j->tasks, chunk + 1);
  for (long row = apus_piece_begin(j->rows, j->tasks, chunk); row < end; row++) {
    const float *image = j->x + row / s->out_h * s->in_h * s->in_w * s->x_pixel;
    ISA_SELECT(depthwise_gradient_row)(s, image, j->dy + row * s->out_w * s->y_pixel, row % s->out_h, partial);
  }
}

void apus_depthwise_weight_gradient(const apus_convolution_shape *s, const float *x, const float *dy, float *dw,
                                    void *scratch) {
  depthwise_job j = {.shape = s, .x = x, .dy = dy, .partial = scratch, .rows = s->batch * s->out_h};
  j.tasks = chunks_of(s);
  apus_parallel(j.tasks, gradient_task, &j);
  const long count = (long)weight_floats(s);
  for (long chunk = 1; chunk < j.tasks; chunk++) {
    apus_tile_kernels_current()->add(count, j.partial + chunk * count, j.partial);
  }
  for (long tap = 0; tap < s->kernel_h * s->kernel_w; tap++) {
    float *to = dw + tap / s->kernel_w * s->w_row + tap % s->kernel_w * s->w_column;
    for (long c = 0; c < s->out_channels; c++) to[c * s->w_output] = j.partial[tap * s->out_channels + c];
  }
}
