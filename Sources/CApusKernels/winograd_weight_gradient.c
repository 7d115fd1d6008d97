#include <string.h>

#include "winograd_private.h"

// The gradient of the weights by transformed data: for each place, the product of the transposed input with the
// cotangents, summed over tiles. Tasks are blocks of input and output channels, and chunks of tiles where blocks are
// few. A task transforms what it needs itself, some tiles at a time; where there are few tiles and many blocks, all is
// transformed beforehand, once.

#define BLOCK_INPUTS 64
#define BLOCK_OUTPUTS 128
// Tiles that a task transforms and uses before the next.
#define TILES_AT_ONCE 48
// Tiles of a chunk, at least: the last transform of a chunk's sum must be worth it.
#define CHUNK_TILES 128
#define WANTED_TASKS 16
// Tiles that are transformed beforehand, at most.
#define SHARED_TILES 256
// Elements of the gradient added by one task.
#define ADDED_ELEMENTS 8192
#define SHARED_TASK_TILES 8

typedef struct {
  const apus_winograd_transforms *transforms;
  const apus_tile_kernels *kernels;
  apus_winograd_tiles tiles;
  long in_blocks, out_blocks, in_block, out_block; // blocks of channels, and the most channels in one
  long chunks;
  bool shared;
  apus_winograd_layout v, d, u; // of a task, or of all tiles where shared; u has a row for each input channel
  size_t zero_bytes, v_bytes, d_bytes, u_bytes, partial_bytes, slot_bytes;
} plan;

typedef struct {
  const apus_convolution_shape *shape;
  const plan *plan;
  const float *x, *dy;
  float *dw;
  float *zeros, *v, *d, *partial; // v and d where shared
  apus_slots slots;
} job;

// Gradients that lie where the weights do need no adding up.
static bool is_direct(const apus_convolution_shape *s, const plan *p) { return p->chunks == 1 && s->w_output == 1; }

static plan make_plan(const apus_convolution_shape *s, int out) {
  plan p = {.transforms = apus_winograd_transforms_of(out),
            .kernels = apus_tile_kernels_current(),
            .tiles = apus_winograd_tiles_of(s, out)};
  p.in_blocks = apus_ceiling_divide(s->in_channels, BLOCK_INPUTS);
  p.out_blocks = apus_ceiling_divide(s->out_channels, BLOCK_OUTPUTS);
  const long blocks = p.in_blocks * p.out_blocks;
  const long wanted = apus_ceiling_divide(WANTED_TASKS, blocks);
  p.chunks = apus_larger(1, apus_smaller(wanted, p.tiles.count / CHUNK_TILES));
  p.shared = p.tiles.count <= SHARED_TILES && blocks > 1 && p.chunks == 1;
  // Blocks begin at whole vectors of channels.
  p.in_block =
      apus_ceiling_divide(apus_ceiling_divide(s->in_channels, p.in_blocks), APUS_WINOGRAD_LANES) * APUS_WINOGRAD_LANES;
  p.out_block = apus_ceiling_divide(apus_ceiling_divide(s->out_channels, p.out_blocks), APUS_PANEL_MAX_WIDTH) *
                APUS_PANEL_MAX_WIDTH;
  p.in_blocks = apus_ceiling_divide(s->in_channels, p.in_block);
  p.out_blocks = apus_ceiling_divide(s->out_channels, p.out_block);

  const long tiles = p.shared ? p.tiles.count : apus_smaller(TILES_AT_ONCE, p.tiles.count);
  // Whole panels of d are read, beyond the last channel too.
  const long panels = apus_ceiling_divide(s->out_channels, APUS_PANEL_MAX_WIDTH);
  p.v = apus_winograd_layout_of(tiles, p.shared ? s->in_channels : p.in_block);
  p.d = apus_winograd_layout_of(tiles, p.shared ? panels * APUS_PANEL_MAX_WIDTH : p.out_block);
  p.u = apus_winograd_layout_of(p.in_block, p.out_block);
  p.zero_bytes = apus_aligned((size_t)apus_winograd_row(apus_larger(s->in_channels, s->out_channels)) * sizeof(float));
  p.v_bytes = apus_winograd_bytes(p.transforms, p.v);
  p.d_bytes = apus_winograd_bytes(p.transforms, p.d);
  p.u_bytes = apus_winograd_bytes(p.transforms, p.u);
  p.slot_bytes = p.u_bytes + (p.shared ? 0 : p.v_bytes + p.d_bytes);
  const size_t taps = (size_t)(9 * s->in_channels * s->out_channels);
  p.partial_bytes = is_direct(s, &p) ? 0 : apus_aligned((size_t)p.chunks * taps * sizeof(float));
  return p;
}

