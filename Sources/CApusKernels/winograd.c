#include <string.h>

#include "winograd_private.h"

// Two ways through the work. By tiles: all weights are transformed first; then a task takes some tiles through the
// input's transform, the products and the output's transform while they are in its core's cache. By panels, for many
// channels, whose transformed weights would fill more than the cache that cores share: the input of a round of tiles is
// transformed first; then a task takes a panel of output channels, whose weights it transforms bit by bit, and all
// tiles of the round.

// Transformed data of a task by tiles, and its tiles, at most.
#define BLOCK_BYTES 786432
#define MOST_BLOCK_TILES 56
#define ROUND_TILES 128
// Output channels whose products of all places are kept before they are transformed.
#define GROUP_COLUMNS 64
// Weights of one tap above which work goes by panels.
#define MOST_WEIGHTS_AT_ONCE 65536
// Input channels whose weights are transformed at a time.
#define INNER_BLOCK 64
// Tiles whose input a task transforms in a round.
#define INPUT_TASK_TILES 8

typedef struct {
  const apus_winograd_transforms *transforms;
  const apus_tile_kernels *kernels;
  const apus_tile_panel *panel; // of every panel but perhaps the last, which may be narrower
  long panels, group_panels;
  apus_winograd_tiles tiles;
  bool by_panels;
  long blocks, block_tiles; // blocks or rounds of tiles, and the most tiles in one
  long inner_block, inner_blocks;
  apus_winograd_layout v, products;
  long tap_step, u_step, u_panel; // floats between taps, places and panels of weights
  long slots;
  size_t zero_bytes, tap_bytes, v_bytes, product_bytes, u_bytes, slot_bytes;
} plan;

typedef struct {
  const apus_convolution_shape *shape;
  const plan *plan;
  const float *x, *w;
  float *y;
  const apus_epilogue *epilogue;
  float *zeros, *v, *u; // v by panels only, u by tiles only
  long begin, end;      // the round's tiles
  apus_slots slots;
} job;

static plan make_plan(const apus_convolution_shape *s, int out) {
  plan p = {.transforms = apus_winograd_transforms_of(out),
            .kernels = apus_tile_kernels_current(),
            .tiles = apus_winograd_tiles_of(s, out)};
  p.panel = apus_tile_panel_for(p.kernels, s->out_channels);
  const long width = p.panel->width, places = p.transforms->places;
  p.panels = apus_ceiling_divide(s->out_channels, width);
  p.by_panels = s->in_channels * s->out_channels > MOST_WEIGHTS_AT_ONCE && p.panels > 1;
  p.group_panels = p.by_panels ? 1 : apus_smaller(p.panels, apus_larger(1, GROUP_COLUMNS / width));

  if (p.by_panels) {
    p.block_tiles = ROUND_TILES;
  } else {
    const long tile_bytes = places * (apus_winograd_row(s->in_channels) + p.group_panels * width) * (long)sizeof(float);
    const long most = apus_smaller(MOST_BLOCK_TILES, BLOCK_BYTES / tile_bytes);
    p.block_tiles = apus_larger(1, most / p.panel->max_rows) * p.panel->max_rows;
  }
  p.blocks = apus_ceiling_divide(p.tiles.count, p.block_tiles);
  p.block_tiles = apus_ceiling_divide(p.tiles.count, p.blocks);
  p.inner_block = apus_smaller(INNER_BLOCK, s->in_channels);
  p.inner_blocks = apus_ceiling_divide(s->in_channels, p.inner_block);

  p.v = apus_winograd_layout_of(p.block_tiles, s->in_channels);
  const long row = apus_ceiling_divide(p.group_panels * width, APUS_WINOGRAD_LANES) * APUS_WINOGRAD_LANES;
  p.products = (apus_winograd_layout){row, p.block_tiles * row + APUS_WINOGRAD_PADDING};
  p.tap_step = p.inner_block * width + APUS_WINOGRAD_PADDING;
  p.u_step = (p.by_panels ? p.inner_block : s->in_channels) * width + APUS_WINOGRAD_PADDING;
  p.u_panel = places * p.u_step;

  p.zero_bytes = apus_aligned((size_t)apus_winograd_row(s->in_channels) * sizeof(float));
  p.tap_bytes = apus_aligned((size_t)(9 * p.tap_step) * sizeof(float));
  p.v_bytes = apus_winograd_bytes(p.transforms, p.v);
  p.product_bytes = apus_winograd_bytes(p.transforms, p.products);
  p.u_bytes = apus_aligned((size_t)((p.by_panels ? 1 : p.panels) * p.u_panel) * sizeof(float));
  p.slot_bytes = p.product_bytes + (p.by_panels ? p.u_bytes + p.tap_bytes : apus_larger(p.v_bytes, p.tap_bytes));
  p.slots = p.by_panels ? p.panels : apus_larger(p.blocks, p.panels * p.inner_blocks);
  return p;
}

