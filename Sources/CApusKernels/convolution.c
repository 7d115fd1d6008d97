#include <string.h>

#include "convolution_private.h"
#include "winograd_private.h"

// The convolution as a matrix product whose left matrix, the patch of input under each output pixel, is never written
// down: the micro-kernel reads taps where they lie in the input. A task computes a few output rows of one image. Only
// where the kernel hangs over the left or right edge does it first copy its input rows, with zeros at their ends. Rows
// above and below the image, and those between the pixels of a dilated one, are left out of the sum.
//
// With a dilated x, output columns fall into phases: those of one phase use the same kernel columns.

// Weights fewer than these are packed by the calling thread.
#define PARALLEL_PACKING 32768

static bool is_empty(const apus_convolution_shape *s) { return s->batch * s->out_h * s->out_w * s->out_channels == 0; }

// A kernel of one tap without steps or padding is a matrix product over all pixels.
static bool is_product(const apus_convolution_shape *s) {
  return s->kernel_h == 1 && s->kernel_w == 1 && s->stride_h == 1 && s->stride_w == 1 && s->pad_top == 0 &&
         s->pad_left == 0 && s->base_dilation_h == 1 && s->base_dilation_w == 1 && s->in_h == s->out_h &&
         s->in_w == s->out_w;
}

static apus_matmul_shape as_product(const apus_convolution_shape *s) {
  return (apus_matmul_shape){.batch = 1,
                             .rows = s->batch * s->out_h * s->out_w,
                             .columns = s->out_channels,
                             .inner = s->in_channels,
                             .a_row = s->in_channels,
                             .a_column = 1,
                             .b_row = s->w_input,
                             .b_column = s->w_output};
}

size_t apus_convolution_f32_scratch(const apus_convolution_shape *shape) {
  if (is_empty(shape)) return 0;
  if (is_product(shape)) {
    const apus_matmul_shape product = as_product(shape);
    return apus_matmul_f32_scratch(&product);
  }
  const int winograd = apus_winograd_choice(shape);
  if (winograd) return apus_winograd_scratch(shape, winograd);
  const apus_convolution_plan p = apus_convolution_plan_make(shape);
  return p.packed_bytes + apus_slots_size(p.image_blocks * p.row_blocks, p.source_bytes + p.offset_bytes);
}

static void pack_panel(void *context, long index) {
  const apus_convolution_job *c = context;
  const apus_convolution_shape *s = c->shape;
  const long width = apus_convolution_panel(c, index)->width, column = index * c->plan->panel->width;
  float *packed = apus_convolution_packed(c, index);
  for (long ky = 0; ky < s->kernel_h; ky++) {
    for (long kx = 0; kx < s->kernel_w; kx++) {
      const long row = s->flip ? s->kernel_h - 1 - ky : ky, tap = s->flip ? s->kernel_w - 1 - kx : kx;
      const float *w = c->w + row * s->w_row + tap * s->w_column + column * s->w_output;
      c->plan->kernels->pack_panel(s->in_channels, apus_smaller(width, s->out_channels - column), w, s->w_input,
                                   s->w_output, (int)width, packed);
      packed += s->in_channels * width;
    }
  }
}

// The runs of taps that the output row reads in one phase: where they begin in the source, and as steps of k.
static long find_segments(const apus_convolution_job *c, const apus_source_rows *source, long out_row, long phase,
                          long *a_offset, long *b_offset) {
  const apus_convolution_shape *s = c->shape;
  const long columns = apus_taps_adjoin(s) ? 1 : s->kernel_w;
  long count = 0;
  for (long ky = 0; ky < s->kernel_h; ky++) {
    long row;
    if (!apus_source_position(out_row, s->stride_h, ky, s->dilation_h, s->pad_top, s->base_dilation_h, &row)) continue;
    if (row < 0 || row >= s->in_h) continue;
    for (long kx = 0; kx < columns; kx++) {
      long column;
      if (!apus_source_position(phase, s->stride_w, kx, s->dilation_w, s->pad_left, s->base_dilation_w, &column)) {
        continue;
      }
      a_offset[count] = ((row - source->first_row) * source->columns + column - source->first_column) * s->in_channels;
      b_offset[count] = (ky * s->kernel_w + kx) * s->in_channels;
      count++;
    }
  }
  return count;
}

