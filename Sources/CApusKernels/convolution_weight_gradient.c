#include <string.h>

#include "convolution_private.h"
#include "winograd_private.h"

// The gradient of the weights is the transposed patch matrix times dy: rows are taps, columns output channels, and the
// sum runs over all output pixels of all images. It is cut into chunks of pixels, each summed by its tasks into a
// partial gradient; these are added in order at the end. The micro-kernel reads x and dy where they lie.

// Pixels of a chunk, at least, and floats of all partial gradients, at most.
#define CHUNK_PIXELS 256
#define PARTIAL_FLOATS 4194304
#define MOST_CHUNKS 32
#define WANTED_TASKS 24
// Input and dy of the rows that are gone through for all taps before the next.
#define UNIT_BYTES 196608
#define FEWEST_CHANNELS_BY_TAP 12
// Elements of the gradient added by one task.
#define ADDED_ELEMENTS 8192

typedef struct {
  const apus_tile_kernels *kernels;
  const apus_tile_panel *panel;
  long panels;
  long taps; // kernel_h * kernel_w * in_channels, the rows of the gradient
  // Rows of the gradient come in runs whose taps adjoin in x: those of a kernel row or, where that has channels enough
  // to fill tiles, of a single tap, whose output columns can then be cut to those that meet x.
  bool by_tap;
  long runs, run_rows;
  apus_source_columns columns;
  // A unit is some rows of one image; a chunk is some units.
  long rows, row_blocks, units, chunks, run_blocks;
  size_t source_bytes, dy_bytes, offset_bytes;
} plan;

typedef struct {
  const apus_convolution_shape *shape;
  const plan *plan;
  const float *x, *dy;
  float *dw, *partial;
  apus_slots slots;
} gradient;

static plan make_plan(const apus_convolution_shape *s) {
  plan p = {.kernels = apus_tile_kernels_current(), .columns = apus_convolution_columns(s)};
  p.panel = apus_tile_panel_for(p.kernels, s->out_channels);
  p.panels = apus_ceiling_divide(s->out_channels, p.panel->width);
  p.taps = s->kernel_h * s->kernel_w * s->in_channels;
  p.by_tap = !apus_taps_adjoin(s) || (!p.columns.inside && s->in_channels >= FEWEST_CHANNELS_BY_TAP);
  if (p.by_tap) p.columns.inside = true;
  p.runs = p.by_tap ? s->kernel_h * s->kernel_w : s->kernel_h;
  p.run_rows = p.taps / p.runs;

  const long row_bytes = 4 * (s->stride_h * s->in_w * s->in_channels + s->out_w * s->out_channels);
  p.rows = apus_larger(1, apus_smaller(s->out_h, UNIT_BYTES / row_bytes));
  p.row_blocks = apus_ceiling_divide(s->out_h, p.rows);
  p.rows = apus_ceiling_divide(s->out_h, p.row_blocks);
  p.units = s->batch * p.row_blocks;

  const long by_pixels = s->batch * s->out_h * s->out_w / CHUNK_PIXELS;
  const long by_memory = PARTIAL_FLOATS / (p.taps * s->out_channels);
  p.chunks = apus_smaller(apus_smaller(MOST_CHUNKS, p.units), apus_smaller(by_pixels, by_memory));
  p.chunks = apus_larger(1, p.chunks);
  p.run_blocks = apus_smaller(p.runs, apus_ceiling_divide(WANTED_TASKS, p.chunks));

  p.source_bytes = apus_aligned(apus_convolution_source_floats(s, &p.columns, p.rows) * sizeof(float));
  const bool ragged = s->out_channels % p.panel->width != 0;
  p.dy_bytes = ragged ? apus_aligned((size_t)(p.rows * s->out_w * p.panel->width) * sizeof(float)) : 0;
  p.offset_bytes = apus_aligned((size_t)(2 * p.rows) * sizeof(long));
  return p;
}

static bool has_no_weights(const apus_convolution_shape *s) {
  return s->kernel_h * s->kernel_w * s->in_channels * s->out_channels == 0;
}
static bool has_no_pixels(const apus_convolution_shape *s) { return s->batch * s->out_h * s->out_w == 0; }