static long tasks_of(const plan *p) { return p->chunks * p->in_blocks * p->out_blocks; }

size_t apus_winograd_weight_gradient_scratch(const apus_convolution_shape *shape, int out) {
  const plan p = make_plan(shape, out);
  return p.zero_bytes + p.partial_bytes + (p.shared ? p.v_bytes + p.d_bytes : 0) +
         apus_slots_size(tasks_of(&p), p.slot_bytes);
}

static void transform_cotangents(const job *j, long first_channel, long channels, long begin, long end, float *d) {
  const apus_convolution_shape *s = j->shape;
  const plan *p = j->plan;
  const long out = p->transforms->out;
  const float *source[APUS_WINOGRAD_MAX_OUT * APUS_WINOGRAD_MAX_OUT];
  for (long t = begin; t < end; t++, d += p->d.row) {
    const long row_tile = t / p->tiles.wide, image = row_tile / p->tiles.high;
    const long left = t % p->tiles.wide * out, top = row_tile % p->tiles.high * out;
    const float *first = j->dy + ((image * s->out_h + top) * s->out_w + left) * s->out_channels + first_channel;
    for (long i = 0; i < out; i++) {
      for (long k = 0; k < out; k++) {
        const bool exists = top + i < s->out_h && left + k < s->out_w;
        source[i * out + k] = exists ? first + (i * s->out_w + k) * s->out_channels : j->zeros;
      }
    }
    p->transforms->cotangent(source, channels, d, p->d.step);
  }
}

// Adds what some tiles contribute to u.
static void multiply(const job *j, const float *v, const float *d, long tiles, long inputs, long outputs,
                     bool accumulate, float *u) {
  const plan *p = j->plan;
  const apus_tile_panel *widest = apus_tile_panel_for(p->kernels, outputs);
  apus_tile tile = {
      .a_row = 1,
      .a_step = p->v.row,
      .b_step = p->d.row,
      .segments = 1,
      .length = tiles,
      .c_row = p->u.row,
      .accumulate = accumulate,
  };
  for (long place = 0; place < p->transforms->places; place++) {
    for (long column = 0; column < outputs; column += widest->width) {
      const long columns = apus_smaller(widest->width, outputs - column);
      const apus_tile_panel *functions = columns == widest->width ? widest : apus_tile_panel_for(p->kernels, columns);
      const apus_cut cut = apus_cut_tiles(inputs, functions->max_rows);
      tile.b = d + place * p->d.step + column;
      tile.columns = columns;
      for (long t = 0; t < cut.pieces; t++) {
        const long begin = apus_cut_begin(&cut, t), end = apus_cut_begin(&cut, t + 1);
        tile.a = v + place * p->v.step + begin;
        tile.c = u + place * p->u.step + begin * p->u.row + column;
        functions->functions[end - begin - 1](&tile);
      }
    }
  }
}

// Writes the gradient that u stands for.
static void finish(const job *j, long chunk, long first_input, long inputs, long first_output, long outputs,
                   const float *u) {
  const apus_convolution_shape *s = j->shape;
  float *partial = j->partial + chunk * 9 * s->in_channels * s->out_channels;
  float *taps[9];
  for (long i = 0; i < inputs; i++) {
    const long input = first_input + i;
    for (long tap = 0; tap < 9; tap++) {
      taps[tap] = is_direct(s, j->plan)
                      ? j->dw + tap / 3 * s->w_row + tap % 3 * s->w_column + input * s->w_input + first_output
                      : partial + (tap * s->in_channels + input) * s->out_channels + first_output;
    }
    j->plan->transforms->gradient(u + i * j->plan->u.row, j->plan->u.step, outputs, taps);
  }
}