static void run_phase(const apus_convolution_job *c, const apus_source_rows *source, long panel_begin, long panel_end,
                      float *y, long out_row, long phase, long *offsets) {
  const apus_convolution_shape *s = c->shape;
  const apus_convolution_plan *p = c->plan;
  // From one pixel of the phase to the next.
  const long source_step = p->phases * s->stride_w / s->base_dilation_w * s->in_channels;
  const long out_step = p->phases * s->out_channels;
  const long pixels = apus_ceiling_divide(s->out_w - phase, p->phases);
  long *a_offset = offsets, *b_offset = offsets + s->kernel_h * s->kernel_w;
  apus_tile tile = {
      .a_row = source_step,
      .a_step = 1,
      .segments = find_segments(c, source, out_row, phase, a_offset, b_offset),
      .length = apus_taps_adjoin(s) ? s->kernel_w * s->in_channels : s->in_channels,
      .a_offset = a_offset,
      .b_offset = b_offset,
      .c_row = out_step,
      .relu = c->in_tile && c->epilogue->activation == APUS_ACTIVATION_RELU,
  };
  y += phase * s->out_channels;
  for (long panel = panel_begin; panel < panel_end; panel++) {
    const long column = panel * p->panel->width;
    const apus_tile_panel *functions = apus_convolution_panel(c, panel);
    tile.b = apus_convolution_packed(c, panel);
    tile.b_step = functions->width;
    tile.columns = apus_smaller(functions->width, s->out_channels - column);
    tile.bias = c->in_tile && c->epilogue->bias ? c->epilogue->bias + column : NULL;
    const apus_cut tiles = apus_cut_tiles(pixels, functions->max_rows);
    for (long t = 0; t < tiles.pieces; t++) {
      const long begin = apus_cut_begin(&tiles, t), end = apus_cut_begin(&tiles, t + 1);
      tile.a = source->pixels + begin * source_step;
      tile.c = y + begin * out_step + column;
      functions->functions[end - begin - 1](&tile);
    }
  }
}

static void run_task(void *context, long index) {
  const apus_convolution_job *c = context;
  const apus_convolution_shape *s = c->shape;
  const apus_convolution_plan *p = c->plan;
  const long image = index / p->row_blocks, row_block = index % p->row_blocks;
  const long row_begin = apus_piece_begin(s->out_h, p->row_blocks, row_block);
  const long row_end = apus_piece_begin(s->out_h, p->row_blocks, row_block + 1);

  char *slot = apus_slot_take(&c->slots);
  long *offsets = (long *)(void *)(slot + p->source_bytes);
  const apus_source_rows source =
      apus_convolution_source(s, &p->columns, c->x + image * s->in_h * s->in_w * s->in_channels,
                              apus_convolution_rows(s, row_begin, row_end), (float *)(void *)slot);
  for (long group = 0; group < p->panels; group += p->group_panels) {
    const long group_end = apus_smaller(p->panels, group + p->group_panels);
    const long first_column = group * p->panel->width;
    const long end_column = apus_smaller(s->out_channels, group_end * p->panel->width);
    for (long row = row_begin; row < row_end; row++) {
      float *y = c->y + (image * s->out_h + row) * s->out_w * s->out_channels;
      for (long phase = 0; phase < apus_smaller(p->phases, s->out_w); phase++) {
        run_phase(c, &source, group, group_end, y, row, phase, offsets);
      }
      if (c->epilogue && !c->in_tile) {
        const apus_epilogue epilogue = apus_epilogue_at(c->epilogue, first_column, y + first_column - c->y);
        p->kernels->finish(s->out_w, end_column - first_column, s->out_channels, y + first_column, &epilogue);
      }
    }
  }
  apus_slot_give(slot);
}

void apus_convolution_f32(const apus_convolution_shape *shape, const float *x, const float *w, float *y,
                          const apus_epilogue *epilogue, void *scratch) {
  if (is_empty(shape)) return;
  if (is_product(shape)) {
    const apus_matmul_shape product = as_product(shape);
    apus_matmul_f32(&product, x, w, y, epilogue, scratch);
    return;
  }
  const int winograd = apus_winograd_choice(shape);
  if (winograd) {
    apus_winograd(shape, winograd, x, w, y, epilogue, scratch);
    return;
  }
  const apus_convolution_plan p = apus_convolution_plan_make(shape);
  const long tasks = p.image_blocks * p.row_blocks;
  char *slots = (char *)scratch + p.packed_bytes;
  apus_convolution_job c = {.shape = shape,
                            .plan = &p,
                            .x = x,
                            .w = w,
                            .y = y,
                            .epilogue = epilogue,
                            .in_tile = apus_tile_does(epilogue),
                            .packed = scratch};
  c.slots = apus_slots_make(slots, tasks, p.source_bytes + p.offset_bytes);
  if (p.taps * shape->out_channels < PARALLEL_PACKING) {
    for (long panel = 0; panel < p.panels; panel++) pack_panel(&c, panel);
  } else {
    apus_parallel(p.panels, pack_panel, &c);
  }
  apus_parallel(tasks, p.across ? apus_convolution_across_task : run_task, &c);
}