static size_t slot_bytes(const plan *p) { return p->source_bytes + p->dy_bytes + p->offset_bytes; }
static size_t partial_bytes(const apus_convolution_shape *s, const plan *p) {
  return apus_aligned((size_t)(p->chunks * p->taps * s->out_channels) * sizeof(float));
}

size_t apus_convolution_weight_gradient_f32_scratch(const apus_convolution_shape *shape) {
  if (has_no_weights(shape) || has_no_pixels(shape)) return 0;
  const int winograd = apus_winograd_weight_gradient_choice(shape);
  if (winograd) return apus_winograd_weight_gradient_scratch(shape, winograd);
  const plan p = make_plan(shape);
  return partial_bytes(shape, &p) + apus_slots_size(p.chunks * p.run_blocks, slot_bytes(&p));
}

// The output pixels for which a run's input exists, a segment for each row: as offsets into the source and into the
// unit's dy.
static void find_segments(const gradient *g, const apus_source_rows *source, long run, long row_begin, long row_end,
                          long *a_offset, long *b_offset, apus_tile *tile) {
  const apus_convolution_shape *s = g->shape;
  const bool by_tap = g->plan->by_tap;
  const long ky = by_tap ? run / s->kernel_w : run, kx = by_tap ? run % s->kernel_w : 0;
  apus_range columns = {0, s->out_w};
  if (by_tap) columns = apus_outputs_inside(s->out_w, s->in_w, s->stride_w, kx, s->dilation_w, s->pad_left);
  const long column = columns.begin * s->stride_w + kx * s->dilation_w - s->pad_left;
  tile->length = columns.end - columns.begin;
  tile->segments = 0;
  for (long out_row = row_begin; out_row < row_end; out_row++) {
    const long row = out_row * s->stride_h + ky * s->dilation_h - s->pad_top;
    if (row < 0 || row >= s->in_h) continue;
    a_offset[tile->segments] =
        ((row - source->first_row) * source->columns + column - source->first_column) * s->in_channels;
    b_offset[tile->segments] = (out_row - row_begin) * s->out_w + columns.begin;
    tile->segments++;
  }
}

// Adds what one unit of pixels contributes to one run of rows of the partial gradient.
static void add_run(const gradient *g, const apus_source_rows *source, const float *dy, const float *packed_dy,
                    apus_tile tile, long run, float *partial) {
  const apus_convolution_shape *s = g->shape;
  const plan *p = g->plan;
  const apus_cut tiles = apus_cut_tiles(p->run_rows, p->panel->max_rows);
  for (long panel = 0; panel < p->panels; panel++) {
    const long column = panel * p->panel->width;
    const long columns = apus_smaller(p->panel->width, s->out_channels - column);
    const bool whole = columns == p->panel->width;
    const apus_tile_panel *functions = whole ? p->panel : apus_tile_panel_for(p->kernels, columns);
    tile.b = whole ? dy + column : packed_dy;
    tile.b_step = whole ? s->out_channels : functions->width;
    tile.columns = columns;
    for (long t = 0; t < tiles.pieces; t++) {
      const long begin = apus_cut_begin(&tiles, t), end = apus_cut_begin(&tiles, t + 1);
      tile.a = source->pixels + begin;
      tile.c = partial + (run * p->run_rows + begin) * s->out_channels + column;
      functions->functions[end - begin - 1](&tile);
    }
  }
}

static void run_unit(const gradient *g, char *slot, long unit, long run_begin, long run_end, bool first,
                     float *partial) {
  const apus_convolution_shape *s = g->shape;
  const plan *p = g->plan;
  const long image = unit / p->row_blocks, row_block = unit % p->row_blocks;
  const long row_begin = apus_piece_begin(s->out_h, p->row_blocks, row_block);
  const long row_end = apus_piece_begin(s->out_h, p->row_blocks, row_block + 1);
  float *packed_dy = (float *)(void *)(slot + p->source_bytes);
  long *a_offset = (long *)(void *)(slot + p->source_bytes + p->dy_bytes), *b_offset = a_offset + p->rows;

  const apus_source_rows source =
      apus_convolution_source(s, &p->columns, g->x + image * s->in_h * s->in_w * s->in_channels,
                              apus_convolution_rows(s, row_begin, row_end), (float *)(void *)slot);
  const float *dy = g->dy + (image * s->out_h + row_begin) * s->out_w * s->out_channels;
  const long rest = s->out_channels % p->panel->width;
  if (rest != 0) {
    p->kernels->pack_panel((row_end - row_begin) * s->out_w, rest, dy + s->out_channels - rest, s->out_channels, 1,
                           apus_tile_panel_for(p->kernels, rest)->width, packed_dy);
  }
  apus_tile tile = {
      .a_row = 1,
      .a_step = s->stride_w * s->in_channels,
      .a_offset = a_offset,
      .b_offset = b_offset,
      .c_row = s->out_channels,
      .accumulate = !first,
  };
  for (long run = run_begin; run < run_end; run++) {
    find_segments(g, &source, run, row_begin, row_end, a_offset, b_offset, &tile);
    add_run(g, &source, dy, packed_dy, tile, run, partial);
  }
}