size_t apus_winograd_scratch(const apus_convolution_shape *shape, int out) {
  const plan p = make_plan(shape, out);
  return p.zero_bytes + (p.by_panels ? p.v_bytes : p.u_bytes) + apus_slots_size(p.slots, p.slot_bytes);
}

static const apus_tile_panel *panel_at(const job *j, long panel) {
  const long left = j->shape->out_channels - panel * j->plan->panel->width;
  return left >= j->plan->panel->width ? j->plan->panel : apus_tile_panel_for(j->plan->kernels, left);
}

// U of a panel's weights from the input channels begin ..< end.
static void transform_weights(const job *j, long panel, long begin, long end, float *taps, float *u) {
  const apus_convolution_shape *s = j->shape;
  const plan *p = j->plan;
  const long column = panel * p->panel->width;
  const int width = panel_at(j, panel)->width;
  for (long tap = 0; tap < 9; tap++) {
    const long from = s->flip ? 8 - tap : tap;
    p->kernels->pack_panel(end - begin, apus_smaller(width, s->out_channels - column),
                           j->w + from / 3 * s->w_row + from % 3 * s->w_column + begin * s->w_input +
                               column * s->w_output,
                           s->w_input, s->w_output, width, taps + tap * p->tap_step);
  }
  p->transforms->weights(taps, p->tap_step, (end - begin) * width, u, p->u_step);
}

// Products of some tiles with a panel's weights over some input channels, in all columns of the panel.
static void multiply(const job *j, long place, long panel, const float *v, long tiles, const float *u, long channels,
                     bool accumulate, float *products) {
  const plan *p = j->plan;
  const apus_tile_panel *functions = panel_at(j, panel);
  apus_tile tile = {
      .a_row = p->v.row,
      .a_step = 1,
      .b = u + place * p->u_step,
      .b_step = functions->width,
      .segments = 1,
      .length = channels,
      .c_row = p->products.row,
      .columns = functions->width,
      .accumulate = accumulate,
  };
  const apus_cut cut = apus_cut_tiles(tiles, functions->max_rows);
  for (long t = 0; t < cut.pieces; t++) {
    const long begin = apus_cut_begin(&cut, t), end = apus_cut_begin(&cut, t + 1);
    tile.a = v + place * p->v.step + begin * p->v.row;
    tile.c = products + place * p->products.step + begin * p->products.row;
    functions->functions[end - begin - 1](&tile);
  }
}

// The output of the tiles begin ..< end in some columns, whose products begin at products[0].
static void transform_output(const job *j, long begin, long end, long column, long columns, const float *products) {
  const apus_convolution_shape *s = j->shape;
  const plan *p = j->plan;
  const long out = p->transforms->out;
  apus_epilogue epilogue = {0};
  if (j->epilogue) epilogue = apus_epilogue_at(j->epilogue, column, column);
  const bool finishes = epilogue.activation != APUS_ACTIVATION_NONE && epilogue.activation != APUS_ACTIVATION_RELU;
  const apus_epilogue activation_only = {.activation = epilogue.activation};
  float *y = j->y + column;
  long offset[APUS_WINOGRAD_MAX_OUT * APUS_WINOGRAD_MAX_OUT];
  for (long t = begin; t < end; t++, products += p->products.row) {
    const long column_tile = t % p->tiles.wide, row_tile = t / p->tiles.wide;
    const long left = column_tile * out, top = row_tile % p->tiles.high * out, image = row_tile / p->tiles.high;
    const long first = ((image * s->out_h + top) * s->out_w + left) * s->out_channels;
    for (long i = 0; i < out; i++) {
      for (long k = 0; k < out; k++) {
        const bool exists = top + i < s->out_h && left + k < s->out_w;
        offset[i * out + k] = exists ? first + (i * s->out_w + k) * s->out_channels : -1;
      }
    }
    p->transforms->output(products, p->products.step, columns, offset, y, &epilogue);
    if (!finishes) continue;
    for (long i = 0; i < apus_smaller(out, s->out_h - top); i++) {
      p->kernels->finish(apus_smaller(out, s->out_w - left), columns, s->out_channels, y + offset[i * out],
                         &activation_only);
    }
  }
}

void apus_winograd_transform_input(const apus_convolution_shape *s, const apus_winograd_transforms *transforms,
                                   const float *x, long first_channel, long channels, long begin, long end,
                                   const float *zeros, float *v, apus_winograd_layout layout) {
  const apus_winograd_tiles tiles = apus_winograd_tiles_of(s, transforms->out);
  const float *source[APUS_WINOGRAD_MAX_PLACES];
  for (long t = begin; t < end; t++, v += layout.row) {
    const long row_tile = t / tiles.wide, image = row_tile / tiles.high;
    const long left = t % tiles.wide * transforms->out - s->pad_left;
    const long top = row_tile % tiles.high * transforms->out - s->pad_top;
    for (long i = 0; i < transforms->side; i++) {
      const bool row_exists = top + i >= 0 && top + i < s->in_h;
      const float *row = row_exists ? x + (image * s->in_h + top + i) * s->in_w * s->in_channels + first_channel : NULL;
      for (long k = 0; k < transforms->side; k++) {
        const bool exists = row_exists && left + k >= 0 && left + k < s->in_w;
        source[i * transforms->side + k] = exists ? row + (left + k) * s->in_channels : zeros;
      }
    }
    transforms->input(source, channels, v, layout.step);
  }
}

