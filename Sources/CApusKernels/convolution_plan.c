#include "convolution_private.h"

// Multiply-adds that make a task, its input rows in bytes, and weights kept in cache together, at most.
#define TASK_WORK 400000
#define TASK_SOURCE_BYTES 262144
#define GROUP_WEIGHT_BYTES 262144
#define WANTED_TASKS 24
// Below this, finding the taps of each pixel would take longer than using them.
#define FEWEST_TAPS_ACROSS 64

static long greatest_common_divisor(long a, long b) {
  while (b) {
    const long remainder = a % b;
    a = b;
    b = remainder;
  }
  return a;
}

// How a tile's time grows with its number of rows, by row: there is a vector of weights to load for each step.
static double time_per_row(long count, long max_rows) {
  const double height = (double)count / (double)apus_ceiling_divide(count, max_rows);
  return 1 + 1 / height;
}

// Whether tiles of the same pixel in many images beat tiles of neighbouring pixels: they leave out what lies beyond the
// left and right edge, and are high where rows are short.
static bool is_better_across(const apus_convolution_shape *s, const apus_convolution_plan *p) {
  if (p->taps < FEWEST_TAPS_ACROSS || s->batch < 4) return false;
  long used = 0, inside = 0; // kernel columns used by the pixels of a row, and those that meet a pixel of x
  for (long ox = 0; ox < s->out_w; ox++) {
    for (long kx = 0; kx < s->kernel_w; kx++) {
      long column;
      if (!apus_source_position(ox, s->stride_w, kx, s->dilation_w, s->pad_left, s->base_dilation_w, &column)) continue;
      used++;
      inside += column >= 0 && column < s->in_w;
    }
  }
  const long row_pixels = apus_ceiling_divide(s->out_w, p->phases);
  const double along = (double)used * time_per_row(row_pixels, p->panel->max_rows);
  const double across = (double)inside * time_per_row(s->batch, p->panel->max_rows);
  return across < 0.93 * along;
}

static void divide_tasks(const apus_convolution_shape *s, apus_convolution_plan *p) {
  const long images = apus_ceiling_divide(s->batch, p->image_blocks);
  const double row_work = (double)(images * s->out_w * p->panels * p->panel->width) * (double)p->taps + 1;
  p->rows = s->out_h;
  if (row_work * (double)p->rows > TASK_WORK) p->rows = apus_larger(1, (long)(TASK_WORK / row_work));
  // Larger tasks do where there are enough of them, as long as the input stays in cache.
  p->rows = apus_larger(p->rows, apus_smaller(s->out_h, p->image_blocks * s->out_h / WANTED_TASKS));
  const double row_bytes =
      4.0 * (double)(images * s->stride_h * s->in_w * s->in_channels) / (double)s->base_dilation_h + 1;
  p->rows = apus_larger(apus_smaller(4, p->rows), apus_smaller(p->rows, (long)(TASK_SOURCE_BYTES / row_bytes)));
  p->row_blocks = apus_ceiling_divide(s->out_h, p->rows);
  p->rows = apus_ceiling_divide(s->out_h, p->row_blocks);
}

apus_convolution_plan apus_convolution_plan_make(const apus_convolution_shape *s) {
  apus_convolution_plan p = {.kernels = apus_tile_kernels_current(), .columns = apus_convolution_columns(s)};
  p.panel = apus_tile_panel_for(p.kernels, s->out_channels);
  p.panels = apus_ceiling_divide(s->out_channels, p.panel->width);
  p.taps = s->kernel_h * s->kernel_w * s->in_channels;
  p.phases = s->base_dilation_w / greatest_common_divisor(s->base_dilation_w, s->stride_w);
  p.across = is_better_across(s, &p);
  p.image_blocks = p.across ? apus_ceiling_divide(s->batch, p.panel->max_rows) : s->batch;
  divide_tasks(s, &p);

  const long panel_bytes = apus_larger(1, p.taps * p.panel->width * (long)sizeof(float));
  p.group_panels = apus_smaller(p.panels, apus_larger(1, GROUP_WEIGHT_BYTES / panel_bytes));
  if (p.across) {
    p.copies = s->in_h * s->in_w * s->x_pixel % 256 == 0 && s->out_channels >= 32;
    p.source_bytes = p.copies ? apus_aligned((size_t)(p.panel->max_rows * (p.taps + 16)) * sizeof(float)) : 0;
  } else {
    p.source_bytes = apus_aligned(apus_convolution_source_floats(s, &p.columns, p.rows) * sizeof(float));
  }
  p.offset_bytes = apus_aligned((size_t)(2 * s->kernel_h * s->kernel_w) * sizeof(long));
  p.packed_bytes = apus_aligned((size_t)(p.panels * panel_bytes));
  return p;
}