static void run_task(void *context, long index) {
  const gradient *g = context;
  const plan *p = g->plan;
  const long chunk = index / p->run_blocks, run_block = index % p->run_blocks;
  const long run_begin = apus_piece_begin(p->runs, p->run_blocks, run_block);
  const long run_end = apus_piece_begin(p->runs, p->run_blocks, run_block + 1);
  const long begin = apus_piece_begin(p->units, p->chunks, chunk),
             end = apus_piece_begin(p->units, p->chunks, chunk + 1);
  char *slot = apus_slot_take(&g->slots);
  float *partial = g->partial + chunk * p->taps * g->shape->out_channels;
  for (long unit = begin; unit < end; unit++) run_unit(g, slot, unit, run_begin, run_end, unit == begin, partial);
  apus_slot_give(slot);
}

static long rows_added(const gradient *g) { return apus_larger(1, ADDED_ELEMENTS / g->shape->out_channels); }

// Adds the partial gradients of some rows in order, and writes them where the weights lie.
static void add_partials(void *context, long index) {
  const gradient *g = context;
  const apus_convolution_shape *s = g->shape;
  const plan *p = g->plan;
  const long begin = index * rows_added(g), end = apus_smaller(p->taps, begin + rows_added(g));
  float *sum = g->partial + begin * s->out_channels;
  for (long chunk = 1; chunk < p->chunks; chunk++) {
    p->kernels->add((end - begin) * s->out_channels, sum + chunk * p->taps * s->out_channels, sum);
  }
  for (long row = begin; row < end; row++, sum += s->out_channels) {
    const long tap = row / s->in_channels, channel = row % s->in_channels;
    float *dw = g->dw + tap / s->kernel_w * s->w_row + tap % s->kernel_w * s->w_column + channel * s->w_input;
    for (long o = 0; o < s->out_channels; o++) dw[o * s->w_output] = sum[o];
  }
}

static void clear(const apus_convolution_shape *s, float *dw) {
  for (long ky = 0; ky < s->kernel_h; ky++) {
    for (long kx = 0; kx < s->kernel_w; kx++) {
      for (long i = 0; i < s->in_channels; i++) {
        float *to = dw + ky * s->w_row + kx * s->w_column + i * s->w_input;
        for (long o = 0; o < s->out_channels; o++) to[o * s->w_output] = 0;
      }
    }
  }
}

void apus_convolution_weight_gradient_f32(const apus_convolution_shape *shape, const float *x, const float *dy,
                                          float *dw, void *scratch) {
  if (has_no_weights(shape)) return;
  if (has_no_pixels(shape)) {
    clear(shape, dw);
    return;
  }
  const int winograd = apus_winograd_weight_gradient_choice(shape);
  if (winograd) {
    apus_winograd_weight_gradient(shape, winograd, x, dy, dw, scratch);
    return;
  }
  const plan p = make_plan(shape);
  const long tasks = p.chunks * p.run_blocks;
  gradient g = {.shape = shape, .plan = &p, .x = x, .dy = dy, .dw = dw, .partial = scratch};
  g.slots = apus_slots_make((char *)scratch + partial_bytes(shape, &p), tasks, slot_bytes(&p));
  apus_parallel(tasks, run_task, &g);
  apus_parallel(apus_ceiling_divide(p.taps, rows_added(&g)), add_partials, &g);
}