// MARK: by tiles

static void weights_task(void *context, long index) {
  const job *j = context;
  const plan *p = j->plan;
  const long panel = index / p->inner_blocks, block = index % p->inner_blocks;
  const long begin = block * p->inner_block, end = apus_smaller(j->shape->in_channels, begin + p->inner_block);
  float *slot = apus_slot_take(&j->slots);
  transform_weights(j, panel, begin, end, slot, j->u + panel * p->u_panel + begin * panel_at(j, panel)->width);
  apus_slot_give(slot);
}

static void tiles_task(void *context, long index) {
  const job *j = context;
  const apus_convolution_shape *s = j->shape;
  const plan *p = j->plan;
  const long begin = apus_piece_begin(p->tiles.count, p->blocks, index);
  const long end = apus_piece_begin(p->tiles.count, p->blocks, index + 1);
  char *slot = apus_slot_take(&j->slots);
  float *products = (float *)(void *)slot, *v = (float *)(void *)(slot + p->product_bytes);
  apus_winograd_transform_input(s, p->transforms, j->x, 0, s->in_channels, begin, end, j->zeros, v, p->v);
  for (long group = 0; group < p->panels; group += p->group_panels) {
    const long group_end = apus_smaller(p->panels, group + p->group_panels);
    for (long place = 0; place < p->transforms->places; place++) {
      for (long panel = group; panel < group_end; panel++) {
        multiply(j, place, panel, v, end - begin, j->u + panel * p->u_panel, s->in_channels, false,
                 products + (panel - group) * p->panel->width);
      }
    }
    const long column = group * p->panel->width;
    const long columns = apus_smaller(s->out_channels, group_end * p->panel->width) - column;
    transform_output(j, begin, end, column, columns, products);
  }
  apus_slot_give(slot);
}

// MARK: by panels

static void input_task(void *context, long index) {
  const job *j = context;
  const plan *p = j->plan;
  const long begin = j->begin + index * INPUT_TASK_TILES, end = apus_smaller(j->end, begin + INPUT_TASK_TILES);
  apus_winograd_transform_input(j->shape, p->transforms, j->x, 0, j->shape->in_channels, begin, end, j->zeros,
                                j->v + (begin - j->begin) * p->v.row, p->v);
}

static void panel_task(void *context, long panel) {
  const job *j = context;
  const apus_convolution_shape *s = j->shape;
  const plan *p = j->plan;
  char *slot = apus_slot_take(&j->slots);
  float *products = (float *)(void *)slot, *u = (float *)(void *)(slot + p->product_bytes);
  float *taps = (float *)(void *)(slot + p->product_bytes + p->u_bytes);
  for (long begin = 0; begin < s->in_channels; begin += p->inner_block) {
    const long end = apus_smaller(s->in_channels, begin + p->inner_block);
    transform_weights(j, panel, begin, end, taps, u);
    for (long place = 0; place < p->transforms->places; place++) {
      multiply(j, place, panel, j->v + begin, j->end - j->begin, u, end - begin, begin > 0, products);
    }
  }
  const long column = panel * p->panel->width;
  transform_output(j, j->begin, j->end, column, apus_smaller(p->panel->width, s->out_channels - column), products);
  apus_slot_give(slot);
}

void apus_winograd(const apus_convolution_shape *shape, int out, const float *x, const float *w, float *y,
                   const apus_epilogue *epilogue, void *scratch) {
  const plan p = make_plan(shape, out);
  char *shared = (char *)scratch + p.zero_bytes, *slots = shared + (p.by_panels ? p.v_bytes : p.u_bytes);
  job j = {.shape = shape, .plan = &p, .x = x, .w = w, .y = y, .epilogue = epilogue, .zeros = scratch};
  j.slots = apus_slots_make(slots, p.slots, p.slot_bytes);
  memset(j.zeros, 0, p.zero_bytes);
  if (!p.by_panels) {
    j.u = (float *)(void *)shared;
    apus_parallel(p.panels * p.inner_blocks, weights_task, &j);
    apus_parallel(p.blocks, tiles_task, &j);
    return;
  }
  j.v = (float *)(void *)shared;
  for (long round = 0; round < p.blocks; round++) {
    j.begin = apus_piece_begin(p.tiles.count, p.blocks, round);
    j.end = apus_piece_begin(p.tiles.count, p.blocks, round + 1);
    apus_parallel(apus_ceiling_divide(j.end - j.begin, INPUT_TASK_TILES), input_task, &j);
    apus_parallel(p.panels, panel_task, &j);
  }
}
