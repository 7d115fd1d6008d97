#include <string.h>

#include "convolution_private.h"

// Small images: a tile is the same output pixel of several images. All its rows use the same taps, so those that meet
// padding are left out, to the left and right as well as above and below, and tiles are high however short the rows.

typedef struct {
  long segments, length;
} taps;

// The runs of taps that meet x for one output pixel.
static taps find_taps(const apus_convolution_shape *s, long out_row, long out_column, long *a_offset, long *b_offset) {
  taps found = {0, s->in_channels};
  long first = 0, columns = s->kernel_w, run = 1; // kernel columns: the first, how many, how many in a run
  if (apus_taps_adjoin(s)) {
    const long position = out_column * s->stride_w - s->pad_left;
    first = apus_larger(0, -position);
    columns = apus_smaller(s->kernel_w, s->in_w - position) - first;
    if (columns <= 0) return found;
    run = columns;
    found.length = columns * s->in_channels;
  }
  for (long ky = 0; ky < s->kernel_h; ky++) {
    long row;
    if (!apus_source_position(out_row, s->stride_h, ky, s->dilation_h, s->pad_top, s->base_dilation_h, &row)) continue;
    if (row < 0 || row >= s->in_h) continue;
    for (long kx = first; kx < first + columns; kx += run) {
      long column;
      if (!apus_source_position(out_column, s->stride_w, kx, s->dilation_w, s->pad_left, s->base_dilation_w, &column)) {
        continue;
      }
      if (column < 0 || column >= s->in_w) continue;
      a_offset[found.segments] = (row * s->in_w + column) * s->in_channels;
      b_offset[found.segments] = (ky * s->kernel_w + kx) * s->in_channels;
      found.segments++;
    }
  }
  return found;
}

// Brings the taps of a tile's images together: offsets then refer to the copy.
static void copy_taps(apus_tile *tile, long images, long row_floats, long *a_offset, float *copied) {
  for (long image = 0; image < images; image++) {
    float *to = copied + image * row_floats;
    const float *from = tile->a + image * tile->a_row;
    for (long s = 0; s < tile->segments; s++, to += tile->length) {
      memcpy(to, from + a_offset[s], (size_t)tile->length * sizeof(float));
    }
  }
  for (long s = 0; s < tile->segments; s++) a_offset[s] = s * tile->length;
  tile->a = copied;
  tile->a_row = row_floats;
}

static void run_pixel(const apus_convolution_job *job, long image, long images, long panel_begin, long panel_end,
                      long out_row, long out_column, char *slot) {
  const apus_convolution_shape *s = job->shape;
  const apus_convolution_plan *p = job->plan;
  const long in_floats = s->in_h * s->in_w * s->in_channels, out_floats = s->out_h * s->out_w * s->out_channels;
  long *a_offset = (long *)(void *)(slot + p->source_bytes), *b_offset = a_offset + s->kernel_h * s->kernel_w;
  const taps found = find_taps(s, out_row, out_column, a_offset, b_offset);
  apus_tile tile = {
      .a = job->x + image * in_floats,
      .a_row = in_floats,
      .a_step = 1,
      .segments = found.segments,
      .length = found.length,
      .a_offset = a_offset,
      .b_offset = b_offset,
      .c_row = out_floats,
      .relu = job->in_tile && job->epilogue->activation == APUS_ACTIVATION_RELU,
  };
  if (p->copies) copy_taps(&tile, images, p->taps + 16, a_offset, (float *)(void *)slot);
  float *y = job->y + image * out_floats + (out_row * s->out_w + out_column) * s->out_channels;
  for (long panel = panel_begin; panel < panel_end; panel++) {
    const long column = panel * p->panel->width;
    const apus_tile_panel *functions = apus_convolution_panel(job, panel);
    tile.b = apus_convolution_packed(job, panel);
    tile.b_step = functions->width;
    tile.c = y + column;
    tile.columns = apus_smaller(functions->width, s->out_channels - column);
    tile.bias = job->in_tile && job->epilogue->bias ? job->epilogue->bias + column : NULL;
    functions->functions[images - 1](&tile);
    if (job->epilogue && !job->in_tile) {
      const apus_epilogue epilogue = apus_epilogue_at(job->epilogue, column, tile.c - job->y);
      p->kernels->finish(images, tile.columns, out_floats, tile.c, &epilogue);
    }
  }
}

void apus_convolution_across_task(void *context, long index) {
  const apus_convolution_job *job = context;
  const apus_convolution_shape *s = job->shape;
  const apus_convolution_plan *p = job->plan;
  const long image_block = index / p->row_blocks, row_block = index % p->row_blocks;
  const long image = apus_piece_begin(s->batch, p->image_blocks, image_block);
  const long images = apus_piece_begin(s->batch, p->image_blocks, image_block + 1) - image;
  const long row_begin = apus_piece_begin(s->out_h, p->row_blocks, row_block);
  const long row_end = apus_piece_begin(s->out_h, p->row_blocks, row_block + 1);

  char *slot = apus_slot_take(&job->slots);
  for (long group = 0; group < p->panels; group += p->group_panels) {
    const long group_end = apus_smaller(p->panels, group + p->group_panels);
    for (long row = row_begin; row < row_end; row++) {
      for (long column = 0; column < s->out_w; column++) {
        run_pixel(job, image, images, group, group_end, row, column, slot);
      }
    }
  }
  apus_slot_give(slot);
}