static void run_task(void *context, long index) {
  const job *j = context;
  const apus_convolution_shape *s = j->shape;
  const plan *p = j->plan;
  const long in_block = index % p->in_blocks, rest = index / p->in_blocks;
  const long out_block = rest % p->out_blocks, chunk = rest / p->out_blocks;
  const long input = in_block * p->in_block, inputs = apus_smaller(p->in_block, s->in_channels - input);
  const long output = out_block * p->out_block, outputs = apus_smaller(p->out_block, s->out_channels - output);
  const long begin = apus_piece_begin(p->tiles.count, p->chunks, chunk);
  const long end = apus_piece_begin(p->tiles.count, p->chunks, chunk + 1);
  char *slot = apus_slot_take(&j->slots);
  float *u = (float *)(void *)slot;
  if (p->shared) {
    multiply(j, j->v + input, j->d + output, p->tiles.count, inputs, outputs, false, u);
  } else {
    float *v = (float *)(void *)(slot + p->u_bytes), *d = (float *)(void *)(slot + p->u_bytes + p->v_bytes);
    const apus_cut cut = apus_cut_into(end - begin, apus_ceiling_divide(end - begin, TILES_AT_ONCE));
    for (long i = 0; i < cut.pieces; i++) {
      const long first = begin + apus_cut_begin(&cut, i), last = begin + apus_cut_begin(&cut, i + 1);
      apus_winograd_transform_input(s, p->transforms, j->x, input, inputs, first, last, j->zeros, v, p->v);
      transform_cotangents(j, output, outputs, first, last, d);
      multiply(j, v, d, last - first, inputs, outputs, i > 0, u);
    }
  }
  finish(j, chunk, input, inputs, output, outputs, u);
  apus_slot_give(slot);
}

static void transform_task(void *context, long index) {
  const job *j = context;
  const plan *p = j->plan;
  const long begin = index * SHARED_TASK_TILES, end = apus_smaller(p->tiles.count, begin + SHARED_TASK_TILES);
  apus_winograd_transform_input(j->shape, p->transforms, j->x, 0, j->shape->in_channels, begin, end, j->zeros,
                                j->v + begin * p->v.row, p->v);
  transform_cotangents(j, 0, j->shape->out_channels, begin, end, j->d + begin * p->d.row);
}

static long rows_added(const job *j) { return apus_larger(1, ADDED_ELEMENTS / j->shape->out_channels); }

// Adds the gradients of the chunks in order, some rows of them, and writes them where the weights lie.
static void add_task(void *context, long index) {
  const job *j = context;
  const apus_convolution_shape *s = j->shape;
  const long rows = 9 * s->in_channels;
  const long begin = index * rows_added(j), end = apus_smaller(rows, begin + rows_added(j));
  float *sum = j->partial + begin * s->out_channels;
  for (long chunk = 1; chunk < j->plan->chunks; chunk++) {
    j->plan->kernels->add((end - begin) * s->out_channels, sum + chunk * rows * s->out_channels, sum);
  }
  for (long row = begin; row < end; row++, sum += s->out_channels) {
    const long tap = row / s->in_channels;
    float *dw = j->dw + tap / 3 * s->w_row + tap % 3 * s->w_column + row % s->in_channels * s->w_input;
    for (long o = 0; o < s->out_channels; o++) dw[o * s->w_output] = sum[o];
  }
}

void apus_winograd_weight_gradient(const apus_convolution_shape *shape, int out, const float *x, const float *dy,
                                   float *dw, void *scratch) {
  const plan p = make_plan(shape, out);
  char *memory = (char *)scratch + p.zero_bytes;
  job j = {.shape = shape, .plan = &p, .x = x, .dy = dy, .dw = dw, .zeros = scratch};
  memset(j.zeros, 0, p.zero_bytes);
  j.partial = (float *)(void *)memory;
  memory += p.partial_bytes;
  if (p.shared) {
    j.v = (float *)(void *)memory;
    j.d = (float *)(void *)(memory + p.v_bytes);
    memory += p.v_bytes + p.d_bytes;
    apus_parallel(apus_ceiling_divide(p.tiles.count, SHARED_TASK_TILES), transform_task, &j);
  }
  j.slots = apus_slots_make(memory, tasks_of(&p), p.slot_bytes);
  apus_parallel(tasks_of(&p), run_task, &j);
  if (!is_direct(shape, &p)) apus_parallel(apus_ceiling_divide(9 * shape->in_channels, rows_added(&j)), add_task, &j);
}
